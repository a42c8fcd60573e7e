"""Who calls the API: the key of the ``Authorization`` header, checked for what a route asks.

``/v1`` knows keys only.  The console's cookie opens the console's pages and
nothing here, so no page elsewhere can make a browser act on this API.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Annotated

import sqlalchemy.exc
from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from sqlalchemy.exc import OperationalError
from starlette.concurrency import run_in_threadpool

from api.access import keys
from api.access.actors import Actor, Permission, anybody
from api.deps import Services, ServicesDep
from api.errors import FORBIDDEN, UNAUTHORIZED, Problem

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="claimcheck"'}
_SCHEME = HTTPBearer(
    auto_error=False,
    description="A key of the API, made in the console or by `claimcheck admin keys create`.",
)


async def presented(request: Request, services: ServicesDep) -> Actor | None:
    """Return whom the key that came with the request stands for; None without one that is valid."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret:
        return None
    return await run_in_threadpool(_known, secret.strip(), services)


async def caller(
    request: Request, services: ServicesDep, found: Annotated[Actor | None, Depends(presented)]
) -> Actor:
    """Return who is calling.

    Raises:
        Problem: ``unauthorized`` without a key that is known and valid.
    """
    if found is None:
        if services.settings.require_key or "authorization" in request.headers:
            raise Problem(UNAUTHORIZED, headers=_CHALLENGE)
        found = anybody(address_of(request))
    request.state.actor = found
    return found


def _known(secret: str, services: Services) -> Actor | None:
    with services.database.read() as session:
        record = keys.find(session, secret)
    if record is None:
        return None
    if keys.use_is_due(record):
        # A busy database refuses nobody for a note: the next call makes it.
        with suppress(OperationalError, sqlalchemy.exc.TimeoutError), services.database.begin() as session:
            keys.note_use(session, record.id)
    return keys.actor(record)


def address_of(request: Request) -> str:
    """Return the caller's address, as the server or the proxy it trusts saw it."""
    return request.client.host if request.client else "unknown"


def require(permission: Permission) -> Callable[..., Actor]:
    """Return a dependency that lets in who may do this.

    Raises:
        Problem: ``forbidden`` for everyone else.
    """

    def permitted(
        actor: Annotated[Actor, Depends(caller)],
        _: Annotated[object, Depends(_SCHEME)],  # only to name the scheme in the description
    ) -> Actor:
        if not actor.may(permission):
            raise Problem(FORBIDDEN)
        return actor

    return permitted


Scorer = Annotated[Actor, Depends(require(Permission.SCORE))]
Reader = Annotated[Actor, Depends(require(Permission.READ))]
Reviewer = Annotated[Actor, Depends(require(Permission.REVIEW))]
Lead = Annotated[Actor, Depends(require(Permission.LEAD))]
Admin = Annotated[Actor, Depends(require(Permission.ADMIN))]
