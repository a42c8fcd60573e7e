"""The forms on the desk: decide, take back, skip, assign, correct.  Each ends on the next item."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from api.access.sessions import SignedInModerator, Visitor, tell
from api.console import desk
from api.console.context import see_other
from api.console.desk import DONE, Asked, Kept, Late, State
from api.console.rows import Way, filters_of
from api.deps import ServicesDep
from api.errors import FORBIDDEN, INVALID_REQUEST, NOT_FOUND, Problem
from api.review import correcting, deciding, leases, reasons
from api.review.errors import (
    Conflict,
    NotAllowed,
    NotStanding,
    ReasonRequired,
    UnknownClaim,
    UnknownDecision,
    UnknownReason,
    UnusableValue,
)
from api.storage.tables import CorrectionKind, DecisionAction, Item, ItemState

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_LONGEST_NUMBER = 9
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Sent:
    """A decision as it was sent."""

    action: DecisionAction
    reason_code: str
    note: str
    version: int


@router.post("/items/{item_id}/decision")
def decide(item_id: str, request: Request, services: ServicesDep, visitor: SignedInModerator) -> Response:
    """Decide an item and go on to the next; what stands in the way is said, and nothing written is lost."""
    way = Way(filters_of(request))
    sent = _sent(visitor)
    with services.database.begin() as session:
        item = desk.find(session, item_id)
        try:
            if visitor.form.get("back"):
                kept = State(kept=Kept(note=sent.note))
                return _stay(request, session, item, visitor, way, kept, HTTPStatus.OK)
            deciding.decide(
                session,
                item.id,
                actor=visitor.actor,
                action=sent.action,
                reason_code=sent.reason_code or None,
                note=sent.note or None,
                expected_version=sent.version,
            )
        except (ReasonRequired, UnknownReason) as error:
            state = State(asked=_asked(session, sent, missing=isinstance(error, ReasonRequired)))
            return _stay(request, session, item, visitor, way, state, HTTPStatus.UNPROCESSABLE_ENTITY)
        except UnusableValue as error:
            state = State(
                kept=Kept(sent.reason_code, sent.note), fault=f"Nothing was decided. {error.detail}"
            )
            return _stay(request, session, item, visitor, way, state, HTTPStatus.UNPROCESSABLE_ENTITY)
        except Conflict as conflict:
            state = _too_late(session, sent, conflict)
            return _stay(request, session, item, visitor, way, state, HTTPStatus.CONFLICT)
        said = f"{desk.name(item.id)}: {DONE[sent.action]}."
        following = desk.next_for(session, way.filters, item, visitor=visitor)
        move = desk.moved(request, session, following, visitor=visitor, way=way, said=said)
    return desk.carried_out(request, move)


def _sent(visitor: Visitor) -> Sent:
    return Sent(
        action=_word(DecisionAction, visitor, "action"),
        reason_code=_text(visitor, "reason_code"),
        note=_text(visitor, "note").replace("\r\n", "\n"),
        version=_number(visitor, "version") or 0,
    )


def _text(visitor: Visitor, field: str) -> str:
    value = visitor.form.get(field, "")
    return value if isinstance(value, str) else ""


def _word(kind: type[Word], visitor: Visitor, field: str) -> Word:
    try:
        return kind(_text(visitor, field))
    except ValueError:
        raise _unreadable(field) from None


def _number(visitor: Visitor, field: str) -> int | None:
    value = _text(visitor, field).strip()
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= _LONGEST_NUMBER):
        raise _unreadable(field)
    return int(value)


def _unreadable(field: str) -> Problem:
    return Problem(
        INVALID_REQUEST, errors=[{"pointer": f"/{field}", "detail": "This is no value of the form."}]
    )


def _stay(
    request: Request,
    session: Session,
    item: Item,
    visitor: Visitor,
    way: Way,
    state: State,
    status: HTTPStatus,
) -> Response:
    session.refresh(item)
    return desk.answer(
        request, desk.gathered(session, item, visitor=visitor, way=way, state=state), status=status
    )


def _asked(session: Session, sent: Sent, *, missing: bool) -> Asked:
    to = sent.action.value
    return Asked(
        action=to,
        version=sent.version,
        message=f"To {to} it, choose a reason."
        if missing
        else f"This is no reason to {to} it. Choose another.",
        reasons=reasons.policy(session).of(sent.action),
        note=sent.note,
    )


def _too_late(session: Session, sent: Sent, conflict: Conflict) -> State:
    decision = conflict.decision
    if decision is None:
        return State(kept=Kept(sent.reason_code, sent.note), moved=True)
    policy = reasons.policy(session)
    theirs, ours = policy.find(decision.reason_code), policy.find(sent.reason_code)
    late = Late(
        by=decision.actor,
        at=decision.created_at,
        action=decision.action,
        reason=theirs.label if theirs else decision.reason_code,
        note=decision.note,
        yours=sent.action.value,
        your_reason=ours.label if ours else None,
        your_reason_code=sent.reason_code,
        your_note=sent.note,
    )
    said = f"Not carried out: already decided by {decision.actor}: {decision.action}. Yours: {sent.action}."
    return State(said=said, late=late)


@router.post("/decisions/{decision_id}/undo")
def undo(decision_id: str, request: Request, services: ServicesDep, visitor: SignedInModerator) -> Response:
    """Take a decision back and return to its item, or to the list of decisions where that was asked for."""
    way = Way(filters_of(request))
    with services.database.begin() as session:
        item: Item | None
        try:
            item = deciding.undo(session, desk.known_id(decision_id), actor=visitor.actor)
        except UnknownDecision:
            raise Problem(NOT_FOUND) from None
        except NotAllowed:
            raise Problem(FORBIDDEN) from None
        except NotStanding:
            item, said = None, "Nothing to undo: it was undone already, or another decision took its place."
        else:
            said = f"{desk.name(item.id)}: the decision is undone."
        if request.query_params.get("to") == "decisions":
            tell(session, visitor, said, failed=item is None)
            return see_other("/decisions?all=1" if request.query_params.get("all") else "/decisions")
        move = desk.moved(request, session, item, visitor=visitor, way=way, said=said)
    return desk.carried_out(request, move)


@router.post("/items/{item_id}/skip")
def skip(item_id: str, request: Request, services: ServicesDep, visitor: SignedInModerator) -> Response:
    """Leave an item to others and go on to the next."""
    way = Way(filters_of(request))
    with services.database.begin() as session:
        item = desk.find(session, item_id)
        leases.release(session, item, actor=visitor.actor)
        following = desk.next_for(session, way.filters, item, visitor=visitor)
        move = desk.moved(
            request, session, following, visitor=visitor, way=way, said=f"{desk.name(item.id)}: skipped."
        )
    return desk.carried_out(request, move)


@router.post("/items/{item_id}/assign")
def assign(item_id: str, request: Request, services: ServicesDep, visitor: SignedInModerator) -> Response:
    """Take an item as one's own, or give it back."""
    way = Way(filters_of(request))
    gives_back = bool(visitor.form.get("give_back"))
    with services.database.begin() as session:
        item = desk.find(session, item_id)
        if item.state == ItemState.DECIDED:
            said = f"{desk.name(item.id)} is decided; nobody needs to take it."
        else:
            leases.assign(session, item, to=None if gives_back else visitor.actor.name, actor=visitor.actor)
            said = f"{desk.name(item.id)} is {'nobody’s' if gives_back else 'yours'} now."
        move = desk.moved(request, session, item, visitor=visitor, way=way, said=said)
    return desk.carried_out(request, move)


