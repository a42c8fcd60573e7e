"""Where the Doc ends: claims with offsets, ids that follow the sentence."""

from __future__ import annotations

from spacy.language import Language

from claimcheck.reading.extract import extract
from claimcheck.types import Claim

SENTENCE = "Ginger eases nausea."


def claims(reader: Language, text: str, *, least: float = 0.5) -> tuple[Claim, ...]:
    return extract(reader(text), min_probability=least).claims


def test_spans_are_code_points_of_the_text(reader: Language) -> None:
    text = "🍋👩‍⚕️ Ginger eases nausea."
    [claim] = claims(reader, text)
    assert claim.span.of(text) == "Ginger eases nausea"
    assert claim.relation.cues[0].of(text) == "eases"
    assert claim.intervention is not None
    assert claim.intervention.span is not None
    assert claim.intervention.span.of(text) == "Ginger"


def test_an_id_stays_where_the_sentence_moves(reader: Language) -> None:
    [here] = claims(reader, SENTENCE)
    [there] = claims(reader, f"The bus left.\n\n{SENTENCE}\n\nIt came.")
    assert here.id == there.id


def test_the_same_sentence_twice_has_two_ids(reader: Language) -> None:
    found = claims(reader, f"{SENTENCE}\n\n{SENTENCE}")
    assert len({c.id for c in found}) == len(found) == 2


def test_another_sentence_has_another_id(reader: Language) -> None:
    [one] = claims(reader, SENTENCE)
    [other] = claims(reader, "Ginger eases nausea!")
    assert one.id != other.id


def test_less_likely_claims_are_left_out(reader: Language) -> None:
    [claim] = claims(reader, SENTENCE)
    assert claims(reader, SENTENCE, least=claim.probability) == (claim,)
    assert claims(reader, SENTENCE, least=min(1.0, claim.probability + 0.001)) == ()


def test_probability_is_rounded_to_four_places(reader: Language) -> None:
    [claim] = claims(reader, SENTENCE)
    assert claim.probability == round(claim.probability, 4)
