"""An amount above what an authority names as the most for a day."""

from __future__ import annotations

from collections.abc import Iterator

from claimcheck.judging.risk import lookup
from claimcheck.judging.risk.rule import Rule, flag
from claimcheck.judging.risk.situation import DOSE, Situation
from claimcheck.kb.store import KnowledgeBase, RiskRecord
from claimcheck.types import ConceptId, Dose, Risk, RiskFlag, RuleId, Signal

ID = RuleId("dosage.daily_limit")


def apply(situation: Situation) -> Iterator[RiskFlag]:
    """Flag doses of the sentence that are above a limit of what the claim promises."""
    if not situation.is_promise:
        return
    for signal in situation.says(DOSE):
        substance = substance_of(signal) or situation.intervention_id
        yield from above_limit(signal.dose, substance, situation.kb)


def above_limit(dose: Dose | None, substance: ConceptId | None, kb: KnowledgeBase) -> Iterator[RiskFlag]:
    """Yield a flag for each daily limit of the substance that the amount exceeds, single dose or not."""
    if dose is None or dose.milligrams is None:
        return
    for record in lookup.records(kb, Risk.DOSAGE, substance):
        if record.max_daily_mg is not None and dose.milligrams > record.max_daily_mg:
            message = _message(record, record.max_daily_mg, lookup.name(kb, substance, "this"))
            yield flag(ID, record.code, record.level, message, record.references)


def substance_of(signal: Signal) -> ConceptId | None:
    """Return what the amount is said to be of."""
    if signal.dose is not None and signal.dose.concept_id is not None:
        return signal.dose.concept_id
    return signal.concepts[0] if signal.concepts else None


def _message(record: RiskRecord, limit: float, name: str) -> str:
    return f"Above {limit:,.10g} mg of {name} a day, the most an authority names. {record.because}"


RULE = Rule(
    id=ID,
    code=Risk.DOSAGE,
    title="The amount named is above a daily limit",
    basis="Daily limits in the dosage entries of the monographs.",
    apply=apply,
)
