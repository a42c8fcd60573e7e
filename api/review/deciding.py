"""Deciding, taking back, and what was decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from api.access.actors import Actor, Permission
from api.jobs import outbox
from api.review import audit, reasons
from api.review.errors import (
    Conflict,
    NotAllowed,
    NotStanding,
    UnknownDecision,
    UnknownItem,
    UnusableValue,
)
from api.storage.columns import now
from api.storage.tables import AuditEntry, Correction, Decision, DecisionAction, Item, ItemState

UNDOABLE = 20
LONGEST_NOTE = 2_000
# Evidence of more claims than this is not copied into each decision; the item keeps its whole report.
_CLAIMS_SHOWN = 200
_EVENTS_SHOWN = 500


def decide(
    session: Session,
    item_id: str,
    *,
    actor: Actor,
    action: DecisionAction,
    reason_code: str | None = None,
    note: str | None = None,
    expected_version: int,
    job_id: str | None = None,
) -> Decision:
    """Decide an item, once: whoever comes second is told, and overwrites nothing.

    A decision may be changed by whoever made it and by a lead, who then name the version that it
    made; what stood before is marked as undone.  An escalation stays in the history, and only its
    author or a lead decides on it.

    Raises:
        UnknownItem: there is none of this id.
        Conflict: the item has another version, or somebody else has decided it.
        ReasonRequired: the action needs a reason.
        UnknownReason: the reason is not one of this action.
        UnusableValue: the note is too long or no text.
    """
    item = _locked(session, item_id)
    standing = _standing(session, item)
    if item.version != expected_version or not _may_replace(standing, actor):
        raise Conflict(version=item.version, decision=standing)
    reasons.policy(session).require(action, reason_code)
    moment = now()
    if standing is not None and standing.action != DecisionAction.ESCALATE:
        standing.undone_at, standing.undone_by = moment, actor.name
    decision = Decision(
        item_id=item.id,
        action=action.value,
        reason_code=reason_code,
        note=_usable_note(note),
        actor=actor.name,
        actor_kind=actor.kind,
        created_at=moment,
        suggested_action=item.suggested_action,
        shown=shown(item.report),
        job_id=job_id,
    )
    session.add(decision)
    session.flush()
    _stand(item, decision)
    item.version += 1
    item.lease_holder = item.lease_until = None
    details = _details(decision) | ({"replaced": standing.id} if standing is not None else {})
    _tell(session, item, decision, actor=actor, event=outbox.Event.DECISION_MADE, details=details)
    return decision


def undo(session: Session, decision_id: str, *, actor: Actor, expected_version: int | None = None) -> Item:
    """Take a decision back: one's own while it is among one's last twenty, or any as a lead.

    The item returns to where it stood: escalated where it was escalated before, else pending.

    Raises:
        UnknownDecision: there is none of this id.
        NotAllowed: it is somebody else's, or too old.
        NotStanding: it was undone already, or another one took its place.
        Conflict: the item has another version than the expected one, where one is.
    """
    decision = session.get(Decision, decision_id)
    if decision is None:
        raise UnknownDecision("no such decision")
    item = _locked(session, decision.item_id)
    session.refresh(decision)
    if expected_version not in (None, item.version):
        raise Conflict(version=item.version, decision=None)
    if not actor.may(Permission.LEAD) and not _is_recent(session, decision, actor):
        raise NotAllowed("not one of the last own decisions")
    if decision.undone_at is not None or item.decision_id != decision.id:
        raise NotStanding("undone already")
    _take_back(session, item, decision, actor=actor)
    return item


def undo_job(session: Session, job_id: str, *, actor: Actor, limit: int | None = None) -> int:
    """Take back what a bulk decision decided and still stands; return how many that were.

    Up to ``limit`` of them, so that a caller with thousands need not hold the database for all at once.

    Raises:
        NotAllowed: somebody else ran it, and the actor is no lead.
    """
    found = session.scalars(
        select(Decision).where(Decision.job_id == job_id, stands()).order_by(Decision.item_id).limit(limit)
    ).all()
    if not actor.may(Permission.LEAD) and any(decision.actor != actor.name for decision in found):
        raise NotAllowed("somebody else's job")
    undone = 0
    for decision in found:
        item = _locked(session, decision.item_id)
        session.refresh(decision)
        if decision.undone_at is None and item.decision_id == decision.id:
            _take_back(session, item, decision, actor=actor)
            undone += 1
    return undone


def stands() -> ColumnElement[bool]:
    """Return the condition that a decision stands: an escalation that was decided over does not."""
    return exists().where(Item.id == Decision.item_id, Item.decision_id == Decision.id)


def standing_among(session: Session, decisions: Iterable[Decision]) -> frozenset[str]:
    """Return the ids of those decisions that stand, and can be taken back."""
    ids = [decision.id for decision in decisions]
    return frozenset(session.scalars(select(Decision.id).where(Decision.id.in_(ids), stands())))


def recent(session: Session, *, actor: Actor, limit: int = UNDOABLE) -> list[Decision]:
    """Return the actor's last decisions, newest first, undone ones too; those of bulk jobs are left out."""
    return list(
        session.scalars(
            select(Decision)
            .where(Decision.actor == actor.name, Decision.job_id.is_(None))
            .order_by(Decision.created_at.desc(), Decision.id.desc())
            .limit(limit)
        )
    )


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to an item.

    Attributes:
        at: when.
        actor: who did it.
        kind: ``decided``, ``undone``, ``corrected``, or an action of the audit: ``item.submitted``,
            ``lease.taken``, ``lease.released``, ``item.assigned``, ``statement.saved``.
        decision: what was decided or undone.
        correction: what was corrected.
        details: of an entry of the audit.
    """

    at: datetime
    actor: str
    kind: str
    decision: Decision | None = None
    correction: Correction | None = None
    details: Mapping[str, Any] | None = None


_TOLD_BY_THE_AUDIT = (
    "item.submitted",
    "item.assigned",
    "lease.taken",
    "lease.released",
    "statement.saved",
)


def history(session: Session, item_id: str) -> list[Event]:
    """Return what happened to an item, oldest first: decisions and corrections, and the rest of the audit."""
    events = []
    for decision in session.scalars(select(Decision).where(Decision.item_id == item_id)):
        events.append(Event(decision.created_at, decision.actor, "decided", decision=decision))
        if decision.undone_at is not None:
            events.append(Event(decision.undone_at, decision.undone_by or "", "undone", decision=decision))
    for correction in session.scalars(select(Correction).where(Correction.item_id == item_id)):
        events.append(Event(correction.created_at, correction.actor, "corrected", correction=correction))
    entries = session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.object_kind == "item",
            AuditEntry.object_id == item_id,
            AuditEntry.action.in_(_TOLD_BY_THE_AUDIT),
        )
        .order_by(AuditEntry.at.desc())
        .limit(_EVENTS_SHOWN)
    )
    events += [Event(entry.at, entry.actor, entry.action, details=entry.details) for entry in entries]
    return sorted(events, key=lambda event: event.at)


def shown(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stood before whoever decides: versions and each claim's evidence, none of its words."""
    claims = [
        {
            "id": claim["id"],
            "relation": claim["relation"],
            "assessment": claim["assessment"],
            "risk_level": claim["risk"]["level"],
            "evidence": claim["evidence"]["status"],
            "statements": [statement["id"] for statement in claim["evidence"]["statements"]],
            "references": _references(claim),
        }
        for claim in report["claims"][:_CLAIMS_SHOWN]
    ]
    alerts = [{"rule": alert["rule"], "level": alert["level"]} for alert in report["alerts"][:_CLAIMS_SHOWN]]
    return {"versions": dict(report["versions"]), "claims": claims, "alerts": alerts}


