"""A logistic regression over hashed features, as scikit-learn fitted it: only its weights.

What ``FeatureHasher(alternate_sign=False)`` and ``LogisticRegression`` compute
together is a sum of weights and a squashing function.  Done here with the same
hash (MurmurHash3, 32 bit, seed 0), so that reading a text needs neither the
import of scikit-learn nor its checks of every input, which cost more time than
all the rest of a detector.  ``tests/learn/test_linear.py`` holds both against
each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from murmurhash.mrmr import hash as murmurhash3
from numpy.typing import NDArray

Row = Sequence[str] | Mapping[str, float]


@dataclass(frozen=True, eq=False, slots=True)
class HashedRegression:
    """Weights of shape (1 or classes, features), an intercept each, and the names of the classes."""

    coef: NDArray[np.float64]
    intercept: NDArray[np.float64]
    classes: tuple[str, ...]

    def decision(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """Return shape (rows, 1 or classes): log odds.

        A row is a list of features, each worth 1, or features with their worth.
        """
        if not rows:
            return np.zeros((0, len(self.coef)))
        size = self.coef.shape[1]
        hashed = [[abs(murmurhash3(feature)) % size for feature in row] or [0] for row in rows]
        borders = np.cumsum([0, *map(len, hashed[:-1])])
        picked = self.coef[:, np.fromiter(chain.from_iterable(hashed), dtype=np.intp)]
        picked = picked * np.fromiter(chain.from_iterable(map(_worth, rows)), dtype=np.float64)
        return np.asarray(np.add.reduceat(picked, borders, axis=1).T + self.intercept)

    def chances(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """Return shape (rows,): the chance of the second of two classes."""
        return np.asarray(1.0 / (1.0 + np.exp(-self.decision(rows)[:, 0])))

    def likeliest(self, rows: Sequence[Row]) -> list[str]:
        """Return the likeliest class of each row."""
        odds = self.decision(rows)
        best = odds.argmax(axis=1) if odds.shape[1] > 1 else (odds[:, 0] > 0).astype(int)
        return [self.classes[i] for i in best]


def _worth(row: Row) -> Iterable[float]:
    if not row:
        return (0.0,)
    return row.values() if isinstance(row, Mapping) else (1.0,) * len(row)
