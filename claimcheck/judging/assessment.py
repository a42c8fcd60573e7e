"""What a reviewer sees: evidence read against the wording (annotation guideline, section 5)."""

from __future__ import annotations

from typing import assert_never

from claimcheck.judging.wording import is_denial
from claimcheck.types import (
    Assessment,
    Certainty,
    Claim,
    Evidence,
    EvidenceResult,
    Relation,
    Source,
    Stance,
)

EXPERIENCED = frozenset((Relation.TREATS, Relation.RELIEVES, Relation.IMPROVES))
"""Effects that a patient, or a trial, can miss without denying them to others."""


def assess(claim: Claim, evidence: EvidenceResult, *, claims_more: bool = False) -> Assessment:
    """Return how the claim stands against what is known.

    Args:
        claim: the claim; its polarity, certainty, stance and source decide.
        evidence: what is known of the affirmative statement.
        claims_more: the relation says more than the evidence is about ("cures"
            against evidence of "treats"); see
            :func:`claimcheck.judging.evidence.claims_more`.

    Returns:
        One of the guideline's five assessments.  A refuted claim is a denial:
        ``not_asserted`` unless the denial itself is wrong.
    """
    if claim.stance.value is Stance.QUESTIONED:
        return Assessment.NOT_ASSERTED
    verdict = (
        _denied(claim, evidence.status, claims_more=claims_more)
        if is_denial(claim)
        else _affirmed(claim, evidence.status, claims_more=claims_more)
    )
    if claim.stance.value is Stance.REFUTED and verdict is not Assessment.CONTRADICTED:
        return Assessment.NOT_ASSERTED
    return verdict


def _affirmed(claim: Claim, evidence: Evidence, *, claims_more: bool) -> Assessment:
    match evidence:
        case Evidence.REFUTED:
            return Assessment.CONTRADICTED
        case Evidence.INSUFFICIENT | Evidence.UNKNOWN:
            return Assessment.UNSUPPORTED
        case Evidence.SUPPORTED:
            return Assessment.OVERSTATED if claims_more else Assessment.SUPPORTED
        case Evidence.LIMITED | Evidence.MIXED:
            modest = _says_how_little(claim) and not claims_more
            return Assessment.SUPPORTED if modest else Assessment.OVERSTATED
        case _:
            assert_never(evidence)


def _denied(claim: Claim, evidence: Evidence, *, claims_more: bool) -> Assessment:
    match evidence:
        case Evidence.REFUTED | Evidence.INSUFFICIENT:
            return Assessment.SUPPORTED
        case Evidence.UNKNOWN:
            # Our silence cannot bear out a denial either; policy keeps it from being flagged.
            return Assessment.UNSUPPORTED
        case Evidence.SUPPORTED:
            # "Insulin does not cure diabetes": what is shown is less than what is denied.
            modest = claims_more or _tells_of_one_failure(claim)
            return Assessment.SUPPORTED if modest else Assessment.CONTRADICTED
        case Evidence.LIMITED | Evidence.MIXED:
            # Doubting a weakly shown benefit protects the reader; waving a weakly shown harm away does not.
            modest = claim.relation.value is not Relation.HARMS or _says_how_little(claim)
            return Assessment.SUPPORTED if modest else Assessment.OVERSTATED
        case _:
            assert_never(evidence)


def _tells_of_one_failure(claim: Claim) -> bool:
    """Tell whether a proven treatment is only said to have failed once: for the writer, or in one trial.

    "It did nothing for me" denies no one else's relief.  Prevention and harm are no such experience: who
    fell ill, or did not, may have done so anyway.
    """
    once = claim.source.value in (Source.TESTIMONIAL, Source.STUDY)
    return once and claim.relation.value in EXPERIENCED and claim.stance.value is Stance.ASSERTED


def _says_how_little(claim: Claim) -> bool:
    """Tell whether the wording fits weak evidence: hedged, or a trial's own result that is not urged on."""
    if claim.certainty.value is Certainty.POSSIBLE:
        return True
    return claim.source.value is Source.STUDY and claim.stance.value is not Stance.INSTRUCTED
