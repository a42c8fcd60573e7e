"""Who looks at a page: sign-ins of the console, kept in the database, and the forms that come with them.

The cookie holds 256 random bits and nothing else; the database keeps a hash
of them.  A handler of the console asks for ``SignedIn`` or one of its
stricter sisters and is given a :class:`Visitor`.  Asking for one is also what
guards a form: whatever is not a plain read must carry the token of this very
sign-in in its field ``csrf``, and must not come from another site.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit

import sqlalchemy.exc
from fastapi import Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.access.actors import Actor, Permission, of_user
from api.access.same_site import local_path, require_same_site
from api.bodies import FORM, read_body
from api.console.context import Told
from api.deps import Services, ServicesDep
from api.errors import (
    BAD_REQUEST,
    FORBIDDEN,
    MALFORMED_FORM,
    SLOW_REQUEST,
    STALE_FORM,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
)
from api.settings import Settings
from api.storage.columns import now
from api.storage.tables import LoginSession, User

SIGN_IN = "/sign-in"
ACCOUNT = "/account"
COOKIE = "claimcheck"
ABSOLUTE = timedelta(days=7)
MULTIPART = "multipart/form-data"
_SECRET_BYTES = 32
_LONGEST_COOKIE = 100
_READS = ("GET", "HEAD")
# A page of the queue sends one field for each item that is ticked.
_MOST_FIELDS = 500
_MOST_PART_BYTES = 1_000_000
# An upload takes longer than a form; the size of both is bounded elsewhere.
_UPLOAD_PATIENCE = 20
# Writing the time of each page would make every look a write.
_SEEN_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in.

    Attributes:
        actor: what they may do, and what history and audit call them.
        user: their account, as it was when the request came.
        csrf: what their forms carry.
        session_id: identifies this sign-in.
        told: what the last form left to be said.
        form: the fields that were sent, empty for a plain read; ``getlist`` for those sent more than once.
    """

    actor: Actor
    user: User
    csrf: str
    session_id: str
    told: Told | None = None
    form: FormData = field(default_factory=FormData)


@dataclass(frozen=True, slots=True)
class NewSession:
    """A sign-in that was just made: the only time its cookie is known."""

    record: LoginSession
    cookie: str


class SignInNeeded(Exception):
    """Nobody is signed in; the page waits until somebody is."""


class PasswordChangeNeeded(Exception):
    """Somebody is signed in with a password that another person knows."""


def start(session: Session, user: User, *, settings: Settings) -> NewSession:
    """Sign ``user`` in: always under a new cookie, so that nobody can have planted it."""
    cookie = secrets.token_urlsafe(_SECRET_BYTES)
    moment = now()
    record = LoginSession(
        token_hash=_hashed(cookie),
        user_id=user.id,
        csrf_token=secrets.token_urlsafe(_SECRET_BYTES),
        created_at=moment,
        last_seen_at=moment,
        expires_at=_end(moment, moment, settings),
    )
    session.add(record)
    session.flush()
    return NewSession(record, cookie)


def end(session: Session, cookie: str) -> None:
    """End the sign-in of this cookie, if there is one."""
    session.execute(delete(LoginSession).where(LoginSession.token_hash == _hashed(cookie)))


def end_all(session: Session, user_id: str) -> None:
    """End every sign-in of an account."""
    session.execute(delete(LoginSession).where(LoginSession.user_id == user_id))


def tell(session: Session, visitor: Visitor, words: str, *, failed: bool = False) -> None:
    """Leave something for the next page to say: our own words and identifiers, never a text."""
    record = session.get(LoginSession, visitor.session_id)
    if record is not None:
        record.told = {"words": words[:500], "failed": failed}


def _end(seen: datetime, begun: datetime, settings: Settings) -> datetime:
    return min(seen + timedelta(hours=settings.session_hours), begun + ABSOLUTE)


