"""What the classifiers may know: names are blinded, values bounded."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimcheck.learn.features import CandidateView, SentenceView, blind, candidate_features, sentence_tokens
from claimcheck.types import Relation

VIEW = CandidateView(
    relation=Relation.RELIEVES,
    order="forward",
    weak=False,
    cue="eases",
    before_cue=("the", "<int>"),
    after_cue=("<symptom>",),
    intervention="known",
    target="symptom",
    intervention_gap=0,
    target_gap=0,
    sentence_kind="prose",
    sentence_score=0.7,
    sentence_length=4,
    rivals=1,
)


def test_names_are_blinded() -> None:
    forms = ("the", "", "ginger", "root", "eases", "2", "kinds", "of", "nausea")
    names = [(2, 4, "<int>"), (8, 9, "<symptom>")]
    assert blind(forms, 0, 9, names) == ("the", "<int>", "eases", "<n>", "kinds", "of", "<symptom>")
    assert blind(forms, 4, 5, []) == ("eases",)
    assert blind(forms, 0, 0, []) == ()


def test_two_names_make_one_sentence() -> None:
    """The classifier cannot tell one remedy from another."""
    ginger = blind(("ginger", "eases", "pain"), 0, 3, [(0, 1, "<int>")])
    assert ginger == blind(("kratom", "eases", "pain"), 0, 3, [(0, 1, "<int>")])


def test_sentence_tokens_are_the_ngrams_and_marks() -> None:
    tokens = sentence_tokens(SentenceView(("a", "b"), "item", ("x", "x")))
    assert tokens[:4] == ["<s>", "a", "b", "</s>"]
    assert {"<s> a", "a b", "b </s>", "<s> a b", "a b </s>", "kind=item", "length=0"} <= set(tokens)
    assert tokens.count("before=x") == 1


@given(st.lists(st.text(max_size=5), max_size=400).map(tuple))
def test_a_sentence_makes_a_bounded_number_of_tokens(words: tuple[str, ...]) -> None:
    tokens = sentence_tokens(SentenceView(words, "prose", words))
    assert len(tokens) <= 3 * 122 + 2 + 60
    assert tokens == sentence_tokens(SentenceView(words, "prose", words))


def test_candidate_features_are_named_and_finite() -> None:
    found = candidate_features(VIEW)
    assert found["score"] == found["score*relieves"] == 0.7
    assert found["cue=eases>relieves"] == found["b1=<int>"] == found["b2=the"] == found["a1=<symptom>"] == 1.0
    assert all(0.0 <= value <= 1.0 for value in found.values())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("relation", Relation.CURES),
        ("order", "backward"),
        ("weak", True),
        ("cue", "soothes"),
        ("before_cue", ("not",)),
        ("after_cue", ("not",)),
        ("intervention", "none"),
        ("target", "none"),
        ("intervention_gap", 99),
        ("target_gap", 99),
        ("sentence_kind", "heading"),
        ("sentence_score", 0.1),
        ("sentence_length", 200),
        ("rivals", 9),
    ],
)
def test_every_field_makes_a_difference(field: str, value: object) -> None:
    changed: dict[str, Any] = {field: value}
    assert candidate_features(dataclasses.replace(VIEW, **changed)) != candidate_features(VIEW)


def test_every_field_is_tested() -> None:
    assert len(dataclasses.fields(CandidateView)) == 14
