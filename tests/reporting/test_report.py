"""The report on the wire: names, order and meaning of the contract."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from claimcheck.kb.schema import Meta
from claimcheck.kb.sources import Sources
from claimcheck.kb.store import KnowledgeBase
from claimcheck.reporting.report import Report
from claimcheck.types import (
    Basis,
    ConceptId,
    Evidence,
    EvidenceResult,
    Link,
    RiskLevel,
    Scores,
    Span,
    StatementId,
)
from tests.reporting.builders import (
    KRATOM,
    LANGUAGE_WARNING,
    STALE_WARNING,
    claim_of,
    drinking_alert,
    finding_of,
    kratom_report,
    link_to,
    report_of,
    statement_of,
)
from tests.reporting.test_offsets import texts

REVIEW = {
    "title": "Kratom & mood: a review",
    "publisher": "Journal of Reviews",
    "url": "https://example.org/review?a=1&b=2",
    "published": "2023-05",
    "retrieved": "2026-11-22",
}
NOTICE = {
    "title": "Notice on kratom",
    "publisher": "Food and Drug Administration",
    "url": "https://example.org/notice",
    "published": None,
    "retrieved": "2026-11-22",
}


def test_the_example_of_the_contract_to_the_letter() -> None:
    expected: dict[str, Any] = {
        "report_version": "1",
        "text": {
            "sha256": kratom_report().text_sha256,
            "length": 35,
            "language": "en",
        },
        "claims": [
            {
                "id": "c-0-34",
                "span": {
                    "start": 0,
                    "end": 34,
                    "start_utf16": 0,
                    "end_utf16": 34,
                    "exact": "Kratom potentiates antidepressants",
                    "prefix": "",
                    "suffix": ".",
                },
                "sentence": {"start": 0, "end": 35},
                "relation": "potentiates",
                "intervention": {
                    "span": {
                        "start": 0,
                        "end": 6,
                        "start_utf16": 0,
                        "end_utf16": 6,
                        "exact": "Kratom",
                        "prefix": "",
                        "suffix": " potentiates antidepressants.",
                    },
                    "text": "Kratom",
                    "concept": {"id": "kratom", "name": "kratom", "kind": "herb"},
                },
                "target": {
                    "span": {
                        "start": 19,
                        "end": 34,
                        "start_utf16": 19,
                        "end_utf16": 34,
                        "exact": "antidepressants",
                        "prefix": "Kratom potentiates ",
                        "suffix": ".",
                    },
                    "text": "antidepressants",
                    "concept": {"id": "antidepressants", "name": "antidepressants", "kind": "drug_class"},
                },
                "polarity": "affirmed",
                "certainty": "certain",
                "stance": "asserted",
                "source": "author",
                "probability": 0.97,
                "evidence": {
                    "status": "insufficient",
                    "basis": "pair",
                    "confidence": 0.9,
                    "as_of": "2026-11",
                    "statements": [
                        {
                            "id": statement_of("antidepressants"),
                            "summary": "No trial has tested kratom together with antidepressants.",
                            "status": "insufficient",
                            "references": [REVIEW],
                        }
                    ],
                },
                "assessment": "unsupported",
                "risk": {
                    "level": "high",
                    "flags": [
                        {
                            "rule": "interaction.knowledge_base",
                            "code": "interaction",
                            "level": "high",
                            "message": "Kratom with antidepressants may raise serotonin too far.",
                            "references": [NOTICE],
                        }
                    ],
                },
                "regulatory": [
                    {
                        "jurisdiction": "us",
                        "class": "disease_claim",
                        "rule": "21 CFR 101.93(g)",
                        "message": "A disease claim needs approval.",
                    }
                ],
                "flagged": True,
                "priority": 0.94,
                "explanation": (
                    "The text says that kratom strengthens antidepressants. No trial has tested it."
                ),
            }
        ],
        "alerts": [],
        "scores": {"unsupported": 0.97, "risk": 0.92, "priority": 0.94},
        "action": "review",
        "warnings": [],
        "versions": {
            "claimcheck": "0.1.0",
            "model": "rules-1",
            "kb": "2026.11.22+00000000",
            "rules": "1",
            "policy": "2026.11.22",
        },
    }
    # Compared as text, because two dictionaries are equal in any order of their keys.
    assert kratom_report().to_json(indent=2) == json.dumps(expected, indent=2, ensure_ascii=False)
    assert kratom_report().to_dict() == expected


@given(texts, texts, texts)
def test_offsets_and_quotes_fit_the_text_in_both_units(before: str, words: str, after: str) -> None:
    text = before + words + after
    span = Span(len(before), len(before) + len(words))
    claim = replace(claim_of(text, ""), span=span)
    written = report_of(text, finding_of(claim)).to_dict()["claims"][0]["span"]
    start, end = written["start"], written["end"]
    assert written["exact"] == words == text[start:end]
    encoded = text.encode("utf-16-le")
    assert encoded[2 * written["start_utf16"] : 2 * written["end_utf16"]].decode("utf-16-le") == words
    assert written["prefix"] == before[-32:]
    assert written["suffix"] == after[:32]


@given(texts)
def test_the_same_verdict_gives_the_same_bytes(text: str) -> None:
    first, second = (report_of(text, finding_of(claim_of(text, text[2:5]))) for _ in range(2))
    assert first.to_json() == second.to_json() == first.to_json()
    assert first == second
    assert json.loads(first.to_json()) == first.to_dict()


def test_a_referent_from_elsewhere_has_words_but_no_span() -> None:
    text = "It eases pain."
    pronoun = replace(link_to(text, "It", "kratom"), ref="kratom tea")
    heading = Link("Kratom", None, concept_id=ConceptId("kratom"))
    claims = (
        claim_of(text, "It eases pain", intervention=pronoun),
        claim_of(text, "eases pain", intervention=heading),
    )
    written = report_of(text, *map(finding_of, claims)).to_dict()["claims"]
    brief = {"id": "kratom", "name": "kratom", "kind": "herb"}
    assert written[0]["intervention"] == {"span": None, "text": "kratom tea", "concept": brief}
    assert written[1]["intervention"] == {"span": None, "text": "Kratom", "concept": brief}
    assert [claim["target"] for claim in written] == [None, None]


def test_a_mention_that_fits_nothing_has_no_concept() -> None:
    claim = claim_of(KRATOM, "Kratom potentiates", intervention=link_to(KRATOM, "Kratom"))
    written = report_of(KRATOM, finding_of(claim)).to_dict()["claims"][0]["intervention"]
    assert (written["text"], written["concept"]) == ("Kratom", None)


@pytest.mark.parametrize(("prior", "written"), [(None, "absent"), (0.0, 0.0), (0.123456, 0.1235)])
def test_a_prior_is_written_only_where_one_decided(prior: float | None, written: object) -> None:
    evidence = EvidenceResult(Evidence.UNKNOWN, Basis.NONE, 0.0, prior=prior)
    report = report_of(KRATOM, finding_of(claim_of(KRATOM, "Kratom"), evidence=evidence))
    assert report.to_dict()["claims"][0]["evidence"].get("prior", "absent") == written


def test_numbers_have_four_decimals_at_most() -> None:
    claim = claim_of(KRATOM, "Kratom", probability=0.123456789)
    report = report_of(
        KRATOM, finding_of(claim, priority=1 / 3), scores=Scores(2 / 3, 1 / 7, 0.99999)
    ).to_dict()
    assert report["claims"][0]["probability"] == 0.1235
    assert report["claims"][0]["priority"] == 0.3333
    assert report["scores"] == {"unsupported": 0.6667, "risk": 0.1429, "priority": 1.0}


def test_principles_are_statements_too() -> None:
    evidence = EvidenceResult(
        Evidence.INSUFFICIENT, Basis.PRINCIPLE, 0.5, (StatementId("principle.herbs"),), as_of="2026-11"
    )
    report = report_of(KRATOM, finding_of(claim_of(KRATOM, "Kratom"), evidence=evidence))
    (statement,) = report.to_dict()["claims"][0]["evidence"]["statements"]
    assert statement["summary"] == "No herb is known to cure a disease."
    assert statement["references"] == [REVIEW]


def test_old_evidence_is_warned_of_once_and_named() -> None:
    old = EvidenceResult(Evidence.INSUFFICIENT, Basis.PAIR, 0.9, as_of="2020-01", stale=True)
    findings = [finding_of(claim_of(KRATOM, KRATOM[:n]), evidence=old) for n in range(1, 9)]
    report = report_of(KRATOM, *findings, warnings=(LANGUAGE_WARNING,))
    assert [w.code for w in report.warnings] == ["unsupported_language", STALE_WARNING]
    message = report.to_dict()["warnings"][1]["message"]
    assert message.endswith("c-0-1, c-0-2, c-0-3, c-0-4, c-0-5 and 3 more.")
    assert kratom_report().warnings == ()


def test_an_alert_carries_its_place_and_sources() -> None:
    text = "🍋 Drink bleach daily."
    (alert,) = report_of(text, alerts=(drinking_alert(text, "Drink bleach"),)).to_dict()["alerts"]
    assert list(alert) == ["span", "rule", "code", "level", "message", "references"]
    assert (alert["span"]["start"], alert["span"]["start_utf16"]) == (2, 3)
    assert alert["references"] == [NOTICE]


@pytest.mark.parametrize(
    ("level", "flagged"), [(RiskLevel.LOW, False), (RiskLevel.MODERATE, True), (RiskLevel.CRITICAL, True)]
)
def test_an_alert_of_moderate_risk_flags_the_report(level: RiskLevel, flagged: bool) -> None:
    alert = replace(drinking_alert("Drink bleach", "bleach"), level=level)
    assert report_of("Drink bleach", alerts=(alert,)).flagged is flagged


@pytest.mark.parametrize("flagged", [True, False])
def test_a_flagged_claim_flags_the_report(flagged: bool) -> None:
    claims = (
        finding_of(claim_of(KRATOM, "Kratom"), flagged=False),
        finding_of(claim_of(KRATOM, "anti"), flagged=flagged),
    )
    assert report_of(KRATOM, *claims).flagged is flagged


def test_repr_counts_and_quotes_nothing() -> None:
    assert repr(kratom_report()) == "<Report: 35 characters, 1 claims (1 flagged), 0 alerts, action review>"
    assert "Kratom" not in repr(kratom_report())


def test_attributes_are_those_of_the_verdict() -> None:
    report = kratom_report()
    verdict = report.verdict
    assert report.claims == verdict.findings
    assert (report.scores, report.action, report.versions) == (
        verdict.scores,
        verdict.action,
        verdict.versions,
    )
    assert (report.text, report.length, report.language) == (KRATOM, 35, "en")
    assert report.text_sha256 == verdict.text_sha256


def test_the_caller_owns_the_dictionary() -> None:
    report = kratom_report()
    report.to_dict()["claims"].clear()
    assert len(report.to_dict()["claims"]) == 1


def test_indentation_changes_the_layout_only() -> None:
    report = kratom_report()
    assert "\n" not in report.to_json()
    assert json.loads(report.to_json(indent=4)) == json.loads(report.to_json())
    assert report.to_json(indent=4).startswith('{\n    "report_version"')


def test_reports_are_equal_where_their_verdicts_are() -> None:
    report = kratom_report()
    other_kb = KnowledgeBase.build(Sources(meta=Meta(date="2026.11.22")))
    assert report == Report(report.verdict, other_kb)
    assert report != report_of(KRATOM)
