"""A promise for a serious condition by something that is not among its treatments."""

from __future__ import annotations

from collections.abc import Iterator

from claimcheck.judging.risk.conditions import is_listed_treatment, serious
from claimcheck.judging.risk.level import highest
from claimcheck.judging.risk.rule import Rule, flag
from claimcheck.judging.risk.situation import CARE, Situation
from claimcheck.judging.wording import BENEFITS
from claimcheck.kb.store import Concept
from claimcheck.types import ConceptId, Kind, Relation, Risk, RiskFlag, RiskLevel, RuleId

ID = RuleId("serious_condition.unlisted")
LOW, MODERATE, HIGH = RiskLevel.LOW, RiskLevel.MODERATE, RiskLevel.HIGH

# How far a believer may go: (cures, treats, relieves).
GIVEN_BY_CLINICIANS = (MODERATE, LOW, LOW)
DONE_BESIDE_TREATMENT = (HIGH, MODERATE, LOW)
EATEN = (HIGH, HIGH, LOW)
REMEDY = (HIGH, HIGH, MODERATE)
NOT_KNOWN_TO_US = (HIGH, MODERATE, LOW)
# Whoever only hopes to keep a disease away, or to better what it impairs, leaves no treatment of it.
PREVENTS_OR_IMPROVES = LOW
BESIDE = frozenset({Kind.EXERCISE, Kind.PROCEDURE, Kind.DEVICE})
FOODS = frozenset({Kind.FOOD, Kind.DIET})
# What a patient takes or does beside the treatment, or gets with it.
ACCOMPANYING = CARE | BESIDE | FOODS


# What a serious condition is measured by: whoever betters the figure with a remedy may leave the treatment.
DIABETES = ConceptId("diabetes")
SIGNS = {ConceptId("blood-sugar"): DIABETES, ConceptId("insulin-resistance"): DIABETES}


def apply(situation: Situation) -> Iterator[RiskFlag]:
    """Flag a promised effect on a serious condition, harder the more it sounds like treatment."""
    if not situation.is_promise or situation.relation not in BENEFITS or is_listed_treatment(situation):
        return
    condition = serious(situation)
    if condition is not None:
        yield _flag(condition, situation)
    elif situation.relation is not Relation.PREVENTS and situation.kind not in ACCOMPANYING:
        behind = situation.kb.concept(SIGNS.get(situation.target_id)) if situation.target_id else None
        if behind is not None:
            yield flag(ID, Risk.SERIOUS_CONDITION, MODERATE, _sign_message(behind))


def _flag(condition: Concept, situation: Situation) -> RiskFlag:
    """Take the knowledge base's own words where it has an entry, and the higher level of the two."""
    records = situation.records(Risk.SERIOUS_CONDITION)
    by_table = table_level(situation.kind, situation.relation)
    if not records:
        return flag(ID, Risk.SERIOUS_CONDITION, by_table, _message(condition))
    worst = max(records, key=lambda record: record.level.rank)
    level = highest((by_table, worst.level))
    return flag(ID, Risk.SERIOUS_CONDITION, level, worst.because, worst.references)


def table_level(kind: Kind | None, relation: Relation) -> RiskLevel:
    """Return the table's level for a kind of intervention and a relation."""
    if relation in (Relation.PREVENTS, Relation.IMPROVES):
        return PREVENTS_OR_IMPROVES
    cures, treats, relieves = _row(kind)
    if relation is Relation.CURES:
        return cures
    return treats if relation is Relation.TREATS else relieves


def _row(kind: Kind | None) -> tuple[RiskLevel, RiskLevel, RiskLevel]:
    if kind is None:
        return NOT_KNOWN_TO_US
    if kind in CARE:
        return GIVEN_BY_CLINICIANS
    if kind in BESIDE:
        return DONE_BESIDE_TREATMENT
    return EATEN if kind in FOODS else REMEDY


def _message(condition: Concept) -> str:
    return (
        f"{condition.name[:1].upper()}{condition.name[1:]} is serious, and this is not among the treatments "
        "known to work for it: relying on it can delay care that does."
    )


def _sign_message(condition: Concept) -> str:
    return (
        f"This is what {condition.name} is treated by: a remedy for it can take the place of the treatment, "
        "or add to it and go too far."
    )


RULE = Rule(
    id=ID,
    code=Risk.SERIOUS_CONDITION,
    title="An effect is promised for a serious condition by something not among its treatments",
    basis="Conditions marked serious and their listed treatments; annotation guideline, section 6.",
    apply=apply,
)
