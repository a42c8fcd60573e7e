"""Lays predicted claims over annotated ones: who is whom, and do they agree?

Definitions are those of the models guide, section 4.  Every function works on
plain offsets (code points, half-open).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from claimcheck import surface
from claimcheck.kb.store import KnowledgeBase
from claimcheck.types import Finding, Link
from models.training.gold import GoldClaim

ASSERTIVE = frozenset(("asserted", "instructed", "reported"))


@dataclass(frozen=True, slots=True)
class Pair:
    """An annotated claim and the finding that stands for it."""

    gold: GoldClaim
    found: Finding


def overlap(one: tuple[int, int], other: tuple[int, int]) -> int:
    """Return how many code points two spans share."""
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def by_overlap(gold: Sequence[GoldClaim], found: Sequence[Finding]) -> list[Pair]:
    """Pair claims that share words: same relation first, then the larger overlap; each is used once."""
    ranked = sorted(
        (
            (
                c.relation == f.claim.relation.value.value,
                overlap((c.start, c.end), (f.claim.span.start, f.claim.span.end)),
                -i,
                -j,
            )
            for i, c in enumerate(gold)
            for j, f in enumerate(found)
            if overlap((c.start, c.end), (f.claim.span.start, f.claim.span.end))
        ),
        reverse=True,
    )
    pairs: list[Pair] = []
    used_gold: set[int] = set()
    used_found: set[int] = set()
    for _, _, i, j in ranked:
        if -i not in used_gold and -j not in used_found:
            used_gold.add(-i)
            used_found.add(-j)
            pairs.append(Pair(gold[-i], found[-j]))
    return pairs


def is_triple(pair: Pair, text: str, kb: KnowledgeBase) -> bool:
    """Relation equal, and both arguments overlap by half of the longer, are both absent, or mean the same."""
    claim = pair.found.claim
    if pair.gold.relation != claim.relation.value.value:
        return False
    labels = pair.gold.labels
    return same_argument(
        pair.gold.intervention, labels.get("intervention_ref"), claim.intervention, text, kb
    ) and same_argument(pair.gold.target, labels.get("target_ref"), claim.target, text, kb)


def same_argument(
    gold: tuple[int, int] | None, referent: str | None, found: Link | None, text: str, kb: KnowledgeBase
) -> bool:
    """Tell whether an annotated and a found argument overlap by half, are both absent, or mean the same."""
    if gold is None and (found is None or (referent is None and found.span is None)):
        return True  # both leave it out; a referent we resolved has to be the right one
    if found is None:
        return False
    if gold is not None and found.span is not None:
        span = (found.span.start, found.span.end)
        longer = max(gold[1] - gold[0], span[1] - span[0])
        if 2 * overlap(gold, span) >= longer:
            return True
    names = [referent] if referent else []
    if gold is not None:
        names.append(text[gold[0] : gold[1]])
    return any(_same_name(name, found, kb) for name in names)


def _same_name(name: str, found: Link, kb: KnowledgeBase) -> bool:
    """The annotated words and the found ones lead to one concept, or are the same words."""
    if found.concept_id is not None and found.concept_id in kb.lookup(name):
        return True
    have = surface.comparable(found.ref or found.text)
    return bool(have) and have == surface.comparable(name)


def is_exact(pair: Pair) -> bool:
    """Relation equal and both argument spans identical."""
    claim = pair.found.claim
    return pair.gold.relation == claim.relation.value.value and all(
        gold == (None if link is None or link.span is None else (link.span.start, link.span.end))
        for gold, link in ((pair.gold.intervention, claim.intervention), (pair.gold.target, claim.target))
    )
