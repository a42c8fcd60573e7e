"""Keys of the API: made once, shown once, kept as a hash.

A key holds 256 random bits, so one round of SHA-256 keeps it as safe as a slow
hash would: there is nothing to guess.  The prefix lets a secret scanner and
its owner recognise it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from api.access.actors import Actor, of_key
from api.storage.columns import now
from api.storage.tables import ApiKey, Scope

PREFIX = "cck_"
_SECRET_BYTES = 32
_SHOWN = 10
_LONGEST = 200
# Writing the time of each call would make every read a write.
_LAST_USE_STEP = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made: the only time its secret is known."""

    record: ApiKey
    secret: str


def create(
    session: Session,
    *,
    name: str,
    scope: Scope,
    created_by: str,
    expires_at: datetime | None = None,
) -> NewKey:
    """Make a key and return it with its secret."""
    secret = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    record = ApiKey(
        name=name,
        prefix=secret[:_SHOWN],
        key_hash=_hashed(secret),
        scope=scope.value,
        created_by=created_by,
        expires_at=expires_at,
    )
    session.add(record)
    session.flush()
    return NewKey(record, secret)


def rotate(session: Session, record: ApiKey, *, created_by: str, overlap: timedelta) -> NewKey:
    """Make a successor of ``record``, which stays valid for ``overlap`` and no longer.

    The successor lives as long from now on as ``record`` was given when it was made.
    """
    moment = now()
    made = create(
        session,
        name=record.name,
        scope=Scope(record.scope),
        created_by=created_by,
        expires_at=None if record.expires_at is None else moment + (record.expires_at - record.created_at),
    )
    end = moment + overlap
    record.expires_at = end if record.expires_at is None else min(end, record.expires_at)
    record.replaced_by = made.record.id
    return made


def revoke(record: ApiKey) -> None:
    """End a key at once."""
    record.revoked_at = record.revoked_at or now()


def find(session: Session, secret: str) -> ApiKey | None:
    """Return the key of this secret; None where it is unknown, revoked or past its time."""
    if not secret.startswith(PREFIX) or len(secret) > _LONGEST:
        return None
    return session.scalar(
        select(ApiKey).where(
            ApiKey.key_hash == _hashed(secret),
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now()),
        )
    )


def actor(record: ApiKey) -> Actor:
    """Return whom a key stands for."""
    return of_key(key_id=record.id, name=record.name, scope=record.scope)


def actor_of(session: Session, secret: str) -> Actor | None:
    """Return whom this secret stands for; None where it is unknown, revoked or past its time."""
    record = find(session, secret)
    return None if record is None else actor(record)


def use_is_due(record: ApiKey) -> bool:
    """Tell whether the time of the last use is old enough to be written anew."""
    return record.last_used_at is None or record.last_used_at < now() - _LAST_USE_STEP


def note_use(session: Session, key_id: str) -> None:
    """Note that a key was used, to within five minutes."""
    moment = now()
    session.execute(
        update(ApiKey)
        .where(
            ApiKey.id == key_id,
            or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < moment - _LAST_USE_STEP),
        )
        .values(last_used_at=moment)
    )


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