def _references(claim: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return every reference of a claim's evidence and risks, once each.

    A report names references by title and address, not by id; so does this, and a later knowledge
    base cannot change what is written here.
    """
    cited = [*claim["evidence"]["statements"], *claim["risk"]["flags"]]
    found = {reference["url"]: reference for one in cited for reference in one["references"]}
    return [
        {key: reference[key] for key in ("title", "publisher", "url", "published", "retrieved")}
        for reference in found.values()
    ]


def _locked(session: Session, item_id: str) -> Item:
    """Return the item as it is now, with its row locked; SQLite holds its one write lock anyway."""
    item = session.scalar(
        select(Item).where(Item.id == item_id).with_for_update().execution_options(populate_existing=True)
    )
    if item is None:
        raise UnknownItem("no such item")
    return item


def _standing(session: Session, item: Item) -> Decision | None:
    return None if item.decision_id is None else session.get(Decision, item.decision_id)


def _may_replace(standing: Decision | None, actor: Actor) -> bool:
    return standing is None or standing.actor == actor.name or actor.may(Permission.LEAD)


def _is_recent(session: Session, decision: Decision, actor: Actor) -> bool:
    return any(one.id == decision.id for one in recent(session, actor=actor))


def _take_back(session: Session, item: Item, decision: Decision, *, actor: Actor) -> None:
    decision.undone_at, decision.undone_by = now(), actor.name
    session.flush()
    _stand(item, _last_escalation(session, item))
    item.version += 1
    _tell(
        session,
        item,
        decision,
        actor=actor,
        event=outbox.Event.DECISION_UNDONE,
        details={"decision_id": decision.id},
    )


def _last_escalation(session: Session, item: Item) -> Decision | None:
    return session.scalar(
        select(Decision)
        .where(
            Decision.item_id == item.id,
            Decision.action == DecisionAction.ESCALATE,
            Decision.undone_at.is_(None),
        )
        .order_by(Decision.created_at.desc())
        .limit(1)
    )


def _stand(item: Item, decision: Decision | None) -> None:
    """Put the item where this decision puts it: back into the queue where there is none."""
    if decision is None:
        item.state = ItemState.PENDING
        item.decision_id = item.decided_by = item.decided_at = None
        return
    escalated = decision.action == DecisionAction.ESCALATE
    item.state = ItemState.ESCALATED if escalated else ItemState.DECIDED
    item.decision_id, item.decided_by = decision.id, decision.actor
    item.decided_at = decision.created_at


def _details(decision: Decision) -> dict[str, Any]:
    return {
        "decision_id": decision.id,
        "decision": decision.action,
        "suggested": decision.suggested_action,
        "reason_code": decision.reason_code,
        "job_id": decision.job_id,
        "versions": decision.shown["versions"],
    }


def _tell(
    session: Session,
    item: Item,
    decision: Decision,
    *,
    actor: Actor,
    event: outbox.Event,
    details: Mapping[str, Any],
) -> None:
    audit.record(
        session, actor=actor, action=event.value, object_kind="item", object_id=item.id, details=details
    )
    session.flush()
    outbox.emit(
        session,
        event,
        {
            "item_id": item.id,
            "external_id": item.external_id,
            "decision_id": decision.id,
            "action": decision.action,
            "reason_code": decision.reason_code,
            "state": str(item.state),
            "version": item.version,
            "by": actor.name,
            "versions": item.report_versions,
        },
    )


def _usable_note(note: str | None) -> str | None:
    if note is None or not note.strip():
        return None
    return usable_words(note, field="note", longest=LONGEST_NOTE)


def usable_words(words: str, *, field: str, longest: int) -> str:
    """Return ``words`` where a column can keep them.

    Raises:
        UnusableValue: they are too long, or hold NUL or lone surrogates.
    """
    if len(words) > longest:
        raise UnusableValue(field, f"At most {longest:,} characters are allowed.")
    if "\0" in words or any("\ud800" <= character <= "\udfff" for character in words):
        raise UnusableValue(field, "This is not a text.")
    return words
