"""What the encoder's scores are read as, on scores written by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from claimcheck.learn.encoder import Heads, columns_of
from claimcheck.reading.claims.decode import decode, runs
from claimcheck.reading.claims.encoder_input import Pieces

NO_PLACES = np.zeros((2, 3), dtype=np.float32)
# "ginger eases nausea and prevents flu", with "nausea" in two pieces
WORDS = ("[CLS]", "ginger", "eases", "nau", "##sea", "and", "prevents", "flu", "[SEP]")
PIECE = Pieces(
    ids=list(range(9)),
    types=[0] * 9,
    offsets=[None, (0, 6), (7, 12), (13, 16), (16, 19), (20, 23), (24, 32), (33, 36), None],
    continues=[w.startswith("##") for w in WORDS],
)


def tags(values: list[int]) -> NDArray[np.float32]:
    return np.eye(3, dtype=np.float32)[values] * 8


def heads(claim: list[int], intervention: list[float], target: list[list[float]]) -> Heads:
    """Two claims may ask for different targets: each piece answers in two dimensions."""
    size = len(WORDS)
    zero = np.zeros((size, 2), dtype=np.float32)
    asks = np.zeros((size, 2), dtype=np.float32)
    asks[1:5, 0] = np.sqrt(2)
    asks[6:8, 1] = np.sqrt(2)
    parts = {
        "claim": tags(claim),
        "relation": np.tile(np.array([0, 3], dtype=np.float32), (size, 1)),
        "intervention_asks": zero,
        "intervention_answers": zero,
        "intervention_any": np.array(intervention, dtype=np.float32)[:, None],
        "target_asks": asks,
        "target_answers": np.array(target, dtype=np.float32),
        "target_any": np.full((size, 1), -1, dtype=np.float32),
    }
    sizes = {name: part.shape[1] for name, part in parts.items()}
    return Heads(0.9, np.concatenate(list(parts.values()), axis=1), columns_of(sizes))


CLAIMS = [0, 1, 2, 2, 2, 0, 1, 2, 0]
INTERVENTION: list[float] = [9, 5, -5, -5, -5, -5, -5, -5, 9]
TARGET: list[list[float]] = [[0, 0], [0, 0], [0, 0], [5, 0], [5, 0], [0, 0], [0, 0], [0, 5], [0, 0]]


def test_two_claims_share_an_intervention_and_have_their_own_targets() -> None:
    first, second = decode(heads(CLAIMS, INTERVENTION, TARGET), PIECE, NO_PLACES, ("relation",))
    assert (first.claim, second.claim) == ((1, 5), (6, 8))
    assert first.intervention == second.intervention == (1, 2)
    assert (first.target, second.target) == ((3, 5), (7, 8))


def test_markers_around_the_sentence_are_never_an_argument() -> None:
    nothing = [9.0, -5, -5, -5, -5, -5, -5, -5, 9]
    found = decode(heads(CLAIMS, nothing, TARGET), PIECE, NO_PLACES, ())
    assert [c.intervention for c in found] == [None, None]


def test_an_argument_is_the_stretch_with_the_highest_sum() -> None:
    # a comma scored a little against does not tear a list in two; a far word stays out
    scores = [0.0, 4, -1, 4, 4, -20, 5, -20, 0]
    found = decode(heads(CLAIMS, scores, TARGET), PIECE, NO_PLACES, ())
    assert found[0].intervention == (1, 5)


def test_place_counts() -> None:
    scores = [0.0, 1, -5, -5, -5, -5, 2, -5, 0]
    before = np.array([[4, -4, -4], [0, 0, 0]], dtype=np.float32)
    found = decode(heads(CLAIMS, scores, TARGET), PIECE, before, ())
    assert found[1].intervention == (1, 2)
    assert decode(heads(CLAIMS, scores, TARGET), PIECE, NO_PLACES, ())[1].intervention == (6, 7)


def test_labels_are_probabilities_over_the_whole_claim() -> None:
    found = decode(heads(CLAIMS, INTERVENTION, TARGET), PIECE, NO_PLACES, ("relation",))
    assert found[0].labels["relation"] == pytest.approx(
        [1 / (1 + np.exp(3)), 1 - 1 / (1 + np.exp(3))], abs=1e-5
    )


def test_no_tag_no_claim() -> None:
    assert decode(heads([0] * 9, INTERVENTION, TARGET), PIECE, NO_PLACES, ()) == []


def test_a_word_is_in_a_run_as_its_first_piece_is() -> None:
    assert runs(tags([0, 0, 0, 1, 0, 0, 0, 0, 0]), PIECE) == [(3, 5)]
    assert runs(tags([0, 0, 0, 0, 2, 0, 0, 0, 0]), PIECE) == []


def test_begin_starts_a_new_run() -> None:
    assert runs(tags([0, 1, 1, 2, 2, 0, 0, 0, 0]), PIECE) == [(1, 2), (2, 5)]


def test_a_torn_claim_is_joined_but_not_two_claims() -> None:
    assert runs(tags([0, 1, 2, 0, 0, 2, 2, 2, 0]), PIECE) == [(1, 8)]
    assert runs(tags([0, 1, 2, 0, 0, 1, 2, 2, 0]), PIECE) == [(1, 3), (5, 8)]
    assert runs(tags([0, 1, 0, 0, 0, 0, 0, 2, 0]), PIECE) == [(1, 2), (7, 8)]
