"""``Idempotency-Key``: a creating request that is sent twice creates once and is answered alike.

After draft-ietf-httpapi-idempotency-key-header: the first request with a key
claims it, the reply is kept for a day, and whoever sends the same again gets
the kept reply.  A key belongs to its caller; other callers' keys never meet it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Annotated

from fastapi import Header
from fastapi.responses import Response
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from api.access.actors import Actor
from api.deps import Services
from api.errors import IDEMPOTENCY_IN_PROGRESS, IDEMPOTENCY_MISMATCH, Problem
from api.storage.columns import now
from api.storage.database import Database
from api.storage.tables import IdempotencyRecord

LIFE = timedelta(hours=24)
# A server that was killed never frees its claims; after this time nobody waits for it any more.
_ABANDONED = timedelta(minutes=10)
_FIRST_ERROR = 400
_KEPT_HEADERS = ("content-type", "location", "etag")
REPLAYED = {"Idempotency-Replayed": "true"}

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="Any word of your own for this request: sent again within 24 hours, it creates nothing "
        "twice and gets the same reply, with `Idempotency-Replayed: true`.",
    ),
]


@dataclass(frozen=True, slots=True)
class _Kept:
    """The reply to an earlier request."""

    status: int
    headers: dict[str, str]
    body: str


async def run_once(
    services: Services,
    actor: Actor,
    key: str | None,
    request_bytes: bytes,
    work: Callable[[], Awaitable[Response]],
    *,
    scope: str = "",
) -> Response:
    """Return the reply of ``work``, or the one kept from the first request with this key.

    Args:
        services: what the handler was given.
        actor: who asks.
        key: the caller's ``Idempotency-Key``; without one, ``work`` simply runs.
        request_bytes: the body, or a digest of it where it is too long to hold.
        work: what creates and answers; its reply must hold no text, since it is kept.
        scope: the method and address asked, so that a key does not mean two things.

    Raises:
        Problem: ``idempotency-mismatch`` where the key came with another request,
            ``idempotency-in-progress`` where the first is not answered yet; whatever ``work`` raises is
            passed on, and frees the key: nothing was created.
    """
    if key is None:
        return await work()
    digest = hashlib.sha256(scope.encode() + b"\0" + request_bytes).hexdigest()
    claim = partial(_claim, services.database, actor.identity, key, digest)
    kept = await run_in_threadpool(claim)
    if kept is not None:
        return Response(kept.body, status_code=kept.status, headers={**kept.headers, **REPLAYED})
    try:
        response = await work()
    except BaseException:
        await run_in_threadpool(_free, services.database, actor.identity, key)
        raise
    if response.status_code >= _FIRST_ERROR:
        await run_in_threadpool(_free, services.database, actor.identity, key)
    else:
        await run_in_threadpool(_keep, services.database, actor.identity, key, response)
    return response


def _claim(database: Database, actor: str, key: str, digest: str) -> _Kept | None:
    """Claim the key, or return the reply that it got.

    Two requests at once both find nothing; the table's constraint lets one of them in.
    """
    try:
        with database.begin() as session:
            kept = _found(session, actor, key, digest)
            if kept is None:
                session.add(IdempotencyRecord(actor=actor, key=key, request_hash=digest))
            return kept
    except IntegrityError:
        with database.begin() as session:
            kept = _found(session, actor, key, digest)
        if kept is None:
            raise Problem(IDEMPOTENCY_IN_PROGRESS, headers={"Retry-After": "1"}) from None
        return kept


def _found(session: Session, actor: str, key: str, digest: str) -> _Kept | None:
    record = session.scalar(
        select(IdempotencyRecord).where(IdempotencyRecord.actor == actor, IdempotencyRecord.key == key)
    )
    if record is None:
        return None
    age = now() - record.created_at
    if age > (LIFE if record.status is not None else _ABANDONED):
        session.delete(record)
        session.flush()
        return None
    if record.request_hash != digest:
        detail = IDEMPOTENCY_MISMATCH.detail
        raise Problem(IDEMPOTENCY_MISMATCH, errors=[{"pointer": "/header/Idempotency-Key", "detail": detail}])
    if record.status is None:
        raise Problem(IDEMPOTENCY_IN_PROGRESS, headers={"Retry-After": "1"})
    return _Kept(record.status, dict(record.headers), record.body or "")


def _keep(database: Database, actor: str, key: str, response: Response) -> None:
    with database.begin() as session:
        record = session.scalar(
            select(IdempotencyRecord).where(IdempotencyRecord.actor == actor, IdempotencyRecord.key == key)
        )
        if record is None:
            return
        record.status = response.status_code
        record.headers = {
            name: value for name in _KEPT_HEADERS if (value := response.headers.get(name)) is not None
        }
        record.body = bytes(response.body).decode()


def _free(database: Database, actor: str, key: str) -> None:
    with database.begin() as session:
        session.execute(
            delete(IdempotencyRecord).where(
                IdempotencyRecord.actor == actor,
                IdempotencyRecord.key == key,
                IdempotencyRecord.status.is_(None),
            )
        )
