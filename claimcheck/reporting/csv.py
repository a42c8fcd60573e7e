"""One row a claim, and one an alert, for a spreadsheet.

A spreadsheet runs a cell that begins with one of ``= + - @`` as a formula;
texts come from strangers, so such a cell is written with a ``'`` before it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from claimcheck.reporting import wording
from claimcheck.reporting.report import NamedReport
from claimcheck.reporting.wire import (
    AlertDict,
    ClaimDict,
    MentionDict,
    ReferenceDict,
    SpanDict,
    report_dict,
)

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

COLUMNS = (
    "file",
    "row",
    "claim_id",
    "start",
    "end",
    "start_utf16",
    "end_utf16",
    "exact",
    "relation",
    "intervention",
    "intervention_concept",
    "target",
    "target_concept",
    "polarity",
    "certainty",
    "stance",
    "source",
    "probability",
    "evidence",
    "basis",
    "assessment",
    "risk_level",
    "risk_codes",
    "flagged",
    "priority",
    "explanation",
    "references",
)

Row = dict[str, str | int | float]


def render(documents: Iterable[NamedReport]) -> Iterator[str]:
    """Yield the header, then the rows of each document."""
    yield _lines([dict(zip(COLUMNS, COLUMNS, strict=True))])
    for document in documents:
        report = report_dict(document.report.verdict, document.report.kb)
        rows = [_claim_row(claim) for claim in report["claims"]]
        rows += [_alert_row(alert) for alert in report["alerts"]]
        yield _lines({"file": document.name, **row} for row in rows)


def guarded(cell: str) -> str:
    """Return ``cell`` so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _lines(rows: Iterable[Row]) -> str:
    buffer = StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, restval="", lineterminator="\r\n")
    for row in rows:
        writer.writerow({key: guarded(v) if isinstance(v, str) else v for key, v in row.items()})
    return buffer.getvalue()


def _claim_row(claim: ClaimDict) -> Row:
    return {
        "row": "claim",
        "claim_id": claim["id"],
        **_span_cells(claim["span"]),
        "relation": claim["relation"],
        **_mention_cells("intervention", claim["intervention"]),
        **_mention_cells("target", claim["target"]),
        "polarity": claim["polarity"],
        "certainty": claim["certainty"],
        "stance": claim["stance"],
        "source": claim["source"],
        "probability": claim["probability"],
        "evidence": claim["evidence"]["status"],
        "basis": claim["evidence"]["basis"],
        "assessment": claim["assessment"],
        "risk_level": claim["risk"]["level"],
        "risk_codes": " ".join(dict.fromkeys(flag["code"] for flag in claim["risk"]["flags"])),
        "flagged": _yes(claim["flagged"]),
        "priority": claim["priority"],
        "explanation": claim["explanation"],
        "references": _addresses(wording.references(claim)),
    }


def _alert_row(alert: AlertDict) -> Row:
    return {
        "row": "alert",
        **_span_cells(alert["span"]),
        "risk_level": alert["level"],
        "risk_codes": alert["code"],
        "explanation": alert["message"],
        "references": _addresses(alert["references"]),
    }


def _span_cells(span: SpanDict | None) -> Row:
    if span is None:
        return {}
    return {
        "start": span["start"],
        "end": span["end"],
        "start_utf16": span["start_utf16"],
        "end_utf16": span["end_utf16"],
        "exact": span["exact"],
    }


def _mention_cells(name: str, argument: MentionDict | None) -> Row:
    if argument is None:
        return {}
    concept = argument["concept"]
    return {name: argument["text"], f"{name}_concept": concept["id"] if concept else ""}


def _yes(value: bool) -> str:
    return "true" if value else "false"


def _addresses(references: Iterable[ReferenceDict]) -> str:
    return " ".join(reference["url"] for reference in references)
