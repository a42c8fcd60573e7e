"""What the encoder is shown of a sentence."""

from __future__ import annotations

import pytest

from claimcheck import artefacts
from claimcheck.learn.wordpiece import WordPieces
from claimcheck.reading.claims.encoder_input import (
    CLS,
    CONDITION,
    CONTEXT,
    MAX_SENTENCE,
    PLAIN,
    REMEDY,
    SEP,
    Named,
    pieces,
)


@pytest.fixture(scope="module")
def tokenizer() -> WordPieces:
    return artefacts.load_encoder().tokenizer


def test_offsets_are_code_points_of_the_sentence(tokenizer: WordPieces) -> None:
    text = "🌿 Kratom eases pain"
    found = pieces(text, "", tokenizer)
    spans = [o for o in found.offsets if o is not None]
    assert "".join(text[a:b] for a, b in spans).replace(" ", "") == text.replace(" ", "")
    assert found.offsets[0] is None
    assert found.offsets[-1] is None
    assert (found.ids[0], found.ids[-1]) == (CLS, SEP)


def test_names_give_their_pieces_a_type(tokenizer: WordPieces) -> None:
    text = "Mitragynine stops pain"
    found = pieces(text, "", tokenizer, names=[Named(0, 11, REMEDY), Named(18, 22, CONDITION)])
    types = {text[o[0] : o[1]]: t for o, t in zip(found.offsets, found.types, strict=True) if o}
    assert types["pain"] == CONDITION
    assert types["stops"] == PLAIN
    first = [t for o, t in zip(found.offsets, found.types, strict=True) if o and o[1] <= 11]
    assert len(first) > 1, "the name is long enough to be cut"
    assert set(first) == {REMEDY}


def test_context_keeps_its_end_and_has_no_offsets(tokenizer: WordPieces) -> None:
    found = pieces("It works.", "one two three four five", tokenizer, context=2)
    tail = found.ids[found.types.index(CONTEXT) :]
    assert tail == [*tokenizer.cut("four five").ids, SEP]
    assert [o for o, t in zip(found.offsets, found.types, strict=True) if t == CONTEXT] == [None] * 3
    assert pieces("It works.", "one two", tokenizer).ids == pieces("It works.", "", tokenizer).ids


def test_a_long_sentence_is_cut(tokenizer: WordPieces) -> None:
    assert len(pieces("pain " * 5_000, "", tokenizer).ids) == MAX_SENTENCE + 2
