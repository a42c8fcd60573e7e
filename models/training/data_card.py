"""Writes the tables of ``models/data/DATA_CARD.md`` from the data themselves.

Usage: python -m models.training.data_card TRAIN.jsonl POOL.jsonl.gz [--data models/data] [--check]

Everything between ``<!-- table: NAME -->`` and ``<!-- end -->`` is written anew;
the rest of the card is left alone.  ``--check`` writes nothing and exits with 1
when the card is not up to date.  Needs the standard library only.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.training.held_out import SHARE, is_held_out

CARD = "DATA_CARD.md"
START = re.compile(r"<!-- table: ([a-z-]+) -->")
TABLE = re.compile(rf"({START.pattern}\n).*?(<!-- end -->)", re.DOTALL)
LEVELS = ("none", "low", "moderate", "high", "critical")
# As in ``gold.py``, which needs spaCy.
DOUBTFUL = frozenset(("unsupported", "overstated", "contradicted"))

Claim = Mapping[str, Any]
Lines = list[list[str]]


def _one(name: str) -> Callable[[Claim], list[str]]:
    return lambda claim: [str(claim[name])]


def _doubtful(claim: Claim) -> list[str]:
    return ["yes" if claim["assessment"] in DOUBTFUL else "no"]


def _flagged(claim: Claim) -> list[str]:
    return ["yes" if claim["flagged"] else "no"]


# What stands in the lines of a table of labels; a claim may have several risk codes or none.
VALUES: dict[str, Callable[[Claim], list[str]]] = {
    **{n: _one(n) for n in ("relation", "polarity", "certainty", "stance", "source", "evidence")},
    "assessment": _one("assessment"),
    "doubtful": _doubtful,
    "risk": lambda claim: list(claim["risk"]),
    "risk level": _one("risk_level"),
    "flagged": _flagged,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled passage without its text; ``site`` is its repository, or itself where it was written."""

    id: str
    words: int
    register: str
    site: str
    licence: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Data:
    """The three sets that training reads."""

    annotated: tuple[Row, ...]
    pool: tuple[Row, ...]
    written: tuple[Row, ...]

    @property
    def real(self) -> tuple[Row, ...]:
        """Return the passages that come from a source."""
        return self.annotated + self.pool

    @property
    def sets(self) -> dict[str, tuple[Row, ...]]:
        """Return the sets by the names that head their columns."""
        return {"annotated": self.annotated, "pool": self.pool, "written": self.written}


def read(train: Path, pool: Path, data: Path) -> Data:
    """Read the annotated passages, the labelled ones of the pool, and the written ones.

    Raises:
        ValueError: the pool lacks the text of a passage that was labelled, or one was labelled twice.
    """
    labels = list(_rows(data / "pool_labels.jsonl"))
    claims = {row["id"]: row["claims"] for row in labels}
    with gzip.open(pool, "rt", encoding="utf-8") as lines:
        texts = [row for row in map(json.loads, lines) if row["id"] in claims]
    if not len(texts) == len(claims) == len(labels):
        raise ValueError("the pool and its labels do not fit together")
    return Data(
        annotated=tuple(_row(row) for row in _rows(train)),
        pool=tuple(_row({**row, "claims": claims[row["id"]]}) for row in texts),
        written=tuple(_row(row) for row in _rows(data / "written.jsonl")),
    )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _row(row: Mapping[str, Any]) -> Row:
    return Row(
        id=row["id"],
        words=len(row["text"].split()),
        register=row["genre"],
        site=row.get("repo", row["id"]),
        licence=row.get("licence", ""),
        claims=tuple(row["claims"]),
    )


def number(value: int) -> str:
    """Return a count as people write it: 4,487."""
    return f"{value:,}"


def tabular(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    shown = [head, ["---"] * len(head), *lines]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in shown)


def claims_of(rows: Iterable[Row]) -> list[Claim]:
    """Return the claims of all passages."""
    return [claim for row in rows for claim in row.claims]


def _sizes(rows: Sequence[Row]) -> list[str]:
    """Return how many passages, how many of them without a claim, and how many claims."""
    return [
        number(len(rows)),
        number(sum(not row.claims for row in rows)),
        number(sum(len(row.claims) for row in rows)),
    ]


def _headed(names: Iterable[str], columns: Sequence[str]) -> list[str]:
    """Return the heads of columns that repeat for each set; the set is named once."""
    first, *others = columns
    return [head for name in names for head in (f"{name}: {first}", *others)]


def _grouped(groups: Sequence[Sequence[Row]], key: Callable[[Row], str]) -> dict[str, list[list[Row]]]:
    """Return each group's rows by key; keys with most passages first."""
    counts = Counter(key(row) for rows in groups for row in rows)
    order = sorted(counts, key=lambda name: (-counts[name], name.lower()))
    found: dict[str, list[list[Row]]] = {name: [[] for _ in groups] for name in order}
    for place, rows in enumerate(groups):
        for row in rows:
            found[key(row)][place].append(row)
    return found


def sets_table(data: Data) -> str:
    """Return what each set holds, and where it is."""
    places = {
        "annotated: real passages": (data.annotated, "outside this repository"),
        "pool: more real passages, of the same kind of source": (
            data.pool,
            "labels in `pool_labels.jsonl`, texts outside",
        ),
        "written for the project": (data.written, "`written.jsonl`, texts included"),
        "all": (data.real + data.written, ""),
    }
    lines = []
    for name, (rows, place) in places.items():
        sites = len({row.site for row in rows if row.site != row.id})
        words = number(sum(row.words for row in rows))
        passages, without, claims = _sizes(rows)
        flagged = number(sum(bool(claim["flagged"]) for claim in claims_of(rows)))
        lines.append([name, passages, without, words, claims, flagged, str(sites) if sites else "–", place])
    columns = ["passages", "without a claim", "words", "claims", "flagged", "repositories", "where it is"]
    return tabular(["part", *columns], lines)


