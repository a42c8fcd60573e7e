"""The trained encoder: one small transformer, int8, run by onnxruntime on one thread.

A fine-tuned all-MiniLM-L6-v2 (Apache-2.0) with linear heads on every word
piece.  This module turns inputs into probabilities; what they mean as claims
is decided in ``claimcheck.reading.claims.encoder``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from claimcheck.learn.wordpiece import WordPieces

# Inputs of like length are run together, at most so many.
BATCH = 16
# What a run costs besides its word pieces, in word pieces: so much padding is worth a run saved.
RUN_COST = 7
PAD = 0


@dataclass(frozen=True, slots=True)
class Heads:
    """What the encoder says of one input.

    ``holds`` is the chance that it holds a claim, ``scores`` has shape (pieces,
    labels of all heads), and ``columns`` tells which of them are a head's.
    """

    holds: float
    scores: NDArray[np.float32]
    columns: Mapping[str, slice]

    def of(self, name: str) -> NDArray[np.float32]:
        """Return the scores of one head: shape (pieces, its labels)."""
        return self.scores[:, self.columns[name]]


def columns_of(sizes: Mapping[str, int]) -> dict[str, slice]:
    """Return where the labels of each head stand among those of all."""
    borders = np.cumsum([0, *sizes.values()]).tolist()
    return {name: slice(*ends) for name, ends in zip(sizes, pairwise(borders), strict=True)}


@dataclass(frozen=True)
class EncoderModel:
    """A session, its tokenizer, the sizes of its heads in order, and its calibration.

    ``calibration`` holds the weights of a logistic regression over the
    features of a proposed claim, and last its intercept.
    ``places``, (2, 3), is what it counts for an intervention and for a target
    to stand before, inside and after its claim.  ``context`` is the number of
    pieces of the sentence before that the encoder is shown.
    """

    session: Any
    tokenizer: WordPieces
    heads: dict[str, int]
    calibration: tuple[float, ...]
    places: NDArray[np.float32]
    context: int = 0

    def run(self, inputs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> list[Heads]:
        """Return the heads of each (ids, types), in the order given; what comes twice is read once."""
        columns = columns_of(self.heads)
        keys = [(tuple(ids), tuple(types)) for ids, types in inputs]
        order = sorted(dict.fromkeys(keys), key=lambda key: len(key[0]))
        found: dict[tuple[tuple[int, ...], tuple[int, ...]], Heads] = {}
        for start, end in cuts([len(ids) for ids, _ in order]):
            part = order[start:end]
            found.update(zip(part, self._batch(part, columns), strict=True))
        return [found[key] for key in keys]

    def _batch(
        self, inputs: Sequence[tuple[Sequence[int], Sequence[int]]], columns: Mapping[str, slice]
    ) -> list[Heads]:
        longest = max(len(ids) for ids, _ in inputs)
        ids = np.full((len(inputs), longest), PAD, dtype=np.int64)
        mask = np.zeros_like(ids)
        types = np.zeros_like(ids)
        for row, (own_ids, own_types) in enumerate(inputs):
            ids[row, : len(own_ids)] = own_ids
            mask[row, : len(own_ids)] = 1
            types[row, : len(own_types)] = own_types
        tokens, holds = self.session.run(None, {"ids": ids, "mask": mask, "types": types})
        chances = 1.0 / (1.0 + np.exp(-holds))
        return [
            Heads(float(chances[row]), tokens[row, : len(own_ids)], columns)
            for row, (own_ids, _) in enumerate(inputs)
        ]

    def probability(self, features: Sequence[float]) -> float:
        """Return the calibrated chance that a proposed claim is one."""
        *weights, intercept = self.calibration
        z = intercept + sum(w * f for w, f in zip(weights, features, strict=True))
        return 1.0 / (1.0 + math.exp(-z))


def cuts(lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Return how to cut inputs, sorted by length, into the runs that cost least together.

    A run costs ``RUN_COST`` and its longest input as often as it has inputs.
    """
    costs = [0]
    since = [0]
    for end in range(1, len(lengths) + 1):
        longest = lengths[end - 1]
        cost, start = min(
            (costs[start] + RUN_COST + (end - start) * longest, start)
            for start in range(max(0, end - BATCH), end)
        )
        costs.append(cost)
        since.append(start)
    found = []
    end = len(lengths)
    while end:
        found.append((since[end], end))
        end = since[end]
    return found[::-1]


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return probabilities over the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)


def logit(chance: float) -> float:
    """Return log odds, kept finite."""
    bounded = min(max(chance, 1e-4), 1 - 1e-4)
    return math.log(bounded / (1 - bounded))
