"""The queue as rows: for a spreadsheet, or one JSON object a line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.review.listing import MOST_ITEMS_OF_A_PAGE, Filters, page
from api.storage.database import Reading
from api.storage.tables import Decision, Item
from claimcheck.reporting.csv import guarded

COLUMNS = (
    "id",
    "external_id",
    "state",
    "created_at",
    "submitted_by",
    "source",
    "source_url",
    "language",
    "topic",
    "risk_level",
    "priority",
    "suggested_action",
    "claim_count",
    "flagged_count",
    "relations",
    "assessments",
    "claims",
    "rules",
    "decision",
    "reason_code",
    "note",
    "decided_by",
    "decided_at",
    "model",
    "kb",
    "policy",
    "text",
)
Row = dict[str, Any]


def rows(read: Reading, filters: Filters) -> Iterator[Row]:
    """Yield every item that fits, in the queue's order, with the decision that stands.

    Each page is read in a session of its own: a slow reader keeps no connection, and an export of
    everything stays small in memory.

    Raises:
        FilterError: the filters cannot be read.
    """
    after: str | None = None
    while True:
        with read() as session:
            found = page(session, filters, after=after, limit=MOST_ITEMS_OF_A_PAGE)
            decisions = _decisions(session, found.items)
            # Made while the session is open: a text is loaded where it is asked for.
            made = [_row(item, decisions.get(item.decision_id or "")) for item in found.items]
        yield from made
        if found.next is None:
            return
        after = found.next


def as_csv(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of a CSV file; a cell that a spreadsheet would run as a formula is quoted."""
    yield _line(dict(zip(COLUMNS, COLUMNS, strict=True)))
    for row in rows:
        yield _line({name: guarded(_cell(row.get(name))) for name in COLUMNS})


def as_jsonl(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield one JSON object a line."""
    for row in rows:
        yield msgspec.json.encode(row).decode() + "\n"


def _decisions(session: Session, items: Iterable[Item]) -> dict[str, Decision]:
    wanted = [item.decision_id for item in items if item.decision_id is not None]
    if not wanted:
        return {}
    return {one.id: one for one in session.scalars(select(Decision).where(Decision.id.in_(wanted)))}


def _row(item: Item, decision: Decision | None) -> Row:
    claims = item.report["claims"]
    flags = [flag for claim in claims for flag in claim["risk"]["flags"]] + item.report["alerts"]
    return {
        "id": item.id,
        "external_id": item.external_id,
        "state": item.state,
        "created_at": item.created_at.isoformat(),
        "submitted_by": item.submitted_by,
        "source": item.source,
        "source_url": item.source_url,
        "language": item.language,
        "topic": item.topic,
        "risk_level": item.risk_level,
        "priority": item.priority,
        "suggested_action": item.suggested_action,
        "claim_count": item.claim_count,
        "flagged_count": item.flagged_count,
        "relations": _each(claim["relation"] for claim in claims),
        "assessments": _each(claim["assessment"] for claim in claims),
        "claims": [claim["span"]["exact"] for claim in claims],
        "rules": _each(flag["rule"] for flag in flags),
        "decision": None if decision is None else decision.action,
        "reason_code": None if decision is None else decision.reason_code,
        "note": None if decision is None else decision.note,
        "decided_by": item.decided_by,
        "decided_at": None if item.decided_at is None else item.decided_at.isoformat(),
        "model": item.report_versions.get("model"),
        "kb": item.report_versions.get("kb"),
        "policy": item.report_versions.get("policy"),
        "text": item.text,
    }


def _each(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _cell(value: object) -> str:
    if value is None:
        return ""
    return " | ".join(map(str, value)) if isinstance(value, list) else str(value)


def _line(row: Mapping[str, str]) -> str:
    buffer = StringIO()
    csv.DictWriter(buffer, COLUMNS, lineterminator="\r\n").writerow(row)
    return buffer.getvalue()
