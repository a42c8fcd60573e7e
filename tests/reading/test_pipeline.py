"""The stages in order, and what one needs another sets."""

from __future__ import annotations

import pytest
import spacy
from spacy.language import Language

from claimcheck.kb.store import KnowledgeBase
from claimcheck.reading import extensions
from claimcheck.reading.pipeline import QUALIFIER_STAGES, SURFACE_STAGES, build_surface


def test_the_stages_stand_in_order(nlp: Language) -> None:
    expected = [*SURFACE_STAGES, "claimcheck_detector", *QUALIFIER_STAGES, "claimcheck_links", "claimcheck_signals"]
    assert nlp.pipe_names == expected


def test_every_requirement_is_set_by_an_earlier_stage(nlp: Language) -> None:
    problems = nlp.analyze_pipes()["problems"]
    assert {name: found for name, found in problems.items() if found} == {"claimcheck_forms": ["doc._.kinds"]}


def test_a_wrong_order_is_seen_before_any_text_runs(kb: KnowledgeBase) -> None:
    wrong = build_surface(kb)
    wrong.remove_pipe("claimcheck_sentences")
    assert wrong.analyze_pipes()["problems"]["claimcheck_mentions"] == ["doc._.sentences"]


@pytest.mark.parametrize("name", extensions.TUPLES)
def test_every_attribute_is_set_by_a_stage(nlp: Language, name: str) -> None:
    assigned = {a for meta in (nlp.get_pipe_meta(p) for p in nlp.pipe_names) for a in meta.assigns}
    assert f"doc._.{name}" in assigned or name == "kinds"


def test_registering_twice_changes_nothing() -> None:
    extensions.register()
    assert spacy.blank("en")("x")._.proposals == ()
