"""The versions that a checking reply was made with: named in its header, and pinned by who wants no others.

``Claimcheck-Versions: claimcheck=…; model=…; kb=…; rules=…; policy=…`` stands in every reply of a
checking call.  ``Claimcheck-Pin`` sends any part of that line back: where the server runs other
versions it refuses, so that a study or an appeal is never answered by another model unnoticed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.actors import Actor
from api.access.callers import caller
from api.deps import ServicesDep
from api.errors import INVALID_REQUEST, VERSION_PIN_REFUSED, Fault, Problem, pointer
from claimcheck.types import Versions

PIN = "Claimcheck-Pin"
NAMED = "Claimcheck-Versions"
_NAMES = ("claimcheck", "model", "kb", "rules", "policy")
_AT = pointer("header", PIN)
_EXAMPLE = "model=2026.11.22; kb=2026.11.22"

Pin = Annotated[
    str | None,
    Header(
        alias=PIN,
        max_length=500,
        description=f"Versions to be answered by, any of {', '.join(_NAMES)}: `{_EXAMPLE}`. Where the "
        f"server runs others, it refuses with 409. `{NAMED}` of a reply can be sent back as it is.",
    ),
]
# For a route's ``responses``: its replies carry the header.
NAMES_VERSIONS: dict[str, Any] = {
    "headers": {
        NAMED: {
            "description": "The versions that the reply was made with.",
            "schema": {"type": "string"},
            "example": f"claimcheck=0.1.0; {_EXAMPLE}; rules=2026.11.22; policy=2026.11.22",
        }
    }
}


def written(versions: Versions | Mapping[str, Any]) -> str:
    """Return the versions, those that run or those of a stored report, as one header value.

    >>> written(Versions(claimcheck="1", model="2", kb="3", rules="4", policy="5"))
    'claimcheck=1; model=2; kb=3; rules=4; policy=5'
    """
    return "; ".join(f"{name}={version}" for name, version in _of(versions).items())


def _of(versions: Versions | Mapping[str, Any]) -> dict[str, str]:
    there = asdict(versions) if isinstance(versions, Versions) else versions
    return {name: str(there[name]) for name in _NAMES}


async def pinned(
    request: Request, services: ServicesDep, _: Annotated[Actor, Depends(caller)], pin: Pin = None
) -> None:
    """Name the versions in the reply, and refuse where the caller asks for others.

    Raises:
        Problem: ``version-pin-refused``; ``invalid-request`` where the header cannot be read.
    """
    versions = services.checker.versions
    request.state.versions = written(versions)
    if pin is not None:
        require(pin, versions)


def require(pin: str, versions: Versions | Mapping[str, Any]) -> None:
    """Compare what a caller pinned with what runs, or with what a stored report was made with.

    Raises:
        Problem: ``version-pin-refused``, with what runs; ``invalid-request`` where the pin cannot be read.
    """
    wanted, running = _read(pin), _of(versions)
    refused: list[Fault] = [
        {"pointer": _AT, "detail": f"{name} is {running[name]} here."}
        for name in _NAMES
        if name in wanted and wanted[name] != running[name]
    ]
    if refused:
        raise Problem(VERSION_PIN_REFUSED, errors=refused)


def _read(pin: str) -> dict[str, str]:
    wanted: dict[str, str] = {}
    for part in pin.split(";"):
        name, equals, version = (piece.strip() for piece in part.partition("="))
        if name not in _NAMES or name in wanted or not equals or not version:
            detail = f"Write it as name=version; name=version, each of {', '.join(_NAMES)} once at most."
            raise Problem(INVALID_REQUEST, errors=[{"pointer": _AT, "detail": detail}])
        wanted[name] = version
    return wanted


class VersionHeaders:
    """Names in the replies of checking calls the versions they were made with."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 -- ASGI
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def adding(message: Message) -> None:
            versions = state.get("versions")
            if message["type"] == "http.response.start" and isinstance(versions, str):
                # A stored report names its own versions, which may be older.
                MutableHeaders(scope=message).setdefault(NAMED, versions)
            await send(message)

        await self._app(scope, receive, adding)
