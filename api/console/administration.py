"""What admins do with accounts, and the page that leads to everything else of theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from api.access import accounts, passwords, sessions
from api.access.accounts import AccountFault
from api.access.sessions import SignedInAdmin, Visitor
from api.console import fields
from api.console.context import see_other, show
from api.deps import Services, ServicesDep
from api.errors import BUSY, NOT_FOUND, Problem
from api.storage.columns import now
from api.storage.tables import Role, User

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

USERS = "/admin/users"
ROLES = [
    (Role.READER.value, "reader: sees the queue, checks texts"),
    (Role.MODERATOR.value, "moderator: decides and corrects, too"),
    (Role.LEAD.value, "lead: decides in bulk, sees dashboards and audit, too"),
    (Role.ADMIN.value, "admin: everything, this page included"),
]
_NO_FAULTS: Mapping[str, str] = {}


@router.get("/admin")
def admin_page(request: Request, _: SignedInAdmin) -> Response:
    """Lead to what admins may set."""
    return show(request, "admin.html")


@router.get(USERS)
def users_page(request: Request, services: ServicesDep, _: SignedInAdmin) -> Response:
    """List the accounts."""
    return _page(request, services)


@router.post(USERS)
def create_user(request: Request, services: ServicesDep, visitor: SignedInAdmin) -> Response:
    """Make an account and show its password, once."""
    name, role = fields.text(visitor.form, "name"), fields.word(visitor.form, "role", Role)
    try:
        with services.database.begin() as session:
            user, password = accounts.create(session, name=name, role=role, actor=visitor.actor)
    except AccountFault as fault:
        return _page(request, services, faults={fault.field: fault.reason}, typed=name, role=role.value)
    except passwords.TooManyAtOnce:
        raise Problem(BUSY, headers={"Retry-After": "5"}) from None
    return _page(request, services, made=user, password=password)


@router.post(USERS + "/{user_id}/password")
def reset_password(request: Request, user_id: str, services: ServicesDep, visitor: SignedInAdmin) -> Response:
    """Give an account a random password and show it, once."""
    try:
        with services.database.begin() as session:
            user = _found(session, user_id)
            password = accounts.reset_password(session, user, actor=visitor.actor)
    except passwords.TooManyAtOnce:
        raise Problem(BUSY, headers={"Retry-After": "5"}) from None
    return _page(request, services, made=user, password=password)


@router.post(USERS + "/{user_id}/role")
def set_role(user_id: str, services: ServicesDep, visitor: SignedInAdmin) -> Response:
    """Give an account another role."""
    role = fields.word(visitor.form, "role", Role)

    def change(session: Session, user: User) -> str:
        accounts.set_role(session, user, role, actor=visitor.actor)
        return f"{user.name} has the role {role.value} now."

    return _changed(services, visitor, user_id, change)


@router.post(USERS + "/{user_id}/deactivate")
def deactivate(user_id: str, services: ServicesDep, visitor: SignedInAdmin) -> Response:
    """Close an account."""

    def change(session: Session, user: User) -> str:
        accounts.deactivate(session, user, actor=visitor.actor)
        return f"{user.name} is closed; every sign-in and browser key of it has ended."

    return _changed(services, visitor, user_id, change)


@router.post(USERS + "/{user_id}/reactivate")
def reactivate(user_id: str, services: ServicesDep, visitor: SignedInAdmin) -> Response:
    """Open a closed account again, or end its lock-out."""

    def change(session: Session, user: User) -> str:
        accounts.reactivate(session, user, actor=visitor.actor)
        return f"{user.name} is open."

    return _changed(services, visitor, user_id, change)


def _changed(
    services: Services, visitor: Visitor, user_id: str, change: Callable[[Session, User], str]
) -> Response:
    with services.database.begin() as session:
        user = _found(session, user_id)
        try:
            words, failed = change(session, user), False
        except AccountFault as fault:
            words, failed = f"{user.name} was not changed. {fault.reason}", True
        sessions.tell(session, visitor, words, failed=failed)
    return see_other(USERS)


def _found(session: Session, user_id: str) -> User:
    user = session.get(User, fields.identifier(user_id), with_for_update=True)
    if user is None:
        raise Problem(NOT_FOUND)
    return user


def _page(
    request: Request,
    services: Services,
    *,
    faults: Mapping[str, str] = _NO_FAULTS,
    typed: str = "",
    role: str = Role.MODERATOR.value,
    made: User | None = None,
    password: str | None = None,
) -> Response:
    with services.database.read() as session:
        users = accounts.everyone(session)
    return show(
        request,
        "admin-users.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
        users=users,
        roles=ROLES,
        moment=now(),
        faults=faults,
        typed=typed,
        role=role,
        made=made,
        password=password,
    )
