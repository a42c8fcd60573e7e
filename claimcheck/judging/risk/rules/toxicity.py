"""The intervention itself can poison or injure."""

from __future__ import annotations

from collections.abc import Iterator

from claimcheck.judging.risk.conditions import is_ordinary_use
from claimcheck.judging.risk.level import in_ordinary_use, one_lower
from claimcheck.judging.risk.rule import Rule, flag, from_record
from claimcheck.judging.risk.situation import DRINK_DISINFECTANT, MEDICINES, Situation
from claimcheck.types import Relation, Risk, RiskFlag, RiskLevel, RuleId

ID = RuleId("toxicity.knowledge_base")
DENIABLE: frozenset[str] = frozenset(
    {
        "overdose",
        "death",
        "liver-injury",
        "liver-disease",
        "kidney-injury",
        "kidney-disease",
        "seizures",
        "respiratory-depression",
        "bleeding",
        "poisoning",
    }
)
"""Harms whose denial makes light of toxicity; denying another one says nothing of it."""
SWALLOWED = "Swallowing, injecting or inhaling a disinfectant can burn the gut or lungs and kill."


def apply(situation: Situation) -> Iterator[RiskFlag]:
    """Flag toxicity entries of what is promised; medicines used for their own purpose are spared."""
    if situation.is_promise and situation.says(DRINK_DISINFECTANT):
        yield flag(ID, Risk.TOXICITY, RiskLevel.CRITICAL, SWALLOWED)
    if not (situation.is_promise or _denies_toxicity(situation)):
        return
    for record in situation.records(Risk.TOXICITY):
        yield from_record(ID, record, level=_level(record.level, situation))


def _denies_toxicity(situation: Situation) -> bool:
    return situation.is_denied_harm and (situation.claim.target is None or situation.target_id in DENIABLE)


def _level(level: RiskLevel, situation: Situation) -> RiskLevel:
    """A labelled medicine in ordinary use is weighed by whoever gives it; out of use, a level lower.

    A harm that the text denies by name counts in full; anything else as in ordinary use.
    """
    if not situation.is_promise or (
        situation.relation is Relation.IS_SAFE and situation.target_id in DENIABLE
    ):
        return level
    if situation.kind not in MEDICINES:
        return in_ordinary_use(level)
    return RiskLevel.NONE if is_ordinary_use(situation) else one_lower(level)


RULE = Rule(
    id=ID,
    code=Risk.TOXICITY,
    title="The intervention can poison or injure",
    basis="Toxicity entries of the monographs and of the classes a thing belongs to.",
    apply=apply,
)
