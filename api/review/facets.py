"""What a queue sorts and filters by, taken from a report once, when the item comes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from claimcheck.types import Assessment, Relation, RiskLevel

# Stored in the database: a bit never changes its meaning, and a new label gets a new bit.
RELATION_BITS: Mapping[Relation, int] = {
    Relation.TREATS: 1 << 0,
    Relation.CURES: 1 << 1,
    Relation.PREVENTS: 1 << 2,
    Relation.RELIEVES: 1 << 3,
    Relation.IMPROVES: 1 << 4,
    Relation.POTENTIATES: 1 << 5,
    Relation.REPLACES: 1 << 6,
    Relation.IS_SAFE: 1 << 7,
    Relation.HARMS: 1 << 8,
}
ASSESSMENT_BITS: Mapping[Assessment, int] = {
    Assessment.SUPPORTED: 1 << 16,
    Assessment.OVERSTATED: 1 << 17,
    Assessment.UNSUPPORTED: 1 << 18,
    Assessment.CONTRADICTED: 1 << 19,
    Assessment.NOT_ASSERTED: 1 << 20,
}
_STEP = 100_000
_PRIORITIES = 10_000
NAME_LENGTH = 120
_GROUP_SEPARATOR = "|"
# A group key is a relation and two names of at most NAME_LENGTH.
GROUP_LENGTH = 300


def place(level: RiskLevel, priority: float) -> int:
    """Return risk level, then priority, as one number; the most urgent item has the least.

    The report gives priorities with four decimals, so nothing is lost.

    >>> place(RiskLevel.HIGH, 0.94)
    -309400
    """
    return -(level.rank * _STEP + round(max(0.0, min(1.0, priority)) * _PRIORITIES))


def least_place(level: RiskLevel) -> int:
    """Return the greatest place that an item of at least this level can have."""
    return -level.rank * _STEP


def level_at(place: int) -> RiskLevel:
    """Return the risk level that a place belongs to.

    >>> level_at(-309_400)
    <RiskLevel.HIGH: 'high'>
    """
    return list(RiskLevel)[-place // _STEP]


def bits(claims: Iterable[Mapping[str, Any]]) -> int:
    """Return one bit for each relation and each assessment among these claims of a report."""
    found = 0
    for claim in claims:
        found |= RELATION_BITS[Relation(claim["relation"])]
        found |= ASSESSMENT_BITS[Assessment(claim["assessment"])]
    return found


def name(argument: Mapping[str, Any] | None) -> str | None:
    """Return how an argument of a claim is listed: its concept's id, or its own words in lower case."""
    if argument is None:
        return None
    concept = argument.get("concept")
    named = concept["id"] if concept else " ".join(str(argument["text"]).lower().split())
    return str(named)[:NAME_LENGTH] or None


def group_key(claim: Mapping[str, Any]) -> str:
    """Return what near-duplicate claims share: the relation and both arguments."""
    names = (name(claim["intervention"]) or "", name(claim["target"]) or "")
    parts = (str(claim["relation"]), *(part.replace(_GROUP_SEPARATOR, "/") for part in names))
    return _GROUP_SEPARATOR.join(parts)[:GROUP_LENGTH]


def group_parts(key: str) -> tuple[str, str | None, str | None]:
    """Return relation, intervention and target of a group key."""
    relation, intervention, target = (*key.split(_GROUP_SEPARATOR, 2), "", "")[:3]
    return relation, intervention or None, target or None


def top(claims: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the claim of the highest priority, the first of equals; None of none."""
    return max(claims, key=lambda claim: float(claim["priority"]), default=None)


def highest_risk(report: Mapping[str, Any]) -> RiskLevel:
    """Return the highest level among the claims and the alerts of a report."""
    levels = [claim["risk"]["level"] for claim in report["claims"]]
    levels += [alert["level"] for alert in report["alerts"]]
    return max((RiskLevel(level) for level in levels), key=lambda level: level.rank, default=RiskLevel.NONE)
