"""The intervention can make dependent."""

from __future__ import annotations

from collections.abc import Iterator

from claimcheck.judging.risk.conditions import is_listed_treatment, is_ordinary_use
from claimcheck.judging.risk.level import in_ordinary_use, one_lower
from claimcheck.judging.risk.rule import Rule, from_record
from claimcheck.judging.risk.situation import MEDICINES, Situation
from claimcheck.types import Relation, Risk, RiskFlag, RiskLevel, RuleId

ID = RuleId("dependence.knowledge_base")
DENIABLE: frozenset[str] = frozenset(
    {"dependence", "addiction", "withdrawal", "tolerance", "opioid-use-disorder"}
)


def apply(situation: Situation) -> Iterator[RiskFlag]:
    """Flag dependence entries of what is promised, or said not to make dependent."""
    denied = situation.is_denied_harm and situation.target_id in DENIABLE
    if not (situation.is_promise or denied):
        return
    for record in situation.records(Risk.DEPENDENCE):
        yield from_record(ID, record, level=_level(record.level, situation))


def _level(level: RiskLevel, situation: Situation) -> RiskLevel:
    """Full where the text says that it makes nobody dependent; one lower where it only makes a promise.

    A medicine put to a use that it is not meant for counts in full.  A prescriber watches over a
    listed use, but dependence comes under supervision too.
    """
    if not situation.is_promise or (
        situation.relation is Relation.IS_SAFE and situation.target_id in DENIABLE
    ):
        return level
    if situation.kind in MEDICINES and not is_ordinary_use(situation):
        return level
    supervised = situation.kind in MEDICINES and is_listed_treatment(situation)
    return in_ordinary_use(one_lower(level) if supervised else level)


RULE = Rule(
    id=ID,
    code=Risk.DEPENDENCE,
    title="The intervention can make dependent",
    basis="Dependence entries of the monographs and of the classes a thing belongs to.",
    apply=apply,
)