@router.post("/items/{item_id}/corrections")
def correct(item_id: str, request: Request, services: ServicesDep, visitor: SignedInModerator) -> Response:
    """Keep what is wrong with what the machine said; the decision stays open."""
    way = Way(filters_of(request))
    kind = _word(CorrectionKind, visitor, "kind")
    spans = kind in (CorrectionKind.WRONG_SPAN, CorrectionKind.MISSED_CLAIM)
    valued = kind is CorrectionKind.WRONG_ASSESSMENT
    with services.database.begin() as session:
        item = desk.find(session, item_id)
        try:
            correcting.correct(
                session,
                item.id,
                actor=visitor.actor,
                kind=kind,
                claim_id=_text(visitor, "claim_id") or None,
                start=_number(visitor, "start") if spans else None,
                end=_number(visitor, "end") if spans else None,
                value=_text(visitor, "value") or None if valued else None,
            )
        except UnknownClaim:
            raise _unreadable("claim_id") from None
        except UnusableValue as error:
            state = State(fault=f"Nothing was noted. {error.detail}")
            return _stay(request, session, item, visitor, way, state, HTTPStatus.UNPROCESSABLE_ENTITY)
        said = f"Noted: {kind.value.replace('_', ' ')}. Thank you."
        move = desk.moved(request, session, item, visitor=visitor, way=way, said=said)
    return desk.carried_out(request, move)
