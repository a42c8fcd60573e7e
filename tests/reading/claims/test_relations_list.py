"""``relations.yaml`` and ``advice.yaml``: every entry has both kinds of example, and they hold."""

from __future__ import annotations

import pytest
from spacy.language import Language

from claimcheck.checker import Checker
from claimcheck.kb.store import KnowledgeBase
from claimcheck.reading.claims.arguments import Arguments
from claimcheck.reading.claims.cues import CueEntry, entries
from claimcheck.reading.claims.detector import Reading, advice
from claimcheck.reading.inflection import expand
from claimcheck.types import Relation

POSITIVE = [(e, text) for e in entries() for text in e.positive]
NEGATIVE = [(e, text) for e in entries() for text in e.negative]


def candidates(nlp: Language, kb: KnowledgeBase, text: str) -> list[Arguments]:
    reading = Reading(nlp(text), kb)
    return [found for index in range(len(reading.sentences)) for found in reading.candidates(index)]


@pytest.mark.parametrize("entry", entries(), ids=lambda e: f"{e.relation}-{e.order}-{e.implies}")
def test_an_entry_has_both_kinds_of_example(entry: CueEntry) -> None:
    assert entry.positive
    assert entry.negative
    assert entry.patterns


@pytest.mark.parametrize("entry", entries(), ids=lambda e: f"{e.relation}-{e.order}-{e.implies}")
def test_every_pattern_stands_for_a_phrase(entry: CueEntry) -> None:
    for template in entry.patterns:
        phrases = list(expand(template))
        assert phrases
        assert all(phrase and phrase == " ".join(phrase.split()) for phrase in phrases)


def test_no_pattern_stands_twice_in_an_entry() -> None:
    for entry in entries():
        assert len(entry.patterns) == len(set(entry.patterns))


@pytest.mark.parametrize(("entry", "text"), POSITIVE, ids=[f"{e.relation}: {t}" for e, t in POSITIVE])
def test_a_positive_example_has_the_cue_with_its_arguments(
    nlp: Language, kb: KnowledgeBase, entry: CueEntry, text: str
) -> None:
    found = [
        a
        for a in candidates(nlp, kb, text)
        if (a.cue.relation, a.cue.order, a.cue.implies) == (entry.relation, entry.order, entry.implies)
    ]
    assert found
    assert any(a.intervention or a.target or a.implied_target for a in found)


@pytest.mark.parametrize(("entry", "text"), NEGATIVE, ids=[f"{e.relation}: {t}" for e, t in NEGATIVE])
def test_a_negative_example_is_no_such_claim(checker: Checker, entry: CueEntry, text: str) -> None:
    relations = [f.claim.relation.value for f in checker.check(text).claims]
    assert entry.relation not in relations


@pytest.mark.parametrize("concept_id", sorted({e.implies for e in entries() if e.implies}))
def test_what_a_cue_implies_is_a_known_target(kb: KnowledgeBase, concept_id: str) -> None:
    concept = kb.concept(concept_id)
    assert concept is not None
    assert concept.kind.is_target


@pytest.mark.parametrize("concept_id", sorted({t for e in entries() for t in e.except_targets}))
def test_an_excepted_target_is_a_known_target(kb: KnowledgeBase, concept_id: str) -> None:
    concept = kb.concept(concept_id)
    assert concept is not None
    assert concept.kind.is_target


def test_every_relation_has_cues() -> None:
    assert {e.relation for e in entries()} == set(Relation)


@pytest.mark.parametrize("text", advice().positive)
def test_advice_is_no_claim(checker: Checker, text: str) -> None:
    assert checker.check(text).claims == ()


@pytest.mark.parametrize("text", advice().negative)
def test_what_is_no_advice_may_be_a_claim(checker: Checker, text: str) -> None:
    assert checker.check(text).claims


def test_advice_has_both_kinds_of_example() -> None:
    assert advice().cues
    assert advice().positive
    assert advice().negative
