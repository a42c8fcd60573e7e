"""Which named intervention is meant where a claim names none: weights, as plain numbers.

One logistic regression for each kind of gap, fitted by
``models/training/train_referents.py`` over yes-or-no features that
``claimcheck.reading.linking.referents`` finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log

INTERCEPT = "intercept"


@dataclass(frozen=True)
class ReferentModel:
    """Weights by kind of gap and feature; a candidate less likely than the gap's ``least`` is not meant."""

    weights: Mapping[str, Mapping[str, float]]
    least: Mapping[str, float]

    def choose(self, gap: str, about: Iterable[str], candidates: Sequence[Iterable[str]]) -> int | None:
        """Return the place of the likeliest candidate, the first of equals; None where none is likely.

        Args:
            gap: the kind of gap.
            about: features of the claim, which all candidates share.
            candidates: the features of each.
        """
        weights = self.weights[gap]
        weigh = weights.get
        least = self.least[gap]
        shared = weights[INTERCEPT]
        for name in about:
            shared += weigh(name, 0.0)
        best, place = log(least / (1 - least)) - shared, None
        for index, features in enumerate(candidates):
            odds = 0.0
            for name in features:
                odds += weigh(name, 0.0)
            if odds > best:
                best, place = odds, index
        return place
