"""Annotated claims laid over our sentences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from spacy.language import Language

from models.training.gold import GoldClaim, by_sentence, characters, passages

TEXT = "🍋 Ginger eases nausea. It is a root."


def gold(words: str, text: str = TEXT) -> GoldClaim:
    start = text.index(words)
    return GoldClaim(start, start + len(words), None, None, {"relation": "relieves"})


def test_a_token_range_is_code_points(reader: Language) -> None:
    doc = reader(TEXT)
    spans = [characters(doc, s.start, s.end) for s in doc._.sentences]
    assert [TEXT[a:b].lstrip("🍋 ") for a, b in spans] == ["Ginger eases nausea.", "It is a root."]


def test_a_claim_belongs_to_the_sentence_it_shares_most_with(reader: Language) -> None:
    doc = reader(TEXT)
    one, other, both = gold("eases nausea"), gold("a root"), gold("nausea. It is a root")
    assert by_sentence(doc, doc._.sentences, [one, other, both]) == [[one], [other, both]]


def test_a_claim_outside_every_sentence_belongs_to_none(reader: Language) -> None:
    doc = reader("Ginger.\n\n\n\nMint.")
    outside = GoldClaim(8, 10, None, None, {"relation": "treats"})
    assert by_sentence(doc, doc._.sentences, [outside]) == [[], []]
    assert by_sentence(doc, (), [outside]) == []


def test_a_site_is_its_passage_where_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        json.dumps({"id": "p-9", "text": "x", "genre": "post", "claims": []}) + "\n", encoding="utf-8"
    )
    [passage] = passages(path)
    assert passage.site == "p-9"


def test_a_record_without_its_keys_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "p-9"}\n', encoding="utf-8")
    with pytest.raises(KeyError):
        list(passages(path))
