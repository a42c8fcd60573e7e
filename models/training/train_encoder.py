"""Fine-tunes the first layers of all-MiniLM-L6-v2 to read claims; needs torch and transformers.

Usage: python -m models.training.train_encoder --train TRAIN.jsonl --pool POOL.jsonl.gz
           --minilm FOLDER --out FOLDER [--layers 6] [--epochs 3] [--seed 0]

One shared encoder with linear heads on every word piece: BIO tags of claims,
interventions and targets, and inside claims their relation, polarity,
certainty, stance and source; one head on [CLS] for "holds a claim".
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
from tokenizers import Tokenizer
from torch import nn
from transformers import BertModel

from claimcheck.kb.store import KnowledgeBase
from claimcheck.reading.claims.encoder_input import CERTAINTIES, POLARITIES, RELATIONS, SOURCES, STANCES
from models.training.encoder_data import IGNORE, Example, examples
from models.training.gold import every_passage

HEADS = {
    "claim": 3,
    "intervention": 3,
    "target": 3,
    "relation": len(RELATIONS),
    "polarity": len(POLARITIES),
    "certainty": len(CERTAINTIES),
    "stance": len(STANCES),
    "source": len(SOURCES),
    "bare": 2,
}
LOSS_WEIGHT = {"claim": 1.0, "intervention": 1.0, "target": 1.0, "relation": 0.5, "bare": 0.3}
OTHER_WEIGHT = 0.3
BATCH = 32


class Reader(nn.Module):
    """The encoder with all its heads; output (batch, pieces, sum of head sizes) and (batch,)."""

    def __init__(self, folder: str, layers: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.bert = BertModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="eager")
        self.bert.encoder.layer = self.bert.encoder.layer[:layers]
        self.bert.config.num_hidden_layers = layers
        size = self.bert.config.hidden_size
        self.dropout = nn.Dropout(dropout)
        self.tokens = nn.Linear(size, sum(HEADS.values()))
        self.holds = nn.Linear(size, 1)

    def forward(
        self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the logits of all heads."""
        hidden = self.bert(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state
        hidden = self.dropout(hidden)
        return self.tokens(hidden), self.holds(hidden[:, 0]).squeeze(-1)


def collate(batch: Sequence[Example]) -> dict[str, torch.Tensor]:
    """Pad a batch to its longest example."""
    longest = max(len(e.ids) for e in batch)

    def padded(rows: list[list[int]], value: int) -> torch.Tensor:
        return torch.tensor([r + [value] * (longest - len(r)) for r in rows])

    found = {
        "ids": padded([e.ids for e in batch], 0),
        "mask": padded([[1] * len(e.ids) for e in batch], 0),
        "types": padded([e.types for e in batch], 0),
        "holds": torch.tensor([float(e.holds) for e in batch]),
        "weight": torch.tensor([e.weight for e in batch]),
    }
    for name in HEADS:
        found[name] = padded([e.labels[name] for e in batch], IGNORE)
    return found


def loss_of(token_logits: torch.Tensor, holds: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Sum the losses of all heads."""
    total = (nn.functional.binary_cross_entropy_with_logits(holds, batch["holds"], reduction="none")).mean()
    start = 0
    for name, size in HEADS.items():
        logits = token_logits[..., start : start + size]
        start += size
        labels = batch[name]
        if bool((labels != IGNORE).any()):
            part = nn.functional.cross_entropy(
                logits.reshape(-1, size), labels.reshape(-1), ignore_index=IGNORE, label_smoothing=0.05
            )
            total = total + LOSS_WEIGHT.get(name, OTHER_WEIGHT) * part
    return total


def batches(rows: Sequence[Example], rng: random.Random) -> list[list[Example]]:
    """Return shuffled batches of examples of like length."""
    order = sorted(rows, key=lambda e: len(e.ids) + rng.random() * 6)
    cut = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
    rng.shuffle(cut)
    return cut


def train(model: Reader, rows: Sequence[Example], *, epochs: int, seed: int, rate: float) -> None:
    """Fit with AdamW, linear warm-up and decay; word embeddings stay as they are."""
    rng = random.Random(seed)
    for parameter in model.bert.embeddings.word_embeddings.parameters():
        parameter.requires_grad = False
    heads = [p for n, p in model.named_parameters() if not n.startswith("bert")]
    body = [p for n, p in model.named_parameters() if n.startswith("bert") and p.requires_grad]
    optimiser = torch.optim.AdamW(
        [{"params": body, "lr": rate}, {"params": heads, "lr": rate * 8}], weight_decay=0.01
    )
    steps = epochs * (len(rows) // BATCH + 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda s: min(1.0, s / (0.08 * steps)) * max(0.0, 1 - s / steps)
    )
    for epoch in range(epochs):
        model.train()
        started, total = time.time(), 0.0
        for done, batch in enumerate(batches(rows, rng), 1):
            tensors = collate(batch)
            token_logits, holds = model(tensors["ids"], tensors["mask"], tensors["types"])
            loss = loss_of(token_logits, holds, tensors)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
            if done % 100 == 0:
                print(f"  batch {done}, {time.time() - started:.0f} s, loss {total / done:.3f}", flush=True)
        print(
            f"epoch {epoch}: loss {total / (len(rows) / BATCH):.4f}, {time.time() - started:.0f} s",
            flush=True,
        )


@torch.no_grad()
def holds_scores(model: Reader, rows: Sequence[Example]) -> np.ndarray:
    """Return the chance that each sentence holds a claim."""
    model.eval()
    scores = np.zeros(len(rows))
    order = sorted(range(len(rows)), key=lambda i: len(rows[i].ids))
    for at in range(0, len(order), 64):
        part = order[at : at + 64]
        tensors = collate([rows[i] for i in part])
        _, holds = model(tensors["ids"], tensors["mask"], tensors["types"])
        scores[part] = torch.sigmoid(holds).numpy()
    return scores


def held_out_sites(rows: Sequence[Example], share: float) -> set[str]:
    """Return the sites kept out of training, the same for the same rows."""
    sites = sorted({r.site for r in rows})
    random.Random(5).shuffle(sites)
    return set(sites[: int(len(sites) * share)])


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
    parser.add_argument("--hold-out", type=float, default=0.15)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    kb = KnowledgeBase.load()
    tokenizer = Tokenizer.from_file(str(arguments.minilm / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    rows = examples(every_passage(arguments.train, arguments.pool, arguments.data), kb, tokenizer)
    held = held_out_sites(rows, arguments.hold_out)
    fit = [r for r in rows if r.site not in held]
    test = [r for r in rows if r.site in held]
    print(f"{len(fit)} sentences to fit, {len(test)} held out", flush=True)
    model = Reader(str(arguments.minilm), arguments.layers)
    train(model, fit, epochs=arguments.epochs, seed=arguments.seed, rate=arguments.rate)
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), arguments.out / "weights.pt")
    figures: dict[str, float] = {
        "fit": len(fit),
        "held_out": len(test),
        "share_held_out": arguments.hold_out,
    }
    if test:
        scores = holds_scores(model, test)
        labels = np.array([r.holds for r in test])
        values = []
        for t in np.arange(0.2, 0.8, 0.05):
            found = scores >= t
            values.append((2 * (found & (labels == 1)).sum() / (found.sum() + labels.sum()), float(t)))
        figures["held_out_f1"], figures["threshold"] = map(float, max(values))
    (arguments.out / "figures.json").write_text(json.dumps({**figures, "layers": arguments.layers}))
    print(figures)


if __name__ == "__main__":
    main()
