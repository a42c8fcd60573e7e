"""A regulator has banned it, recalled it or warned of it."""

from __future__ import annotations

from collections.abc import Iterator

from claimcheck.judging.risk.conditions import is_ordinary_use
from claimcheck.judging.risk.level import in_ordinary_use
from claimcheck.judging.risk.rule import Rule, from_record
from claimcheck.judging.risk.situation import Situation
from claimcheck.types import Risk, RiskFlag, RiskLevel, RuleId

ID = RuleId("illegal_or_recalled.jurisdiction")


def apply(situation: Situation) -> Iterator[RiskFlag]:
    """Flag entries for a jurisdiction the caller asked for; an entry that names none holds everywhere."""
    # What regulators say of a medicine in ordinary use is mostly of single batches or copies.
    if not situation.is_promise or is_ordinary_use(situation):
        return
    chosen = set(situation.jurisdictions)
    for record in situation.records(Risk.ILLEGAL_OR_RECALLED):
        if not record.jurisdictions or chosen & set(record.jurisdictions):
            yield from_record(ID, record, level=_level(record.level))


def _level(level: RiskLevel) -> RiskLevel:
    """What a regulator forbids can harm; how badly is told by the entries of toxicity and the like."""
    return level if level.rank <= RiskLevel.MODERATE.rank else in_ordinary_use(level)


RULE = Rule(
    id=ID,
    code=Risk.ILLEGAL_OR_RECALLED,
    title="A regulator has banned it, recalled it or warned of it",
    basis="Entries of the monographs for the jurisdictions asked for.",
    apply=apply,
)
