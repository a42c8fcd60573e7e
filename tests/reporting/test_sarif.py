"""SARIF 2.1.0."""

from __future__ import annotations

import json
from typing import Any

import pytest

from claimcheck.reporting import sarif
from claimcheck.reporting.report import NamedReport, Report
from claimcheck.types import Assessment, RiskLevel
from tests.reporting.builders import (
    KRATOM,
    claim_of,
    drinking_alert,
    finding_of,
    interaction,
    kratom_report,
    report_of,
)

# The properties that the standard requires of each object that is written, and no others it forbids.
ESSENTIAL: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "maxItems": 1, "items": {"$ref": "#/$defs/run"}},
    },
    "additionalProperties": False,
    "$defs": {
        "message": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}},
        "artifactLocation": {
            "type": "object",
            "required": ["uri"],
            "properties": {"uri": {"type": "string", "pattern": "^[^ ]+$"}},
            "additionalProperties": False,
        },
        "run": {
            "type": "object",
            "required": ["tool", "results"],
            "properties": {
                "tool": {
                    "type": "object",
                    "required": ["driver"],
                    "properties": {
                        "driver": {
                            "type": "object",
                            "required": ["name", "version", "rules"],
                            "properties": {
                                "rules": {
                                    "type": "array",
                                    "uniqueItems": True,
                                    "items": {
                                        "type": "object",
                                        "required": ["id"],
                                        "properties": {"shortDescription": {"$ref": "#/$defs/message"}},
                                    },
                                }
                            },
                        }
                    },
                },
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "artifacts": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "location": {"$ref": "#/$defs/artifactLocation"},
                            "properties": {"type": "object"},
                        },
                        "additionalProperties": False,
                    },
                },
                "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
            },
            "additionalProperties": False,
        },
        "result": {
            "type": "object",
            "required": ["message", "ruleId", "ruleIndex", "level", "locations"],
            "properties": {
                "message": {"$ref": "#/$defs/message"},
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "level": {"enum": ["none", "note", "warning", "error"]},
                "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
                "properties": {"type": "object"},
                "locations": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["physicalLocation"],
                        "properties": {
                            "physicalLocation": {
                                "type": "object",
                                "required": ["artifactLocation"],
                                "properties": {
                                    "artifactLocation": {"$ref": "#/$defs/artifactLocation"},
                                    "region": {
                                        "type": "object",
                                        "required": ["charOffset", "charLength"],
                                        "additionalProperties": {"type": "integer", "minimum": 0},
                                    },
                                },
                            }
                        },
                    },
                },
            },
            "additionalProperties": False,
        },
    },
}


def written(*reports: Report, name: str = "a page.txt") -> dict[str, Any]:
    log: dict[str, Any] = json.loads("".join(sarif.render(NamedReport(name, report) for report in reports)))
    return log


def results_of(*reports: Report) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = written(*reports)["runs"][0]["results"]
    return results


def test_the_log_has_the_structure_of_the_standard() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    text = "Drink bleach."
    for log in (
        written(),
        written(kratom_report(), report_of(text, alerts=(drinking_alert(text, "bleach"),))),
    ):
        jsonschema.validate(log, ESSENTIAL, format_checker=jsonschema.FormatChecker())


def test_each_axis_of_a_flagged_claim_is_a_result() -> None:
    first, second = results_of(kratom_report())
    assert (first["ruleId"], first["level"]) == ("assessment.unsupported", "warning")
    assert (second["ruleId"], second["level"]) == ("interaction.knowledge_base", "error")
    assert first["partialFingerprints"] == second["partialFingerprints"] == {"claimId/v1": "c-0-34"}
    rules = written(kratom_report())["runs"][0]["tool"]["driver"]["rules"]
    assert [rules[r["ruleIndex"]]["id"] for r in (first, second)] == [first["ruleId"], second["ruleId"]]


def test_regions_count_code_points_and_lines() -> None:
    text = "🍋 one\r\ntwo\rtwo\n\nKratom treats\npain. 🍋"
    (result,) = results_of(report_of(text, finding_of(claim_of(text, "Kratom treats\npain"), risks=())))
    region = result["locations"][0]["physicalLocation"]["region"]
    start, length = region["charOffset"], region["charLength"]
    assert text[start : start + length] == "Kratom treats\npain"
    assert region == {
        "charOffset": 16,
        "charLength": 18,
        "startLine": 4,
        "startColumn": 1,
        "endLine": 5,
        "endColumn": 5,
    }


def test_the_text_is_not_embedded() -> None:
    text = "A secret remark. Kratom treats pain."
    log = json.dumps(written(report_of(text, finding_of(claim_of(text, "Kratom treats pain")))))
    assert "secret" not in log
    assert "versionControlProvenance" not in log


def test_a_claim_that_is_not_flagged_is_no_result() -> None:
    assert results_of(report_of(KRATOM, finding_of(claim_of(KRATOM, "Kratom"), flagged=False))) == []


@pytest.mark.parametrize(
    ("assessment", "rules"),
    [
        (Assessment.SUPPORTED, []),
        (Assessment.NOT_ASSERTED, []),
        (Assessment.OVERSTATED, ["assessment.overstated"]),
        (Assessment.CONTRADICTED, ["assessment.contradicted"]),
    ],
)
def test_only_a_doubtful_assessment_is_a_result(assessment: Assessment, rules: list[str]) -> None:
    finding = finding_of(claim_of(KRATOM, "Kratom"), assessment=assessment, risks=())
    assert [r["ruleId"] for r in results_of(report_of(KRATOM, finding))] == rules


@pytest.mark.parametrize(
    ("level", "written_level"),
    [
        (RiskLevel.LOW, "note"),
        (RiskLevel.MODERATE, "warning"),
        (RiskLevel.HIGH, "error"),
        (RiskLevel.CRITICAL, "error"),
    ],
)
def test_risk_levels_are_mapped(level: RiskLevel, written_level: str) -> None:
    finding = finding_of(
        claim_of(KRATOM, "Kratom"), assessment=Assessment.SUPPORTED, risks=(interaction(level=level),)
    )
    assert [r["level"] for r in results_of(report_of(KRATOM, finding))] == [written_level]


def test_an_alert_without_a_place_names_its_file() -> None:
    (result,) = results_of(report_of(KRATOM, alerts=(interaction(),)))
    assert result["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "a%20page.txt"}}}]


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("a b/c#d.txt", "a%20b/c%23d.txt"),
        ("/tmp/ü.txt", "file:///tmp/%C3%BC.txt"),
        ("https://example.org/a?b=c", "https://example.org/a?b=c"),
        ("stdin", "stdin"),
    ],
)
def test_file_names_become_addresses(name: str, uri: str) -> None:
    assert sarif.artifact_uri(name) == uri
