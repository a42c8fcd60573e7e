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
    """Return the claims of one sentence, in order; see :func:`decode_text`."""
    return decode_text((heads,), (piece,), places, label_heads)[0]


def decode_together(
    readers: Sequence[Heads],
    piece: Pieces,
    places: Sequence[NDArray[np.float32]],
    label_heads: Sequence[str],
) -> list[Decoded]:
    """Return the claims that several encoders read in one sentence: their scores are averaged."""
    return _decode([(heads,) for heads in readers], (piece,), places, label_heads)[0]


def decode_text(
    heads: Sequence[Heads],
    pieces: Sequence[Pieces],
    places: NDArray[np.float32],
    label_heads: Sequence[str],
) -> list[list[Decoded]]:
    """Return the claims of each sentence, in order.

    All sentences at once: a claim is few numbers, and asking numpy for each
    costs more than the adding.

    Args:
        heads: the encoder's scores for each sentence.
        pieces: the word pieces of each.
        places: (2, 3), what it counts for an intervention, for a target, to
            stand before, inside and after the claim.
        label_heads: the heads that say something of a whole claim.
    """
    return _decode((heads,), pieces, (places,), label_heads)


def _decode(
    readers: Sequence[Sequence[Heads]],
    pieces: Sequence[Pieces],
    places: Sequence[NDArray[np.float32]],
    label_heads: Sequence[str],
) -> list[list[Decoded]]:
    found: list[list[Decoded]] = [[] for _ in pieces]
    if not pieces:
        return found
    columns = readers[0][0].columns
    scores = [np.concatenate([h.scores for h in heads]) for heads in readers]
    tags = _average([s[:, columns["claim"]] for s in scores])
    page = _Page.of(tags, pieces)
    if not page.claims:
        return found
    means = [page.means(s) for s in scores]
    inside = 1 - page.means(softmax(tags)[:, :1])[:, 0]
    labels = _labels(_average(means), columns, label_heads)
    arguments = [
        page.best(
            _average(
                [
                    page.answers(s, m, columns, name, p[row])
                    for s, m, p in zip(scores, means, places, strict=True)
                ]
            )
        )
        for row, name in enumerate(("intervention", "target"))
    ]
    for index, (sentence, start, end) in enumerate(page.claims):
        found[sentence].append(
            Decoded(
                claim=(start, end),
                inside=float(inside[index]),
                intervention=arguments[0][index],
                target=arguments[1][index],
                labels={name: values[index] for name, values in labels.items()},
            )
        )
    return found


