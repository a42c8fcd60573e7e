"""Lets several trained encoders read the unlabelled pool together: silver labels for the one that ships.

Usage: python -m models.training.label_pool --runs RUN RUN RUN --pool POOL.jsonl.gz
           --minilm FOLDER --out SILVER.jsonl [--data models/data] [--exclude FILE …]

Passages that people labelled, and near-duplicates of passages in the files of
``--exclude`` (the development set), are left out.  Sentences on which the
teachers are in two minds are named as unsure, and nothing is learnt from them.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from claimcheck.kb.store import KnowledgeBase
from claimcheck.learn.encoder import Heads
from claimcheck.learn.wordpiece import WordPieces
from claimcheck.reading.claims.decode import decode_together
from claimcheck.reading.claims.encoder_input import Pieces
from models.training.encoder_data import LABEL_SIZES, LABELS, Example, examples
from models.training.gold import Passage
from models.training.scoring import heads_of
from models.training.train_encoder import HEADS, Reader, outputs

# Between these chances a sentence teaches nothing; claims less sure than the last are left out.
UNSURE = (0.3, 0.7)
# Runs of words that two passages share when one nearly repeats the other.
SHINGLE, SHARED = 6, 3


def shingles(text: str) -> set[int]:
    """Return hashes of all runs of six words."""
    words = text.lower().split()
    return {hash(tuple(words[i : i + SHINGLE])) for i in range(len(words) - SHINGLE + 1)}


def unlabelled(pool: Path, data: Path, excluded: Iterable[Path]) -> list[Passage]:
    """Return the passages of the pool that nobody labelled and that repeat nothing excluded."""
    with (data / "pool_labels.jsonl").open(encoding="utf-8") as lines:
        known = {json.loads(line)["id"] for line in lines}
    avoid: set[int] = set()
    for path in excluded:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                avoid |= shingles(json.loads(line)["text"])
    with gzip.open(pool, "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["id"] not in known]
    return [
        Passage(row["id"], row["text"], row["genre"], row["repo"], ())
        for row in rows
        if len(shingles(row["text"]) & avoid) < SHARED
    ]


def read_together(
    row: Example, heads: Sequence[Heads], places: Sequence[NDArray[np.float32]]
) -> dict[str, Any]:
    """Return the claims of one sentence in code points of the sentence, or that the teachers are unsure."""
    chance = float(np.mean([h.holds for h in heads]))
    if UNSURE[0] < chance < UNSURE[1]:
        return {"unsure": True, "claims": []}
    if chance <= UNSURE[0]:
        return {"unsure": False, "claims": []}
    piece = Pieces(row.ids, row.types, row.offsets, row.continues)
    claims = []
    for found in decode_together(heads, piece, places, list(LABEL_SIZES)):
        spans = [_span(row, run) for run in (found.claim, found.intervention, found.target)]
        labels = {name: values[int(found.labels[name].argmax())] for name, values in LABELS.items()}
        doubt = float(found.labels["doubtful"][1])
        if not UNSURE[0] < doubt < UNSURE[1]:
            labels["assessment"] = "unsupported" if doubt > UNSURE[1] else "supported"
        claims.append({"spans": spans, **labels})
    return {"unsure": not claims, "claims": claims}


def _span(row: Example, run: tuple[int, int] | None) -> tuple[int, int] | None:
    if run is None:
        return None
    inside = [o for o in row.offsets[run[0] : run[1]] if o is not None]
    return inside[0][0], inside[-1][1]


def balanced(rows: list[dict[str, Any]], *, seed: int = 5) -> list[dict[str, Any]]:
    """Return all passages with a claim and a third as many without: of those there are plenty already."""
    with_claim = [r for r in rows if r["claims"]]
    without = [r for r in rows if not r["claims"]]
    random.Random(seed).shuffle(without)
    return with_claim + without[: len(with_claim) // 3]


def _placed(claim: dict[str, Any], base: int) -> dict[str, Any]:
    """Return a claim in the guideline's record format, in code points of the passage."""

    def moved(span: tuple[int, int]) -> dict[str, int]:
        return {"start": base + span[0], "end": base + span[1]}

    own, *others = claim.pop("spans")
    intervention, target = (None if s is None else moved(s) for s in others)
    return {**moved(own), "intervention": intervention, "target": target, **claim}


def main() -> None:
    """Read and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, nargs="+", required=True)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--minilm", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("models/data"))
    parser.add_argument("--exclude", type=Path, nargs="*", default=[])
    arguments = parser.parse_args()
    tokenizer = WordPieces.read(arguments.minilm / "tokenizer.json")
    passages = unlabelled(arguments.pool, arguments.data, arguments.exclude)
    settings = [json.loads((run / "figures.json").read_text()) for run in arguments.runs]
    rows = examples(passages, KnowledgeBase.load(), tokenizer, context=settings[0]["context"])
    said, places = [], []
    for run, setting in zip(arguments.runs, settings, strict=True):
        model = Reader(str(arguments.minilm), setting["layers"])
        model.load_state_dict(torch.load(run / "weights.pt", weights_only=True))
        said.append(outputs(model, rows))
        places.append(model.places.detach().numpy())
    by_id: dict[str, dict[str, Any]] = {p.id: {"id": p.id, "claims": [], "unsure": []} for p in passages}
    for index, row in enumerate(rows):
        read = read_together(row, [heads_of(s[index], HEADS) for s in said], places)
        own = by_id[row.passage]
        if read["unsure"]:
            own["unsure"].append([row.start, row.start + len(row.text)])
        own["claims"] += [_placed(claim, row.start) for claim in read["claims"]]
    kept = balanced(list(by_id.values()))
    with arguments.out.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in kept)
    claims = sum(len(r["claims"]) for r in kept)
    unsure = sum(len(r["unsure"]) for r in kept)
    print(f"{len(by_id)} read, {len(kept)} kept: {claims} claims, {unsure} sentences unsure")


if __name__ == "__main__":
    main()
