"""Deciding many items at once: a list to look at, a typed count, a job that can be stopped and undone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.access.sessions import SignedInLead, Visitor, tell
from api.console import desk
from api.console.context import see_other, show
from api.console.desk import DONE
from api.console.rows import Way, filters_of, lines, query_of
from api.deps import ServicesDep
from api.errors import INVALID_REQUEST, NOT_FOUND, Problem
from api.jobs import queueing
from api.jobs.queueing import OPEN_JOBS, Row
from api.jobs.row_errors import DETAILS, RowError
from api.review import deciding, listing, reasons
from api.review.deciding import LONGEST_NOTE, usable_words
from api.review.errors import FilterError, ReasonRequired, UnknownReason, UnusableValue
from api.review.listing import Filters
from api.storage.database import Database
from api.storage.tables import Decision, DecisionAction, Item, Job, JobKind
from claimcheck.reporting import wording
from claimcheck.types import RiskLevel

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

FREE = 20
"""Up to so many items, nobody has to type how many."""
MOST = 10_000
_PAGE, _GROUP_PAGE = 50, 200
_FAILURES_SHOWN = 100
_UNDONE_AT_ONCE = 200
_PICK = re.compile(r"([0-9a-f]{32}):([0-9]{1,9})")
PAGE, ALL = "page", "all"


@dataclass(frozen=True, slots=True)
class Pick:
    """One item that is to be decided, in the version that was looked at."""

    item_id: str
    version: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the form asks for."""

    scope: str
    action: DecisionAction
    reason_code: str
    note: str
    count: str
    picks: tuple[Pick, ...]


