"""What surrounds every request: its id, its line in the log, its size, its host, its headers."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Collection, Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.actors import Actor
from api.errors import INTERNAL, REQUEST_TOO_LARGE, UNKNOWN_HOST, Problem, log_unexpected, respond
from api.metrics import Metrics

access_logger = logging.getLogger("claimcheck.api.access")

REQUEST_ID_HEADER = "X-Request-ID"
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_STATIC = "/static/"


def is_request_id(value: str) -> bool:
    """Tell whether a caller's id may be echoed and logged: 1 to 64 letters, digits, ``.``, ``_``, ``-``."""
    return _REQUEST_ID.fullmatch(value) is not None


class AccessLog:
    """Logs and counts each request: method, route, status, time, and who asked.

    The route is the pattern that matched, never the address that was asked
    for: an address and its query may hold words of a text.  A key or an
    account is named by its id; of a caller without one nothing is kept.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 -- ASGI
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            seconds = time.perf_counter() - started
            method, route = _method(scope), getattr(scope.get("route"), "path", "-")
            self._metrics.answered(method=method, route=route, status=status, seconds=seconds)
            access_logger.info(
                "%s %s %d %.1f ms",
                method,
                route,
                status,
                seconds * 1000,
                extra={
                    "fields": {
                        "method": method,
                        "route": route,
                        "status": status,
                        "ms": round(seconds * 1000, 1),
                        **_who(scope),
                    }
                },
            )


def _who(scope: Scope) -> dict[str, str | None]:
    actor = scope.get("state", {}).get("actor")
    if not isinstance(actor, Actor):
        return {"actor_kind": None, "actor_id": None}
    return {"actor_kind": actor.kind, "actor_id": None if actor.kind == "open" else actor.id}


def _method(scope: Scope) -> str:
    method = str(scope["method"])
    return method if method.isascii() and method.isalpha() and len(method) <= 10 else "-"


class SecurityHeaders:
    """Adds to every reply what a browser must know to handle it safely."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 -- ASGI
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cache = "no-cache" if scope["path"].startswith(_STATIC) else "no-store"

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                headers["Cache-Control"] = cache
            await send(message)

        await self._app(scope, receive, adding)


class UnexpectedErrors:
    """Answers whatever nobody foresaw with a problem and logs its type, never its message."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 -- ASGI
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            log_unexpected(error)
            if begun:
                # Too late for another reply; the server must close the connection.
                raise RuntimeError("the reply was broken off") from None
            await respond(Problem(INTERNAL), Request(scope))(scope, receive, send)


class HostCheck:
    """Refuses requests for a host that is not ours, which is how a page elsewhere reaches a local server."""

    def __init__(self, app: ASGIApp, allowed_hosts: Iterable[str]) -> None:
        self._app = app
        self._check = TrustedHostMiddleware(_accept, allowed_hosts=list(allowed_hosts), www_redirect=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 -- ASGI
        if scope["type"] == "http":
            # The check answers in plain text; its reply is dropped for a problem of our own.
            probe: Scope = {"type": "http", "headers": scope["headers"], "accepted": False}
            await self._check(probe, receive, _drop)
            if not probe["accepted"]:
                await respond(Problem(UNKNOWN_HOST), Request(scope))(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _accept(scope: Scope, _receive: Receive, _send: Send) -> None:
    scope["accepted"] = True


async def _drop(_message: Message) -> None:
    return


class BodyLimit:
    """Refuses a body larger than the limit: by its declared length, and while it arrives.

    ``uploads`` are the paths that take files and spool them to disk; they have a limit of their own.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int, *, uploads: Collection[str] = (), max_upload_bytes: int = 0
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._uploads = frozenset(uploads)
        self._max_upload_bytes = max(max_bytes, max_upload_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 -- ASGI
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_upload = scope["method"] == "POST" and scope["path"] in self._uploads
        most = self._max_upload_bytes if is_upload else self._max_bytes
        if _declares_more(Headers(scope=scope), most):
            await respond(Problem(REQUEST_TOO_LARGE), Request(scope))(scope, receive, send)
            return
        received = 0

        async def counting() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise Problem(REQUEST_TOO_LARGE)
            return message

        await self._app(scope, counting, send)


def _declares_more(headers: Headers, most: int) -> bool:
    declared = headers.get("content-length", "0")
    digits = declared.isascii() and declared.isdigit()
    # Twenty digits are more bytes than there are: no need to read such a number.
    return digits and (len(declared) > 20 or int(declared) > most)
