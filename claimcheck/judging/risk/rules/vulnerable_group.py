"""The sentence speaks of pregnancy, breastfeeding, infants, children or frail age."""

from __future__ import annotations

from collections.abc import Iterator

from claimcheck.judging.risk.rule import Rule, flag, from_record
from claimcheck.judging.risk.situation import CARE, VULNERABLE_GROUP, Situation
from claimcheck.types import Kind, Relation, Risk, RiskFlag, RiskLevel, RuleId

ID = RuleId("vulnerable_group.knowledge_base")
GROUPS: frozenset[str] = frozenset({"pregnancy", "breastfeeding", "infants", "children", "frail_age"})
GROUP_OF_TARGET: dict[str, str] = {
    "pregnancy": "pregnancy",
    "nausea-in-pregnancy": "pregnancy",
    "miscarriage": "pregnancy",
    "birth-defects": "pregnancy",
    "breastfeeding": "breastfeeding",
    "colic": "infants",
}
"""Targets that name the group themselves."""
MOST_FRAGILE = frozenset({"pregnancy", "breastfeeding", "infants"})
TAKEN = frozenset({Kind.HERB, Kind.SUPPLEMENT, Kind.HOMEOPATHIC, Kind.OTHER})
UNKNOWN_SAFETY = (
    "Our knowledge base holds nothing that shows it to be safe in pregnancy, breastfeeding or infancy."
)


def apply(situation: Situation) -> Iterator[RiskFlag]:
    """Flag entries for a group the sentence names; a remedy with no entry is at least uncertain there."""
    named = _groups(situation)
    if not named or not situation.is_promise:
        return
    records = [record for record in situation.records(Risk.VULNERABLE_GROUP) if named & set(record.groups)]
    yield from (from_record(ID, record) for record in records)
    if not records and named & MOST_FRAGILE and _is_taken(situation):
        yield flag(ID, Risk.VULNERABLE_GROUP, RiskLevel.LOW, UNKNOWN_SAFETY)


def _groups(situation: Situation) -> set[str]:
    said = {name for signal in situation.says(VULNERABLE_GROUP) for name in signal.concepts}
    named = GROUP_OF_TARGET.get(situation.target_id or "")
    return {str(name) for name in said if name in GROUPS} | ({named} if named else set())


def _is_taken(situation: Situation) -> bool:
    """A remedy, or something unknown, that goes into the body; never a replacement of something else."""
    kind = situation.kind
    unknown = kind is None and situation.claim.intervention is not None
    return (kind in TAKEN or unknown) and kind not in CARE and situation.relation is not Relation.REPLACES


RULE = Rule(
    id=ID,
    code=Risk.VULNERABLE_GROUP,
    title="It is recommended where pregnancy, a child or frail age is named",
    basis="Entries of the monographs for the group that the sentence or the target names.",
    apply=apply,
)
