"""The trained encoder: one small transformer, int8, run by onnxruntime on one thread.

A fine-tuned all-MiniLM-L6-v2 (Apache-2.0) with linear heads on every word
piece.  This module turns inputs into probabilities; what they mean as claims
is decided in ``claimcheck.reading.claims.encoder``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Inputs of like length are run together, at most so many.
BATCH = 16
# What a run costs besides its word pieces, in word pieces: so much padding is worth a run saved.
RUN_COST = 20
PAD = 0


@dataclass(frozen=True, slots=True)
class Heads:
    """What the encoder says of one input: the chance ``holds`` and, a head, scores (pieces, labels)."""

    holds: float
    tokens: dict[str, NDArray[np.float32]]


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
    tokenizer: Any
    heads: dict[str, int]
    calibration: tuple[float, ...]
    places: NDArray[np.float32]
    context: int = 0

    def run(self, inputs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> list[Heads]:
        """Return the heads of each (ids, types), in the order given."""
        found: list[Heads | None] = [None] * len(inputs)
        order = sorted(range(len(inputs)), key=lambda i: len(inputs[i][0]))
        for start, end in cuts([len(inputs[i][0]) for i in order]):
            part = order[start:end]
            for index, heads in zip(part, self._batch([inputs[i] for i in part]), strict=True):
                found[index] = heads
        return [h for h in found if h is not None]

    def _batch(self, inputs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> list[Heads]:
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
            Heads(float(chances[row]), self._split(tokens[row, : len(own_ids)]))
            for row, (own_ids, _) in enumerate(inputs)
        ]

    def _split(self, logits: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        parts: dict[str, NDArray[np.float32]] = {}
        start = 0
        for name, size in self.heads.items():
            parts[name] = logits[:, start : start + size]
            start += size
        return parts

    def probability(self, features: Sequence[float]) -> float:
        """Return the calibrated chance that a proposed claim is one."""
        *weights, intercept = self.calibration
        z = intercept + sum(w * f for w, f in zip(weights, features, strict=True))
        return float(1.0 / (1.0 + np.exp(-z)))


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
    return float(np.log(bounded / (1 - bounded)))