class Refused(Exception):
    """The form cannot be carried out as it is; ``words`` say why."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@router.get("/bulk")
def bulk_page(request: Request, services: ServicesDep, visitor: SignedInLead) -> Response:
    """Show what would be decided: one page with boxes to untick, or the whole of a filter."""
    scope = ALL if request.query_params.get("scope") == ALL else PAGE
    with services.database.read() as session:
        values = _preview(session, request, visitor, scope=scope)
    return show(request, "bulk.html", **values)


def _preview(
    session: Session,
    request: Request,
    visitor: Visitor,
    *,
    scope: str,
    kept: Mapping[str, str] | None = None,
    fault: str = "",
) -> dict[str, Any]:
    filters = filters_of(request)
    items = _listed(session, request, filters)
    total = listing.count(session, filters, most=MOST) if scope == ALL else len(items)
    return {
        "scope": scope,
        "items": lines(items, actor=visitor.actor),
        "total": total,
        "free": FREE,
        "tally": _tally(items) if scope == PAGE else (),
        "described": _described(filters, scope=scope, total=total),
        "actions": [action.value for action in DecisionAction],
        "reasons": reasons.policy(session).reasons,
        "kept": {"reason_code": "", "note": "", "count": "", **(kept or {})},
        "query": query_of(filters),
        "cursor": request.query_params.get("cursor", ""),
        "address": f"/bulk?{request.url.query}",
        "link": Way(filters).to,
        "fault": fault,
        "ticked": None,
    }


def _listed(session: Session, request: Request, filters: Filters) -> Sequence[Item]:
    limit = _PAGE if filters.group is None else _GROUP_PAGE
    try:
        page = listing.page(session, filters, after=request.query_params.get("cursor") or None, limit=limit)
    except FilterError as error:
        raise Problem(INVALID_REQUEST, errors=[{"pointer": "/cursor", "detail": error.detail}]) from None
    return page.items


def _tally(items: Sequence[Item]) -> list[tuple[str, int]]:
    """Return how many items there are of each risk and of each suggestion: two lists, never a sum."""
    levels = Counter(RiskLevel(item.risk_level) for item in items)
    suggested = Counter(item.suggested_action for item in items)
    return [
        *((wording.RISK[level], levels[level]) for level in reversed(list(RiskLevel)) if levels[level]),
        *((f"suggested: {action}", number) for action, number in suggested.most_common()),
    ]


def _described(filters: Filters, *, scope: str, total: int) -> str:
    items = wording.counted(total, "item")
    if scope == ALL:
        most = f", the first {MOST:,} of more," if total >= MOST else ""
        return f"Everything in this filter: {items}{most} as it stands when you decide."
    where = "that make the same claim" if filters.group else "of this page of the queue"
    return f"{items} {where}. Untick what does not belong."


@router.post("/bulk")
def decide_many(request: Request, services: ServicesDep, visitor: SignedInLead) -> Response:
    """Make a job that decides each item by itself; a wrong count or a missing reason stops it here."""
    wanted = _wanted(visitor)
    try:
        if wanted.scope == ALL:
            wanted = replace(wanted, picks=_all_of(services.database, filters_of(request)))
        _require_count(wanted)
        with services.database.begin() as session:
            _require_reason(session, wanted)
            job = _job(session, wanted, visitor=visitor)
    except Refused as refused:
        kept = {"reason_code": wanted.reason_code, "note": wanted.note, "count": wanted.count}
        with services.database.read() as session:
            values = _preview(session, request, visitor, scope=wanted.scope, kept=kept, fault=refused.words)
        if wanted.scope == PAGE:
            values["ticked"] = {pick.item_id for pick in wanted.picks}
        return show(request, "bulk.html", status=HTTPStatus.UNPROCESSABLE_ENTITY, **values)
    return see_other(f"/bulk/{job.id}")


def _wanted(visitor: Visitor) -> Wanted:
    fields = {name: str(visitor.form.get(name, "")) for name in ("scope", "action", "reason_code", "note")}
    try:
        action = DecisionAction(fields["action"])
        picks = tuple(_pick(str(value)) for value in visitor.form.getlist("item"))
    except ValueError:
        raise Problem(INVALID_REQUEST, errors=[{"pointer": "/action", "detail": "No such choice."}]) from None
    return Wanted(
        scope=ALL if fields["scope"] == ALL else PAGE,
        action=action,
        reason_code=fields["reason_code"],
        note=fields["note"].replace("\r\n", "\n"),
        count=str(visitor.form.get("count", "")).strip().replace(",", ""),
        picks=picks,
    )


def _pick(value: str) -> Pick:
    found = _PICK.fullmatch(value)
    if found is None:
        raise ValueError("no item")
    return Pick(found[1], int(found[2]))


def _all_of(database: Database, filters: Filters) -> tuple[Pick, ...]:
    return tuple(_walk(database, filters))


def _walk(database: Database, filters: Filters) -> Iterator[Pick]:
    """Yield the items of a filter, page by page, each page read and let go."""
    cursor, seen = None, 0
    while seen < MOST:
        with database.read() as session:
            page = listing.page(session, filters, after=cursor, limit=min(_GROUP_PAGE, MOST - seen))
        yield from (Pick(item.id, item.version) for item in page.items)
        seen, cursor = seen + len(page.items), page.next
        if cursor is None:
            return


def _require_count(wanted: Wanted) -> None:
    number = len(wanted.picks)
    if number == 0:
        raise Refused("Nothing is ticked: nothing was decided.")
    if number <= FREE and not wanted.count and wanted.scope == PAGE:
        return
    if wanted.count != str(number):
        raise Refused(f"To decide {number:,} items, type {number}. Nothing was decided.")


def _require_reason(session: Session, wanted: Wanted) -> None:
    try:
        reasons.policy(session).require(wanted.action, wanted.reason_code or None)
        usable_words(wanted.note, field="note", longest=LONGEST_NOTE)
    except ReasonRequired:
        raise Refused(f"To {wanted.action} them, choose a reason. Nothing was decided.") from None
    except UnknownReason:
        raise Refused(f"This is no reason to {wanted.action} them. Nothing was decided.") from None
    except UnusableValue as error:
        raise Refused(f"Nothing was decided. {error.detail}") from None


def _job(session: Session, wanted: Wanted, *, visitor: Visitor) -> Job:
    options = {
        "action": wanted.action.value,
        "reason_code": wanted.reason_code or None,
        "note": wanted.note or None,
    }
    rows = (
        Row(payload={"item": pick.item_id, "version": pick.version}, external_id=pick.item_id)
        for pick in wanted.picks
    )
    return queueing.create(
        session, kind=JobKind.BULK_DECISION, rows=rows, options=options, actor=visitor.actor
    )


# --- the job


@dataclass(frozen=True, slots=True)
class Failure:
    """One item that was not decided."""

    item_id: str
    why: str


@router.get("/bulk/{job_id}")
def job_page(job_id: str, request: Request, services: ServicesDep, visitor: SignedInLead) -> Response:
    """Show how far a bulk decision is; the script asks again each second."""
    with services.database.read() as session:
        job = _found(session, job_id, visitor=visitor)
        progress = queueing.progress(session, job.id)
        ended_badly = queueing.errors(session, job.id, limit=_FAILURES_SHOWN)
        standing = session.scalar(
            select(func.count()).select_from(Decision).where(Decision.job_id == job.id, deciding.stands())
        )
    running = job.state in OPEN_JOBS
    failed = progress.failed + progress.dead + progress.cancelled
    values = {
        "job": job,
        "progress": progress,
        "action": job.options["action"],
        "words": f"{DONE[job.options['action']].capitalize()}: {'at work' if running else 'ended'}",
        "total": progress.total,
        "failed": failed,
        "ended": progress.done + failed,
        "running": running,
        "standing": standing,
        "failures": [
            Failure(row.external_id or "", DETAILS[RowError(row.error)]) for row in ended_badly if row.error
        ],
    }
    is_part = desk.is_part(request)
    return show(request, "_bulk_progress.html" if is_part else "bulk_job.html", **values)


@router.post("/bulk/{job_id}/stop")
def stop(job_id: str, services: ServicesDep, visitor: SignedInLead) -> Response:
    """Stop a bulk decision; what is decided stays decided until it is undone."""
    with services.database.begin() as session:
        job = _found(session, job_id, visitor=visitor)
        if queueing.cancel(session, job, actor=visitor.actor):
            tell(session, visitor, "Stopped. What was decided before stands until you undo it.")
    return see_other(f"/bulk/{job.id}")


@router.post("/bulk/{job_id}/undo")
def undo(job_id: str, services: ServicesDep, visitor: SignedInLead) -> Response:
    """Take back everything that a bulk decision decided and that still stands."""
    with services.database.read() as session:
        job = _found(session, job_id, visitor=visitor)
    number = 0
    while undone := _undo_some(services.database, job.id, visitor=visitor):
        number += undone
    with services.database.begin() as session:
        tell(session, visitor, f"Undone: {wording.counted(number, 'decision')}.")
    return see_other(f"/bulk/{job.id}")


def _undo_some(database: Database, job_id: str, *, visitor: Visitor) -> int:
    """Take back a few: others write between one step and the next."""
    with database.begin() as session:
        return deciding.undo_job(session, job_id, actor=visitor.actor, limit=_UNDONE_AT_ONCE)


def _found(session: Session, job_id: str, *, visitor: Visitor) -> Job:
    job = queueing.find(session, desk.known_id(job_id), actor=visitor.actor)
    if job is None or job.kind != JobKind.BULK_DECISION:
        raise Problem(NOT_FOUND)
    return job
