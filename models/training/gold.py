"""Reads annotated passages and lays their claims over our sentences."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spacy.tokens import Doc

from claimcheck.reading.shapes import Sentence

# Assessments of a claim that does not hold as it is worded.
DOUBTFUL = frozenset(("unsupported", "overstated", "contradicted"))


@dataclass(frozen=True, slots=True)
class GoldClaim:
    """One annotated claim: offsets are code points, half-open."""

    start: int
    end: int
    intervention: tuple[int, int] | None
    target: tuple[int, int] | None
    labels: dict[str, Any]

    @property
    def relation(self) -> str:
        """Return the annotated relation."""
        return str(self.labels["relation"])


@dataclass(frozen=True, slots=True)
class Passage:
    """One annotated passage; ``site`` groups passages of one source.

    Nothing is to be learnt from the stretches in ``unsure``.
    """

    id: str
    text: str
    genre: str
    site: str
    claims: tuple[GoldClaim, ...]
    unsure: tuple[tuple[int, int], ...] = ()


def passages(path: Path) -> Iterator[Passage]:
    """Yield the passages of a JSONL file in the guideline's record format."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield Passage(
                id=row["id"],
                text=row["text"],
                genre=row["genre"],
                site=row.get("repo", row["id"]),
                claims=tuple(record(c) for c in row["claims"]),
            )


def labelled(texts: Path, labels: Path) -> Iterator[Passage]:
    """Yield passages whose texts (gzipped JSONL) and labels (JSONL by id) are kept apart."""
    with labels.open(encoding="utf-8") as lines:
        by_id = {row["id"]: row["claims"] for row in map(json.loads, lines)}
    with gzip.open(texts, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["id"] in by_id:
                claims = tuple(record(c) for c in by_id[row["id"]])
                yield Passage(row["id"], row["text"], row["genre"], row["repo"], claims)


def silver_passages(texts: Path, labels: Path) -> list[Passage]:
    """Return passages of the pool as teachers read them (``models/training/label_pool.py``)."""
    with labels.open(encoding="utf-8") as lines:
        by_id = {row["id"]: row for row in map(json.loads, lines)}
    with gzip.open(texts, "rt", encoding="utf-8") as lines:
        return [
            Passage(
                row["id"],
                row["text"],
                row["genre"],
                row["repo"],
                tuple(record(c) for c in by_id[row["id"]]["claims"]),
                tuple((start, end) for start, end in by_id[row["id"]]["unsure"]),
            )
            for row in map(json.loads, lines)
            if row["id"] in by_id
        ]


def every_passage(train: Path, pool: Path, data: Path) -> list[Passage]:
    """Return all passages that train the shipped parts: annotated, labelled from the pool, written.

    ``train`` and ``pool`` are the texts kept outside the project; ``data`` is
    ``models/data``.
    """
    found = list(passages(train))
    found += labelled(pool, data / "pool_labels.jsonl")
    found += passages(data / "written.jsonl")
    return found


def record(row: dict[str, Any]) -> GoldClaim:
    """Return one claim of the guideline's record format."""
    return GoldClaim(row["start"], row["end"], _span(row["intervention"]), _span(row["target"]), row)


def _span(row: dict[str, int] | None) -> tuple[int, int] | None:
    return None if row is None else (row["start"], row["end"])


def characters(doc: Doc, start: int, end: int) -> tuple[int, int]:
    """Return the code points of a token range."""
    last = doc[end - 1]
    return doc[start].idx, last.idx + len(last)


def by_sentence(
    doc: Doc, sentences: Sequence[Sentence], claims: Sequence[GoldClaim]
) -> list[list[GoldClaim]]:
    """Give each claim to the sentence it shares most characters with."""
    spans = [characters(doc, s.start, s.end) for s in sentences]
    found: list[list[GoldClaim]] = [[] for _ in sentences]
    for claim in claims:
        shared = [min(claim.end, end) - max(claim.start, start) for start, end in spans]
        best = max(range(len(shared)), key=shared.__getitem__, default=-1)
        if best >= 0 and shared[best] > 0:
            found[best].append(claim)
    return found
