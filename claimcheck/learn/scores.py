"""From maxima over claims to chances: what a text's two scores mean.

Curves fitted by logistic regression in ``models/training/train_scores.py`` on
passages of sites that the encoder never saw.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from claimcheck.types import Scores


@dataclass(frozen=True, slots=True)
class Curve:
    """A rising line through points; flat beyond its ends."""

    at: tuple[float, ...]
    chance: tuple[float, ...]

    def __call__(self, score: float) -> float:
        """Return the chance for a score; no claim, no chance."""
        return round(float(np.interp(score, self.at, self.chance)), 4) if score > 0 else 0.0


@dataclass(frozen=True, slots=True)
class ScoreCalibration:
    """One curve an axis; ``priority`` only orders and stays as it is."""

    unsupported: Curve
    risk: Curve

    def __call__(self, scores: Scores) -> Scores:
        """Return the chance that a text holds an unsupported claim, and a risky one."""
        return replace(scores, unsupported=self.unsupported(scores.unsupported), risk=self.risk(scores.risk))
