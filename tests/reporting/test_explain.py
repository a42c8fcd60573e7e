"""What an explanation says, what it never says, and how long it may be."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimcheck.judging.assessment import assess
from claimcheck.judging.evidence import UNKNOWN, claims_more, weigh
from claimcheck.judging.risk.registry import risks_of
from claimcheck.kb.sources import Sources
from claimcheck.kb.store import KnowledgeBase
from claimcheck.reporting.explain import MAX_LENGTH, explain
from claimcheck.types import (
    Assessment,
    Basis,
    Certainty,
    Claim,
    Evidence,
    EvidenceResult,
    Link,
    Polarity,
    ReferenceId,
    Relation,
    Risk,
    RiskFlag,
    RiskLevel,
    RuleId,
    Stance,
)
from tests.judging.support import claim, monograph, small_kb, small_sources, statement


def explained(a_claim: Claim, kb: KnowledgeBase | None = None) -> str:
    base = kb or small_kb()
    evidence = weigh(a_claim, base, today=date(2026, 11, 22))
    assessment = assess(a_claim, evidence, claims_more=claims_more(a_claim, evidence, base))
    return explain(a_claim, evidence, assessment, risks_of(a_claim, base), base)


def test_claimed_known_danger_source() -> None:
    assert explained(claim("potentiates", "kratom", "antidepressants", certainty="possible")) == (
        "The text presents kratom as a possible way to strengthen antidepressants. "
        "What is known of potentiates antidepressants is insufficient. "
        "kratom with antidepressants: A high interaction is on record. "
        "Source: The Agency, 2024."
    )


def test_nothing_is_invented_where_we_are_silent() -> None:
    text = explained(claim("relieves", "walking", "nausea"))
    assert text == (
        "The text presents walking as relief for nausea. "
        "Our knowledge base holds nothing on this, which speaks neither for nor against it."
    )


@pytest.mark.parametrize(
    ("a_claim", "opening"),
    [
        (claim("cures", "garlic", "cancer"), "The text presents garlic as a cure for cancer."),
        (
            claim("cures", "garlic", "cancer", polarity="negated"),
            "The text rules out garlic as a cure for cancer.",
        ),
        (
            claim("treats", "garlic", "cancer", stance="refuted"),
            "The text rejects garlic as a treatment for cancer.",
        ),
        (
            claim("treats", "garlic", "cancer", stance="questioned"),
            "The text asks about garlic as a treatment for cancer.",
        ),
        (
            claim("prevents", "garlic", "common-cold", stance="reported", certainty="probable"),
            "The text passes on a view of garlic as likely protection against common cold.",
        ),
        (
            claim("treats", "garlic", "cancer", stance="instructed"),
            "The text recommends garlic as a treatment for cancer.",
        ),
        (claim("is_safe", "kratom"), "The text presents kratom as a safe choice."),
        (claim("harms", "kratom"), "The text presents kratom as a cause of harm."),
        (
            claim("replaces", target="insulin", stance="instructed"),
            "The text recommends doing without insulin.",
        ),
        (
            claim("cures", None, "cancer", unlinked_intervention=True),
            "The text presents “our formula” as a cure for cancer.",
        ),
        (
            claim("treats", None, "cancer"),
            "The text presents something it does not name as a treatment for cancer.",
        ),
    ],
)
def test_opening(a_claim: Claim, opening: str) -> None:
    assert explained(a_claim).startswith(opening)


@pytest.mark.parametrize(
    ("a_claim", "note"),
    [
        (claim("treats", "kratom", "postnatal-depression"), "(Known of depression in general.)"),
        (claim("treats", "garlic", "hay-fever"), "(Known of it in general.)"),
        (claim("treats", "sertraline", "depression"), "(Known of ssris as a class.)"),
        (claim("cures", "kratom", "cancer"), "(A general principle for claims of this kind.)"),
    ],
)
def test_a_wider_basis_is_said(a_claim: Claim, note: str) -> None:
    assert note in explained(a_claim)


def test_an_exact_basis_needs_no_note() -> None:
    assert "(" not in explained(claim("treats", "kratom", "depression"))


def test_overstatement_and_age_are_said() -> None:
    assert "The wording claims more than that." in explained(claim("cures", "sertraline", "depression"))
    assert "more than three years ago" in explained(claim("treats", "garlic", "hay-fever"))


def test_a_prior_is_said() -> None:
    evidence = EvidenceResult(status=Evidence.UNKNOWN, basis=Basis.NONE, confidence=0.0, prior=0.83)
    text = explain(claim("treats", "x", "y"), evidence, Assessment.UNSUPPORTED, (), small_kb())
    assert "about 83 in 100 did not hold" in text


def test_risk_cites_its_own_reference_where_nothing_is_known() -> None:
    cited = (ReferenceId("ref-b"),)
    flag = RiskFlag(RuleId("toxicity.x"), Risk.TOXICITY, RiskLevel.HIGH, "It poisons.", cited)
    text = explain(claim("treats", "x", "y"), UNKNOWN, Assessment.UNSUPPORTED, (flag,), small_kb())
    assert text.endswith("It poisons. Source: The Agency, 2024.")


def test_a_low_risk_is_not_told() -> None:
    cited = (ReferenceId("ref-b"),)
    flag = RiskFlag(RuleId("toxicity.x"), Risk.TOXICITY, RiskLevel.LOW, "It poisons.", cited)
    text = explain(claim("treats", "x", "y"), UNKNOWN, Assessment.UNSUPPORTED, (flag,), small_kb())
    assert text.endswith("neither for nor against it.")


def long_kb() -> KnowledgeBase:
    found: Sources = small_sources()
    long = msgspec.structs.replace(statement("treats", "pain", "supported"), summary="word " * 400)
    found.monographs.append(monograph("wordy", "herb", long))
    return KnowledgeBase.build(found)


def test_a_long_summary_is_cut_at_a_word() -> None:
    text = explained(claim("treats", "wordy", "pain"), long_kb())
    assert MAX_LENGTH - 20 < len(text) <= MAX_LENGTH
    assert "word… Source: The Agency, 2024." in text


@pytest.mark.parametrize(
    ("own", "shown"),
    [
        ("alphabet " * 10, "“" + "alphabet " * 5 + "alphabet…”"),
        ("x" * 100, "“" + "x" * 59 + "…”"),
        ("x" * 60, "“" + "x" * 60 + "”"),
        ("two\n  lines", "“two lines”"),
    ],
)
def test_an_unlinked_name_is_quoted_and_shortened(own: str, shown: str) -> None:
    a_claim = replace(claim("cures", None, "cancer"), intervention=Link(text=own))
    assert explained(a_claim).startswith(f"The text presents {shown} as a cure for cancer.")


def test_a_referent_is_named_instead_of_its_pronoun() -> None:
    a_claim = replace(claim("cures", None, "cancer"), intervention=Link(text="it", ref="this tea"))
    assert "presents “this tea” as" in explained(a_claim)


words = st.text(max_size=400)


@given(
    words,
    words,
    st.sampled_from(list(Relation)),
    st.sampled_from(list(Polarity)),
    st.sampled_from(list(Certainty)),
    st.sampled_from(list(Stance)),
    words,
)
def test_always_short_and_never_a_verdict_of_truth(
    intervention: str,
    target: str,
    relation: Relation,
    polarity: Polarity,
    certainty: Certainty,
    stance: Stance,
    message: str,
) -> None:
    base = claim(relation, polarity=polarity, certainty=certainty, stance=stance)
    a_claim = replace(base, intervention=Link(text=intervention), target=Link(text=target))
    flag = RiskFlag(RuleId("toxicity.x"), Risk.TOXICITY, RiskLevel.HIGH, message)
    text = explain(a_claim, UNKNOWN, Assessment.UNSUPPORTED, (flag,), small_kb())
    assert 0 < len(text) <= MAX_LENGTH
    own_words = explained(base).lower().split()
    assert not {"true", "false", "lie", "liar", "fake", "wrong"} & set(own_words)
