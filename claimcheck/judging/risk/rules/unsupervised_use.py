"""It is used without anyone who can see when it goes wrong."""

from __future__ import annotations

from collections.abc import Iterator

from claimcheck.judging.risk.conditions import is_ordinary_use, serious
from claimcheck.judging.risk.level import in_ordinary_use
from claimcheck.judging.risk.rule import Rule, flag, from_record
from claimcheck.judging.risk.situation import CARE, MEDICINES, UNSUPERVISED, Situation
from claimcheck.judging.wording import BENEFITS
from claimcheck.types import Relation, Risk, RiskFlag, RiskLevel, RuleId

ID = RuleId("unsupervised_use.no_clinician")
TREATING = frozenset({Relation.TREATS, Relation.CURES, Relation.REPLACES})
ALONE = "Treating oneself without a clinician can miss a wrong diagnosis, a wrong dose or a worsening."


def apply(situation: Situation) -> Iterator[RiskFlag]:
    """Flag advice to do without a clinician, and what the knowledge base says needs one."""
    if not situation.is_promise:
        return
    alone = bool(situation.says(UNSUPERVISED))
    records = situation.records(Risk.UNSUPERVISED_USE)
    # Full where the text says to do without a clinician, or where the illness itself needs one.
    full = alone or (serious(situation) is not None and situation.relation in TREATING)
    if alone or _has_no_prescriber(situation):
        for record in records:
            yield from_record(ID, record, level=record.level if full else in_ordinary_use(record.level))
    if alone and not records:
        level = RiskLevel.HIGH if serious(situation) else RiskLevel.MODERATE
        yield flag(ID, Risk.UNSUPERVISED_USE, level, ALONE)


def _has_no_prescriber(situation: Situation) -> bool:
    """Tell whether nobody answers for this use: no medicine at all, or one put to another use."""
    if situation.kind not in CARE:
        return True
    uses = situation.relation in BENEFITS and situation.kind in MEDICINES
    return uses and not is_ordinary_use(situation)


RULE = Rule(
    id=ID,
    code=Risk.UNSUPERVISED_USE,
    title="It is used without supervision that it needs",
    basis="Entries of the monographs, and words that tell a reader to do without a clinician.",
    apply=apply,
)
