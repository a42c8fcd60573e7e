"""From the encoder's scores to claims in a sentence: which pieces, and whose arguments are where.

Claims are runs of word pieces tagged as claim.  The arguments of each claim are
then asked for by the claim itself: every piece has a score of belonging to its
intervention and to its target, and the stretch with the highest sum is the
argument; where no stretch sums to more than nothing, the text leaves it out.
So two claims of one sentence can share an intervention, and an argument can
stand outside its claim.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from claimcheck.learn.encoder import Heads, logit, softmax
from claimcheck.reading.claims.encoder_input import (
    CONDITION,
    EITHER,
    FUNCTION,
    MEDICINE,
    PLAIN,
    REMEDY,
    SYMPTOM,
    Pieces,
)

BEGIN, INSIDE = 1, 2
# Pieces without a tag that may lie between the parts of a torn claim.
GAP = 2
AIMS = frozenset((CONDITION, SYMPTOM, FUNCTION, EITHER))
REMEDIES = frozenset((MEDICINE, REMEDY, EITHER))

Run = tuple[int, int]


class Decoded(NamedTuple):
    """One claim as runs of pieces; ``labels`` holds probabilities, one array a head."""

    claim: Run
    inside: float
    intervention: Run | None
    target: Run | None
    labels: dict[str, NDArray[np.float32]]


def decode(
    heads: Heads, piece: Pieces, places: NDArray[np.float32], label_heads: Sequence[str]
) -> list[Decoded]:
    """Return the claims of one sentence, in order.

    Args:
        heads: the encoder's scores for the sentence.
        piece: its word pieces.
        places: (2, 3), what it counts for an intervention, for a target, to
            stand before, inside and after the claim.
        label_heads: the heads that say something of a whole claim.
    """
    return decode_together((heads,), piece, (places,), label_heads)


def decode_together(
    readers: Sequence[Heads],
    piece: Pieces,
    places: Sequence[NDArray[np.float32]],
    label_heads: Sequence[str],
) -> list[Decoded]:
    """Return the claims that several encoders read in one sentence: their scores are averaged."""
    tags = _average([h.of("claim") for h in readers])
    found = runs(tags, piece)
    if not found:
        return []
    outside = softmax(tags)[:, 0]
    words = Words.of(piece)
    return [_decoded(run, readers, places, words, label_heads, outside) for run in found]


class Words(NamedTuple):
    """The words of a sentence: the first piece of each, and the end; and how many pieces each has."""

    starts: list[int]
    lengths: NDArray[np.intp]

    @classmethod
    def of(cls, piece: Pieces) -> Words:
        """Cut the pieces of an input into words."""
        own = [i for i, o in enumerate(piece.offsets) if o is not None]
        starts = [i for i in own if not piece.continues[i]]
        starts.append(own[-1] + 1 if own else 0)
        return cls(starts, np.diff(starts))


def _decoded(
    run: Run,
    readers: Sequence[Heads],
    places: Sequence[NDArray[np.float32]],
    words: Words,
    label_heads: Sequence[str],
    outside: NDArray[np.float32],
) -> Decoded:
    means = [_mean(h.scores[run[0] : run[1]]) for h in readers]

    def argument(name: str, row: int) -> Run | None:
        scores = [_scores(h, m, name, run, p[row]) for h, m, p in zip(readers, means, places, strict=True)]
        return _best(_average(scores), words)

    return Decoded(
        claim=run,
        inside=1 - float(_mean(outside[run[0] : run[1]])),
        intervention=argument("intervention", 0),
        target=argument("target", 1),
        labels=_labels(_average(means), readers[0].columns, label_heads),
    )


def chance_features(holds: float, claim: Decoded, piece: Pieces) -> list[float]:
    """Return what tells how likely a proposed claim is one; ``labels`` of it must hold "relation".

    A remedy or an illness that the gazetteer knows, where the encoder says that
    one stands, makes a claim likelier; a claim of a few words, less.
    """
    inside = piece.types[claim.claim[0] : claim.claim[1]]
    relation = claim.labels["relation"].tolist()
    return [
        logit(holds),
        logit(claim.inside),
        logit(max(relation)),
        float(any(t != PLAIN for t in inside)),
        float(claim.target is not None),
        float(claim.intervention is not None),
        float(_holds(piece, claim.target, AIMS)),
        float(_holds(piece, claim.intervention, REMEDIES)),
        float(not AIMS.isdisjoint(piece.types)),
        float(not REMEDIES.isdisjoint(piece.types)),
        math.log(claim.claim[1] - claim.claim[0]),
        *relation,
    ]


def _holds(piece: Pieces, run: Run | None, types: frozenset[int]) -> bool:
    return run is not None and not types.isdisjoint(piece.types[run[0] : run[1]])


def _labels(
    mean: NDArray[np.float32], columns: Mapping[str, slice], names: Sequence[str]
) -> dict[str, NDArray[np.float32]]:
    """Return the chances of every label of a claim, by head; all heads at once, for each has few numbers."""
    if not names:
        return {}
    parts = [mean[columns[name]] for name in names]
    sizes = [len(p) for p in parts]
    starts = list(accumulate(sizes, initial=0))[:-1]
    scores = np.concatenate(parts)
    shifted = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), sizes))
    chances = shifted / np.repeat(np.add.reduceat(shifted, starts), sizes)
    return {name: chances[s : s + n] for name, s, n in zip(names, starts, sizes, strict=True)}


def _mean(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean over the first axis; numpy's own spends more on asking than on adding."""
    return np.asarray(np.add.reduce(rows, axis=0) / np.float32(len(rows)), dtype=np.float32)


