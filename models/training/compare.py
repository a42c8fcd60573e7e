"""Compares ways to train the encoder, three seeds each, on a share of the passages; resumable.

Usage: python -m models.training.compare --train TRAIN.jsonl --pool POOL.jsonl.gz --minilm FOLDER
           --out FIGURES.jsonl [--ways depth-3 depth-6 …] [--share 0.3] [--epochs 3] [--threads 1]
       python -m models.training.compare --out FIGURES.jsonl --markdown

Each way differs from the shipped recipe in one thing.  Figures are those of
``scoring`` on sentences of held-out sites.  A run that stands in the file
already is not run again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEEDS = (1, 2, 3)
SHOWN = (
    *("sentence_f1", "claim_f1", "triple_f1", "intervention", "target"),
    *("relation", "polarity", "certainty", "stance", "source", "doubtful"),
    *("sentence_f1_review", "claim_f1_review"),
)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to train; the defaults are the shipped recipe."""

    layers: int = 6
    context: int = 0
    names: bool = True
    substitute: float = 0.3
    without_genre: str = ""


WAYS: Mapping[str, Way] = {
    "depth 6 (shipped recipe)": Way(),
    "depth 3": Way(layers=3),
    "depth 4": Way(layers=4),
    "depth 5": Way(layers=5),
    "with the sentence before": Way(context=40),
    "names not marked": Way(names=False),
    "names not substituted": Way(substitute=0.0),
    "without any review": Way(without_genre="review"),
}
# The genre that one way is trained without, and whose own figures stand in the last two columns.
LEFT_OUT = "review"


def in_share(passage: str, share: float) -> bool:
    """Tell by a passage's id whether it belongs to the share that is trained on."""
    digest = hashlib.sha256(f"share {passage}".encode()).hexdigest()
    return int(digest[:8], 16) < share * 2**32


def run(way: Way, seed: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Train once and return the figures."""
    import torch

    from claimcheck.kb.store import KnowledgeBase
    from claimcheck.learn.wordpiece import WordPieces
    from claimcheck.reading.claims.encoder_input import CONTEXT
    from models.training.encoder_data import examples
    from models.training.gold import every_passage
    from models.training.held_out import SHARE, is_held_out
    from models.training.scoring import best_threshold, figures_of
    from models.training.train_encoder import HEADS, Reader, outputs, train

    torch.manual_seed(seed)
    torch.set_num_threads(arguments.threads)
    tokenizer = WordPieces.read(arguments.minilm / "tokenizer.json")
    passages = [
        p
        for p in every_passage(arguments.train, arguments.pool, arguments.data)
        if is_held_out(p.site, SHARE) or in_share(p.id, arguments.share)
    ]
    rows = examples(passages, KnowledgeBase.load(), tokenizer, context=way.context)
    if not way.names:
        for row in rows:
            row.types[:] = [t if t == CONTEXT else 0 for t in row.types]
    fit = [r for r in rows if not is_held_out(r.site, SHARE) and r.genre != way.without_genre]
    test = [r for r in rows if is_held_out(r.site, SHARE)]
    model = Reader(str(arguments.minilm), way.layers)
    train(model, fit, epochs=arguments.epochs, seed=seed, rate=2e-4, substitute=way.substitute)
    said = outputs(model, test)
    threshold = best_threshold(test, said)
    places = model.places.detach().numpy()
    figures = figures_of(test, said, places, HEADS, threshold)
    left_out = [i for i, r in enumerate(test) if r.genre == LEFT_OUT]
    of_genre = figures_of([test[i] for i in left_out], [said[i] for i in left_out], places, HEADS, threshold)
    own = {f"{name}_{LEFT_OUT}": of_genre[name] for name in ("sentence_f1", "claim_f1")}
    return {"fit": len(fit), "test": len(test), **figures, **own}


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return mean and range over the seeds of every way as a table."""
    by_way: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        by_way[row["way"]].append(row)
    lines = ["| way | seeds | " + " | ".join(SHOWN) + " |", "| --- " * (len(SHOWN) + 2) + "|"]
    for way in WAYS:
        if found := by_way.get(way):
            cells = (_cell([r[name] for r in found]) for name in SHOWN)
            lines.append(f"| {way} | {len(found)} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(values: Sequence[float]) -> str:
    spread = (max(values) - min(values)) / 2
    return f"{statistics.mean(values):.3f} ± {spread:.3f}"


def read(path: Path) -> list[dict[str, Any]]:
    """Return the runs that stand in the file."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Run what is missing, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path)
    parser.add_argument("--pool", type=Path)
    parser.add_argument("--minilm", type=Path)
    parser.add_argument("--data", type=Path, default=Path("models/data"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--ways", nargs="*", default=list(WAYS))
    parser.add_argument("--share", type=float, default=0.3)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--markdown", action="store_true")
    arguments = parser.parse_args()
    if arguments.markdown:
        sys.stdout.write(markdown(read(arguments.out)))
        return
    for seed in SEEDS:
        for name in arguments.ways:
            if any((r["way"], r["seed"]) == (name, seed) for r in read(arguments.out)):
                continue
            figures = run(WAYS[name], seed, arguments)
            with arguments.out.open("a", encoding="utf-8") as out:
                out.write(json.dumps({"way": name, "seed": seed, **figures}) + "\n")


if __name__ == "__main__":
    main()
