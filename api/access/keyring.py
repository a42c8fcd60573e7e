"""Keys of the API as people handle them: made under a name, replaced with an overlap, revoked; audited."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access import keys
from api.access.actors import Actor, of_key
from api.access.keys import NewKey
from api.jobs import queueing
from api.review import audit
from api.storage.columns import now
from api.storage.tables import ApiKey, Scope, User

BROWSER = "browser: "
"""What the names of keys begin with that people make for their own browsers."""
LONGEST_NAME = 60
MOST_OVERLAP_HOURS = 24 * 30
MOST_DAYS = 3_650
MOST_BROWSERS = 20


class KeyRefused(ValueError):
    """A key cannot be made or changed as asked; ``field`` names what is wrong, ``reason`` says why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def everything(session: Session) -> Sequence[ApiKey]:
    """Return all keys, the newest first."""
    return session.scalars(select(ApiKey).order_by(ApiKey.created_at.desc(), ApiKey.id)).all()


def issue(session: Session, *, name: str, scope: Scope, actor: Actor, days: int | None = None) -> NewKey:
    """Make a key.

    Args:
        session: where.
        name: what history calls it; 1 to 60 signs.
        scope: what it may do.
        actor: who makes it.
        days: after how many days it ends; None for never.

    Raises:
        KeyRefused: the name or the days cannot be used, or a valid key has the name.
    """
    _require_name(name)
    _require_free(session, name.strip())
    return _issue(session, name=name, scope=scope, actor=actor, days=days)


def _issue(session: Session, *, name: str, scope: Scope, actor: Actor, days: int | None = None) -> NewKey:
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise KeyRefused("days", f"1 to {MOST_DAYS} days, or nothing for a key that does not end by itself.")
    expires_at = None if days is None else now() + timedelta(days=days)
    made = keys.create(session, name=name.strip(), scope=scope, created_by=actor.name, expires_at=expires_at)
    _note(session, made.record, actor=actor, action="key.created", scope=scope.value)
    return made


def replace(session: Session, record: ApiKey, *, overlap_hours: int, actor: Actor) -> NewKey:
    """Make a key's successor; the key itself stays valid for some hours, so that callers can change over.

    Raises:
        KeyRefused: the key is valid no longer, has a successor, or the overlap is too long.
    """
    if not 0 <= overlap_hours <= MOST_OVERLAP_HOURS:
        raise KeyRefused("overlap", f"0 to {MOST_OVERLAP_HOURS} hours.")
    if not is_valid(record) or record.replaced_by is not None:
        raise KeyRefused("key", "It is valid no longer, or has been replaced already.")
    made = keys.rotate(session, record, created_by=actor.name, overlap=timedelta(hours=overlap_hours))
    _note(session, record, actor=actor, action="key.replaced", by=made.record.id, hours=str(overlap_hours))
    return made


def revoke(session: Session, record: ApiKey, *, actor: Actor) -> None:
    """End a key at once, and cancel its open jobs where no other key has taken its place."""
    if record.revoked_at is None:
        keys.revoke(record)
        _note(session, record, actor=actor, action="key.revoked")
        if record.replaced_by is None:
            owner = of_key(key_id=record.id, name=record.name, scope=record.scope)
            queueing.cancel_all_of(session, owner, actor=actor)


def is_valid(record: ApiKey) -> bool:
    """Tell whether a key opens anything now."""
    return record.revoked_at is None and (record.expires_at is None or record.expires_at > now())


def browsers_of(session: Session, user: User) -> Sequence[ApiKey]:
    """Return the keys an account made for its own browsers and that are valid, the newest first."""
    found = session.scalars(
        select(ApiKey)
        .where(
            ApiKey.created_by == user.name,
            ApiKey.name.startswith(BROWSER, autoescape=True),
            ApiKey.scope == Scope.SCORE.value,
            ApiKey.revoked_at.is_(None),
        )
        .order_by(ApiKey.created_at.desc(), ApiKey.id)
    )
    return [record for record in found if is_valid(record)]


def issue_for_browser(session: Session, user: User, *, name: str, actor: Actor) -> NewKey:
    """Make a key that may only check texts, for one browser of the account's owner.

    Raises:
        KeyRefused: the name cannot be used, or there are too many such keys.
    """
    if len(browsers_of(session, user)) >= MOST_BROWSERS:
        raise KeyRefused("name", f"You have {MOST_BROWSERS} keys already: revoke one you no longer use.")
    _require_name(name.strip())
    _require_name(BROWSER + name.strip())
    return _issue(session, name=BROWSER + name.strip(), scope=Scope.SCORE, actor=actor)


def revoke_browsers(session: Session, user: User, *, actor: Actor) -> None:
    """End every key that an account made for its own browsers."""
    for record in browsers_of(session, user):
        revoke(session, record, actor=actor)


def _require_name(name: str) -> None:
    plain = name.strip()
    if not 1 <= len(plain) <= LONGEST_NAME or any(
        unicodedata.category(c)[0] in "CZ" and c != " " for c in plain
    ):
        raise KeyRefused("name", f"1 to {LONGEST_NAME} signs, without control characters.")


def _require_free(session: Session, name: str) -> None:
    # History calls a key by its name: two of one name could undo each other's decisions.
    if any(map(is_valid, session.scalars(select(ApiKey).where(ApiKey.name == name)))):
        raise KeyRefused("name", "A valid key has this name: choose another, or replace that key.")


def _note(session: Session, record: ApiKey, *, actor: Actor, action: str, **details: str) -> None:
    audit.record(
        session,
        actor=actor,
        action=action,
        object_kind="key",
        object_id=record.id,
        details={"name": record.name, "prefix": record.prefix, **details},
    )
