"""Results and errors as lines: NDJSON for programs, CSV for a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from typing import Any

import msgspec

from api.jobs.queueing import RowResult
from api.jobs.row_errors import detail
from claimcheck.reporting.csv import guarded
from claimcheck.types import RiskLevel

RESULT_COLUMNS = (
    "position",
    "id",
    "action",
    "claims",
    "flagged",
    "risk_level",
    "unsupported",
    "risk",
    "priority",
    "item",
    "error",
)
ERROR_COLUMNS = ("position", "line", "id", "error", "detail")


def results_as_ndjson(rows: Iterable[RowResult]) -> Iterator[bytes]:
    """Yield one JSON object a row: its id and position, then what came of it."""
    for row in rows:
        found = row.result if row.result is not None else {"error": _error(row)}
        yield msgspec.json.encode({"id": row.external_id, "position": row.position, **found}) + b"\n"


def errors_as_ndjson(rows: Iterable[RowResult]) -> Iterator[bytes]:
    """Yield one JSON object for each row that has no result."""
    for row in rows:
        place = {"id": row.external_id, "position": row.position, "line": row.line}
        yield msgspec.json.encode({**place, "error": _error(row)}) + b"\n"


def results_as_csv(rows: Iterable[RowResult]) -> Iterator[str]:
    """Yield a header, then one line a row: what a report comes to, without the words of its text."""
    return _as_csv(RESULT_COLUMNS, map(_result_cells, rows))


def errors_as_csv(rows: Iterable[RowResult]) -> Iterator[str]:
    """Yield a header, then one line for each row that has no result."""
    return _as_csv(ERROR_COLUMNS, map(_error_cells, rows))


def _error(row: RowResult) -> dict[str, str]:
    return {"code": row.error or "internal", "detail": detail(row.error)}


def _error_cells(row: RowResult) -> dict[str, Any]:
    error = _error(row)
    return {
        "position": row.position,
        "line": row.line,
        "id": row.external_id,
        "error": error["code"],
        "detail": error["detail"],
    }


def _result_cells(row: RowResult) -> dict[str, Any]:
    cells: dict[str, Any] = {"position": row.position, "id": row.external_id}
    if row.result is None:
        return {**cells, "error": _error(row)["code"]}
    if "report" in row.result:
        return {**cells, **_report_cells(row.result["report"])}
    item, decision = row.result.get("item", {}), row.result.get("decision", {})
    return {
        **cells,
        "item": item.get("id"),
        "risk_level": item.get("risk_level"),
        "action": decision.get("action", item.get("action")),
    }


def _report_cells(report: Mapping[str, Any]) -> dict[str, Any]:
    claims = report["claims"]
    levels = [claim["risk"]["level"] for claim in claims] + [alert["level"] for alert in report["alerts"]]
    return {
        "action": report["action"],
        "claims": len(claims),
        "flagged": sum(bool(claim["flagged"]) for claim in claims),
        "risk_level": max((RiskLevel(level) for level in levels), key=_rank, default=RiskLevel.NONE).value,
        **{name: report["scores"][name] for name in ("unsupported", "risk", "priority")},
    }


def _rank(level: RiskLevel) -> int:
    return level.rank


def _as_csv(columns: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield _line(columns, dict(zip(columns, columns, strict=True)))
    for row in rows:
        yield _line(columns, row)


def _line(columns: tuple[str, ...], row: Mapping[str, Any]) -> str:
    buffer = StringIO()
    writer = csv.DictWriter(buffer, columns, restval="", lineterminator="\r\n")
    writer.writerow({name: guarded(cell) if isinstance(cell, str) else cell for name, cell in row.items()})
    return buffer.getvalue()
