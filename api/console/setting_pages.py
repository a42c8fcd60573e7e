"""What admins set for everybody: reasons of decisions, redress, how long things are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Literal, cast

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from api.access import sessions
from api.access.sessions import SignedInAdmin, Visitor
from api.console import fields
from api.console.context import see_other, show
from api.deps import Services, ServicesDep
from api.errors import NOT_FOUND, Problem
from api.review import reasons, retention, settings
from api.review.errors import UnusableValue
from api.review.reasons import Reason, ReasonPolicy
from api.review.settings import REDRESS, RETENTION
from api.storage.tables import DecisionAction

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

SETTINGS = "/admin/settings"
REASONS = SETTINGS + "/reasons"
KEPT = {
    "decided_items": "Decided items, with their texts",
    "job_results": "Results of jobs, and webhook deliveries",
    "feedback": "Feedback",
    "audit": "Audit",
    "sessions": "Ended sign-ins",
}
GROUNDS = [("terms", "our terms"), ("legal", "the law")]
_NO_FAULTS: Mapping[str, str] = {}


@router.get(SETTINGS)
def settings_page(request: Request, services: ServicesDep, _: SignedInAdmin) -> Response:
    """Show what is set."""
    return _page(request, services)


@router.post(SETTINGS + "/retention")
def set_retention(request: Request, services: ServicesDep, visitor: SignedInAdmin) -> Response:
    """Set for how many days things are kept; an empty field keeps them for ever."""
    days = {name: fields.whole(visitor.form, name) for name in KEPT}

    def change(session: Session) -> None:
        retention.set_policy(session, settings.read(RETENTION, days), actor=visitor.actor)

    return _kept(request, services, visitor, change, part="retention")


@router.post(SETTINGS + "/redress")
def set_redress(request: Request, services: ServicesDep, visitor: SignedInAdmin) -> Response:
    """Set what statements of reasons say of redress."""
    text = fields.text(visitor.form, "text").replace("\r\n", "\n").strip()

    def change(session: Session) -> None:
        settings.put(session, REDRESS, settings.read(REDRESS, {"text": text}), actor=visitor.actor)

    return _kept(request, services, visitor, change, part="redress")


@router.post(SETTINGS + "/required")
def set_required(request: Request, services: ServicesDep, visitor: SignedInAdmin) -> Response:
    """Set which actions need a reason."""
    required = frozenset(_ticked_actions(visitor))
    return _policy_changed(
        request, services, visitor, lambda policy: replace(policy, required=required), part="required"
    )


@router.post(REASONS)
def add_reason(request: Request, services: ServicesDep, visitor: SignedInAdmin) -> Response:
    """Add a reason."""
    reason = _typed_reason(visitor, code=fields.text(visitor.form, "code").strip())

    def change(policy: ReasonPolicy) -> ReasonPolicy:
        return _with_reason(policy, reason, _ticked_actions(visitor), add=True)

    return _policy_changed(request, services, visitor, change, part="new")


@router.post(REASONS + "/{code}")
def change_reason(request: Request, code: str, services: ServicesDep, visitor: SignedInAdmin) -> Response:
    """Change a reason; its code stays, since decisions name it."""
    reason = _typed_reason(visitor, code=code)

    def change(policy: ReasonPolicy) -> ReasonPolicy:
        _require_known(policy, code)
        return _with_reason(policy, reason, _ticked_actions(visitor), add=False)

    return _policy_changed(request, services, visitor, change, part=code)


@router.post(REASONS + "/{code}/delete")
def delete_reason(request: Request, code: str, services: ServicesDep, visitor: SignedInAdmin) -> Response:
    """Take a reason out; decisions made with it keep its code."""

    def change(policy: ReasonPolicy) -> ReasonPolicy:
        _require_known(policy, code)
        return ReasonPolicy(
            reasons=tuple(one for one in policy.reasons if one.code != code),
            required=policy.required,
            offered={
                action: tuple(one for one in codes if one != code)
                for action, codes in _offered(policy).items()
            },
        )

    return _policy_changed(request, services, visitor, change, part=code)


def _typed_reason(visitor: Visitor, *, code: str) -> Reason:
    ground = fields.text(visitor.form, "ground")
    return Reason(
        code=code,
        label=fields.text(visitor.form, "label").strip(),
        ground=cast(Literal["legal", "terms"], ground),
        text=fields.text(visitor.form, "text").replace("\r\n", "\n").strip(),
    )


def _ticked_actions(visitor: Visitor) -> list[DecisionAction]:
    ticked = fields.texts(visitor.form, "actions")
    return [action for action in DecisionAction if action.value in ticked]


def _with_reason(
    policy: ReasonPolicy, reason: Reason, actions: list[DecisionAction], *, add: bool
) -> ReasonPolicy:
    if add:
        known = (*policy.reasons, reason)
    else:
        known = tuple(reason if one.code == reason.code else one for one in policy.reasons)
    offered = {}
    for action, codes in _offered(policy).items():
        others = tuple(code for code in codes if code != reason.code)
        offered[action] = (*others, reason.code) if action in actions else others
    return ReasonPolicy(reasons=known, required=policy.required, offered=offered)


def _offered(policy: ReasonPolicy) -> dict[DecisionAction, tuple[str, ...]]:
    """Return what every action offers, said of each."""
    return {action: tuple(one.code for one in policy.of(action)) for action in DecisionAction}


def _require_known(policy: ReasonPolicy, code: str) -> None:
    if policy.find(code) is None:
        raise Problem(NOT_FOUND)


def _policy_changed(
    request: Request,
    services: Services,
    visitor: Visitor,
    change: Callable[[ReasonPolicy], ReasonPolicy],
    *,
    part: str,
) -> Response:
    def changed(session: Session) -> None:
        reasons.set_policy(session, change(reasons.policy(session)), actor=visitor.actor)

    return _kept(request, services, visitor, changed, part=part)


def _kept(
    request: Request,
    services: Services,
    visitor: Visitor,
    change: Callable[[Session], None],
    *,
    part: str,
) -> Response:
    try:
        with services.database.begin() as session:
            change(session)
            sessions.tell(session, visitor, "The settings are kept; they hold from the next decision on.")
    except UnusableValue as error:
        return _page(request, services, faults={part: _in_words(error)}, visitor=visitor)
    return see_other(SETTINGS)


def _in_words(error: UnusableValue) -> str:
    # "reasons.3.label" is the place in what is stored; a person needs its last part only.
    name = error.field.rpartition(".")[2].replace("_", " ")
    return f"{name}: {error.detail}" if name and not name.isdigit() else error.detail


def _page(
    request: Request,
    services: Services,
    *,
    faults: Mapping[str, str] = _NO_FAULTS,
    visitor: Visitor | None = None,
) -> Response:
    with services.database.read() as session:
        policy = reasons.policy(session)
        kept = retention.policy(session)
        redress = settings.get(session, REDRESS)
    offered = _offered(policy)
    typed = visitor.form if visitor else None
    return show(
        request,
        "admin-settings.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
        policy=policy,
        actions=list(DecisionAction),
        offering={
            one.code: [action.value for action, codes in offered.items() if one.code in codes]
            for one in policy.reasons
        },
        kept=kept.model_dump(),
        kept_words=KEPT,
        redress=redress.text,
        grounds=GROUNDS,
        faults=faults,
        typed={
            name: fields.text(typed, name) if typed is not None else ""
            for name in ("code", "label", "ground", "text")
        },
        typed_actions=fields.texts(typed, "actions") if typed is not None else [],
    )
