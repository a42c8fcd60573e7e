"""Risks that need no therapeutic claim: what a signal says by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from claimcheck.judging.risk import lookup
from claimcheck.judging.risk.rule import flag
from claimcheck.judging.risk.rules import discontinuation, dosage, emergency, toxicity
from claimcheck.judging.risk.situation import DELAY_EMERGENCY, DOSE, DRINK_DISINFECTANT, STOP_MEDICINE
from claimcheck.kb.store import KnowledgeBase
from claimcheck.types import Claim, Risk, RiskFlag, RiskLevel, Signal


def alerts(signals: Iterable[Signal], kb: KnowledgeBase, claims: Sequence[Claim]) -> tuple[RiskFlag, ...]:
    """Return the flags of signals whose sentence holds no claim, in the order of the text.

    Where the sentence holds a claim, that claim carries the risk, or it is a
    caution or a refutation that takes the risk back.
    """
    sentences = {claim.sentence for claim in claims}
    alone = (s for s in signals if s.sentence not in sentences)
    in_order = sorted(alone, key=lambda signal: (signal.span, signal.kind))
    raised = (replace(alert, span=s.span) for s in in_order for alert in _raised(s, kb))
    return tuple(dict.fromkeys(raised))


def _raised(signal: Signal, kb: KnowledgeBase) -> Iterator[RiskFlag]:
    """Yield the flags of one signal; a group named, or a doctor left out, says nothing by itself."""
    match signal.kind:
        case k if k == DOSE:
            yield from dosage.above_limit(signal.dose, dosage.substance_of(signal), kb)
        case k if k == STOP_MEDICINE:
            for medicine in signal.concepts:
                yield from discontinuation.stopping(medicine, kb, told=True)
        case k if k == DELAY_EMERGENCY:
            yield flag(emergency.ID, Risk.EMERGENCY, RiskLevel.CRITICAL, emergency.WAITING)
        case k if k == DRINK_DISINFECTANT:
            references = tuple(
                reference
                for concept_id in signal.concepts
                for record in lookup.records(kb, Risk.TOXICITY, concept_id)
                for reference in record.references
            )
            message = toxicity.SWALLOWED
            yield flag(toxicity.ID, Risk.TOXICITY, RiskLevel.CRITICAL, message, references)
