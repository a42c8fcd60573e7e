"""Phrases in the forms of a text: word borders, sentence borders, the longest one."""

from __future__ import annotations

import pytest

from claimcheck import surface
from claimcheck.reading.matching import PhraseFinder, haystack
from claimcheck.reading.shapes import Range, Sentence, SentenceKind


def found(phrases: list[str], *sentences: str) -> list[tuple[str, Range, int]]:
    """Return phrase, tokens and sentence of each match; an empty form stands between any two words."""
    forms: list[str] = []
    ranges: list[Sentence] = []
    for sentence in sentences:
        start = len(forms)
        for form in surface.comparable(sentence):
            forms += [form, ""]
        ranges.append(Sentence(start, len(forms), SentenceKind.PROSE))
    where = haystack(forms, ranges)
    return [(phrases[m.phrase], m.tokens, m.sentence) for m in PhraseFinder.of_phrases(phrases).find(where)]


def test_a_match_is_a_range_of_tokens() -> None:
    assert found(["black seed"], "the black seed oil") == [("black seed", Range(2, 5), 0)]


@pytest.mark.parametrize("text", ["blackseed", "black seeds", "xblack seed", "black the seed"])
def test_a_match_keeps_to_word_borders(text: str) -> None:
    assert found(["black seed"], text) == []


def test_a_match_keeps_to_sentences() -> None:
    assert found(["black seed"], "it was black", "seed of it") == []


def test_the_longest_phrase_wins_and_none_overlap() -> None:
    assert [f[0] for f in found(["black", "black seed", "seed oil"], "black seed oil")] == ["black seed"]


def test_neighbours_are_both_found() -> None:
    assert [f[0] for f in found(["black", "seed"], "black seed")] == ["black", "seed"]


def test_each_match_knows_its_sentence() -> None:
    assert [f[2] for f in found(["seed"], "seed", "oil", "a seed")] == [0, 2]


def test_nothing_in_nothing() -> None:
    assert found(["seed"]) == []
    assert found(["seed"], "") == []
