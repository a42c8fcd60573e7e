"""Whole articles: the report to the letter, and in words what must hold whatever the letters are."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from claimcheck.checker import Checker
from claimcheck.types import Assessment, Finding, Relation, Risk, RiskLevel, Source, Stance
from tests.golden.update import FOLDER, articles, expected, masked, written

KRATOM, VENDOR, DEBUNKING = "kratom-and-antidepressants", "vendor-page", "debunking-page"


@cache
def text_of(name: str) -> str:
    return (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def findings(checker: Checker, name: str) -> tuple[Finding, ...]:
    return checker.check(text_of(name)).claims


def sentence(finding: Finding, name: str) -> str:
    return finding.claim.sentence.of(text_of(name))


def said(checker: Checker, name: str, words: str) -> list[Finding]:
    """Return the findings whose sentence holds these words."""
    assert words in text_of(name), words
    return [f for f in findings(checker, name) if words in sentence(f, name)]


def concept(finding: Finding) -> str | None:
    link = finding.claim.intervention
    return link.concept_id if link else None


def test_there_are_three_articles() -> None:
    assert [a.stem for a in articles()] == sorted((KRATOM, VENDOR, DEBUNKING))


@pytest.mark.parametrize("article", articles(), ids=lambda a: a.stem)
def test_the_report_is_the_expected_one(checker: Checker, article: Path) -> None:
    report = masked(checker, article.read_text(encoding="utf-8"))
    assert written(report) == expected(article).read_text(encoding="utf-8"), (
        "the report changed: if it was meant to, run python -m tests.golden.update and read the difference"
    )


# -- the hedged article --------------------------------------------------------

POTENTIATING = [
    "Kratom potentiates antidepressants",
    "The synergy between kratom and SSRIs",
    "kratom could enhance the effects of sertraline",
]
PROMISING = ["relieve the symptoms of depression", "ease chronic pain", "boost energy", *POTENTIATING]


@pytest.mark.parametrize("words", PROMISING)
def test_each_promise_of_kratom_is_flagged_and_explained(checker: Checker, words: str) -> None:
    found = [f for f in said(checker, KRATOM, words) if concept(f) == "kratom"]
    assert found
    assert any(f.flagged for f in found)
    assert all(f.explanation for f in found)


@pytest.mark.parametrize("words", POTENTIATING)
def test_kratom_with_antidepressants_is_a_high_interaction(checker: Checker, words: str) -> None:
    flags = [
        r
        for f in said(checker, KRATOM, words)
        if f.claim.relation.value is Relation.POTENTIATES
        for r in f.risks
    ]
    levels = [r.level.rank for r in flags if r.code is Risk.INTERACTION]
    assert levels
    assert max(levels) >= RiskLevel.HIGH.rank


@pytest.mark.parametrize(
    "words",
    [
        "Cognitive behavioral therapy is an effective treatment",
        "antidepressants help many patients",
        "Neither should",
    ],
)
def test_established_treatments_are_not_called_unsupported(checker: Checker, words: str) -> None:
    bad = {Assessment.UNSUPPORTED, Assessment.CONTRADICTED}
    assert [f for f in said(checker, KRATOM, words) if f.assessment in bad] == []


@pytest.mark.parametrize("words", ["Talk to your doctor", "maintain open communication", "The law on kratom"])
def test_cautions_are_no_claims(checker: Checker, words: str) -> None:
    assert said(checker, KRATOM, words) == []


def test_the_article_is_worth_a_review(checker: Checker) -> None:
    report = checker.check(text_of(KRATOM))
    assert report.action.rank >= 2
    assert report.scores.risk > 0


# -- the vendor's page -----------------------------------------------------------

BULLETS = ["Relieves joint pain", "Boosts your immune system", "Prevents colds and flu", "Lowers blood sugar"]


@pytest.mark.parametrize("words", BULLETS)
def test_every_bullet_that_promises_is_flagged(checker: Checker, words: str) -> None:
    assert any(f.flagged for f in said(checker, VENDOR, words))


def test_a_claim_keeps_to_its_bullet(checker: Checker) -> None:
    for finding in findings(checker, VENDOR):
        assert "\n" not in sentence(finding, VENDOR)
        assert sentence(finding, VENDOR).count("•") <= 1


def test_a_seller_speaks_for_himself(checker: Checker) -> None:
    sources = [f.claim.source.value for words in BULLETS for f in said(checker, VENDOR, words)]
    assert sources == [Source.VENDOR] * len(sources) != []


def test_a_cited_study_and_a_customer_come_before_the_seller(checker: Checker) -> None:
    assert [f.claim.source.value for f in said(checker, VENDOR, "clinically shown")] == [Source.STUDY]
    assert [f.claim.source.value for f in said(checker, VENDOR, "My arthritis")] == [Source.TESTIMONIAL]


def test_to_need_no_metformin_is_dangerous(checker: Checker) -> None:
    levels = [f.risk_level.rank for f in said(checker, VENDOR, "no longer need their metformin")]
    assert levels
    assert max(levels) >= RiskLevel.HIGH.rank


@pytest.mark.parametrize(
    "words",
    [
        "have not been evaluated",
        "not intended to diagnose",
        "Order now",
        "Store in a cool",
        "Keep out of reach",
    ],
)
def test_disclaimers_and_logistics_are_no_claims(checker: Checker, words: str) -> None:
    assert said(checker, VENDOR, words) == []


# -- the debunking page ------------------------------------------------------------

REFUTATIONS = [
    "It is a myth that garlic cures cancer",
    "Garlic does not cure cancer",
    "Vaccines do not cause autism",
    "found no link between the MMR vaccine and autism",
    "Chlorine dioxide does not cure autism or malaria",
    "There is no evidence that homeopathy treats asthma",
    "no better than placebo",
    "Some websites claim that alkaline water cures diabetes",
]


@pytest.mark.parametrize("words", REFUTATIONS)
def test_no_refutation_is_flagged(checker: Checker, words: str) -> None:
    assert [f for f in said(checker, DEBUNKING, words) if f.flagged] == []


def test_what_is_told_and_then_rejected_is_refuted(checker: Checker) -> None:
    found = said(checker, DEBUNKING, "alkaline water cures diabetes")
    assert [f.claim.stance.value for f in found] == [Stance.REFUTED] * len(found)
    assert [f.assessment for f in found] == [Assessment.NOT_ASSERTED] * len(found)


def test_the_whole_page_raises_nothing(checker: Checker) -> None:
    report = checker.check(text_of(DEBUNKING))
    assert [f.claim.span.of(text_of(DEBUNKING)) for f in report.claims if f.flagged] == []
    assert report.alerts == ()
    assert not report.flagged


def test_a_warning_against_bleach_is_no_alert(checker: Checker) -> None:
    assert "Never drink bleach" in text_of(DEBUNKING)
    assert [a for a in checker.check(text_of(DEBUNKING)).alerts if a.level is RiskLevel.CRITICAL] == []
