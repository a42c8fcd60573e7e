"""Keys of the API: everybody's for admins, and those of one's own browsers for everyone."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from api.access import keyring, sessions
from api.access.keyring import KeyRefused
from api.access.keys import NewKey
from api.access.sessions import SignedIn, SignedInAdmin, Visitor
from api.console import fields
from api.console.context import see_other, show
from api.deps import Services, ServicesDep
from api.errors import NOT_FOUND, Problem
from api.storage.columns import now
from api.storage.tables import ApiKey, Scope, User

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

KEYS = "/admin/keys"
CONNECT = "/connect"
SCOPES = [
    (Scope.SCORE.value, "score: check texts, which keeps nothing"),
    (Scope.REVIEW.value, "review: the queue and decisions, too"),
    (Scope.ADMIN.value, "admin: everything"),
]
_NO_FAULTS: Mapping[str, str] = {}


@router.get(KEYS)
def keys_page(request: Request, services: ServicesDep, _: SignedInAdmin) -> Response:
    """List the keys."""
    return _keys_page(request, services)


@router.post(KEYS)
def create_key(request: Request, services: ServicesDep, visitor: SignedInAdmin) -> Response:
    """Make a key and show it, once."""
    scope = fields.word(visitor.form, "scope", Scope)
    name, days = fields.text(visitor.form, "name"), fields.whole(visitor.form, "days")
    try:
        with services.database.begin() as session:
            made = keyring.issue(session, name=name, scope=scope, actor=visitor.actor, days=days)
    except KeyRefused as fault:
        return _keys_page(request, services, faults={fault.field: fault.reason}, typed=visitor)
    return _keys_page(request, services, made=made)


@router.post(KEYS + "/{key_id}/replace")
def replace_key(request: Request, key_id: str, services: ServicesDep, visitor: SignedInAdmin) -> Response:
    """Make a key's successor and show it, once."""
    hours = fields.whole(visitor.form, "hours")
    try:
        with services.database.begin() as session:
            record = _found(session, key_id)
            made = keyring.replace(
                session, record, overlap_hours=-1 if hours is None else hours, actor=visitor.actor
            )
    except KeyRefused as fault:
        return _told(services, visitor, f"The key was not replaced. {fault.reason}", failed=True, at=KEYS)
    return _keys_page(request, services, made=made)


@router.post(KEYS + "/{key_id}/revoke")
def revoke_key(key_id: str, services: ServicesDep, visitor: SignedInAdmin) -> Response:
    """End a key at once."""
    with services.database.begin() as session:
        record = _found(session, key_id)
        keyring.revoke(session, record, actor=visitor.actor)
        sessions.tell(session, visitor, f"The key {record.prefix}… opens nothing any more.")
    return see_other(KEYS)


@router.get(CONNECT)
def connect_page(request: Request, services: ServicesDep, visitor: SignedIn) -> Response:
    """Show how a browser is connected, and which are."""
    return _connect_page(request, services, visitor)


@router.post(CONNECT)
def connect(request: Request, services: ServicesDep, visitor: SignedIn) -> Response:
    """Make a key for one browser of one's own and show it, once."""
    name = fields.text(visitor.form, "name")
    try:
        with services.database.begin() as session:
            made = keyring.issue_for_browser(session, visitor.user, name=name, actor=visitor.actor)
    except KeyRefused as fault:
        return _connect_page(request, services, visitor, fault=fault.reason, typed=name)
    return _connect_page(request, services, visitor, made=made)


@router.post(CONNECT + "/{key_id}/revoke")
def disconnect(key_id: str, services: ServicesDep, visitor: SignedIn) -> Response:
    """End the key of one of one's own browsers; nobody else's is found here."""
    with services.database.begin() as session:
        own = {record.id: record for record in keyring.browsers_of(session, visitor.user)}
        record = own.get(key_id)
        if record is None:
            raise Problem(NOT_FOUND)
        keyring.revoke(session, record, actor=visitor.actor)
        sessions.tell(session, visitor, "The browser is no longer connected.")
    return see_other(CONNECT)


def _found(session: Session, key_id: str) -> ApiKey:
    record = session.get(ApiKey, fields.identifier(key_id), with_for_update=True)
    if record is None:
        raise Problem(NOT_FOUND)
    return record


def _told(services: Services, visitor: Visitor, words: str, *, failed: bool, at: str) -> Response:
    with services.database.begin() as session:
        sessions.tell(session, visitor, words, failed=failed)
    return see_other(at)


def _keys_page(
    request: Request,
    services: Services,
    *,
    faults: Mapping[str, str] = _NO_FAULTS,
    typed: Visitor | None = None,
    made: NewKey | None = None,
) -> Response:
    with services.database.read() as session:
        records = keyring.everything(session)
    return show(
        request,
        "admin-keys.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
        records=records,
        valid={record.id for record in records if keyring.is_valid(record)},
        scopes=SCOPES,
        moment=now(),
        faults=faults,
        typed={name: fields.text(typed.form, name) if typed else "" for name in ("name", "scope", "days")},
        made=made,
    )


def _connect_page(
    request: Request,
    services: Services,
    visitor: Visitor,
    *,
    fault: str | None = None,
    typed: str = "",
    made: NewKey | None = None,
) -> Response:
    with services.database.read() as session:
        own = keyring.browsers_of(session, session.get_one(User, visitor.user.id))
    return show(
        request,
        "connect.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        own=own,
        prefix=keyring.BROWSER,
        server=str(request.base_url).rstrip("/"),
        fault=fault,
        typed=typed,
        made=made,
    )
