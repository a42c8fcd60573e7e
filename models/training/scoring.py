"""Figures of a reader on sentences kept out of training, piece by piece.

For choosing between ways of training only.  What the whole pipeline is worth is
measured by ``benchmarks.quality`` on passages, where a claim also has to be
linked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from claimcheck.learn.encoder import Heads, columns_of
from claimcheck.reading.claims.decode import Decoded, Run, decode
from claimcheck.reading.claims.encoder_input import Pieces
from models.training.encoder_data import LABEL_SIZES, Example, Labelled

Said = tuple[NDArray[np.float32], float]


def heads_of(said: Said, sizes: Mapping[str, int]) -> Heads:
    """Return the encoder's output as the decoder reads it."""
    scores, holds = said
    return Heads(float(1 / (1 + np.exp(-holds))), scores, columns_of(sizes))


def best_threshold(rows: Sequence[Example], said: Sequence[Said]) -> float:
    """Return the chance from which on "holds a claim" has the highest F1."""
    chances = 1 / (1 + np.exp(-np.array([h for _, h in said])))
    gold = np.array([r.holds for r in rows])
    return float(max((_f1(gold, chances >= t), float(t)) for t in np.arange(0.2, 0.8, 0.05))[1])


def figures_of(
    rows: Sequence[Example],
    said: Sequence[Said],
    places: NDArray[np.float32],
    sizes: Mapping[str, int],
    threshold: float,
) -> dict[str, float]:
    """Return sentence, claim and triple F1, and accuracies on matched claims."""
    gold_holds = np.array([r.holds for r in rows])
    found_holds = np.zeros(len(rows), dtype=bool)
    counts = {"found": 0, "gold": 0, "matched": 0, "triple": 0, "intervention": 0, "target": 0}
    right = dict.fromkeys(LABEL_SIZES, 0)
    judged = dict.fromkeys(LABEL_SIZES, 0)
    for index, (row, output) in enumerate(zip(rows, said, strict=True)):
        heads = heads_of(output, sizes)
        claims: list[Decoded] = []
        if heads.holds >= threshold:
            piece = Pieces(row.ids, row.types, row.offsets, row.continues)
            claims = decode(heads, piece, places, list(LABEL_SIZES))
        found_holds[index] = bool(claims)
        counts["found"] += len(claims)
        counts["gold"] += len(row.claims)
        for labelled, decoded in pairs(row.claims, claims):
            counts["matched"] += 1
            same = {
                name: int(decoded.labels[name].argmax()) == labelled.labels[i]
                for i, name in enumerate(LABEL_SIZES)
            }
            for i, name in enumerate(LABEL_SIZES):
                if labelled.labels[i] >= 0:
                    right[name] += same[name]
                    judged[name] += 1
            intervention = _same(labelled.intervention, decoded.intervention)
            target = _same(labelled.target, decoded.target)
            counts["intervention"] += intervention
            counts["target"] += target
            counts["triple"] += same["relation"] and intervention and target
    both = counts["found"] + counts["gold"]
    matched = max(1, counts["matched"])
    return {
        "sentence_f1": round(_f1(gold_holds, found_holds), 4),
        "claim_f1": round(2 * counts["matched"] / max(1, both), 4),
        "triple_f1": round(2 * counts["triple"] / max(1, both), 4),
        "intervention": round(counts["intervention"] / matched, 4),
        "target": round(counts["target"] / matched, 4),
        **{name: round(right[name] / max(1, judged[name]), 4) for name in LABEL_SIZES},
    }


def pairs(gold: Sequence[Labelled], found: Sequence[Decoded]) -> list[tuple[Labelled, Decoded]]:
    """Pair claims by overlap, larger ones first; each is used once."""
    ranked = sorted(
        ((_shared(g.claim, f.claim), -i, -j) for i, g in enumerate(gold) for j, f in enumerate(found)),
        reverse=True,
    )
    found_pairs, used_gold, used_found = [], set(), set()
    for shared, i, j in ranked:
        if shared and i not in used_gold and j not in used_found:
            used_gold.add(i)
            used_found.add(j)
            found_pairs.append((gold[-i], found[-j]))
    return found_pairs


def _shared(one: Run, other: Run) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def _same(gold: Run | None, found: Run | None) -> bool:
    """Tell whether two arguments overlap by half of the longer, or are both absent."""
    if gold is None or found is None:
        return gold is found
    return 2 * _shared(gold, found) >= max(gold[1] - gold[0], found[1] - found[0])


def _f1(gold: NDArray[np.bool_], found: NDArray[np.bool_]) -> float:
    both = int(gold.sum() + found.sum())
    return float(2 * (gold & found).sum() / both) if both else 0.0
