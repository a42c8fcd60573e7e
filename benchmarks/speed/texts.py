"""Texts to measure on: claim-dense and ordinary ones, in which no sentence ever comes twice.

A reader that remembers sentences would be flattered by repeated ones, so both
kinds are streams of different sentences.  Dense text is what people wrote for
this project (``models/data/written.jsonl``), and after each sentence was used
once, the same sentences about other things: the words annotated as intervention
and target change places with those of other sentences.  Ordinary text is made
of templates that speak of a town, its people and their days.  Seeded: the same
seed gives the same texts everywhere.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from models.training.gold import GoldClaim, Passage, passages

WRITTEN = Path("models/data/written.jsonl")
# Genres of the written passages that hold no claim on purpose or are no running text.
_NOT_DENSE = frozenset(("other", "table", "exercise", "sports", "legal", "recipe"))
_SENTENCE = re.compile(r"[^.!?\n]{1,2000}[.!?]{0,3}")
_LEAST_WORDS = 4
_TRIES_WITHOUT_NEWS = 20_000


@dataclass(frozen=True, slots=True)
class Pattern:
    """A sentence in pieces: what stands at odd places may be another intervention or target."""

    pieces: tuple[str, ...]
    roles: tuple[str, ...]

    def filled(self, fillers: Sequence[str]) -> str:
        """Return the sentence with these words at its open places."""
        parts = [self.pieces[0]]
        for filler, piece in zip(fillers, self.pieces[1:], strict=True):
            parts += (filler, piece)
        text = " ".join("".join(parts).split())
        return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class Stock:
    """The sentences of some passages, as they are and with open places, and what fills those."""

    originals: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    fillers: dict[str, tuple[str, ...]]


def stock(rows: Sequence[Passage]) -> Stock:
    """Cut passages with a claim into sentences with open places."""
    originals, patterns = [], []
    fillers: dict[str, dict[str, None]] = {"intervention": {}, "target": {}}
    for row in rows:
        if not row.claims or row.genre in _NOT_DENSE:
            continue
        for match in _SENTENCE.finditer(row.text):
            text = " ".join(match.group().split())
            if len(text.split()) < _LEAST_WORDS:
                continue
            originals.append(text)
            places = _places(row.claims, match.start(), match.end())
            if places:
                patterns.append(_pattern(row.text, match.start(), match.end(), places))
            for start, end, role in places:
                fillers[role][row.text[start:end]] = None
    return Stock(tuple(originals), tuple(patterns), {role: tuple(words) for role, words in fillers.items()})


def _places(claims: Sequence[GoldClaim], start: int, end: int) -> list[tuple[int, int, str]]:
    """Return the annotated arguments inside a stretch, in order, none overlapping another."""
    spans = sorted(
        (*span, role)
        for claim in claims
        for span, role in ((claim.intervention, "intervention"), (claim.target, "target"))
        if span is not None and start <= span[0] and span[1] <= end
    )
    chosen: list[tuple[int, int, str]] = []
    for span in spans:
        if not chosen or span[0] >= chosen[-1][1]:
            chosen.append(span)
    return chosen


def _pattern(text: str, start: int, end: int, places: Sequence[tuple[int, int, str]]) -> Pattern:
    edges = [start, *(edge for place in places for edge in place[:2]), end]
    pieces = tuple(text[edges[i] : edges[i + 1]] for i in range(0, len(edges), 2))
    return Pattern(pieces, tuple(role for *_, role in places))


def dense(rows: Sequence[Passage], *, seed: int = 0) -> Iterator[str]:
    """Yield different sentences of which nearly all speak of a treatment and what it does.

    Ends where 20,000 tries in a row bring nothing new.

    Raises:
        ValueError: no passage holds a claim.
    """
    found = stock(rows)
    if not found.patterns:
        raise ValueError("no passage holds a claim with words to exchange")
    chance = random.Random(seed)
    first = list(dict.fromkeys(found.originals))
    chance.shuffle(first)
    seen = set(first)
    yield from first
    old = 0
    while old < _TRIES_WITHOUT_NEWS:
        pattern = chance.choice(found.patterns)
        sentence = pattern.filled([chance.choice(found.fillers[role]) for role in pattern.roles])
        old = old + 1 if sentence in seen else 0
        if not old:
            seen.add(sentence)
            yield sentence


_PERSON = (
    "Anna", "Mr Bell", "the mayor", "my neighbour", "the clerk", "Mrs Okafor", "our driver",
    "the new teacher", "a student", "her brother", "the conductor", "the editor", "Tomas", "the landlord",
    "his aunt", "the goalkeeper",
)  # fmt: skip
_PLACE = (
    "the old bridge", "the station", "the harbour", "the library", "the market square", "the town hall",
    "the museum", "the north road", "the football ground", "the school gate", "the ferry pier", "the mill",
    "the cinema", "the bus depot", "the corner shop", "the river path",
)  # fmt: skip
_DAY = (
    "on Monday", "last Tuesday", "this morning", "at noon", "on Sunday", "in early June", "after the storm",
    "before the vote", "at half past six", "in the autumn", "over the weekend", "two years ago", "by Friday",
)  # fmt: skip
_THING = (
    "a second estimate", "three boxes of chairs", "the spare keys", "a map of the county", "two tickets",
    "the minutes of the meeting", "a red bicycle", "the season's programme", "an umbrella",
    "a stack of letters", "the broken printer", "a new timetable", "six metres of rope",
    "the missing invoice", "a box of old photographs",
)  # fmt: skip
_DID = (
    "collected", "forgot", "paid for", "asked for", "found", "returned", "described", "wrapped",
    "photographed", "sold", "borrowed", "repaired", "sketched", "delivered", "argued about",
)  # fmt: skip
_COUNT = (
    "two",
    "four",
    "a dozen",
    "forty",
    "some ninety",
    "three hundred",
    "about a thousand",
    "nearly sixty",
)
_TEMPLATES = (
    "{day} {person} {did} {thing} near {place}.",
    "{person} {did} {thing}, and {person2} carried it to {place} {day}.",
    "The council will discuss {place} {day}, although {person} wanted {thing} first.",
    "{count} people waited at {place} {day} while {person} {did} {thing}.",
    "Nobody at {place} knew why {person} {did} {thing} {day}.",
    "Since {person} moved away, {place} has opened only {day}.",
    "The match began late because {person} left {thing} at {place}.",
    "If the train stops at {place}, {person} can be home {day}.",
    "{person} says that {count} houses behind {place} were sold {day}.",
    "There is {thing} on the bench outside {place}, and it belongs to {person}.",
    "The newspaper printed a picture of {place} with {person} holding {thing}.",
    "{day} the choir sang for {count} guests, and {person} {did} {thing}.",
    "Could {person} bring {thing} to {place} {day}?",
    "The film shows {person} walking from {place} to {place2} with {thing}.",
    "Prices at {place} rose again, so {person} {did} {thing} {day}.",
    "After {count} letters, {person} finally {did} {thing} {day}.",
    "The road to {place} is closed {day}; take the lane past {place2}.",
    "{person} and {person2} painted the fence by {place} {day}.",
    "A van with {count} parcels stood before {place}, and {person} {did} {thing}.",
    "The code compiles again, wrote {person} {day}, but {thing} is still at {place}.",
)


def ordinary(*, seed: int = 0) -> Iterator[str]:
    """Yield different sentences that speak of no health matter."""
    chance = random.Random(seed)
    seen: set[str] = set()
    for _ in count():
        text = chance.choice(_TEMPLATES).format(
            person=chance.choice(_PERSON),
            person2=chance.choice(_PERSON),
            place=chance.choice(_PLACE),
            place2=chance.choice(_PLACE),
            day=chance.choice(_DAY),
            thing=chance.choice(_THING),
            did=chance.choice(_DID),
            count=chance.choice(_COUNT),
        )
        sentence = text[0].upper() + text[1:]
        if sentence not in seen:
            seen.add(sentence)
            yield sentence


def take(sentences: Iterator[str], words: int) -> str:
    """Return the next text of exactly so many words; what is left of its last sentence is dropped.

    Raises:
        ValueError: the stream has ended.
    """
    chosen: list[str] = []
    while len(chosen) < words:
        sentence = next(sentences, None)
        if sentence is None:
            raise ValueError("there are no more different sentences")
        chosen += sentence.split()
    text = " ".join(chosen[:words])
    return text if text[-1] in ".!?" else text.rstrip(",;:") + "."


def written() -> list[Passage]:
    """Return the passages that were written for this project."""
    return list(passages(WRITTEN))
