"""How a claim is said: guideline sections 3 and 8, and where a cue stops reaching."""

from __future__ import annotations

import pytest
from spacy.language import Language

from claimcheck.types import Certainty, Polarity, Source, Stance


def only(reader: Language, text: str, name: str) -> str:
    """Return the value of the text's likeliest claim."""
    doc = reader(text)
    assert doc._.proposals, "no claim was proposed"
    likeliest = max(range(len(doc._.proposals)), key=lambda i: doc._.proposals[i].probability)
    return str(getattr(doc._, name)[likeliest].value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Garlic cures cancer.", Polarity.AFFIRMED),
        ("Garlic does not cure cancer.", Polarity.NEGATED),
        ("Garlic doesn’t cure cancer.", Polarity.NEGATED),
        ("Garlic never cures cancer.", Polarity.NEGATED),
        ("There is no evidence that garlic cures cancer.", Polarity.NEGATED),
        ("No study has shown that garlic cures cancer.", Polarity.NEGATED),
        ("Garlic failed to reduce blood pressure.", Polarity.NEGATED),
        ("Not only does garlic cure cancer, it is cheap.", Polarity.AFFIRMED),
        ("Garlic is not cheap, but it cures cancer.", Polarity.AFFIRMED),
        ("Garlic cures cancer; it does not taste good.", Polarity.AFFIRMED),
        ("No doubt garlic cures cancer.", Polarity.AFFIRMED),
    ],
)
def test_polarity(reader: Language, text: str, expected: Polarity) -> None:
    assert only(reader, text, "polarity") == expected


def test_two_claims_of_one_sentence_keep_their_own_polarity(reader: Language) -> None:
    doc = reader("Ginger eases nausea, but it does not cure cancer.")
    found = {p.relation.value: q.value for p, q in zip(doc._.proposals, doc._.polarity, strict=True)}
    assert found == {"relieves": Polarity.AFFIRMED, "cures": Polarity.NEGATED}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ginger eases nausea.", Certainty.CERTAIN),
        ("Ginger will ease nausea.", Certainty.CERTAIN),
        ("Ginger is proven to ease nausea.", Certainty.CERTAIN),
        ("Ginger can ease nausea.", Certainty.PROBABLE),
        ("Ginger helps to ease nausea.", Certainty.PROBABLE),
        ("Ginger has been shown to ease nausea.", Certainty.PROBABLE),
        ("Ginger may ease nausea.", Certainty.POSSIBLE),
        ("Ginger might help to ease nausea.", Certainty.POSSIBLE),
        ("Ginger could ease nausea.", Certainty.POSSIBLE),
        ("Ginger is a potential treatment for nausea.", Certainty.POSSIBLE),
        ("Ginger is being studied for nausea.", Certainty.POSSIBLE),
    ],
)
def test_certainty(reader: Language, text: str, expected: Certainty) -> None:
    assert only(reader, text, "certainty") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ginger eases nausea.", Stance.ASSERTED),
        ("Does ginger ease nausea?", Stance.QUESTIONED),
        ("It is unclear whether ginger eases nausea.", Stance.QUESTIONED),
        ("Take ginger for nausea.", Stance.INSTRUCTED),
        ("Stop taking your insulin.", Stance.INSTRUCTED),
        ("You can throw away your insulin.", Stance.INSTRUCTED),
        ("Proponents say that ginger eases nausea.", Stance.REPORTED),
        ("It is a myth that garlic cures cancer.", Stance.REFUTED),
        ("Myth: garlic cures cancer.", Stance.REFUTED),
        ("Garlic does not cure cancer.", Stance.ASSERTED),
        ("It is said that garlic cures cancer. It does not.", Stance.REFUTED),
        ("Tired of nausea? Ginger eases nausea.", Stance.ASSERTED),
    ],
)
def test_stance(reader: Language, text: str, expected: Stance) -> None:
    assert only(reader, text, "stance") == expected


def test_a_story_that_goes_on_is_not_refuted(reader: Language) -> None:
    assert (
        only(reader, "It is said that garlic cures cancer. It is easy to grow.", "stance") == Stance.REPORTED
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ginger eases nausea.", Source.AUTHOR),
        ("A 2010 study found that ginger eases nausea.", Source.STUDY),
        ("Doctors say that ginger eases nausea.", Source.EXPERT),
        ("Ginger has eased nausea for centuries.", Source.TRADITION),
        ("Ginger cured my nausea.", Source.TESTIMONIAL),
        ("Some people say that ginger eases nausea.", Source.UNSPECIFIED_OTHERS),
        ("Order now! Our ginger formula eases nausea. Free shipping.", Source.VENDOR),
        ("Order now! A study found that our ginger formula eases nausea. Free shipping.", Source.STUDY),
    ],
)
def test_source(reader: Language, text: str, expected: Source) -> None:
    assert only(reader, text, "source") == expected


@pytest.mark.parametrize("name", ["polarity", "certainty", "stance", "source"])
def test_a_text_without_claims_has_no_values(reader: Language, name: str) -> None:
    doc = reader("The bus leaves at nine.")
    assert doc._.proposals == ()
    assert getattr(doc._, name) == ()
