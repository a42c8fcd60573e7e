"""Teaches a smaller encoder what larger ones read; needs torch and transformers.

Usage: python -m models.training.distil --teachers RUN [RUN …] --keep 0 1 3 5 --width 768
           --train TRAIN.jsonl --pool POOL.jsonl.gz --minilm FOLDER --out FOLDER
           [--silver SILVER.jsonl] [--exclude FILE …] [--epochs 4] [--seed 7]
           [--start RUN] [--attention-heads 8] [--more FILE.jsonl.gz … --most 4000]

The student begins as some layers of the first teacher or of an earlier student
(``--start``), its feed-forward parts cut to the neurons that carry most, its
attention to the heads that do (Michel et al. 2019).  It then learns to say what the teachers say
on average of every sentence of the pool, labelled or not (Hinton et al. 2015), and of
some sentences of other collections (``--more``), whose own labels are not used,
to hold what the first teacher holds in its last layer (Jiao et al. 2020), and
what people labelled.  The heads that pair a claim with its arguments speak a
language of their own in each teacher: those follow the first one.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from claimcheck.kb.store import KnowledgeBase
from claimcheck.learn.wordpiece import WordPieces
from models.training.encoder_data import LABEL_SIZES, Example, Substitution, examples
from models.training.gold import Passage, every_passage, silver_passages
from models.training.held_out import SHARE, is_held_out
from models.training.label_pool import unlabelled
from models.training.scoring import best_threshold, figures_of
from models.training.train_encoder import (
    BATCH,
    HEADS,
    Reader,
    batches,
    collate,
    loss_of,
    narrow,
    optimiser_of,
    outputs,
    thin,
)

# Heads whose scores mean the same in every teacher.
SHARED = 3 + sum(LABEL_SIZES.values())
GOLD_WEIGHT = 0.5
HIDDEN_WEIGHT = 2.0
HOLDS_WEIGHT = 2.0
# Sentences that the neurons to keep are chosen on.
SAMPLE = 2000


@dataclass(frozen=True, slots=True)
class Lesson:
    """One sentence and what the teachers say of it; ``gold``: its labels are to be learnt too."""

    example: Example
    gold: bool
    tokens: torch.Tensor
    hidden: torch.Tensor
    holds: float

    @property
    def ids(self) -> list[int]:
        """Return the word pieces."""
        return self.example.ids


def load(run: Path, minilm: Path) -> Reader:
    """Return a trained reader."""
    figures = json.loads((run / "figures.json").read_text())
    model = Reader(
        str(minilm),
        figures["layers"],
        width=figures.get("width"),
        attention_heads=figures.get("attention_heads"),
        activation=figures.get("activation"),
    )
    model.load_state_dict(torch.load(run / "weights.pt", weights_only=True))
    model.eval()
    return model


def texts_of(path: Path) -> list[Passage]:
    """Return the texts of a collection as passages without labels."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [Passage(row["id"], row["text"], row["source"], row["source"], ()) for row in rows]


def _some(passages: list[Passage], most: int, rng: random.Random) -> list[Passage]:
    return rng.sample(passages, min(most, len(passages)))