def held_out_table(data: Data) -> str:
    """Return what is kept out of training, for calibration."""
    lines = []
    for name, rows in data.sets.items():
        kept = [row for row in rows if is_held_out(row.site, SHARE)]
        passages, _, claims = _sizes(kept)
        sites, every = len({row.site for row in kept}), len({row.site for row in rows})
        lines.append([name, f"{sites} of {number(every)}", passages, claims])
    return tabular(["set", "sites held out", "passages", "claims"], lines)


def licences_table(data: Data) -> str:
    """Return the licences of the real passages, with a last line for all."""
    groups = (data.annotated, data.pool)
    every = {**_grouped(groups, lambda row: row.licence), "all": list(map(list, groups))}
    lines = []
    for licence, sides in every.items():
        sites = len({row.site for side in sides for row in side})
        lines.append([licence, str(sites), *(cell for side in sides for cell in _sizes(side)[::2])])
    columns = _headed(("annotated", "pool"), ("passages", "claims"))
    return tabular(["licence, as found in the source", "repositories", *columns], lines)


def registers_table(data: Data) -> str:
    """Return the registers of all sets."""
    groups = _grouped(list(data.sets.values()), lambda row: row.register)
    lines = [[name, *(cell for side in sides for cell in _sizes(side))] for name, sides in groups.items()]
    return tabular(["register", *_headed(data.sets, ("passages", "without a claim", "claims"))], lines)


def sources_table(data: Data) -> str:
    """Return the repositories that the real passages come from."""
    groups = _grouped((data.annotated, data.pool), lambda row: row.site)
    lines = []
    for site, sides in groups.items():
        licences = sorted({row.licence for side in sides for row in side})
        lines.append([site, "; ".join(licences), *(cell for side in sides for cell in _sizes(side)[::2])])
    return tabular(["source", "licence", *_headed(("annotated", "pool"), ("passages", "claims"))], lines)


def _counted(values: Iterable[str]) -> str:
    """Return values with their counts: levels as they rise, others with the most frequent first."""
    counts = Counter(values)
    names = sorted(counts, key=lambda name: (LEVELS.index(name) if name in LEVELS else -counts[name], name))
    return ", ".join(f"{name} {number(counts[name])}" for name in names) or "–"


def _labels(columns: Sequence[Sequence[Claim]]) -> Lines:
    """Return one line for each label, and one cell for each column of claims."""
    lines: Lines = []
    for name, values_of in VALUES.items():
        found = [[value for claim in claims for value in values_of(claim)] for claims in columns]
        lines.append([name, *(_counted(values) for values in found)])
    return lines


def labels_table(data: Data) -> str:
    """Return how often each label was given, by set."""
    return tabular(["label", *data.sets], _labels([claims_of(rows) for rows in data.sets.values()]))


def batches(data: Data) -> dict[str, list[Row]]:
    """Return the written passages by the prefix of their ids."""
    found: dict[str, list[Row]] = {}
    for row in data.written:
        found.setdefault(row.id.partition("-")[0] + "-", []).append(row)
    return dict(sorted(found.items()))


def written_batches_table(data: Data) -> str:
    """Return what each batch of written passages holds."""
    lines = []
    for name, rows in {**batches(data), "all": list(data.written)}.items():
        shown = name if name == "all" else f"`{name}`"
        several = sum(len(row.claims) > 1 for row in rows)
        lines.append([shown, *_sizes(rows), number(several), number(sum(row.words for row in rows))])
    columns = ["passages", "without a claim", "claims", "with two claims or more", "words"]
    return tabular(["batch", *columns], lines)


def written_labels_table(data: Data) -> str:
    """Return how often each label was given in the written passages, by batch."""
    found = batches(data)
    return tabular(["label", *(f"`{name}`" for name in found)], _labels(list(map(claims_of, found.values()))))


TABLES: dict[str, Callable[[Data], str]] = {
    "sets": sets_table,
    "held-out": held_out_table,
    "licences": licences_table,
    "registers": registers_table,
    "labels": labels_table,
    "written-batches": written_batches_table,
    "written-labels": written_labels_table,
    "sources": sources_table,
}


def rewritten(card: str, data: Data) -> str:
    """Return the card with its tables written anew.

    Raises:
        ValueError: the card lacks a table, has one twice or one that is unknown, or a mark has no end.
    """
    closed = sorted(found[2] for found in TABLE.finditer(card))
    if not sorted(START.findall(card)) == closed == sorted(TABLES):
        raise ValueError(f"the card must have each of these tables once, with its end: {', '.join(TABLES)}")
    return TABLE.sub(lambda found: found[1] + TABLES[found[2]](data) + found[3], card)


def main() -> int:
    """Write, or with ``--check`` only compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path)
    parser.add_argument("pool", type=Path)
    parser.add_argument("--data", type=Path, default=Path("models/data"))
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    path = arguments.data / CARD
    card = path.read_text(encoding="utf-8")
    wanted = rewritten(card, read(arguments.train, arguments.pool, arguments.data))
    if arguments.check:
        print(f"{path} is {'up to date' if card == wanted else 'not up to date'}")
        return int(card != wanted)
    path.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
