"""Someone may stop a medicine that was prescribed."""

from __future__ import annotations

from collections.abc import Iterator

from claimcheck.judging.risk import lookup
from claimcheck.judging.risk.conditions import is_listed_treatment, serious, share_a_purpose
from claimcheck.judging.risk.rule import Rule, flag, from_record
from claimcheck.judging.risk.situation import CLINICAL_HOLD, MEDICINES, STOP_MEDICINE, Situation
from claimcheck.judging.wording import BENEFITS, is_denial
from claimcheck.kb.store import KnowledgeBase
from claimcheck.types import ConceptId, Relation, Risk, RiskFlag, RiskLevel, RuleId, Stance

ID = RuleId("discontinuation.prescribed_medicine")


def apply(situation: Situation) -> Iterator[RiskFlag]:
    """Flag medicines that the sentence tells a reader to leave, however true its reason is."""
    if not situation.is_heard:
        return
    if not situation.says(CLINICAL_HOLD):
        yield from _left(situation)
    yield from _belittled(situation)


def _left(situation: Situation) -> Iterator[RiskFlag]:
    """Yield a flag for each medicine that a reader is told to leave, or told that others left.

    Not where the sentence names what has to go wrong first: "withhold it for severe colitis" is care.
    """
    if situation.relation is Relation.REPLACES and situation.is_promise:
        told = situation.claim.stance.value is Stance.INSTRUCTED
        swapped = share_a_purpose(situation, situation.intervention_id, situation.target_id)
        if told or not swapped:
            yield from stopping(situation.target_id, situation.kb, told=told)
    for signal in situation.says(STOP_MEDICINE):
        for medicine in signal.concepts:
            yield from stopping(medicine, situation.kb, told=True)


def stopping(medicine: ConceptId | None, kb: KnowledgeBase, *, told: bool) -> Iterator[RiskFlag]:
    """Yield what the knowledge base says of stopping a medicine, and if that is nothing what holds for all.

    ``told``: the text tells the reader to; otherwise only a medicine known to
    be dangerous to stop is flagged.
    """
    concept = kb.concept(medicine)
    if concept is None or concept.kind not in MEDICINES:
        return
    records = lookup.records(kb, Risk.DISCONTINUATION, concept.id)
    yield from (from_record(ID, record) for record in records)
    if records:
        return
    if any(_is_dangerous_to_stop(holder, kb) for holder in lookup.lineage(kb, concept.id)):
        message = f"Stopping {concept.name} without medical advice can cause serious harm."
        yield flag(ID, Risk.DISCONTINUATION, RiskLevel.HIGH, message)
    elif told:
        message = f"Stopping {concept.name} without asking whoever prescribed it can bring the illness back."
        yield flag(ID, Risk.DISCONTINUATION, RiskLevel.MODERATE, message)


def _is_dangerous_to_stop(holder: ConceptId, kb: KnowledgeBase) -> bool:
    concept = kb.concept(holder)
    return concept is not None and concept.dangerous_to_stop


def _belittled(situation: Situation) -> Iterator[RiskFlag]:
    """Flag a listed treatment said to do nothing.  That it is no cure is often true, and no danger."""
    condition = serious(situation)
    if condition is None or situation.relation is Relation.CURES or situation.relation not in BENEFITS:
        return
    if is_denial(situation.claim) and situation.kind in MEDICINES and is_listed_treatment(situation):
        name = lookup.name(situation.kb, situation.intervention_id, "the medicine")
        message = f"Someone who believes this may stop {name}, a listed treatment of {condition.name}."
        vital = any(
            _is_dangerous_to_stop(i, situation.kb) for i in situation.lineage(situation.intervention_id)
        )
        yield flag(ID, Risk.DISCONTINUATION, RiskLevel.HIGH if vital else RiskLevel.MODERATE, message)


RULE = Rule(
    id=ID,
    code=Risk.DISCONTINUATION,
    title="A prescribed medicine may be stopped",
    basis="Discontinuation entries of the monographs and classes marked dangerous to stop.",
    apply=apply,
)