def hidden_of(model: Reader, tensors: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return (batch, pieces, size): the last layer."""
    said = model.bert(
        input_ids=tensors["ids"], attention_mask=tensors["mask"], token_type_ids=tensors["types"]
    )
    return torch.as_tensor(said.last_hidden_state)


@torch.no_grad()  # type: ignore[untyped-decorator]
def lessons(
    rows: Sequence[tuple[Example, bool]], teachers: Sequence[Reader], *, size: int = 64
) -> list[Lesson]:
    """Let the teachers read every sentence once."""
    found: list[Lesson] = []
    order = sorted(rows, key=lambda r: len(r[0].ids))
    for at in range(0, len(order), size):
        part = order[at : at + size]
        tensors = collate([e for e, _ in part])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            states = [hidden_of(t, tensors).float() for t in teachers]
        tokens = [t.tokens(s) for t, s in zip(teachers, states, strict=True)]
        holds = [t.holds(s[:, 0]).squeeze(-1) for t, s in zip(teachers, states, strict=True)]
        both = tokens[0]
        both[..., :SHARED] = torch.stack([t[..., :SHARED] for t in tokens]).mean(0)
        chance = torch.sigmoid(torch.stack(holds)).mean(0)
        for place, (example, gold) in enumerate(part):
            cut = slice(0, len(example.ids))
            found.append(
                Lesson(
                    example,
                    gold,
                    both[place, cut].to(torch.bfloat16).clone(),
                    states[0][place, cut].to(torch.bfloat16).clone(),
                    float(chance[place]),
                )
            )
    return found


@torch.no_grad()  # type: ignore[untyped-decorator]
def student_of(
    teacher: Reader,
    minilm: Path,
    keep: Sequence[int],
    rows: Sequence[Example],
    *,
    width: int | None,
    attention_heads: int | None,
    activation: str | None,
) -> Reader:
    """Return a reader made of some layers of another, each cut to its busiest neurons and heads."""
    layers = teacher.bert.encoder.layer
    student = Reader(
        str(minilm),
        len(keep),
        width=layers[0].intermediate.dense.out_features,
        attention_heads=layers[0].attention.self.num_attention_heads,
        activation=activation,
    )
    student.bert.embeddings.load_state_dict(teacher.bert.embeddings.state_dict())
    for place, kept in enumerate(keep):
        student.bert.encoder.layer[place].load_state_dict(layers[kept].state_dict())
    student.tokens.load_state_dict(teacher.tokens.state_dict())
    student.holds.load_state_dict(teacher.holds.state_dict())
    student.places.copy_(teacher.places)
    busy = [torch.zeros(layer.intermediate.dense.out_features) for layer in layers]
    carried = [torch.zeros(layer.attention.self.num_attention_heads) for layer in layers]
    hooks = [
        layer.intermediate.register_forward_hook(
            lambda _m, _i, out, total=total: total.add_(out.float().abs().sum(dim=(0, 1)))
        )
        for layer, total in zip(layers, busy, strict=True)
    ]
    hooks += [
        layer.attention.output.dense.register_forward_hook(
            lambda m, given, _out, total=total: _add_by_head(m, given[0].float(), total)
        )
        for layer, total in zip(layers, carried, strict=True)
    ]
    for at in range(0, len(rows), 64):
        hidden_of(teacher, collate(rows[at : at + 64]))
    for hook in hooks:
        hook.remove()
    for place, kept in enumerate(keep):
        if width is not None:
            weight = layers[kept].output.dense.weight.norm(dim=0)
            narrow(student.bert.encoder.layer[place], (busy[kept] * weight).topk(width).indices.sort().values)
        if attention_heads is not None:
            thin(student.bert.encoder.layer[place], carried[kept].topk(attention_heads).indices.sort().values)
    return student


def _add_by_head(output: nn.Linear, given: torch.Tensor, total: torch.Tensor) -> None:
    """Add to ``total``, (heads,), the length of what each head of an attention brings to the pieces."""
    parts = given.unflatten(-1, (len(total), -1))
    weights = output.weight.unflatten(1, (len(total), -1))
    for head in range(len(total)):
        total[head] += (parts[..., head, :] @ weights[:, head].T).norm(dim=-1).sum()


def distance(
    tokens: torch.Tensor,
    holds: torch.Tensor,
    hidden: torch.Tensor,
    part: Sequence[Lesson],
    mask: torch.Tensor,
) -> torch.Tensor:
    """Return how far the student is from the teachers on a batch."""
    longest = mask.shape[1]

    def padded(name: str) -> torch.Tensor:
        return torch.stack(
            [
                nn.functional.pad(getattr(p, name).float(), (0, 0, 0, longest - len(p.example.ids)))
                for p in part
            ]
        )

    said, held = padded("tokens"), padded("hidden")
    where = mask.float()
    count = where.sum()
    total = HOLDS_WEIGHT * nn.functional.binary_cross_entropy_with_logits(
        holds, torch.tensor([p.holds for p in part])
    )
    begin = nn.functional.kl_div(
        tokens[..., :3].log_softmax(-1), said[..., :3].softmax(-1), reduction="none"
    ).sum(-1)
    total = total + 2.0 * (begin * where).sum() / count
    rest = ((tokens[..., 3:] - said[..., 3:]) ** 2).mean(-1)
    total = total + (rest * where).sum() / count
    apart = ((hidden - held) ** 2).mean(-1)
    return total + HIDDEN_WEIGHT * (apart * where).sum() / count


def teach(
    student: Reader, rows: Sequence[Lesson], *, epochs: int, seed: int, rate: float, until: float
) -> None:
    """Fit the student; arithmetic of the encoder is bfloat16.  Stops early after ``until`` seconds."""
    rng = random.Random(seed)
    by_id = {id(r.example): r for r in rows}
    gold = [r.example for r in rows if r.gold]
    rest = [r.example for r in rows if not r.gold]
    optimiser, schedule = optimiser_of(student, rate, epochs * (len(rows) // BATCH + 2))
    began = time.time()
    for epoch in range(epochs):
        student.train()
        started, sums = time.time(), [0.0, 0.0]
        mixed = [(b, True) for b in batches(gold, rng)] + [(b, False) for b in batches(rest, rng)]
        rng.shuffle(mixed)
        for part, labelled in mixed:
            tensors = collate(part)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                hidden = hidden_of(student, tensors)
                hidden = student.dropout(hidden.float())
                tokens, holds = student.tokens(hidden), student.holds(hidden[:, 0]).squeeze(-1)
            tokens, holds, hidden = tokens.float(), holds.float(), hidden.float()
            loss = distance(tokens, holds, hidden, [by_id[id(e)] for e in part], tensors["mask"])
            sums[0] += float(loss.detach())
            if labelled:
                own = loss_of(tokens, holds, student.places, tensors)
                sums[1] += float(own.detach())
                loss = loss + GOLD_WEIGHT * own
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(student.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        apart, gold_loss = (s / len(mixed) for s in sums)
        print(
            f"epoch {epoch}: apart {apart:.4f}, gold {gold_loss:.4f}, {time.time() - started:.0f} s",
            flush=True,
        )
        if time.time() - began > until:
            break


def main() -> None:
    """Teach, report on held-out sites of the training data, save the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teachers", type=Path, nargs="+", required=True)
    parser.add_argument(
        "--start", type=Path, help="the run whose layers are kept; the first teacher's unless told"
    )
    parser.add_argument("--keep", type=int, nargs="+", default=[0, 1, 3, 5])
    parser.add_argument("--width", type=int, help="neurons of each feed-forward part; all unless told")
    parser.add_argument("--attention-heads", type=int, help="of each layer; all unless told")
    parser.add_argument(
        "--activation", help="of the feed-forward parts, such as relu; the teacher's unless told"
    )
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("models/data"))
    parser.add_argument("--silver", type=Path)
    parser.add_argument("--exclude", type=Path, nargs="*", default=[])
    parser.add_argument(
        "--more", type=Path, nargs="*", default=[], help="gzipped JSON lines with a text each"
    )
    parser.add_argument("--most", type=int, default=4000, help="texts taken of each file of --more")
    parser.add_argument("--minilm", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--until", type=float, default=1e9, help="seconds after which no epoch begins")
    parser.add_argument("--only", type=int)
    parser.add_argument("--hold-out", type=float, default=SHARE)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    kb = KnowledgeBase.load()
    tokenizer = WordPieces.read(arguments.minilm / "tokenizer.json")
    labelled = examples(every_passage(arguments.train, arguments.pool, arguments.data), kb, tokenizer)
    fit = [(r, True) for r in labelled if not is_held_out(r.site, arguments.hold_out)]
    test = [r for r in labelled if is_held_out(r.site, arguments.hold_out)]
    seen = {(r.passage, r.start) for r, _ in fit}
    if arguments.silver:
        silver = examples(silver_passages(arguments.pool, arguments.silver), kb, tokenizer)
        fit += [(r, True) for r in silver if not is_held_out(r.site, arguments.hold_out)]
        seen |= {(r.passage, r.start) for r in silver}
    rest = examples(unlabelled(arguments.pool, arguments.data, arguments.exclude), kb, tokenizer)
    fit += [
        (r, False)
        for r in rest
        if (r.passage, r.start) not in seen and not is_held_out(r.site, arguments.hold_out)
    ]
    rng = random.Random(arguments.seed)
    others = [p for path in arguments.more for p in _some(texts_of(path), arguments.most, rng)]
    fit += [(r, False) for r in examples(others, kb, tokenizer)]
    change = Substitution([r for r, _ in fit])
    other = [(changed, gold) for r, gold in fit if (changed := change(r, rng)) is not r]
    rng.shuffle(other)
    fit += other[: len(fit) // 3]
    if arguments.only:
        fit, test = fit[: arguments.only], test[: arguments.only]
    print(f"{len(fit)} sentences to fit, {sum(g for _, g in fit)} labelled, {len(test)} held out", flush=True)
    teachers = [load(run, arguments.minilm) for run in arguments.teachers]
    started = time.time()
    rows = lessons(fit, teachers)
    print(f"teachers have read: {time.time() - started:.0f} s", flush=True)
    sample = [e for e, _ in rng.sample(fit, min(SAMPLE, len(fit)))]
    student = student_of(
        load(arguments.start, arguments.minilm) if arguments.start else teachers[0],
        arguments.minilm,
        arguments.keep,
        sample,
        width=arguments.width,
        attention_heads=arguments.attention_heads,
        activation=arguments.activation,
    )
    del teachers
    teach(
        student,
        rows,
        epochs=arguments.epochs,
        seed=arguments.seed,
        rate=arguments.rate,
        until=arguments.until,
    )
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.save(student.state_dict(), arguments.out / "weights.pt")
    said = outputs(student, test)
    threshold = best_threshold(test, said)
    figures = {
        "fit": len(fit),
        "held_out": len(test),
        "layers": len(arguments.keep),
        "kept_layers": arguments.keep,
        "width": student.bert.encoder.layer[0].intermediate.dense.out_features,
        "attention_heads": student.bert.encoder.layer[0].attention.self.num_attention_heads,
        "activation": arguments.activation,
        "teachers": len(arguments.teachers),
        "epochs": arguments.epochs,
        "seed": arguments.seed,
        "rate": arguments.rate,
        "context": 0,
        "names": 1,
        "hold_out": arguments.hold_out,
        "threshold": threshold,
        **figures_of(test, said, student.places.detach().numpy(), HEADS, threshold),
    }
    (arguments.out / "figures.json").write_text(json.dumps(figures, indent=1))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
