"""The examples that the API's description shows; a test holds them against the models."""

from __future__ import annotations

from typing import Any

_TEXT = "Kratom potentiates antidepressants."

CHECK_EXAMPLE: dict[str, Any] = {"text": _TEXT, "jurisdictions": ["us"], "id": "post-17"}
BATCH_EXAMPLE: dict[str, Any] = {
    "items": [{"id": "post-17", "text": _TEXT}, {"id": "post-18", "text": "Ginger eases nausea."}],
    "jurisdictions": ["us", "eu"],
}
SCORE_EXAMPLE: dict[str, Any] = {"texts": [_TEXT, "The library opens at nine."]}
PROBLEM_EXAMPLE: dict[str, Any] = {
    "type": "/problems/invalid-request",
    "title": "Invalid request",
    "status": 422,
    "detail": "The request does not fit its schema; see errors.",
    "errors": [{"pointer": "/min_probability", "detail": "Input should be less than or equal to 1"}],
    "request_id": "3f0c9d5be2c94c6f8a3a0f2f9a6a2f10",
}


def _span(start: int, end: int) -> dict[str, Any]:
    return {
        "start": start,
        "end": end,
        "start_utf16": start,
        "end_utf16": end,
        "exact": _TEXT[start:end],
        "prefix": _TEXT[max(0, start - 32) : start],
        "suffix": _TEXT[end : end + 32],
    }


_REFERENCE = {
    "title": "Title of the page that says so",
    "publisher": "Name of its publisher",
    "url": "https://example.org/page",
    "published": "2024-07",
    "retrieved": "2026-11-22",
}

REPORT_EXAMPLE: dict[str, Any] = {
    "id": "post-17",
    "report_version": "1",
    "text": {
        "sha256": "9e3aba18d7e85ec6d4c5a6e0f73f1d4bd4a9b2a5a0a1cf5bd5c8b6a1b1d3c7e0",
        "length": 35,
        "language": "en",
    },
    "claims": [
        {
            "id": "c-9f2c41d07be1",
            "span": _span(0, 34),
            "sentence": {"start": 0, "end": 35},
            "relation": "potentiates",
            "intervention": {
                "span": _span(0, 6),
                "text": "Kratom",
                "concept": {"id": "kratom", "name": "kratom", "kind": "herb"},
            },
            "target": {
                "span": _span(19, 34),
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
                        "id": "kratom.potentiates.antidepressants",
                        "summary": "What is known of the effect, in one sentence.",
                        "status": "insufficient",
                        "references": [_REFERENCE],
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
                        "message": "What can happen to someone who believes the claim.",
                        "references": [_REFERENCE],
                    }
                ],
            },
            "regulatory": [
                {
                    "jurisdiction": "us",
                    "class": "disease_claim",
                    "rule": "21 CFR 101.93(g)",
                    "message": "What the law calls a claim of this kind.",
                }
            ],
            "flagged": True,
            "priority": 0.94,
            "explanation": "One or two plain sentences: what is claimed, what is known, what can happen.",
        }
    ],
    "alerts": [],
    "scores": {"unsupported": 0.97, "risk": 0.92, "priority": 0.94},
    "action": "review",
    "warnings": [],
    "versions": {
        "claimcheck": "0.1.0",
        "model": "2026.11.1",
        "kb": "2026.11.22+0a1b2c3d",
        "rules": "2026.11.1",
        "policy": "2026.11.1",
    },
}
