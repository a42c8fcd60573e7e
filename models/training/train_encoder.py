"""Fine-tunes the first layers of all-MiniLM-L6-v2 to read claims; needs torch and transformers.

Usage: python -m models.training.train_encoder --train TRAIN.jsonl --pool POOL.jsonl.gz
           --minilm FOLDER --out FOLDER [--layers 6] [--epochs 3] [--seed 0] [--context 0]

One shared encoder with linear heads on every word piece (BIO tags of claims;
relation, polarity, certainty, stance, source and doubt, averaged over a claim;
for each argument what a claim asks for and what a piece answers) and one on
[CLS] for "holds a claim".  ``claimcheck.reading.claims.decode`` reads them.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers import BertModel
from transformers.activations import ACT2FN

from claimcheck.kb.store import KnowledgeBase
from claimcheck.learn.wordpiece import WordPieces
from claimcheck.reading.claims.encoder_input import CONTEXT, TYPES
from models.training.encoder_data import IGNORE, LABEL_SIZES, Example, Substitution, claim_tags, examples
from models.training.gold import every_passage, silver_passages
from models.training.held_out import SHARE, is_held_out
from models.training.scoring import best_threshold, figures_of

ASKED = 32
HEADS = {
    "claim": 3,
    **LABEL_SIZES,
    **{
        f"{a}_{n}": s
        for a in ("intervention", "target")
        for n, s in (("asks", ASKED), ("answers", ASKED), ("any", 1))
    },
}
LABEL_WEIGHT = {"relation": 1.0, "doubtful": 0.5}
OTHER_WEIGHT = 0.4
ARGUMENT_WEIGHT = 4.0
BATCH = 32


class Reader(nn.Module):
    """The encoder with all its heads; output (batch, pieces, sum of head sizes) and (batch,)."""

    def __init__(
        self,
        folder: str,
        layers: int,
        *,
        width: int | None = None,
        attention_heads: int | None = None,
        activation: str | None = None,
        dropout: float = 0.1,
        attention: str = "sdpa",
    ) -> None:
        super().__init__()
        self.bert = BertModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation=attention)
        self.bert.encoder.layer = self.bert.encoder.layer[:layers]
        if attention_heads is not None:
            for layer in self.bert.encoder.layer:
                thin(layer, torch.arange(attention_heads))
        if width is not None:
            for layer in self.bert.encoder.layer:
                narrow(layer, torch.arange(width))
        if activation is not None:
            for layer in self.bert.encoder.layer:
                layer.intermediate.intermediate_act_fn = ACT2FN[activation]
        self.bert.config.num_hidden_layers = layers
        size = self.bert.config.hidden_size
        kinds = nn.Embedding(TYPES, size)
        with torch.no_grad():
            own = self.bert.embeddings.token_type_embeddings.weight
            kinds.weight.copy_(own[0].repeat(TYPES, 1) + torch.randn(TYPES, size) * 0.01)
            kinds.weight[0] = own[0]
            kinds.weight[CONTEXT] = own[1]
        self.bert.embeddings.token_type_embeddings = kinds
        self.dropout = nn.Dropout(dropout)
        self.tokens = nn.Linear(size, sum(HEADS.values()))
        self.holds = nn.Linear(size, 1)
        self.places = nn.Parameter(torch.tensor([[0.0, 0.0, 0.0], [-1.0, 1.0, -1.0]]))

    def forward(
        self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the logits of all heads."""
        hidden = self.bert(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state
        hidden = self.dropout(hidden.float())
        return self.tokens(hidden), self.holds(hidden[:, 0]).squeeze(-1)


def narrow(layer: nn.Module, kept: torch.Tensor) -> None:
    """Keep only the given neurons of a layer's feed-forward part."""
    before, after = layer.intermediate.dense, layer.output.dense
    layer.intermediate.dense = nn.Linear(before.in_features, len(kept))
    layer.output.dense = nn.Linear(len(kept), after.out_features)
    with torch.no_grad():
        layer.intermediate.dense.weight.copy_(before.weight[kept])
        layer.intermediate.dense.bias.copy_(before.bias[kept])
        layer.output.dense.weight.copy_(after.weight[:, kept])
        layer.output.dense.bias.copy_(after.bias)


def thin(layer: nn.Module, kept: torch.Tensor) -> None:
    """Keep only the given heads of a layer's attention."""
    own, after = layer.attention.self, layer.attention.output.dense
    size = own.attention_head_size
    rows = (kept[:, None] * size + torch.arange(size)).flatten()
    with torch.no_grad():
        for name in ("query", "key", "value"):
            before = getattr(own, name)
            part = nn.Linear(before.in_features, len(rows))
            part.weight.copy_(before.weight[rows])
            part.bias.copy_(before.bias[rows])
            setattr(own, name, part)
        layer.attention.output.dense = nn.Linear(len(rows), after.out_features)
        layer.attention.output.dense.weight.copy_(after.weight[:, rows])
        layer.attention.output.dense.bias.copy_(after.bias)
    own.num_attention_heads, own.all_head_size = len(kept), len(rows)


def split(logits: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return the logits of each head."""
    return dict(zip(HEADS, logits.split(list(HEADS.values()), dim=-1), strict=True))


def collate(batch: Sequence[Example]) -> dict[str, torch.Tensor]:
    """Pad a batch to its longest example; claims are rows of their own."""
    longest = max(len(e.ids) for e in batch)

    def padded(rows: list[list[int]], value: int) -> torch.Tensor:
        return torch.tensor([r + [value] * (longest - len(r)) for r in rows])

    def marked(rows: Sequence[tuple[int, int] | None]) -> torch.Tensor:
        found = torch.zeros(len(rows), longest)
        for row, run in zip(found, rows, strict=True):
            if run is not None:
                row[run[0] : run[1]] = 1.0
        return found

    claims = [(i, c) for i, e in enumerate(batch) for c in e.claims]
    return {
        "ids": padded([e.ids for e in batch], 0),
        "mask": padded([[1] * len(e.ids) for e in batch], 0),
        "types": padded([e.types for e in batch], 0),
        "own": padded([[int(o is not None) for o in e.offsets] for e in batch], 0),
        "holds": torch.tensor([float(e.holds) for e in batch]),
        "claim": padded([claim_tags(e) for e in batch], IGNORE),
        "row": torch.tensor([i for i, _ in claims], dtype=torch.long),
        "span": marked([c.claim for _, c in claims]),
        "intervention": marked([c.intervention for _, c in claims]),
        "target": marked([c.target for _, c in claims]),
        "labels": torch.tensor([c.labels for _, c in claims], dtype=torch.long).reshape(-1, len(LABEL_SIZES)),
    }


def argument_scores(
    parts: dict[str, torch.Tensor], batch: dict[str, torch.Tensor], name: str, place: torch.Tensor
) -> torch.Tensor:
    """Return (claims, pieces): the log odds of a piece to belong to a claim's argument."""
    row, span = batch["row"], batch["span"]
    asks = (parts[f"{name}_asks"][row] * span[..., None]).sum(1) / span.sum(1, keepdim=True)
    scores = torch.einsum("cd,cld->cl", asks, parts[f"{name}_answers"][row]) / ASKED**0.5
    seen = span.cumsum(1)
    after = ((seen > 0) & (span == 0)).float()
    before = (seen == 0).float()
    where = before * place[0] + span * place[1] + after * place[2]
    return scores + parts[f"{name}_any"][row].squeeze(-1) + where


def loss_of(
    logits: torch.Tensor, holds: torch.Tensor, places: torch.Tensor, batch: dict[str, torch.Tensor]
) -> torch.Tensor:
    """Sum the losses of all heads."""
    parts = split(logits)
    total = nn.functional.binary_cross_entropy_with_logits(holds, batch["holds"])
    total = total + nn.functional.cross_entropy(
        parts["claim"].reshape(-1, 3), batch["claim"].reshape(-1), ignore_index=IGNORE, label_smoothing=0.05
    )
    if len(batch["row"]) == 0:
        return total
    span = batch["span"]
    share = len(batch["row"]) / len(holds)  # a batch with few claims says less of them
    for place, name in enumerate(LABEL_SIZES):
        mean = (parts[name][batch["row"]] * span[..., None]).sum(1) / span.sum(1, keepdim=True)
        gold = batch["labels"][:, place]
        if bool((gold != IGNORE).any()):
            part = nn.functional.cross_entropy(mean, gold, ignore_index=IGNORE, label_smoothing=0.05)
            total = total + share * LABEL_WEIGHT.get(name, OTHER_WEIGHT) * part
    own = batch["own"][batch["row"]].float()
    for place, name in enumerate(("intervention", "target")):
        scores = argument_scores(parts, batch, name, places[place])
        raw = nn.functional.binary_cross_entropy_with_logits(scores, batch[name], reduction="none")
        total = total + share * ARGUMENT_WEIGHT * (raw * own).sum() / own.sum()
    return total


def batches(rows: Sequence[Example], rng: random.Random) -> list[list[Example]]:
    """Return shuffled batches of examples of like length."""
    order = sorted(rows, key=lambda e: len(e.ids) + rng.random() * 6)
    cut = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
    rng.shuffle(cut)
    return cut


def optimiser_of(
    model: nn.Module, rate: float, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LambdaLR]:
    """Return AdamW with linear warm-up and decay; word embeddings stay as they are."""
    body: list[nn.Parameter] = []
    heads: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        if "word_embeddings" in name:
            parameter.requires_grad = False
        else:
            (body if "bert." in name else heads).append(parameter)
    optimiser = torch.optim.AdamW(
        [{"params": body, "lr": rate}, {"params": heads, "lr": rate * 8}], weight_decay=0.01, fused=True
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda s: min(1.0, s / (0.08 * steps)) * max(0.0, 1 - s / steps)
    )
    return optimiser, schedule


def train(
    model: Reader, rows: Sequence[Example], *, epochs: int, seed: int, rate: float, substitute: float
) -> None:
    """Fit the model; arithmetic of the encoder is bfloat16."""
    rng = random.Random(seed)
    change = Substitution(rows, share=substitute)
    optimiser, schedule = optimiser_of(model, rate, epochs * (len(rows) // BATCH + 1))
    for epoch in range(epochs):
        model.train()
        started, total = time.time(), 0.0
        seen = [change(r, rng) for r in rows]
        for batch in batches(seen, rng):
            tensors = collate(batch)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits, holds = model(tensors["ids"], tensors["mask"], tensors["types"])
            loss = loss_of(logits.float(), holds.float(), model.places, tensors)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        print(
            f"epoch {epoch}: loss {total / (len(rows) / BATCH):.4f}, {time.time() - started:.0f} s",
            flush=True,
        )


@torch.no_grad()
def outputs(model: Reader, rows: Sequence[Example]) -> list[tuple[np.ndarray, float]]:
    """Return logits (pieces, heads) and the logit of "holds a claim" of each sentence."""
    model.eval()
    found: list[tuple[np.ndarray, float]] = [(np.zeros((0, 0), dtype=np.float32), 0.0)] * len(rows)
    order = sorted(range(len(rows)), key=lambda i: len(rows[i].ids))
    for at in range(0, len(order), 64):
        part = order[at : at + 64]
        tensors = collate([rows[i] for i in part])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits, holds = model(tensors["ids"], tensors["mask"], tensors["types"])
        for place, i in enumerate(part):
            found[i] = (logits[place, : len(rows[i].ids)].float().numpy(), float(holds[place]))
    return found


def main() -> None:
    """Train, report on held-out sites of the training data, save the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("models/data"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--minilm", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--context", type=int, default=0, help="pieces of the sentence before")
    parser.add_argument("--substitute", type=float, default=0.3, help="share of sentences with other names")
    parser.add_argument("--silver", type=Path, help="claims that teachers found in the rest of the pool")
    parser.add_argument("--start", type=Path, help="weights to start from instead of MiniLM's")
    parser.add_argument("--leave-out", help="a genre to train without, and to test on")
    parser.add_argument("--only", type=int, help="train on this many sentences, to see that it runs")
    parser.add_argument("--names", type=int, default=1, help="0: the gazetteer's marks are not shown")
    parser.add_argument("--hold-out", type=float, default=SHARE)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    kb = KnowledgeBase.load()
    tokenizer = WordPieces.read(arguments.minilm / "tokenizer.json")
    everything = every_passage(arguments.train, arguments.pool, arguments.data)
    rows = examples(everything, kb, tokenizer, context=arguments.context)
    if not arguments.names:
        for row in rows:
            row.types[:] = [t if t == CONTEXT else 0 for t in row.types]
    fit = [r for r in rows if not is_held_out(r.site, arguments.hold_out)]
    test = [r for r in rows if is_held_out(r.site, arguments.hold_out)]
    if arguments.silver:
        silver = silver_passages(arguments.pool, arguments.silver)
        more = examples(silver, kb, tokenizer, context=arguments.context)
        fit += [r for r in more if not is_held_out(r.site, arguments.hold_out)]
    if arguments.leave_out:
        fit = [r for r in fit if r.genre != arguments.leave_out]
        test = [r for r in test if r.genre == arguments.leave_out]
    if arguments.only:
        fit, test = fit[: arguments.only], test[: arguments.only]
    print(f"{len(fit)} sentences to fit, {len(test)} held out", flush=True)
    model = Reader(str(arguments.minilm), arguments.layers)
    if arguments.start:
        state = torch.load(arguments.start / "weights.pt", weights_only=True)
        model.load_state_dict({k: v for k, v in state.items() if k.startswith("bert")}, strict=False)
    train(
        model,
        fit,
        epochs=arguments.epochs,
        seed=arguments.seed,
        rate=arguments.rate,
        substitute=arguments.substitute,
    )
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), arguments.out / "weights.pt")
    settings = {k: str(v) if isinstance(v, Path) else v for k, v in vars(arguments).items()}
    figures: dict[str, object] = {"fit": len(fit), "held_out": len(test), **settings}
    if test:
        said = outputs(model, test)
        places = model.places.detach().numpy()
        threshold = best_threshold(test, said)
        figures |= {"threshold": threshold, **figures_of(test, said, places, HEADS, threshold)}
    (arguments.out / "figures.json").write_text(json.dumps(figures, indent=1))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
