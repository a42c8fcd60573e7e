"""Reports as SARIF 2.1.0, the format that code hosts and editors read.

One run; a rule for each assessment and each risk rule that occurs; a result
for each axis of a flagged claim and for each alert.  The text itself is not
embedded: a result says where it stands and what is known of it.
Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import NotRequired, TypedDict
from urllib.parse import quote

import msgspec

from claimcheck.reporting import wording
from claimcheck.reporting.report import NamedReport
from claimcheck.reporting.wire import ClaimDict, SpanDict, report_dict
from claimcheck.types import Assessment, RiskLevel
from claimcheck.version import __version__

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

ASSESSMENT_LEVEL = {
    Assessment.OVERSTATED: "note",
    Assessment.UNSUPPORTED: "warning",
    Assessment.CONTRADICTED: "error",
}
RISK_LEVEL = {
    RiskLevel.NONE: "note",
    RiskLevel.LOW: "note",
    RiskLevel.MODERATE: "warning",
    RiskLevel.HIGH: "error",
    RiskLevel.CRITICAL: "error",
}

_NEW_LINE = re.compile("\r\n|\n")  # the two that SARIF counts as line ends by default


class Region(TypedDict):
    """Where a result stands: in code points, and by line and column, both from 1."""

    charOffset: int
    charLength: int
    startLine: int
    startColumn: int
    endLine: int
    endColumn: int


class Result(TypedDict):
    """One thing found; ``rule_title`` is kept beside it until the rules are written."""

    rule: str
    rule_title: str
    level: str
    message: str
    uri: str
    region: Region | None
    claim_id: NotRequired[str]
    properties: dict[str, str | float]


def render(documents: Iterable[NamedReport]) -> Iterator[str]:
    """Yield the one log file, once all documents are there."""
    artifacts: list[object] = []
    results: list[Result] = []
    for document in documents:
        uri = artifact_uri(document.name)
        properties = {"textSha256": document.report.text_sha256}
        artifacts.append({"location": {"uri": uri}, "properties": properties})
        results.extend(_results(document, uri))
    titles = {result["rule"]: result["rule_title"] for result in results}
    rules = sorted(titles)
    run = {
        "tool": {
            "driver": {
                "name": "claimcheck",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [{"id": rule, "shortDescription": {"text": titles[rule]}} for rule in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "artifacts": artifacts,
        "results": [_written(result, rules.index(result["rule"])) for result in results],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    yield msgspec.json.format(msgspec.json.encode(log), indent=2).decode() + "\n"


def artifact_uri(name: str) -> str:
    """Return the address of a file: an absolute path as file URI, a relative one escaped."""
    if name.startswith(("https://", "http://")):
        return name
    path = PurePath(name)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


class Lines:
    """Where the lines of a text begin, to name a place by line and column."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in _NEW_LINE.finditer(text))]

    def region(self, span: SpanDict) -> Region:
        """Return the place of ``span``, a span of the same text."""
        start_line, start_column = self._place(span["start"])
        end_line, end_column = self._place(span["end"])
        return {
            "charOffset": span["start"],
            "charLength": span["end"] - span["start"],
            "startLine": start_line,
            "startColumn": start_column,
            "endLine": end_line,
            "endColumn": end_column,
        }

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def _results(document: NamedReport, uri: str) -> Iterator[Result]:
    lines = Lines(document.report.text)
    report = report_dict(document.report.verdict, document.report.kb)
    for claim in report["claims"]:
        if claim["flagged"]:
            yield from _claim_results(claim, uri, lines.region(claim["span"]))
    for alert in report["alerts"]:
        yield {
            "rule": alert["rule"],
            "rule_title": _risk_title(alert["code"]),
            "level": RISK_LEVEL[RiskLevel(alert["level"])],
            "message": alert["message"],
            "uri": uri,
            "region": lines.region(alert["span"]) if alert["span"] else None,
            "properties": {"riskLevel": alert["level"]},
        }


def _claim_results(claim: ClaimDict, uri: str, region: Region) -> Iterator[Result]:
    properties: dict[str, str | float] = {
        "relation": claim["relation"],
        "evidence": claim["evidence"]["status"],
        "assessment": claim["assessment"],
        "riskLevel": claim["risk"]["level"],
        "probability": claim["probability"],
        "priority": claim["priority"],
    }
    assessment = Assessment(claim["assessment"])
    if assessment in ASSESSMENT_LEVEL:
        yield {
            "rule": f"assessment.{assessment.value}",
            "rule_title": f"Therapeutic claim: {wording.ASSESSMENT[assessment]}.",
            "level": ASSESSMENT_LEVEL[assessment],
            "message": claim["explanation"],
            "uri": uri,
            "region": region,
            "claim_id": claim["id"],
            "properties": properties,
        }
    for flag in claim["risk"]["flags"]:
        yield {
            "rule": flag["rule"],
            "rule_title": _risk_title(flag["code"]),
            "level": RISK_LEVEL[RiskLevel(flag["level"])],
            "message": flag["message"],
            "uri": uri,
            "region": region,
            "claim_id": claim["id"],
            "properties": properties,
        }


def _risk_title(code: str) -> str:
    return f"Risk: {code.replace('_', ' ')}."


def _written(result: Result, rule_index: int) -> dict[str, object]:
    place: dict[str, object] = {"artifactLocation": {"uri": result["uri"]}}
    if result["region"] is not None:
        place["region"] = result["region"]
    written: dict[str, object] = {
        "ruleId": result["rule"],
        "ruleIndex": rule_index,
        "level": result["level"],
        "message": {"text": result["message"]},
        "locations": [{"physicalLocation": place}],
        "properties": result["properties"],
    }
    if "claim_id" in result:
        written["partialFingerprints"] = {"claimId/v1": result["claim_id"]}
    return written
