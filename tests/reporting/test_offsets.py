"""Code points to UTF-16 units and back, for the texts that break naive counting."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimcheck.reporting.offsets import utf16_offsets

PIECES = (
    "cures ",
    "🍋",  # beyond U+FFFF: two units
    "👩\u200d⚕️",  # joined by a zero-width joiner
    "e\u0301",  # combining accent
    "שלום",  # right to left
    "\r\n",
    "\u202e",
    "日本",
    "𝕏",
    " ",
)
texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])), st.lists(st.sampled_from(PIECES)).map("".join)
)


@given(texts, st.data())
def test_both_units_name_the_same_words(text: str, data: st.DataObject) -> None:
    offset = st.integers(0, len(text))
    start, end = sorted((data.draw(offset), data.draw(offset)))
    converted = utf16_offsets(text, [end, start])
    encoded = text.encode("utf-16-le")
    assert encoded[2 * converted[start] : 2 * converted[end]].decode("utf-16-le") == text[start:end]


@given(texts)
def test_the_ends_of_the_text_are_the_ends_in_both_units(text: str) -> None:
    converted = utf16_offsets(text, [len(text), 0])
    assert converted == {0: 0, len(text): len(text.encode("utf-16-le")) // 2}


@pytest.mark.parametrize(
    ("text", "offset", "expected"),
    [
        ("🍋 Lemon cures", 8, 9),
        ("Lemon cures", 6, 6),
        ("日本 cures", 3, 3),
        ("a🍋b🍋c", 4, 6),
        ("🍋", 1, 2),
        ("🍋", 0, 0),
    ],
)
def test_known_offsets(text: str, offset: int, expected: int) -> None:
    assert utf16_offsets(text, [offset]) == {offset: expected}


@pytest.mark.parametrize("offset", [-1, 3])
def test_an_offset_outside_the_text_is_refused(offset: int) -> None:
    with pytest.raises(ValueError, match="outside the text"):
        utf16_offsets("ab", [0, offset])


def test_many_offsets_into_a_long_astral_text_cost_one_walk() -> None:
    text = "🍋cures " * 140_000
    began = time.process_time()
    converted = utf16_offsets(text, range(0, len(text), 50))
    # A walk takes milliseconds; counting anew for each of the 20,000 offsets takes minutes.
    assert time.process_time() - began < 5
    assert converted[700] == 800
