"""Looks for many phrases at once in the comparable forms of a text.

One Aho-Corasick automaton a phrase list (Aho and Corasick 1975; the Rust crate
behind ``ahocorasick_rs``): time linear in the text, whatever the list's length.
Every form stands between two spaces of its own (see
:func:`claimcheck.surface.pattern`), so matches keep to word borders, and a
sentence border is a character that no phrase holds, so they keep to sentences.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import ahocorasick_rs
from spacy.tokens import Doc

from claimcheck import surface
from claimcheck.reading.shapes import Range, Sentence

BORDER = " \n "


class Haystack(NamedTuple):
    """The comparable forms of a text joined for matching, and the way back to tokens."""

    text: str
    offsets: Sequence[int]
    tokens: Sequence[int]
    sentences: Sequence[int]


def haystack(forms: Sequence[str], sentences: Sequence[Sentence]) -> Haystack:
    """Join the forms of all sentences; borders between sentences match nothing."""
    parts: list[str] = []
    offsets: list[int] = []
    tokens: list[int] = []
    owners: list[int] = []
    position = 0
    for number, sentence in enumerate(sentences):
        for index in range(sentence.start, sentence.end):
            form = forms[index]
            if not form:
                continue
            offsets.append(position)
            tokens.append(index)
            owners.append(number)
            part = f" {form} "
            parts.append(part)
            position += len(part)
        parts.append(BORDER)
        position += len(BORDER)
    return Haystack("".join(parts), offsets, tokens, owners)


def where_of(doc: Doc) -> Haystack:
    """Return the haystack of a Doc: made once, looked through by every stage that looks for words."""
    found: Haystack | None = doc._.haystack
    if found is None:
        found = doc._.haystack = haystack(doc._.forms, doc._.sentences)
    return found


class Match(NamedTuple):
    """Phrase number ``phrase`` stands on these tokens of that sentence."""

    phrase: int
    tokens: Range
    sentence: int


class PhraseFinder:
    """Finds phrases of one list, longest first, none overlapping."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._automaton = ahocorasick_rs.AhoCorasick(
            patterns, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest, store_patterns=False
        )

    @classmethod
    def of_phrases(cls, phrases: Iterable[str]) -> PhraseFinder:
        """Build from phrases as written, in order."""
        return cls([surface.pattern(surface.comparable(phrase)) for phrase in phrases])

    def find(self, where: Haystack) -> Iterator[Match]:
        """Yield every match in order of the text."""
        for phrase, start, end in self._automaton.find_matches_as_indexes(where.text):
            first = bisect_right(where.offsets, start) - 1
            last = bisect_right(where.offsets, end - 1) - 1
            yield Match(phrase, Range(where.tokens[first], where.tokens[last] + 1), where.sentences[first])
