"""The lists of polarity, certainty, stance and source: both kinds of example, in the component itself."""

from __future__ import annotations

import pytest
from spacy.language import Language
from spacy.tokens import Doc

from claimcheck import surface
from claimcheck.reading.qualifiers.engine import CueList, read_lists
from claimcheck.types import Certainty, Polarity, Qualified, Source, Stance

QUALIFIERS = {"polarity": Polarity, "certainty": Certainty, "stance": Stance, "source": Source}
ENTRIES = [(name, entry) for name in QUALIFIERS for entry in read_lists(name)]
# A pseudo cue hides a denial; its own value is never given to a claim.
GIVEN = [(name, entry) for name, entry in ENTRIES if entry.value != "pseudo"]
POSITIVE = [(name, entry.value, text) for name, entry in GIVEN for text in entry.positive]
NEGATIVE = [(name, entry.value, text) for name, entry in GIVEN for text in entry.negative]


def qualified(doc: Doc, name: str) -> tuple[Qualified[str], ...]:
    values: tuple[Qualified[str], ...] = getattr(doc._, name)
    assert len(values) == len(doc._.proposals)
    return values


def named(rows: list[tuple[str, str, str]]) -> list[str]:
    return [f"{name} {value}: {text}" for name, value, text in rows]


@pytest.mark.parametrize(("name", "entry"), ENTRIES, ids=[f"{n}-{e.value}-{e.scope}" for n, e in ENTRIES])
def test_an_entry_has_both_kinds_of_example(name: str, entry: CueList) -> None:
    assert entry.cues
    assert entry.positive
    assert entry.negative
    assert entry.value == "pseudo" or entry.value in set(QUALIFIERS[name])


@pytest.mark.parametrize("name", QUALIFIERS)
def test_no_cue_stands_twice(name: str) -> None:
    """Of two entries with one cue only one could ever speak."""
    cues = [surface.comparable(cue) for entry in read_lists(name) for cue in entry.cues]
    assert sorted({cue for cue in cues if cues.count(cue) > 1}) == []


@pytest.mark.parametrize(("name", "value", "text"), POSITIVE, ids=named(POSITIVE))
def test_a_positive_example_shows_the_value(reader: Language, name: str, value: str, text: str) -> None:
    found = qualified(reader(text), name)
    assert value in [q.value for q in found]


@pytest.mark.parametrize(("name", "value", "text"), NEGATIVE, ids=named(NEGATIVE))
def test_a_negative_example_does_not(reader: Language, name: str, value: str, text: str) -> None:
    found = qualified(reader(text), name)
    assert value not in [q.value for q in found]


def test_a_cue_is_quoted_from_the_text(reader: Language) -> None:
    doc = reader("🍋 There is no evidence that kratom treats depression.")
    [polarity] = qualified(doc, "polarity")
    assert polarity.cues
    assert all("no" in cue.of(doc.text).split() for cue in polarity.cues)


PSEUDO = [entry for entry in read_lists("polarity") if entry.value == "pseudo"]


@pytest.mark.parametrize("text", [t for entry in PSEUDO for t in entry.positive])
def test_what_only_looks_like_a_denial_affirms(reader: Language, text: str) -> None:
    found = qualified(reader(text), "polarity")
    assert [q.value for q in found] == [Polarity.AFFIRMED] * len(found) != []


@pytest.mark.parametrize("text", [t for entry in PSEUDO for t in entry.negative])
def test_a_plain_denial_denies(reader: Language, text: str) -> None:
    assert Polarity.NEGATED in [q.value for q in qualified(reader(text), "polarity")]
