"""Signing in and out."""

from __future__ import annotations

import secrets
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from api.access import accounts, passwords, sessions
from api.access.callers import address_of
from api.access.limits import Limiter, block_of
from api.access.same_site import local_path, require_same_site
from api.access.sessions import Anyone, SignedInAnyhow
from api.console.context import show
from api.deps import Services, ServicesDep
from api.errors import BUSY, RATE_LIMITED, STALE_FORM, Problem

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

REFUSED = "This name and password do not fit, or the account is locked or closed."
# Before anybody is signed in there is no session to hold a form's token: a cookie of its own does.
_FORM_COOKIE = "claimcheck-form"
_TOKEN_BYTES = 32
_TOKEN_LENGTH = 43


@router.get(sessions.SIGN_IN)
def sign_in_page(request: Request, services: ServicesDep, visitor: Anyone, next: str = "/") -> Response:
    """Show the form; whoever is signed in already goes on to where they wanted to be."""
    wanted = local_path(next)
    if visitor is not None:
        return RedirectResponse(wanted, status_code=HTTPStatus.SEE_OTHER)
    return _form(request, services, wanted=wanted)


@router.post(sessions.SIGN_IN)
async def sign_in(request: Request, services: ServicesDep) -> Response:
    """Sign in under a fresh cookie; every failure says the same."""
    require_same_site(request.headers)
    form = await sessions.read_fields(request, settings=services.settings)
    token = request.cookies.get(_form_cookie(request, services), "")
    if not token:
        raise Problem(STALE_FORM)
    sessions.require_token(form, token)
    count_attempt(request)
    name, wanted = str(form.get("name", "")), local_path(str(form.get("next", "/")))
    old = sessions.cookie_of(request, services.settings)
    cookie = await run_in_threadpool(_begin, services, name, str(form.get("password", "")), old)
    if cookie is None:
        return _form(request, services, wanted=wanted, fault=REFUSED)
    reply = RedirectResponse(wanted, status_code=HTTPStatus.SEE_OTHER)
    sessions.set_cookie(reply, request, cookie, settings=services.settings)
    secure = sessions.must_be_secure(request, services.settings)
    reply.delete_cookie(
        _form_cookie(request, services), path="/", httponly=True, samesite="lax", secure=secure
    )
    return reply


def count_attempt(request: Request) -> None:
    """Count a try at a password against the address it came from.

    Raises:
        Problem: ``rate-limited``.
    """
    limiter: Limiter = request.app.state.sign_in_limiter
    standing = limiter.hit(block_of(address_of(request)))
    if not standing.allowed:
        raise Problem(RATE_LIMITED, headers={"Retry-After": str(standing.retry_after)})


def _begin(services: Services, name: str, password: str, old: str | None) -> str | None:
    try:
        user = accounts.sign_in(services.database, name=name, password=password)
    except passwords.TooManyAtOnce:
        raise Problem(BUSY, headers={"Retry-After": "5"}) from None
    if user is None:
        return None
    with services.database.begin() as session:
        if old is not None:
            sessions.end(session, old)
        return sessions.start(session, user, settings=services.settings).cookie


def _form(request: Request, services: Services, *, wanted: str, fault: str | None = None) -> Response:
    # The form in another tab stays good.
    token = request.cookies.get(_form_cookie(request, services), "")
    if len(token) != _TOKEN_LENGTH:
        token = secrets.token_urlsafe(_TOKEN_BYTES)
    status = HTTPStatus.OK if fault is None else HTTPStatus.UNAUTHORIZED
    # What was typed as a name is not sent back: people type passwords there.
    reply = show(request, "sign-in.html", status=status, token=token, next=wanted, name="", fault=fault)
    reply.set_cookie(
        _form_cookie(request, services),
        token,
        httponly=True,
        samesite="lax",
        secure=sessions.must_be_secure(request, services.settings),
        path="/",
        max_age=3_600,
    )
    return reply


def _form_cookie(request: Request, services: Services) -> str:
    prefix = "__Host-" if sessions.must_be_secure(request, services.settings) else ""
    return prefix + _FORM_COOKIE


@router.post("/sign-out")
def sign_out(request: Request, services: ServicesDep, _: SignedInAnyhow) -> Response:
    """End this sign-in."""
    cookie = sessions.cookie_of(request, services.settings)
    with services.database.begin() as session:
        sessions.end(session, cookie or "")
    reply = RedirectResponse(sessions.SIGN_IN, status_code=HTTPStatus.SEE_OTHER)
    sessions.drop_cookie(reply, request, settings=services.settings)
    return reply
