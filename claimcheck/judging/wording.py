"""How a claim is worded, in the few distinctions that judging draws.

The two axes share this page and nothing else: evidence and risk never import
one another.
"""

from __future__ import annotations

from claimcheck.types import Claim, Polarity, Relation, Stance

BENEFITS = frozenset(
    {Relation.TREATS, Relation.CURES, Relation.PREVENTS, Relation.RELIEVES, Relation.IMPROVES}
)
"""Relations that promise an effect on health itself."""

PROMISES = BENEFITS | {Relation.POTENTIATES, Relation.REPLACES, Relation.IS_SAFE}
"""Relations that give a reader a reason to take the intervention, or to leave another."""


def is_heard(claim: Claim) -> bool:
    """Tell whether the text offers the claim to be believed: neither refuted nor merely asked."""
    return claim.stance.value not in (Stance.REFUTED, Stance.QUESTIONED)


def is_denial(claim: Claim) -> bool:
    """Tell whether the text denies the effect: by its words or by refuting who says so, not by both."""
    negated = claim.polarity.value is Polarity.NEGATED
    return negated != (claim.stance.value is Stance.REFUTED)


def is_promise(claim: Claim) -> bool:
    """Tell whether a believer is given a reason to use the intervention."""
    return is_heard(claim) and not is_denial(claim) and claim.relation.value in PROMISES


def is_denied_harm(claim: Claim) -> bool:
    """Tell whether the text says that the intervention does not do some harm."""
    return is_heard(claim) and is_denial(claim) and claim.relation.value is Relation.HARMS


def is_caution(claim: Claim) -> bool:
    """Tell whether the claim warns: a harm affirmed, or a benefit or safety denied."""
    return is_denial(claim) != (claim.relation.value is Relation.HARMS)
