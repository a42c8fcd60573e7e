"""Who did what, when: written with every change, read by leads, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access.actors import Actor
from api.review.paging import Slice, newest_first
from api.storage.tables import AuditEntry


def record(
    session: Session,
    *,
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: str | None,
    details: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Write down that ``actor`` did ``action``; ``details`` hold identifiers and settings, never texts."""
    entry = AuditEntry(
        actor=actor.name,
        actor_kind=actor.kind,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        details=dict(details or {}),
    )
    session.add(entry)
    return entry


def exported(
    session: Session, what: str, *, actor: Actor, details: Mapping[str, Any] | None = None
) -> AuditEntry:
    """Write down that ``actor`` takes ``what`` away."""
    return record(
        session,
        actor=actor,
        action=f"{what}.exported",
        object_kind="export",
        object_id=None,
        details=details,
    )


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """What part of the audit to show; None leaves a field open."""

    actor: str | None = None
    action: str | None = None
    object_kind: str | None = None
    object_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def page(
    session: Session, filters: AuditFilters | None = None, after: str | None = None, *, limit: int = 50
) -> Slice[AuditEntry]:
    """Return entries, newest first; ``until`` is exclusive.

    Raises:
        FilterError: ``after`` is no cursor of this list.
    """
    wanted = filters or AuditFilters()
    query = select(AuditEntry)
    for column, value in (
        (AuditEntry.actor, wanted.actor),
        (AuditEntry.action, wanted.action),
        (AuditEntry.object_kind, wanted.object_kind),
        (AuditEntry.object_id, wanted.object_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEntry.at < wanted.until)
    return newest_first(
        session,
        query,
        moment=AuditEntry.at,
        identifier=AuditEntry.id,
        key=lambda entry: (entry.at, entry.id),
        after=after,
        limit=limit,
    )
