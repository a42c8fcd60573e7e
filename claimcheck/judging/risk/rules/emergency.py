"""Emergency care may come too late."""

from __future__ import annotations

from collections.abc import Iterator

from claimcheck.judging.risk.conditions import is_emergency, is_listed_treatment
from claimcheck.judging.risk.rule import Rule, flag, from_record
from claimcheck.judging.risk.situation import CARE, DELAY_EMERGENCY, Situation
from claimcheck.types import Kind, Relation, Risk, RiskFlag, RiskLevel, RuleId

ID = RuleId("emergency.delayed_care")
# Rehabilitation after a stroke is no first aid.
AFTERCARE = frozenset({Kind.EXERCISE, Kind.PROCEDURE, Kind.DEVICE})
AT_THE_SCENE = frozenset({Relation.TREATS, Relation.CURES, Relation.RELIEVES})
WAITING = "Waiting instead of calling for emergency care can cost a life."
INSTEAD = "Minutes count here: whoever tries this first gets emergency care later."


def apply(situation: Situation) -> Iterator[RiskFlag]:
    """Flag advice to wait, and remedies offered for what needs emergency care."""
    if not situation.is_heard:
        return
    if situation.says(DELAY_EMERGENCY):
        yield flag(ID, Risk.EMERGENCY, RiskLevel.CRITICAL, WAITING)
    if situation.is_promise and situation.relation in AT_THE_SCENE and is_emergency(situation):
        yield from _instead(situation)


def _instead(situation: Situation) -> Iterator[RiskFlag]:
    if situation.kind in CARE | AFTERCARE or is_listed_treatment(situation):
        return
    records = situation.records(Risk.EMERGENCY)
    yield from (from_record(ID, record) for record in records)
    unknown_treatment = situation.kind is None and situation.relation is not Relation.CURES
    level = RiskLevel.MODERATE if unknown_treatment else RiskLevel.HIGH
    yield flag(ID, Risk.EMERGENCY, level, INSTEAD)


RULE = Rule(
    id=ID,
    code=Risk.EMERGENCY,
    title="Emergency care may be delayed",
    basis="A list of conditions where minutes count, and emergency entries of the monographs.",
    apply=apply,
)
