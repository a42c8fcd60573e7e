"""What to expect of a claim that the knowledge base is silent about: a chance learned from labels.

A logistic regression over how the claim is worded and what the encoder makes
of it, fitted and calibrated by ``models/training/train_prior.py``.  It decides
only where evidence is ``unknown``, and is named as what it is in the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log

from claimcheck.types import Claim

# The odds of a chance nearer to 0 or 1 than this say no more.
EDGE = 0.01


@dataclass(frozen=True, slots=True)
class PriorModel:
    """Weights by feature, once with the encoder's own doubt and once without it."""

    with_doubt: Mapping[str, float]
    without_doubt: Mapping[str, float]

    def __call__(self, claim: Claim) -> float:
        """Return the calibrated chance, 0 to 1, that such a claim does not hold as it is worded."""
        weights = self.without_doubt if claim.doubt is None else self.with_doubt
        total = weights["intercept"] + sum(weights.get(n, 0.0) * v for n, v in features(claim).items())
        return round(1.0 / (1.0 + exp(-total)), 4)


def features(claim: Claim) -> dict[str, float]:
    """Return the features of a claim by name."""
    found = {
        f"relation={claim.relation.value}": 1.0,
        f"polarity={claim.polarity.value}": 1.0,
        f"certainty={claim.certainty.value}": 1.0,
        f"stance={claim.stance.value}": 1.0,
        f"source={claim.source.value}": 1.0,
        f"{claim.relation.value}&{claim.polarity.value}": 1.0,
        "intervention=unknown": float(claim.intervention is None or claim.intervention.concept_id is None),
        "target=unknown": float(claim.target is None or claim.target.concept_id is None),
    }
    if claim.doubt is not None:
        bounded = min(max(claim.doubt, EDGE), 1 - EDGE)
        found["doubt"] = log(bounded / (1 - bounded))
    return found
