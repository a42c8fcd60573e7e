"""What callers say of single claims: stored, listed, seen to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.access.actors import Actor
from api.review import audit
from api.review.deciding import usable_words
from api.review.paging import Slice, newest_first
from api.storage.columns import now
from api.storage.tables import CorrectionKind, Feedback

_LONGEST = {
    "claim_id": 80,
    "rule": 120,
    "quote": 2_000,
    "prefix": 64,
    "suffix": 64,
    "comment": 2_000,
    "source_url": 2_000,
}


def send(
    session: Session,
    *,
    actor: Actor,
    kind: CorrectionKind,
    words: Mapping[str, str | None],
    versions: Mapping[str, str] | None = None,
) -> Feedback:
    """Store feedback; ``words`` are its columns of text by name, each as long as its column.

    Raises:
        UnusableValue: one of them is too long or no text.
    """
    usable = {
        name: usable_words(value, field=name, longest=_LONGEST[name])
        for name, value in words.items()
        if value is not None
    }
    feedback = Feedback(kind=kind.value, versions=dict(versions or {}), sent_by=actor.name, **usable)
    session.add(feedback)
    session.flush()
    audit.record(
        session,
        actor=actor,
        action="feedback.sent",
        object_kind="feedback",
        object_id=feedback.id,
        details={"kind": kind.value},
    )
    session.flush()
    return feedback


def page(
    session: Session,
    *,
    kind: CorrectionKind | None = None,
    rule: str | None = None,
    handled: bool | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Slice[Feedback]:
    """Return feedback, newest first.

    Raises:
        FilterError: ``after`` is no cursor.
    """
    query = select(Feedback)
    if kind is not None:
        query = query.where(Feedback.kind == kind)
    if rule is not None:
        query = query.where(Feedback.rule == rule)
    if handled is not None:
        query = query.where(Feedback.handled_at.is_not(None) if handled else Feedback.handled_at.is_(None))
    return newest_first(
        session,
        query,
        moment=Feedback.created_at,
        identifier=Feedback.id,
        key=lambda one: (one.created_at, one.id),
        after=after,
        limit=limit,
    )


def handle(session: Session, feedback_id: str, *, actor: Actor, handled: bool = True) -> Feedback | None:
    """Say that somebody has seen to it, or not yet; None where there is none of this id."""
    feedback = session.get(Feedback, feedback_id)
    if feedback is None:
        return None
    feedback.handled_at = now() if handled else None
    feedback.handled_by = actor.name if handled else None
    audit.record(
        session,
        actor=actor,
        action="feedback.handled",
        object_kind="feedback",
        object_id=feedback.id,
        details={"handled": handled},
    )
    session.flush()
    return feedback


@dataclass(frozen=True, slots=True)
class Tally:
    """How much was said against one rule, of each kind."""

    rule: str | None
    count: int
    kinds: Mapping[str, int]


def tally(session: Session, *, limit: int = 100) -> list[Tally]:
    """Return what was said against each rule, the most first; None stands for no rule."""
    rows = session.execute(
        select(Feedback.rule, Feedback.kind, func.count()).group_by(Feedback.rule, Feedback.kind)
    )
    found: dict[str | None, Counter[str]] = {}
    for rule, kind, number in rows:
        found.setdefault(rule, Counter())[kind] += number
    tallies = [Tally(rule, kinds.total(), dict(kinds)) for rule, kinds in found.items()]
    return sorted(tallies, key=lambda one: (-one.count, one.rule or ""))[:limit]
