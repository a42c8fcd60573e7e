"""Texts to measure on: different sentences, the length asked for, the same every time."""

from __future__ import annotations

from itertools import islice

import pytest

from benchmarks.speed.texts import dense, ordinary, stock, take
from models.training.gold import GoldClaim, Passage

TEXT = "Ginger really cures nausea, they say. The bus leaves at nine o'clock."


def passage(text: str, intervention: str, target: str, *, name: str = "p", genre: str = "post") -> Passage:
    def span(part: str) -> tuple[int, int]:
        return text.index(part), text.index(part) + len(part)

    claim = GoldClaim(0, len(text), span(intervention), span(target), {"relation": "cures"})
    return Passage(name, text, genre, name, (claim,))


ROWS = [
    passage(TEXT, "Ginger", "nausea", name="a"),
    passage("Some people take kratom for pain.", "kratom", "pain", name="b"),
]


def test_sentences_have_open_places_where_arguments_stand() -> None:
    found = stock(ROWS)
    assert found.originals == (
        "Ginger really cures nausea, they say.",
        "The bus leaves at nine o'clock.",
        "Some people take kratom for pain.",
    )
    assert [p.pieces for p in found.patterns] == [
        ("", " really cures ", ", they say."),
        ("Some people take ", " for ", "."),
    ]
    assert found.fillers == {"intervention": ("Ginger", "kratom"), "target": ("nausea", "pain")}


def test_a_pattern_is_filled_and_begins_with_a_capital() -> None:
    pattern = stock(ROWS).patterns[0]
    assert pattern.filled(["kratom", "pain"]) == "Kratom really cures pain, they say."
    with pytest.raises(ValueError, match="zip"):
        pattern.filled(["kratom"])


def test_overlapping_arguments_leave_one_place() -> None:
    text = "Try ginger tea for nausea today."
    claims = (
        GoldClaim(0, 9, (4, 10), None, {}),
        GoldClaim(0, 9, (4, 14), (19, 25), {}),
    )
    found = stock([Passage("p", text, "post", "p", claims)])
    assert [p.pieces for p in found.patterns] == [("Try ", " tea for ", " today.")]


def test_passages_without_a_claim_and_tables_teach_nothing() -> None:
    assert stock([Passage("p", TEXT, "post", "p", ())]).originals == ()
    assert stock([passage(TEXT, "Ginger", "nausea", genre="table")]).originals == ()


def test_dense_text_never_repeats_a_sentence_and_ends() -> None:
    sentences = list(dense(ROWS))
    assert len(sentences) == len(set(sentences))
    # Three originals, and each of two patterns with the three other pairs of words.
    assert len(sentences) == 3 + 2 * 3
    assert "Kratom really cures pain, they say." in sentences


def test_dense_text_needs_a_claim() -> None:
    with pytest.raises(ValueError, match="no passage"):
        next(dense([]))


def test_the_same_seed_gives_the_same_texts() -> None:
    assert list(dense(ROWS, seed=3)) == list(dense(ROWS, seed=3))
    assert list(islice(ordinary(seed=1), 50)) == list(islice(ordinary(seed=1), 50))
    assert list(islice(ordinary(seed=1), 50)) != list(islice(ordinary(seed=2), 50))


def test_ordinary_text_never_repeats_a_sentence() -> None:
    sentences = list(islice(ordinary(), 6000))
    assert len(set(sentences)) == 6000
    assert all(s[0].isupper() and s[-1] in ".?" and "{" not in s for s in sentences)


@pytest.mark.parametrize("words", [1, 30, 301])
def test_a_text_has_the_words_asked_for(words: int) -> None:
    text = take(ordinary(), words)
    assert len(text.split()) == words
    assert text[-1] in ".?"


def test_texts_go_on_where_the_last_one_ended() -> None:
    stream = iter(("One two three.", "Four five,", "six seven."))
    assert take(stream, 2) == "One two."
    assert take(stream, 2) == "Four five."
    assert take(stream, 2) == "six seven."
    with pytest.raises(ValueError, match="no more"):
        take(stream, 1)
