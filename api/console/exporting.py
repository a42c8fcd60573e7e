"""Files to take away: the queue under a filter, corrections as training data, the audit.

Files are written while they are sent, so that a long one needs no memory; that
somebody took one is written into the audit before its first byte.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from io import StringIO
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from api import errors
from api.access.actors import Permission
from api.access.sessions import SignedIn, SignedInLead, Visitor
from api.console.audit_pages import filters_of as audit_filters_of
from api.console.context import show
from api.console.rendering import render
from api.console.rows import filters_of, query_of, selects
from api.deps import Services, ServicesDep
from api.errors import Problem
from api.review import audit, correcting, exporting, listing
from api.review.audit import AuditFilters
from api.review.listing import Filters
from api.storage.columns import now
from api.storage.database import Reading
from api.storage.tables import AuditEntry
from claimcheck.reporting.csv import guarded

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

CSV, JSONL, HTML = "csv", "jsonl", "html"
MEDIA: Mapping[str, str] = {
    CSV: "text/csv; charset=utf-8",
    JSONL: "application/x-ndjson",
    HTML: "text/html; charset=utf-8",
}
AUDIT_COLUMNS = ("at", "actor", "actor_kind", "action", "object_kind", "object_id", "details")
MOST_COUNTED = 10_000
_AUDIT_PAGE = 500

Write = Callable[[Reading], Iterable[str]]


@router.get("/export")
def export_page(request: Request, services: ServicesDep, visitor: SignedIn) -> Response:
    """Offer what may be taken away, with the queue's own filters."""
    filters = filters_of(request)
    chosen = filters.to_query()
    with services.database.read() as session:
        number = listing.count(session, filters, most=MOST_COUNTED)
    return show(
        request,
        "export.html",
        number=number,
        most=MOST_COUNTED,
        chosen=chosen,
        selects=selects(actor=visitor.actor, chosen=chosen),
        query=query_of(filters),
        may_lead=visitor.actor.may(Permission.LEAD),
    )


@router.get("/export/queue.{written_as}")
def export_queue(request: Request, services: ServicesDep, visitor: SignedIn, written_as: str) -> Response:
    """Send the items that fit the filters of the address, in the queue's order."""
    filters = filters_of(request)
    if written_as not in MEDIA:
        raise Problem(errors.NOT_FOUND)

    def written(read: Reading) -> Iterator[str]:
        rows = exporting.rows(read, filters)
        match written_as:
            case "csv":
                yield from exporting.as_csv(rows)
            case "jsonl":
                yield from exporting.as_jsonl(rows)
            case _:
                yield from _as_html(rows, filters)

    return _file(
        services, visitor, "queue", written_as, written, details={"filters": sorted(filters.to_query())}
    )


@router.get("/export/corrections.jsonl")
def export_corrections(services: ServicesDep, visitor: SignedInLead) -> Response:
    """Send every correction as one training example a line."""

    def written(read: Reading) -> Iterator[str]:
        for example in correcting.export(read):
            yield json.dumps(example, ensure_ascii=False) + "\n"

    return _file(services, visitor, "corrections", JSONL, written, details={})


@router.get("/export/audit.{written_as}")
def export_audit(
    services: ServicesDep,
    visitor: SignedInLead,
    written_as: str,
    filters: Annotated[AuditFilters, Depends(audit_filters_of)],
) -> Response:
    """Send the audit, newest first."""
    if written_as not in (CSV, JSONL):
        raise Problem(errors.NOT_FOUND)

    def written(read: Reading) -> Iterator[str]:
        entries = _audit_entries(read, filters)
        if written_as == CSV:
            return _audit_as_csv(entries)
        return (json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)

    named = sorted(name for name, value in asdict(filters).items() if value is not None)
    return _file(services, visitor, "audit", written_as, written, details={"filters": named})


def _file(
    services: Services,
    visitor: Visitor,
    what: str,
    written_as: str,
    written: Write,
    *,
    details: Mapping[str, Any],
) -> Response:
    """Note who takes what, and send it as a file."""
    with services.database.begin() as session:
        audit.exported(session, what, actor=visitor.actor, details={"format": written_as, **details})
    name = f"claimcheck-{what}-{now():%Y-%m-%d}.{written_as}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(written(services.database.read), media_type=MEDIA[written_as], headers=headers)


def _as_html(rows: Iterable[Mapping[str, Any]], filters: Filters) -> Iterator[str]:
    yield render("export/head.html", made=now(), filters=filters.to_query())
    for row in rows:
        yield render("export/item.html", row=row)
    yield render("export/foot.html")


def _audit_entries(read: Reading, filters: AuditFilters) -> Iterator[dict[str, Any]]:
    after: str | None = None
    while True:
        with read() as session:
            found = audit.page(session, filters, after, limit=_AUDIT_PAGE)
        yield from map(_audit_row, found.rows)
        if found.next is None:
            return
        after = found.next


def _audit_row(entry: AuditEntry) -> dict[str, Any]:
    row = {name: getattr(entry, name) for name in AUDIT_COLUMNS}
    return {**row, "at": entry.at.isoformat()}


def _audit_as_csv(entries: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield _line(AUDIT_COLUMNS)
    for entry in entries:
        cells = {**entry, "details": json.dumps(entry["details"], ensure_ascii=False)}
        yield _line(["" if cells[name] is None else guarded(str(cells[name])) for name in AUDIT_COLUMNS])


def _line(cells: Iterable[str]) -> str:
    buffer = StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()
