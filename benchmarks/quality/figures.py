"""Figures from counts: precision, recall, F1, calibration, bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Counts:
    """True positives, false positives and false negatives, added up."""

    true: int = 0
    false: int = 0
    missed: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Add two tallies."""
        return Counts(self.true + other.true, self.false + other.false, self.missed + other.missed)

    @property
    def precision(self) -> float:
        """Return the share of what was found that is right; 0 where nothing was found."""
        return self.true / (self.true + self.false) if self.true + self.false else 0.0

    @property
    def recall(self) -> float:
        """Return the share of what is there that was found; 0 where nothing is there."""
        return self.true / (self.true + self.missed) if self.true + self.missed else 0.0

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall."""
        total = 2 * self.true + self.false + self.missed
        return 2 * self.true / total if total else 0.0


def calibration_error(chances: Sequence[float], outcomes: Sequence[bool], *, bins: int = 15) -> float:
    """Return the expected calibration error over bins of equal mass (Naeini et al. 2015)."""
    if not chances:
        return 0.0
    order = np.argsort(np.asarray(chances), kind="stable")
    total = 0.0
    for part in np.array_split(order, bins):
        if len(part):
            predicted = float(np.mean([chances[i] for i in part]))
            observed = float(np.mean([outcomes[i] for i in part]))
            total += len(part) / len(chances) * abs(predicted - observed)
    return total


def macro_f1(gold: Sequence[str], found: Sequence[str]) -> float:
    """Return the mean F1 over the labels that occur in ``gold``."""
    labels = sorted(set(gold))
    if not labels:
        return 0.0
    values = []
    for label in labels:
        pairs = list(zip(gold, found, strict=True))
        values.append(
            Counts(
                true=sum(g == label == f for g, f in pairs),
                false=sum(f == label != g for g, f in pairs),
                missed=sum(g == label != f for g, f in pairs),
            ).f1
        )
    return sum(values) / len(values)


def interval(
    items: Sequence[T], figure: Callable[[Sequence[T]], float], *, rounds: int = 400, seed: int = 11
) -> tuple[float, float]:
    """Return the 95% percentile interval of a figure under resampling of whole passages."""
    generator = np.random.default_rng(seed)
    values = []
    for _ in range(rounds):
        chosen = generator.integers(0, len(items), len(items))
        values.append(figure([items[i] for i in chosen]))
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