def _average(arrays: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return the mean; of one reader, as at run time, what it says."""
    return arrays[0] if len(arrays) == 1 else np.mean(arrays, axis=0)


def _scores(
    heads: Heads, mean: NDArray[np.float32], name: str, claim: Run, place: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the log odds of each piece to belong to the claim's argument; ``mean``: over the claim."""
    asks = mean[heads.columns[f"{name}_asks"]]
    scores = heads.of(f"{name}_answers") @ asks / math.sqrt(len(asks)) + heads.of(f"{name}_any")[:, 0]
    scores[: claim[0]] += place[0]
    scores[claim[0] : claim[1]] += place[1]
    scores[claim[1] :] += place[2]
    return np.asarray(scores, dtype=np.float32)


def _best(scores: NDArray[np.float32], words: Words) -> Run | None:
    """Return the stretch of whole words with the highest sum, if that is above nothing (Kadane)."""
    starts = words.starts
    if len(starts) < 2:
        return None
    means = np.add.reduceat(scores[: starts[-1]], starts[:-1]) / words.lengths
    best, best_run = 0.0, None
    total, since = 0.0, 0
    for word, score in enumerate(means.tolist()):
        if total <= 0:
            total, since = score, starts[word]
        else:
            total += score
        if total > best:
            best, best_run = total, (since, starts[word + 1])
    return best_run


def runs(tags: NDArray[np.float32], piece: Pieces) -> list[Run]:
    """Return runs of pieces tagged begin or inside; a word is in a run as its first piece is.

    A run that starts with "inside" close behind another is its torn-off rest
    and is joined with it.
    """
    best = tags.argmax(axis=1)
    found: list[Run] = []
    start: int | None = None
    for index in range(len(piece.offsets) + 1):
        outside = index >= min(len(best), len(piece.offsets)) or piece.offsets[index] is None
        if not outside and piece.continues[index]:
            continue
        tag = 0 if outside else int(best[index])
        if start is not None and tag != INSIDE:
            found.append((start, index))
            start = None
        if start is None and tag in (BEGIN, INSIDE):
            torn = tag == INSIDE and bool(found) and index - found[-1][1] <= GAP
            start = found.pop()[0] if torn else index
    return found