def _hashed(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()


# --- the cookie


def cookie_name(request: Request, settings: Settings) -> str:
    """Return the cookie's name; with the prefix, browsers hold it to this host and to TLS."""
    return f"__Host-{COOKIE}" if must_be_secure(request, settings) else COOKIE


def must_be_secure(request: Request, settings: Settings) -> bool:
    """Tell whether cookies are sent over TLS only: everywhere but on a loopback address without TLS."""
    plain = request.url.scheme == "http" and is_loopback(request.url.hostname or "")
    return settings.secure_cookies or not plain


def is_loopback(host: str) -> bool:
    """Tell whether ``host`` is this machine, by name or by address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost" or host.lower().endswith(".localhost")


def set_cookie(response: Response, request: Request, cookie: str, *, settings: Settings) -> None:
    """Give the browser the cookie of a sign-in, out of reach of scripts and of other sites' forms."""
    # Lax and not strict: a link in a colleague's mail should not lead to the sign-in page.
    response.set_cookie(
        cookie_name(request, settings),
        cookie,
        httponly=True,
        samesite="lax",
        secure=must_be_secure(request, settings),
        path="/",
    )


def drop_cookie(response: Response, request: Request, *, settings: Settings) -> None:
    """Take the cookie back."""
    response.delete_cookie(
        cookie_name(request, settings),
        httponly=True,
        samesite="lax",
        secure=must_be_secure(request, settings),
        path="/",
    )


def cookie_of(request: Request, settings: Settings) -> str | None:
    """Return the cookie that came with ``request``."""
    value = request.cookies.get(cookie_name(request, settings))
    return value if value and len(value) <= _LONGEST_COOKIE else None


# --- who looks


async def looking(request: Request, services: ServicesDep) -> Visitor | None:
    """Return who is signed in, for a page that is open to all."""
    cookie = cookie_of(request, services.settings)
    if cookie is None:
        return None
    says = not request.headers.get("accept", "").startswith("image/") and "hx-request" not in request.headers
    found = await run_in_threadpool(_found, cookie, services, hears=request.method == "GET" and says)
    request.state.visitor = found
    return found


def _found(cookie: str, services: Services, *, hears: bool) -> Visitor | None:
    moment = now()
    with services.database.read() as session:
        row = session.execute(
            select(LoginSession, User)
            .join(User, User.id == LoginSession.user_id)
            .where(
                LoginSession.token_hash == _hashed(cookie),
                LoginSession.expires_at > moment,
                LoginSession.created_at > moment - ABSOLUTE,
                User.active.is_(True),
            )
        ).one_or_none()
    if row is None:
        return None
    record, user = row
    told = Told(str(record.told["words"]), bool(record.told["failed"])) if hears and record.told else None
    if told or record.last_seen_at < moment - _SEEN_STEP:
        # A busy database refuses nobody for a note: the next page makes it.
        with suppress(OperationalError, sqlalchemy.exc.TimeoutError):
            _note_seen(record.id, services, heard=told is not None)
    return Visitor(
        actor=of_user(user_id=user.id, name=user.name, role=user.role),
        user=user,
        csrf=record.csrf_token,
        session_id=record.id,
        told=told,
    )


def _note_seen(session_id: str, services: Services, *, heard: bool) -> None:
    with services.database.begin() as session:
        record = session.get(LoginSession, session_id)
        if record is None:  # ended meanwhile
            return
        record.last_seen_at = now()
        record.expires_at = _end(record.last_seen_at, record.created_at, services.settings)
        if heard:
            record.told = None


def signed_in(
    permission: Permission, *, with_any_password: bool = False
) -> Callable[..., AsyncIterator[Visitor]]:
    """Return a dependency that lets in who is signed in and may do this.

    Args:
        permission: what they must be allowed.
        with_any_password: let in, too, who still has to change a password that another person knows.

    Raises:
        SignInNeeded: nobody is signed in.
        PasswordChangeNeeded: see ``with_any_password``.
        Problem: ``forbidden``; for a form ``cross-site``, ``stale-form``, or that it cannot be read.
    """

    async def visiting(
        request: Request, services: ServicesDep, visitor: Annotated[Visitor | None, Depends(looking)]
    ) -> AsyncIterator[Visitor]:
        if visitor is None:
            raise SignInNeeded
        if request.method not in _READS:
            require_same_site(request.headers)
        if visitor.user.must_change_password and not with_any_password:
            raise PasswordChangeNeeded
        if not visitor.actor.may(permission):
            raise Problem(FORBIDDEN)
        if request.method in _READS:
            yield visitor
            return
        form = await read_form(request, settings=services.settings)
        try:
            require_token(form, visitor.csrf)
            yield Visitor(visitor.actor, visitor.user, visitor.csrf, visitor.session_id, form=form)
        finally:
            await form.close()

    return visiting


async def read_form(request: Request, *, settings: Settings) -> FormData:
    """Return the fields of a form, files among them where it was sent as ``multipart/form-data``.

    Raises:
        Problem: it cannot be read.
    """
    if request.headers.get("content-type", "").lower().startswith(MULTIPART):
        return await _read_upload(request, settings)
    return await read_fields(request, settings=settings)


async def read_fields(request: Request, *, settings: Settings) -> FormData:
    """Return the fields of a form without files.

    Raises:
        Problem: it cannot be read.
    """
    body = await read_body(request, media_type=FORM, seconds=settings.time_limit_seconds)
    try:
        fields: list[tuple[str, str | UploadFile]] = list(
            parse_qsl(
                body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
            )
        )
    except ValueError:
        raise Problem(MALFORMED_FORM) from None
    return FormData(fields)


async def _read_upload(request: Request, settings: Settings) -> FormData:
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Problem(UNSUPPORTED_MEDIA_TYPE)
    try:
        async with asyncio.timeout(settings.time_limit_seconds * _UPLOAD_PATIENCE):
            return await request.form(max_files=1, max_fields=_MOST_FIELDS, max_part_size=_MOST_PART_BYTES)
    except TimeoutError:
        raise Problem(SLOW_REQUEST) from None
    except ClientDisconnect:
        raise Problem(BAD_REQUEST) from None
    except (HTTPException, ValueError):
        raise Problem(MALFORMED_FORM) from None


def require_token(form: FormData, token: str) -> None:
    """Refuse a form that was not made for this sign-in.

    Raises:
        Problem: ``stale-form``.
    """
    sent = form.get("csrf")
    if not isinstance(sent, str) or not secrets.compare_digest(
        sent.encode("utf-8", "replace"), token.encode()
    ):
        raise Problem(STALE_FORM)


Anyone = Annotated[Visitor | None, Depends(looking)]
"""For pages that are open to all: who is signed in, if anybody."""
SignedIn = Annotated[Visitor, Depends(signed_in(Permission.READ))]
SignedInModerator = Annotated[Visitor, Depends(signed_in(Permission.REVIEW))]
SignedInLead = Annotated[Visitor, Depends(signed_in(Permission.LEAD))]
SignedInAdmin = Annotated[Visitor, Depends(signed_in(Permission.ADMIN))]
SignedInAnyhow = Annotated[Visitor, Depends(signed_in(Permission.READ, with_any_password=True))]
"""For the account's own page, where a password is changed, and for signing out."""


# --- the way to the sign-in page


def install(app: FastAPI) -> None:
    """Send whoever has to sign in, or to change a password, where that is done."""
    app.add_exception_handler(SignInNeeded, _to_sign_in)
    app.add_exception_handler(PasswordChangeNeeded, _to_account)


def _to_sign_in(request: Request, _: Exception) -> Response:
    return _sent_on(request, f"{SIGN_IN}?{urlencode({'next': _wanted(request)})}")


def _to_account(request: Request, _: Exception) -> Response:
    return _sent_on(request, ACCOUNT)


def _sent_on(request: Request, path: str) -> Response:
    if "hx-request" in request.headers:
        # A part of a page was asked for; the script is told to load the whole other page instead.
        return Response(status_code=401, headers={"HX-Redirect": path})
    return RedirectResponse(path, status_code=303)


def _wanted(request: Request) -> str:
    if request.method == "GET" and "hx-request" not in request.headers:
        return local_path(_path_of(str(request.url)))
    # What a form was sent to is no page; the page that it stands on is.
    return local_path(_path_of(request.headers.get("hx-current-url", "")))


def _path_of(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
