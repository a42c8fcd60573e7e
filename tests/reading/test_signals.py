"""Risks that need no claim: phrases, doses, a call to stop a medicine."""

from __future__ import annotations

import pytest
from spacy.language import Language

from claimcheck.reading.signals import SignalList, read_lists
from claimcheck.types import Signal

ENTRIES = read_lists()
NAMED = [f"{e.kind}-{e.group}" for e in ENTRIES]
POSITIVE = [(e, t) for e in ENTRIES for t in e.positive]
NEGATIVE = [(e, t) for e in ENTRIES for t in e.negative]


def signals(reader: Language, text: str) -> tuple[Signal, ...]:
    found: tuple[Signal, ...] = reader(text)._.signals
    assert all(s.sentence.start <= s.span.start < s.span.end <= s.sentence.end for s in found)
    return found


def of_entry(found: tuple[Signal, ...], entry: SignalList) -> list[Signal]:
    wanted = (entry.group,) if entry.group else ()
    return [s for s in found if s.kind == entry.kind and s.concepts == wanted]


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMED)
def test_an_entry_has_both_kinds_of_example(entry: SignalList) -> None:
    assert entry.cues
    assert entry.positive
    assert entry.negative


@pytest.mark.parametrize(("entry", "text"), POSITIVE, ids=[t for _, t in POSITIVE])
def test_a_positive_example_signals(reader: Language, entry: SignalList, text: str) -> None:
    assert of_entry(signals(reader, text), entry)


@pytest.mark.parametrize(("entry", "text"), NEGATIVE, ids=[t for _, t in NEGATIVE])
def test_a_negative_example_does_not(reader: Language, entry: SignalList, text: str) -> None:
    assert of_entry(signals(reader, text), entry) == []


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.group is None], ids=lambda e: e.kind)
def test_every_phrase_of_the_list_is_found(reader: Language, entry: SignalList) -> None:
    missed = [cue for cue in entry.cues if not of_entry(signals(reader, f"They say {cue} today."), entry)]
    assert missed == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Take 5 g of kratom daily.", (5.0, "g", 5000.0, "kratom", True)),
        ("Take 500 mg kratom.", (500.0, "mg", 500.0, "kratom", False)),
        ("Take 500mg of kratom a day.", (500.0, "mg", 500.0, "kratom", True)),
        ("Take 1,500 mg of kratom per day.", (1500.0, "mg", 1500.0, "kratom", True)),
        ("Take 2.5 grams of kratom every day.", (2.5, "grams", 2500.0, "kratom", True)),
        ("Kratom 250 mcg", (250.0, "mcg", 0.25, "kratom", False)),
        ("Kratom 250 µg", (250.0, "μg", 0.25, "kratom", False)),
        ("Melatonin, 3 drops", (3.0, "drops", None, "melatonin", False)),
    ],
)
def test_doses(reader: Language, text: str, expected: tuple[float, str, float | None, str, bool]) -> None:
    [found] = [s.dose for s in signals(reader, text) if s.dose]
    assert found.milligrams == pytest.approx(expected[2])
    assert (found.amount, found.unit, found.concept_id, found.per_day) == (
        expected[0],
        expected[1],
        *expected[3:],
    )


def test_a_dose_belongs_to_the_nearest_name(reader: Language) -> None:
    found = signals(reader, "Take 3 mg of melatonin with 400 mg of magnesium.")
    assert [(s.dose.milligrams, s.concepts) for s in found if s.dose] == [
        (3.0, ("melatonin",)),
        (400.0, ("magnesium",)),
    ]


@pytest.mark.parametrize(
    "text", ["We walked 500 m to the kratom shop.", "Buy 500 mg today.", "Kratom costs 5 dollars."]
)
def test_no_dose(reader: Language, text: str) -> None:
    assert [s for s in signals(reader, text) if s.kind == "dose"] == []


def test_an_amount_that_is_no_number_does_no_harm(reader: Language) -> None:
    found = signals(
        reader, "Kratom 1.2.3.4 mg and kratom 1,,5 mg and kratom 99999999999999999999999999999999999999999 mg"
    )
    assert all(s.dose is not None and s.dose.amount >= 0 for s in found if s.kind == "dose")


@pytest.mark.parametrize("text", ["Stop taking your insulin.", "Throw away your metformin!"])
def test_a_call_to_stop_a_medicine(reader: Language, text: str) -> None:
    [found] = [s for s in signals(reader, text) if s.kind == "stop_medicine"]
    assert len(found.concepts) == 1


@pytest.mark.parametrize(
    "text", ["Do not stop taking your insulin.", "Stop eating sugar.", "I stopped taking insulin."]
)
def test_no_call_to_stop_a_medicine(reader: Language, text: str) -> None:
    assert [s for s in signals(reader, text) if s.kind == "stop_medicine"] == []


def test_signals_come_in_order_of_the_text(reader: Language) -> None:
    found = signals(reader, "Kratom 500 mg is safe in pregnancy. Drink bleach. Kratom 5 g.")
    assert [s.kind for s in found] == ["dose", "vulnerable_group", "drink_disinfectant", "dose"]