class _Page(NamedTuple):
    """The claims of some sentences whose scores stand one after another.

    ``claims`` are (sentence, start, end) in pieces of the sentence, ``borders``
    their ends in pieces of all.  A pair is a claim and a piece of its sentence:
    ``pair_claim`` and ``pair_piece`` name both, ``pair_place`` tells whether the
    piece stands before, inside or after; ``words`` are the first pairs of each
    word, and per claim the end of the last.
    """

    claims: list[tuple[int, int, int]]
    borders: list[int]
    pair_claim: NDArray[np.intp]
    pair_piece: NDArray[np.intp]
    pair_place: NDArray[np.intp]
    starts: list[list[int]]
    words: list[int]

    @classmethod
    def of(cls, tags: NDArray[np.float32], pieces: Sequence[Pieces]) -> _Page:
        best: list[int] = tags.argmax(axis=1).tolist()
        claims: list[tuple[int, int, int]] = []
        borders: list[int] = []
        sizes: list[int] = []
        bases: list[int] = []
        starts: list[list[int]] = []
        words: list[int] = []
        base = pairs = 0
        for sentence, piece in enumerate(pieces):
            size = len(piece.ids)
            runs_here = _runs(best[base : base + size], piece)
            own = _word_starts(piece) if runs_here else []
            for start, end in runs_here:
                claims.append((sentence, start, end))
                borders += (base + start, base + end)
                sizes.append(size)
                bases.append(base)
                starts.append(own)
                words += [pairs + first for first in own]
                pairs += size
            base += size
        counts = np.array(sizes, dtype=np.intp)
        pair_claim = np.repeat(np.arange(len(sizes)), counts)
        firsts = np.cumsum(counts) - counts
        pair_piece = np.arange(pairs) + np.repeat(np.array(bases, dtype=np.intp) - firsts, counts)
        ends = np.array(borders, dtype=np.intp).reshape(-1, 2)[pair_claim]
        pair_place = (pair_piece >= ends[:, 0]).astype(np.intp) + (pair_piece >= ends[:, 1])
        return cls(claims, borders, pair_claim, pair_piece, pair_place, starts, words)

    def means(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (claims, columns): the mean of each column over each claim."""
        sums = np.add.reduceat(scores, self.borders, axis=0)[::2]
        sizes = np.array([[end - start] for _, start, end in self.claims], dtype=np.float32)
        return np.asarray(sums / sizes, dtype=np.float32)

    def answers(
        self,
        scores: NDArray[np.float32],
        means: NDArray[np.float32],
        columns: Mapping[str, slice],
        name: str,
        place: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """Return (pairs,): the log odds of each piece to belong to the claim's argument."""
        asks = means[:, columns[f"{name}_asks"]]
        answers = scores[:, columns[f"{name}_answers"]]
        met = np.einsum("ij,ij->i", answers[self.pair_piece], asks[self.pair_claim])
        own = scores[:, columns[f"{name}_any"]][self.pair_piece, 0]
        return np.asarray(met / math.sqrt(asks.shape[1]) + own + place[self.pair_place], dtype=np.float32)

    def best(self, scores: NDArray[np.float32]) -> list[Run | None]:
        """Return for each claim the stretch of whole words with the highest sum."""
        lengths = np.diff(self.words, append=len(scores))
        means = (np.add.reduceat(scores, self.words) / np.maximum(lengths, 1)).tolist()
        found: list[Run | None] = []
        at = 0
        for starts in self.starts:
            found.append(_highest(means[at : at + len(starts) - 1], starts))
            at += len(starts)
        return found


def _word_starts(piece: Pieces) -> list[int]:
    """Return the first piece of every word of the sentence, and the end."""
    own = [i for i, o in enumerate(piece.offsets) if o is not None]
    return [*(i for i in own if not piece.continues[i]), own[-1] + 1]


def _highest(means: Sequence[float], starts: Sequence[int]) -> Run | None:
    """Return the stretch of words with the highest sum, if that is above nothing (Kadane)."""
    best, best_run = 0.0, None
    total, since = 0.0, 0
    for word, score in enumerate(means):
        if total <= 0:
            total, since = score, starts[word]
        else:
            total += score
        if total > best:
            best, best_run = total, (since, starts[word + 1])
    return best_run


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
    means: NDArray[np.float32], columns: Mapping[str, slice], names: Sequence[str]
) -> dict[str, NDArray[np.float32]]:
    """Return for each head (claims, labels): the chances of every label."""
    return {name: softmax(means[:, columns[name]]) for name in names}


def _average(arrays: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return the mean; of one reader, as at run time, what it says."""
    return arrays[0] if len(arrays) == 1 else np.mean(arrays, axis=0)


def runs(tags: NDArray[np.float32], piece: Pieces) -> list[Run]:
    """Return runs of pieces tagged begin or inside; a word is in a run as its first piece is.

    A run that starts with "inside" close behind another is its torn-off rest
    and is joined with it.
    """
    return _runs(tags.argmax(axis=1).tolist(), piece)


def _runs(best: Sequence[int], piece: Pieces) -> list[Run]:
    found: list[Run] = []
    if not any(best):
        return found
    start: int | None = None
    last = min(len(best), len(piece.offsets))
    for index in range(last + 1):
        outside = index == last or piece.offsets[index] is None
        if not outside and piece.continues[index]:
            continue
        tag = 0 if outside else best[index]
        if start is not None and tag != INSIDE:
            found.append((start, index))
            start = None
        if start is None and tag in (BEGIN, INSIDE):
            torn = tag == INSIDE and bool(found) and index - found[-1][1] <= GAP
            start = found.pop()[0] if torn else index
    return found
