"""Concepts of arguments, and what stand-ins and left-out arguments refer to."""

from __future__ import annotations

import pytest
from spacy.language import Language

from claimcheck.reading.linking.component import Links
from claimcheck.types import Link


def last(reader: Language, text: str) -> Links:
    """Return the linked arguments of the last claim of a text."""
    doc = reader(text)
    assert doc._.links, "no claim was proposed"
    links: Links = doc._.links[-1]
    return links


def concept(link: Link | None) -> str | None:
    return link.concept_id if link else None


@pytest.mark.parametrize(
    ("text", "intervention", "target"),
    [
        ("Ginger eases nausea.", "ginger", "nausea"),
        ("St. John's wort treats low mood.", "st-johns-wort", None),
        ("Mitragynine eases pain.", "kratom", "pain"),
        ("Kratom potentiates antidepressants.", "kratom", "antidepressants"),
        ("Stop taking your metformin.", None, "metformin"),
        ("Our Zoplex-9 formula eases pain.", "undisclosed-product", "pain"),
        ("Kratom's analgesic effects are known.", "kratom", "pain"),
        ("This tea eases pain.", "undisclosed-product", "pain"),
    ],
)
def test_concepts(reader: Language, text: str, intervention: str | None, target: str | None) -> None:
    links = last(reader, text)
    if target is not None:
        assert concept(links.target) == target
    assert concept(links.intervention) == intervention


REFERENTS = [
    ("pronoun", "Kratom is a plant. It eases pain.", "kratom"),
    ("pronoun two back", "Kratom is a plant. Many people chew leaves. It eases pain.", "kratom"),
    ("plural pronoun", "Statins are pills. They prevent stroke.", "statins"),
    ("this tea", "We drink green tea. This tea prevents cancer.", "green-tea"),
    ("this herb", "Ginger grows in Asia. This herb eases nausea.", "ginger"),
    ("this drug, not the herb", "Metformin came before ginger. This drug treats diabetes.", "metformin"),
    ("this diet", "The ketogenic diet is strict. This diet prevents flu.", "ketogenic-diet"),
    ("this drug, no drug there", "Ginger is a root. This drug treats diabetes.", None),
    ("same sentence", "Ginger is a root and it eases nausea.", "ginger"),
    ("heading", "Benefits of Kratom\n\nIt eases pain.", "kratom"),
    ("bullets under a heading", "Benefits of Kratom\n- Eases pain\n- Lifts mood", "kratom"),
    ("second heading", "Kratom Leaf\nIt is sold.\n\nGinger Root\n- Eases nausea", "ginger"),
    ("heading in HTML", "<h2>Kratom</h2><ul><li>Eases pain</li><li>Lifts mood</li></ul>", "kratom"),
    ("topic", "Kratom is sold.\n\nKratom is a plant.\n\nPrices vary.\n\nRelieves pain.", "kratom"),
    ("shared subject", "Ginger eases nausea and prevents flu.", "ginger"),
    ("a class that its head names", "The vaccine prevents measles.", "vaccines"),
    ("a class behind a pronoun", "Everybody took the vaccine. It prevents measles.", "vaccines"),
    ("no class for another", "Everybody took the vaccine. This remedy eases pain.", "undisclosed-product"),
    ("an amount", "Kratom is a plant. A single daily dose eases pain.", "kratom"),
    ("an amount in figures", "Kratom is a plant. Up to 3 g per day eases pain.", "kratom"),
    ("words that name nothing", "Kratom is a plant. Use often eases pain.", "kratom"),
    ("no amount but a name", "Kratom is a plant. Dose Guard eases pain.", None),
    ("a strain", "Cannabis is sold here. Blueberry came first. This strain eases pain.", "cannabis"),
    ("a strain of something else", "Probiotics are sold. This strain eases pain.", "probiotics"),
    ("nothing to refer to", "It eases pain.", None),
    ("never its own target", "Antidepressants are pills. It potentiates antidepressants.", None),
]


@pytest.mark.parametrize(("text", "expected"), [r[1:] for r in REFERENTS], ids=[r[0] for r in REFERENTS])
def test_referents(reader: Language, text: str, expected: str | None) -> None:
    assert concept(last(reader, text).intervention) == expected


def test_a_stand_in_keeps_its_words_and_names_its_referent(reader: Language) -> None:
    text = "🍋 Kratom is a plant. It eases pain."
    link = last(reader, text).intervention
    assert link is not None
    assert link.span is not None
    assert (link.span.of(text), link.text, link.ref) == ("It", "It", "Kratom")


def test_an_argument_left_out_has_a_text_and_no_span(reader: Language) -> None:
    link = last(reader, "Benefits of Kratom\n- Eases pain").intervention
    assert link is not None
    assert (link.span, link.text, link.ref) == (None, "Kratom", "Kratom")


def test_a_list_of_targets_is_judged_by_its_gravest(reader: Language) -> None:
    links = last(reader, "Ginger treats nausea, colds and cancer.")
    assert concept(links.target) == "cancer"
    assert links.target is not None
    assert {c.concept_id for c in links.target.candidates} >= {"cancer", "nausea", "common-cold"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kratom eases pain.", {"kratom"}),
        ("With antidepressants, kratom eases pain.", {"kratom", "antidepressants"}),
        ("Kratom is a plant. It eases pain.", {"kratom"}),
        ("Kratom potentiates antidepressants.", {"kratom", "antidepressants"}),
    ],
)
def test_context_names_every_intervention_of_the_sentence(
    reader: Language, text: str, expected: set[str]
) -> None:
    assert set(last(reader, text).context) == expected


def test_context_holds_no_condition(reader: Language) -> None:
    assert "pain" not in last(reader, "Kratom eases pain.").context
