"""Rows of the review as they go over the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access.actors import Actor
from api.review import leases
from api.schemas import feedback as feedback_schemas
from api.schemas import items as schemas
from api.schemas.base import Reply
from api.storage.tables import AuditEntry, Correction, Decision, Feedback, Item, ItemClaim

EXCERPT = 200
_CLAIMS_LISTED = 20


def address(item_id: str) -> str:
    """Return where an item is read."""
    return f"/v1/items/{item_id}"


def queue_items(session: Session, items: Sequence[Item], *, actor: Actor) -> list[schemas.QueueItem]:
    """Return items as the queue lists them, with the first claims of each."""
    claims = _claims(session, [item.id for item in items])
    return [
        schemas.QueueItem(
            **_brief(item, actor=actor),
            excerpt=item.text[:EXCERPT],
            length=item.length,
            claims=claims.get(item.id, []),
        )
        for item in items
    ]


def item_reply(session: Session, item: Item, *, actor: Actor) -> schemas.ItemReply:
    """Return everything that is kept of an item."""
    decisions = session.scalars(
        select(Decision).where(Decision.item_id == item.id).order_by(Decision.created_at, Decision.id)
    )
    corrections = session.scalars(
        select(Correction).where(Correction.item_id == item.id).order_by(Correction.created_at, Correction.id)
    )
    return schemas.ItemReply.model_validate(
        {
            **_brief(item, actor=actor),
            "text": item.text,
            "report": item.report,
            "decisions": [decision_entry(one) for one in decisions],
            "corrections": [_correction(one) for one in corrections],
        }
    )


def new_item(item: Item) -> dict[str, Any]:
    """Return what a submitter is told of an item, without its report: this reply may be kept."""
    return {
        "id": item.id,
        "url": address(item.id),
        "external_id": item.external_id,
        "state": item.state,
        "version": item.version,
        "risk_level": item.risk_level,
        "priority": item.priority,
        "action": item.suggested_action,
        "created_at": item.created_at.isoformat(),
    }


def decision_entry(decision: Decision) -> schemas.DecisionEntry:
    """Return a decision with all that is kept of it."""
    return schemas.DecisionEntry.model_validate(
        {
            **_columns(decision, schemas.DecisionEntry),
            "by": decision.actor,
            "by_kind": decision.actor_kind,
        }
    )


def decision_reply(decision: Decision, item: Item) -> schemas.DecisionReply:
    """Return what the decider is told: no note, since this reply may be kept."""
    return schemas.DecisionReply.model_validate(
        {
            **_columns(decision, schemas.DecisionReply),
            "by": decision.actor,
            "state": item.state,
            "version": item.version,
        }
    )


def audit_item(entry: AuditEntry) -> schemas.AuditItem:
    """Return an entry of the audit."""
    columns = _columns(entry, schemas.AuditItem)
    return schemas.AuditItem.model_validate({**columns, "by": entry.actor, "by_kind": entry.actor_kind})


def feedback_entry(feedback: Feedback) -> feedback_schemas.FeedbackEntry:
    """Return what somebody sent."""
    columns = _columns(feedback, feedback_schemas.FeedbackEntry)
    return feedback_schemas.FeedbackEntry.model_validate(columns)


def item_brief(item: Item, *, actor: Actor) -> schemas.ItemBrief:
    """Return what the queue says of an item."""
    return schemas.ItemBrief.model_validate(_brief(item, actor=actor))


def _brief(item: Item, *, actor: Actor) -> dict[str, Any]:
    lease = leases.current(item, actor=actor)
    return {
        **_columns(item, schemas.ItemBrief),
        "url": address(item.id),
        "action": item.suggested_action,
        "group": item.group_key,
        "lease": None if lease is None else lease_reply(lease),
    }


def lease_reply(lease: leases.Lease) -> schemas.LeaseReply:
    """Return who has an item open."""
    return schemas.LeaseReply(holder=lease.holder, until=lease.until, mine=lease.mine)


def _correction(correction: Correction) -> dict[str, Any]:
    return {**_columns(correction, schemas.CorrectionEntry), "by": correction.actor}


def _claims(session: Session, item_ids: Iterable[str]) -> Mapping[str, list[schemas.ClaimBrief]]:
    rows = session.scalars(
        select(ItemClaim)
        .where(ItemClaim.item_id.in_(list(item_ids)), ItemClaim.position < _CLAIMS_LISTED)
        .order_by(ItemClaim.item_id, ItemClaim.position)
    )
    found: dict[str, list[schemas.ClaimBrief]] = {}
    for row in rows:
        shown = {**_columns(row, schemas.ClaimBrief), "id": row.claim_id}
        found.setdefault(row.item_id, []).append(schemas.ClaimBrief.model_validate(shown))
    return found


def _columns(row: object, model: type[Reply]) -> dict[str, Any]:
    """Return the fields of ``model`` that are columns of ``row`` by the same name."""
    return {name: getattr(row, name) for name in model.model_fields if hasattr(row, name)}
