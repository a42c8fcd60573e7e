"""Names and stand-ins in the text."""

from __future__ import annotations

import pytest
from spacy.language import Language
from spacy.tokens import Doc

from claimcheck.checker import Checker
from claimcheck.reading.entities.component import generic_words
from claimcheck.reading.shapes import Mention


def words(doc: Doc, mention: Mention) -> str:
    last = doc[mention.end - 1]
    return doc.text[doc[mention.start].idx : last.idx + len(last)]


def mentions(reader: Language, text: str) -> list[tuple[str, str | None, str | None, bool]]:
    doc = reader(text)
    return [(words(doc, m), m.intervention, m.target, m.generic) for m in doc._.mentions]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kratom eases pain", [("Kratom", "kratom", None), ("pain", None, "pain")]),
        ("KRATOM", [("KRATOM", "kratom", None)]),
        ("St. John’s Wort", [("St. John’s Wort", "st-johns-wort", None)]),
        ("St Johns wort", [("St Johns wort", "st-johns-wort", None)]),
        ("antidepressant", [("antidepressant", "antidepressants", None)]),
        ("omega 3 and OMEGA-3", [("omega 3", "omega-3", None), ("OMEGA-3", "omega-3", None)]),
        ("kra\u00adtom", [("kra\u00adtom", "kratom", None)]),
        ("<b>Kratom</b>", [("Kratom", "kratom", None)]),
        ("🍋kratom", [("kratom", "kratom", None)]),
        ("kratoms2", []),
        ("xkratom", []),
        ("", []),
    ],
)
def test_names(reader: Language, text: str, expected: list[tuple[str, str | None, str | None]]) -> None:
    assert [found[:3] for found in mentions(reader, text)] == expected


def test_the_longest_name_wins(reader: Language) -> None:
    found = mentions(reader, "breast cancer")
    assert [(w, t) for w, _, t, _ in found] == [("breast cancer", "breast-cancer")]


def test_a_name_does_not_cross_a_sentence(reader: Language) -> None:
    found = mentions(reader, "We looked at the breast. Cancer was there.")
    assert "breast-cancer" not in [t for _, _, t, _ in found]


@pytest.mark.parametrize(
    "text", ["Opioid receptors sit there.", "CBT practitioners met.", "The kratom industry grew."]
)
def test_a_name_that_is_part_of_another_is_not_meant(reader: Language, text: str) -> None:
    assert mentions(reader, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Gene therapy treats depression.",
        "IV therapies treat depression.",
        "Stop therapy if wheezing occurs.",  # nobody talks in this text
    ],
)
def test_another_kind_of_therapy_is_no_talking_therapy(reader: Language, text: str) -> None:
    assert "psychotherapy" not in [i for _, i, _, _ in mentions(reader, text)]


def test_therapy_alone_is_a_talking_therapy(reader: Language) -> None:
    assert [i for _, i, _, _ in mentions(reader, "Therapy treats depression.")] == ["psychotherapy", None]


@pytest.mark.parametrize("text", ["This tea cures colds.", "Our formula cures colds.", "It cures colds."])
def test_stand_ins(reader: Language, text: str) -> None:
    found = mentions(reader, text)
    assert next((w, g) for w, _, _, g in found) == (text.split(" cures", maxsplit=1)[0], True)


def test_a_stand_in_inside_a_name_is_no_stand_in(reader: Language) -> None:
    assert [g for *_, g in mentions(reader, "our green tea")] == [False]


def test_the_list_has_both_kinds_of_example() -> None:
    words_ = generic_words()
    assert words_.positive
    assert words_.negative


@pytest.mark.parametrize("text", generic_words().positive)
def test_a_positive_example_has_a_stand_in_as_its_intervention(reader: Language, text: str) -> None:
    doc = reader(text)
    generic = [m for m in doc._.mentions if m.generic]
    taken = [p.intervention for p in doc._.proposals if p.intervention is not None]
    assert any((m.start, m.end) == tuple(taken_) for m in generic for taken_ in taken)


@pytest.mark.parametrize("text", generic_words().negative)
def test_a_negative_example_claims_nothing(checker: Checker, text: str) -> None:
    assert checker.check(text).claims == ()
