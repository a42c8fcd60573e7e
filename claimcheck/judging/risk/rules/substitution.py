"""Someone may leave, or never begin, an effective treatment of a serious condition."""

from __future__ import annotations

from collections.abc import Iterator

from claimcheck.judging.risk import lookup
from claimcheck.judging.risk.conditions import (
    is_listed_treatment,
    serious,
    serious_purpose,
    share_a_purpose,
    treats,
)
from claimcheck.judging.risk.rule import Rule, flag, from_record
from claimcheck.judging.risk.situation import CARE, Situation
from claimcheck.kb.store import Concept
from claimcheck.types import Kind, Relation, Risk, RiskFlag, RiskLevel, RuleId

ID = RuleId("substitution.effective_treatment")
BESIDE = frozenset({Kind.EXERCISE, Kind.PROCEDURE, Kind.DEVICE})


def apply(situation: Situation) -> Iterator[RiskFlag]:
    """Flag cures and treatments of serious conditions by remedies, and replacements of real treatment."""
    if not situation.is_promise:
        return
    if situation.relation is Relation.REPLACES:
        yield from _replacing(situation)
    elif situation.relation in (Relation.CURES, Relation.TREATS):
        yield from _treating(situation)


def _treating(situation: Situation) -> Iterator[RiskFlag]:
    condition = serious(situation)
    if condition is None or situation.kind in CARE or is_listed_treatment(situation):
        return
    records = situation.records(Risk.SUBSTITUTION)
    yield from (from_record(ID, record) for record in records)
    if records:
        return
    if situation.relation is Relation.CURES:
        yield flag(ID, Risk.SUBSTITUTION, RiskLevel.HIGH, _message(condition))
    elif situation.kind is not None and situation.kind not in BESIDE:
        yield flag(ID, Risk.SUBSTITUTION, RiskLevel.MODERATE, _message(condition))


def _replacing(situation: Situation) -> Iterator[RiskFlag]:
    target = situation.target
    if target is None or situation.claim.intervention is None:
        # With nothing named in its place, leaving it is a matter of discontinuation alone.
        return
    condition = target if target.kind.is_target else serious_purpose(situation, target.id)
    if condition is None or not condition.serious:
        return
    if share_a_purpose(situation, situation.intervention_id, target.id) or treats(
        situation, intervention=situation.intervention_id, target=condition.id
    ):
        # One effective treatment in place of another is a matter for two clinicians, not a danger.
        return
    left = lookup.records(situation.kb, Risk.SUBSTITUTION, target.id)
    yield from (from_record(ID, record) for record in (*situation.records(Risk.SUBSTITUTION), *left))
    yield flag(ID, Risk.SUBSTITUTION, RiskLevel.HIGH, _message(condition))


def _message(condition: Concept) -> str:
    return f"Used in place of treatment that works, it leaves {condition.name} untreated."


RULE = Rule(
    id=ID,
    code=Risk.SUBSTITUTION,
    title="An effective treatment of a serious condition may be left for it",
    basis="Listed treatments of conditions marked serious, and substitution entries of the monographs.",
    apply=apply,
)
