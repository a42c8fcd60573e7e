"""The page of one item: its text and claims, its history, the statement of reasons of its decisions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from api.access.actors import Permission
from api.access.sessions import SignedIn, SignedInModerator, Visitor, tell
from api.console import desk
from api.console.context import see_other, show
from api.console.rows import Way, filters_of
from api.deps import ServicesDep
from api.errors import NOT_FOUND, Problem
from api.review import deciding, leases, reasons, settings, statements
from api.review.deciding import Event
from api.review.errors import UnusableValue
from api.review.reasons import ReasonPolicy
from api.storage.tables import Decision, Item

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_ITEM_ADDRESS = re.compile(r"/items/([0-9a-f]{32})(?:[?#]|\Z)")
_LONGEST_ADDRESS = 4_000
_CHANGED = (
    "The statement or its decision was changed meanwhile, and nothing of yours was saved. "
    "Save again to put yours in the place of what stands now."
)
_EVENT_WORDS: Mapping[str, str] = {
    "item.submitted": "put into the queue",
    "item.assigned": "assigned",
    "lease.taken": "opened",
    "lease.released": "given back",
    "statement.saved": "statement of reasons saved",
    "decided": "decided",
    "undone": "decision undone",
    "corrected": "corrected",
}


@router.get("/items/{item_id}")
def item_page(item_id: str, request: Request, services: ServicesDep, visitor: SignedIn) -> Response:
    """Show an item with everything it takes to decide it; opening it takes a lease."""
    way = Way(filters_of(request))
    writes = visitor.actor.may(Permission.REVIEW)
    with services.database.begin() if writes else services.database.read() as session:
        item = desk.find(session, item_id)
        if writes:
            _leave(session, request, item, visitor=visitor)
        values = desk.gathered(session, item, visitor=visitor, way=way, state=desk.State())
    return desk.answer(request, values)


def _leave(session: Session, request: Request, item: Item, *, visitor: Visitor) -> None:
    """Give back the item that the script moves on from; without the script, its lease runs out."""
    found = _ITEM_ADDRESS.search(request.headers.get("hx-current-url", "")[:_LONGEST_ADDRESS])
    left = session.get(Item, found[1]) if found else None
    if left is not None and left.id != item.id:
        leases.release(session, left, actor=visitor.actor)


@dataclass(frozen=True, slots=True)
class Told:
    """One event of an item's history in words."""

    at: datetime
    actor: str
    words: str
    reason: str | None
    detail: str | None
    decision: Decision | None


@router.get("/items/{item_id}/history")
def history_page(item_id: str, request: Request, services: ServicesDep, visitor: SignedIn) -> Response:  # noqa: ARG001 -- who may look
    """Show what happened to an item: who, when, why, and what stood before them."""
    way = Way(filters_of(request))
    with services.database.read() as session:
        item = desk.find(session, item_id)
        policy = reasons.policy(session)
        events = [_told(event, policy) for event in deciding.history(session, item.id)]
    return show(request, "history.html", item=item, events=events, query=way.query)


def _told(event: Event, policy: ReasonPolicy) -> Told:
    decision = event.decision if event.kind == "decided" else None
    return Told(
        at=event.at,
        actor=event.actor,
        words=_EVENT_WORDS.get(event.kind, event.kind),
        reason=reason_label(policy, decision.reason_code) if decision else None,
        detail=_detail(event),
        decision=decision,
    )


def _detail(event: Event) -> str | None:
    if event.correction is not None:
        one = event.correction
        where = "" if one.start is None else f", at {one.start}–{one.end}"
        right = "" if one.value is None else f", should be {one.value.replace('_', ' ')}"
        return f"{one.kind.replace('_', ' ')}{where}{right}"
    if event.kind == "item.assigned":
        return f"to {(event.details or {}).get('to') or 'nobody'}"
    return None


def reason_label(policy: ReasonPolicy, code: str | None) -> str | None:
    """Return what a reason is called; its code where the policy has it no more."""
    reason = policy.find(code)
    return reason.label if reason else code


# --- the statement of reasons


@router.get("/decisions/{decision_id}/statement")
def statement_page(
    decision_id: str,
    request: Request,
    services: ServicesDep,
    visitor: SignedIn,  # noqa: ARG001 -- who may look
) -> Response:
    """Show the statement of reasons of a decision: the saved one, else a draft."""
    with services.database.read() as session:
        decision, item = _decided(session, decision_id)
        words = decision.statement or _draft(session, item, decision)
    return _statement(request, decision, words)


@router.post("/decisions/{decision_id}/statement")
def save_statement(
    decision_id: str, request: Request, services: ServicesDep, visitor: SignedInModerator
) -> Response:
    """Save the statement as it was edited, or put the draft in its place."""
    afresh = bool(visitor.form.get("afresh"))
    seen = str(visitor.form.get("seen", ""))
    words = str(visitor.form.get("statement", "")).replace("\r\n", "\n")
    with services.database.begin() as session:
        decision, item = _decided(session, decision_id, locks=True)
        if seen != _digest(decision):
            # What was typed stays in the form; sent once more, it takes the place of what is shown below it.
            return _statement(request, decision, words, fault=_CHANGED, status=HTTPStatus.CONFLICT)
        if afresh:
            words = _draft(session, item, decision)
        try:
            statements.save(session, decision.id, actor=visitor.actor, statement=words)
        except UnusableValue as error:
            fault = error.detail
        else:
            tell(session, visitor, "The statement is saved.")
            return see_other(f"/decisions/{decision.id}/statement")
    return _statement(request, decision, words, fault=fault, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _digest(decision: Decision) -> str:
    """Return what tells one state of a decision's statement from another."""
    state = f"{decision.undone_at or ''}\0{decision.statement or ''}"
    return hashlib.sha256(state.encode()).hexdigest()


def _statement(
    request: Request,
    decision: Decision,
    words: str,
    *,
    fault: str | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    values: dict[str, Any] = {
        "decision": decision,
        "words": words,
        "saved": decision.statement is not None,
        "longest": statements.LONGEST_STATEMENT,
        "fault": fault,
        "seen": _digest(decision),
        "theirs": decision.statement if status is HTTPStatus.CONFLICT else None,
    }
    return show(request, "statement.html", status=status, **values)


def _decided(session: Session, decision_id: str, *, locks: bool = False) -> tuple[Decision, Item]:
    decision = session.get(Decision, desk.known_id(decision_id), with_for_update=locks or None)
    if decision is None:
        raise Problem(NOT_FOUND)
    return decision, desk.find(session, decision.item_id)


def _draft(session: Session, item: Item, decision: Decision) -> str:
    reason = reasons.policy(session).find(decision.reason_code)
    redress = settings.get(session, settings.REDRESS).text
    return statements.draft(item, decision, reason=reason, redress=redress)
