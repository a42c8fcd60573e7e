"""The audit, to search: who did what to what, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from api.access.sessions import SignedInLead
from api.console.context import show
from api.deps import ServicesDep
from api.errors import INVALID_REQUEST, Problem
from api.review import audit
from api.review.audit import AuditFilters
from api.review.errors import FilterError
from api.storage.tables import AuditEntry

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

PAGE = 50
_MOST_CHOICES = 200

# PostgreSQL compares nothing with NUL, and no other control character is in what is looked for.
Word = Annotated[str, Query(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")]
Cursor = Annotated[str, Query(max_length=400)]
# Outside of these, adding a day has no result.
Day = Annotated[date | None, Query(ge=date(1970, 1, 1), le=date(9000, 1, 1))]


def filters_of(
    actor: Word = "",
    action: Word = "",
    object_kind: Word = "",
    object_id: Word = "",
    since: Day = None,
    until: Day = None,
) -> AuditFilters:
    """Return the filters in the address; a day that ends them is included."""
    return AuditFilters(
        actor=actor.strip() or None,
        action=action.strip() or None,
        object_kind=object_kind.strip() or None,
        object_id=object_id.strip() or None,
        since=_begin(since) if since else None,
        until=_begin(until) + timedelta(days=1) if until else None,
    )


def _begin(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC)


def in_words(details: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the details of an entry as names and words, without those that say nothing.

    >>> in_words({"kind": "import", "job_id": None, "versions": {"kb": "k1", "rules": "r1"}})
    [('kind', 'import'), ('versions', 'kb k1, rules r1')]
    """
    return [(name.replace("_", " "), _value(value)) for name, value in details.items() if value is not None]


def _value(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {inner}" for name, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@router.get("/audit")
def audit_page(
    request: Request,
    services: ServicesDep,
    _: SignedInLead,
    actor: Word = "",
    action: Word = "",
    object_kind: Word = "",
    object_id: Word = "",
    since: Day = None,
    until: Day = None,
    after: Cursor = "",
) -> Response:
    """Show the audit, newest first, filtered and page by page."""
    filters = filters_of(actor, action, object_kind, object_id, since, until)
    with services.database.read() as session:
        try:
            found = audit.page(session, filters, after or None, limit=PAGE)
        except FilterError as error:
            fault = {"pointer": f"/query/{error.field}", "detail": error.detail}
            raise Problem(
                INVALID_REQUEST, errors=[{"pointer": fault["pointer"], "detail": fault["detail"]}]
            ) from None
        actions = _known(session, AuditEntry.action)
        kinds = _known(session, AuditEntry.object_kind)
    given = {
        "actor": actor,
        "action": action,
        "object_kind": object_kind,
        "object_id": object_id,
        "since": since.isoformat() if since else "",
        "until": until.isoformat() if until else "",
    }
    query = urlencode({name: value for name, value in given.items() if value})
    return show(
        request,
        "audit.html",
        entries=found.rows,
        in_words=in_words,
        given=given,
        query=query,
        next=f"/audit?{urlencode({**_filled(given), 'after': found.next})}" if found.next else None,
        first=f"/audit?{query}" if after else None,
        actions=actions,
        kinds=kinds,
        narrowed=any(asdict(filters).values()),
    )


def _filled(given: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if value}


def _known(session: Session, column: InstrumentedAttribute[str]) -> list[str]:
    return sorted(session.scalars(select(column).distinct().limit(_MOST_CHOICES)))
