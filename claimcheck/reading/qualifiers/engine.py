"""Finds a qualifier's cue words and decides which of them reach a claim.

Plain values in and out; the four components in this folder differ only in
their lists and in how they decide between several cues.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from importlib import resources
from typing import NamedTuple, TypeVar

import msgspec

from claimcheck.reading.claims.arguments import words
from claimcheck.reading.matching import Haystack, PhraseFinder
from claimcheck.reading.shapes import Proposal, Range, Sentence
from claimcheck.types import Polarity, Qualified, Source, Stance

V = TypeVar("V")

# How far before a claim's first word, and after its relation words, a near cue may stand.
BEFORE, AFTER = 8, 3


class Scope(StrEnum):
    """How far a cue reaches."""

    NEAR = "near"
    SENTENCE = "sentence"
    START = "start"
    DOCUMENT = "document"


class CueList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of a qualifier's list."""

    value: str
    scope: Scope
    cues: list[str]
    positive: list[str]
    negative: list[str]


class Hit(NamedTuple):
    """A cue found in the text."""

    value: str
    scope: Scope
    tokens: Range
    sentence: int
    order: int


def read_lists(name: str) -> list[CueList]:
    """Return the entries of ``<name>.yaml``."""
    data = resources.files("claimcheck.reading.qualifiers").joinpath(f"{name}.yaml").read_bytes()
    return msgspec.yaml.decode(data, type=list[CueList])


class CueFinder:
    """All cues of one qualifier, found in one pass."""

    def __init__(self, name: str) -> None:
        self.lists = read_lists(name)
        self._owners = [(number, cue) for number, entry in enumerate(self.lists) for cue in entry.cues]
        self._finder = PhraseFinder.of_phrases([cue for _, cue in self._owners])

    def find(self, where: Haystack) -> dict[int, list[Hit]]:
        """Return the hits of each sentence."""
        found: dict[int, list[Hit]] = {}
        for match in self._finder.find(where):
            number = self._owners[match.phrase][0]
            entry = self.lists[number]
            hit = Hit(entry.value, entry.scope, match.tokens, match.sentence, number)
            found.setdefault(match.sentence, []).append(hit)
        return found


def reaches(hit: Hit, proposal: Proposal, forms: Sequence[str], sentence: Sentence) -> bool:
    """Tell whether a cue bears on a claim; a relation's own words never qualify it."""
    if any(cue.start <= hit.tokens.start and hit.tokens.end <= cue.end for cue in proposal.cues):
        return False
    match hit.scope:
        case Scope.SENTENCE | Scope.DOCUMENT:
            return True
        case Scope.START:
            return hit.tokens.start - _opening(forms, sentence) <= 0
        case Scope.NEAR:
            return _near(hit, proposal, forms, sentence)


def _opening(forms: Sequence[str], sentence: Sentence) -> int:
    """Return the first word of a sentence, past bullets, numbers and quotes."""
    index = sentence.start
    while index < sentence.end and not (forms[index] and forms[index][0].isalpha()):
        index += 1
    return index


def _near(hit: Hit, proposal: Proposal, forms: Sequence[str], sentence: Sentence) -> bool:
    if not proposal.cues:
        return True
    cue = proposal.cues[0]
    if hit.tokens.start >= cue.end:
        return hit.tokens.start < max(cue.end + AFTER, proposal.end)
    low = max(sentence.start, min(proposal.start, cue.start - BEFORE))
    if hit.tokens.end <= low - 2:
        return False
    between = forms[hit.tokens.end : cue.start]
    breaks = words().clause_breaks
    return not any(form in breaks for form in between)


def reconciled(read: Qualified[V], told: V | None) -> Qualified[V]:
    """Return the value of the trained encoder, where there is one, with the cues that bear it out.

    The one place where cue rules and encoder meet: the encoder, which has seen
    the whole sentence, decides; the rules show why.  Three things need a word
    in the text, and there the rules are surer: a denial, a refutation, and a
    study or expert who is cited in a seller's text.
    """
    if told is None or told == read.value:
        return read
    if told is Polarity.NEGATED and not read.cues:
        return read
    if told is Stance.REFUTED and read.value is not Stance.REFUTED:
        return read
    if told is Source.VENDOR and read.value in (Source.STUDY, Source.EXPERT):
        return read
    return Qualified(told)
