"""How far two readers agree: the ceiling of every figure taken against one of them.

Usage: python -m benchmarks.quality.agreement FIRST.jsonl SECOND.jsonl [--texts POOL.jsonl.gz]

FIRST holds passages in the guideline's record format; SECOND holds records of
some of them, labelled by another reader (texts are not needed).  With
``--texts``, FIRST holds labels only and the texts come from there.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.quality.figures import Counts, interval
from benchmarks.quality.matching import ASSERTIVE, overlap
from claimcheck import surface
from claimcheck.kb.store import KnowledgeBase
from claimcheck.reading.pipeline import build_surface
from models.training.gold import GoldClaim, Passage, by_sentence, labelled, passages, record

ATTRIBUTES = ("relation", "polarity", "certainty", "stance", "source", "evidence", "assessment", "risk_level")
Twice = tuple[Passage, tuple[GoldClaim, ...]]
Pairs = list[tuple[GoldClaim, GoldClaim]]


def both_read(first: Sequence[Passage], second: Path) -> list[Twice]:
    """Return the passages that both readers labelled, with the second one's claims."""
    by_id = {p.id: p for p in first}
    with second.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [(by_id[r["id"]], tuple(map(record, r["claims"]))) for r in rows]


def pairs(one: Sequence[GoldClaim], other: Sequence[GoldClaim]) -> Pairs:
    """Pair claims that share words: same relation first, then the larger overlap; each is used once."""
    ranked = sorted(
        (
            (a.relation == b.relation, overlap((a.start, a.end), (b.start, b.end)), -i, -j)
            for i, a in enumerate(one)
            for j, b in enumerate(other)
            if overlap((a.start, a.end), (b.start, b.end))
        ),
        reverse=True,
    )
    found: Pairs = []
    used: tuple[set[int], set[int]] = (set(), set())
    for _, _, i, j in ranked:
        if i not in used[0] and j not in used[1]:
            used[0].add(i)
            used[1].add(j)
            found.append((one[-i], other[-j]))
    return found


def agree_on(one: GoldClaim, other: GoldClaim, name: str, text: str) -> bool:
    """Tell whether two readers mean the same words, or the same referent."""
    first, second = getattr(one, name), getattr(other, name)
    if first and second:
        longer = max(first[1] - first[0], second[1] - second[0])
        if 2 * overlap(first, second) >= longer:
            return True
    words = [
        surface.comparable(c.labels.get(f"{name}_ref") or (text[s[0] : s[1]] if s else ""))
        for c, s in ((one, first), (other, second))
    ]
    return words[0] == words[1]


def figures(rows: Sequence[Twice]) -> dict[str, object]:
    """Return the agreement on sentences, claims, triples and attributes."""
    nlp = build_surface(KnowledgeBase.load())
    holds: list[Counts] = []
    flagged: list[Counts] = []
    claims: list[Counts] = []
    triples = 0
    matched: Pairs = []
    for passage, second in rows:
        doc = nlp(passage.text)
        homes = [by_sentence(doc, doc._.sentences, c) for c in (passage.claims, second)]
        holds.append(_sentences(homes, lambda c: c.labels["stance"] in ASSERTIVE))
        flagged.append(_sentences(homes, lambda c: bool(c.labels["flagged"])))
        here = pairs(passage.claims, second)
        claims.append(Counts(len(here), len(second) - len(here), len(passage.claims) - len(here)))
        matched += here
        triples += sum(
            a.relation == b.relation
            and agree_on(a, b, "intervention", passage.text)
            and agree_on(a, b, "target", passage.text)
            for a, b in here
        )
    both = sum(len(p.claims) + len(s) for p, s in rows)
    found: dict[str, object] = {
        "passages": len(rows),
        "claims": [sum(len(p.claims) for p, _ in rows), sum(len(s) for _, s in rows)],
        "sentence_f1": _f1(holds),
        "flagged_f1": _f1(flagged),
        "claim_f1": _f1(claims),
        "triple_f1": round(2 * triples / both, 4),
    }
    for name in ATTRIBUTES:
        found[name] = round(sum(a.labels[name] == b.labels[name] for a, b in matched) / len(matched), 4)
    return found


def _sentences(homes: list[list[list[GoldClaim]]], counted: Callable[[GoldClaim], bool]) -> Counts:
    one, other = ({i for i, cs in enumerate(home) if any(map(counted, cs))} for home in homes)
    return Counts(len(one & other), len(other - one), len(one - other))


def _f1(rows: list[Counts]) -> list[float]:
    """Return F1 with its 95% interval over passages."""
    low, high = interval(rows, lambda some: sum(some, Counts()).f1)
    return [round(v, 4) for v in (sum(rows, Counts()).f1, low, high)]


def main() -> None:
    """Print the agreement of two readers as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--texts", type=Path)
    arguments = parser.parse_args()
    first = labelled(arguments.texts, arguments.first) if arguments.texts else passages(arguments.first)
    print(json.dumps(figures(both_read(list(first), arguments.second)), indent=1))


if __name__ == "__main__":
    main()
