"""The stages in order, and what one needs another sets."""

from __future__ import annotations

import pytest
import spacy
from spacy.language import Language

from claimcheck.kb.store import KnowledgeBase
from claimcheck.reading import extensions
from claimcheck.reading.pipeline import QUALIFIER_STAGES, SURFACE_STAGES, build_surface


def test_the_stages_stand_in_order(nlp: Language) -> None:
    expected = [
        *SURFACE_STAGES,
        "claimcheck_detector",
        *QUALIFIER_STAGES,
        "claimcheck_links",
        "claimcheck_signals",
    ]
    assert nlp.pipe_names == expected


def problems_of(nlp: Language) -> dict[str, list[str]]:
    """Return what each stage misses."""
    analysis = nlp.analyze_pipes()
    assert analysis is not None
    found: dict[str, list[str]] = analysis["problems"]
    return found


def by_the_tokenizer(nlp: Language) -> set[str]:
    """Return what a Doc has before any stage ran."""
    doc = nlp.make_doc("Ginger works")
    return {f"doc._.{name}" for name in extensions.TUPLES if getattr(doc._, name)}


def test_every_requirement_is_set_by_the_tokenizer_or_an_earlier_stage(nlp: Language) -> None:
    given = by_the_tokenizer(nlp)
    problems = problems_of(nlp)
    assert {name: set(missing) - given for name, missing in problems.items() if set(missing) - given} == {}


def test_a_wrong_order_is_seen_before_any_text_runs(kb: KnowledgeBase) -> None:
    wrong = build_surface(kb)
    wrong.remove_pipe("claimcheck_sentences")
    assert "doc._.sentences" in problems_of(wrong)["claimcheck_mentions"]


@pytest.mark.parametrize("name", extensions.TUPLES)
def test_every_attribute_is_set_by_a_stage(nlp: Language, name: str) -> None:
    assigned = {a for meta in (nlp.get_pipe_meta(p) for p in nlp.pipe_names) for a in meta.assigns}
    assert f"doc._.{name}" in assigned | by_the_tokenizer(nlp)


def test_registering_twice_changes_nothing() -> None:
    extensions.register()
    assert spacy.blank("en")("x")._.proposals == ()
