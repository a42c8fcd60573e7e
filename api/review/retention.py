"""How long things are kept: purging by policy, deleting one item with its traces, handing everything out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, Text, and_, case, delete, func, select, update
from sqlalchemy import cast as cast_to
from sqlalchemy.orm import InstrumentedAttribute, Session

from api.access.actors import Actor
from api.jobs.row_errors import RowError
from api.review import audit, settings
from api.review.errors import UnknownItem
from api.review.settings import RETENTION, Retention
from api.storage.columns import now
from api.storage.tables import (
    ApiKey,
    AuditEntry,
    Base,
    Correction,
    Decision,
    DeliveryState,
    Feedback,
    IdempotencyRecord,
    Item,
    ItemClaim,
    ItemState,
    Job,
    JobKind,
    JobRow,
    LoginSession,
    RowState,
    SettingValue,
    User,
    Webhook,
    WebhookDelivery,
)

_BATCH = 500
_REPLIES_KEPT = timedelta(days=1)
_Condition = ColumnElement[bool]


def policy(session: Session) -> Retention:
    """Return for how many days each kind of thing is kept."""
    return settings.get(session, RETENTION)


def set_policy(session: Session, policy: Retention, *, actor: Actor) -> None:
    """Set it; nothing is purged by that alone."""
    settings.put(session, RETENTION, policy, actor=actor)


def purge(session: Session, *, actor: Actor, today: date) -> dict[str, int]:
    """Delete what is past its time and return how many rows of each kind that were.

    What waits in the queue, escalated items and running jobs are never past it.
    """
    kept = policy(session)
    counts = {}
    for name, days, table, condition in (
        ("decided_items", kept.decided_items, Item, _decided_before),
        ("jobs", kept.job_results, Job, _finished_before),
        ("deliveries", kept.job_results, WebhookDelivery, _ended_before),
        ("feedback", kept.feedback, Feedback, _sent_before),
        ("sessions", kept.sessions, LoginSession, _expired_before),
        ("audit", kept.audit, AuditEntry, _written_before),
    ):
        if days is not None:
            counts[name] = _deleted(session, table, condition(_midnight(today - timedelta(days=days))))
    oldest_reply = _midnight(today) - _REPLIES_KEPT
    counts["replies"] = _deleted(session, IdempotencyRecord, IdempotencyRecord.created_at < oldest_reply)
    audit.record(
        session,
        actor=actor,
        action="retention.purged",
        object_kind="retention",
        object_id=None,
        details={"today": today.isoformat(), "deleted": counts},
    )
    session.flush()
    return counts


def delete_item(session: Session, item_id: str, *, actor: Actor) -> None:
    """Delete an item with its claims, decisions and corrections, and what names it elsewhere.

    The audit keeps only that an item of this id was deleted, by whom and when.

    Raises:
        UnknownItem: there is none of this id.
    """
    item = session.get(Item, item_id, with_for_update=True)
    if item is None:
        raise UnknownItem("no such item")
    session.execute(
        delete(AuditEntry).where(AuditEntry.object_kind == "item", AuditEntry.object_id == item_id)
    )
    _forget(session, item)
    session.execute(delete(Item).where(Item.id == item_id))
    session.expunge(item)
    audit.record(
        session, actor=actor, action="item.deleted", object_kind="item", object_id=item_id, details={}
    )
    session.flush()


def _forget(session: Session, item: Item) -> None:
    """Clear the rows of jobs that brought or decided the item; drop the messages and replies that name it."""
    bulk = select(Job.id).where(Job.kind == JobKind.BULK_DECISION.value)
    of_item = [and_(JobRow.job_id.in_(bulk), JobRow.external_id == item.id)]
    if item.job_id is not None:
        named = JobRow.result[("item", "id")].as_string() == item.id
        of_item.append(and_(JobRow.job_id == item.job_id, named))
    still_open = JobRow.state.in_((RowState.QUEUED.value, RowState.LEASED.value))
    cleared = {
        "payload": None,
        "result": None,
        "external_id": None,
        "error": RowError.UNKNOWN_ITEM.value,
        "state": case((still_open, RowState.FAILED.value), else_=JobRow.state),
        "finished_at": func.coalesce(JobRow.finished_at, now()),
    }
    for statement in (
        *(update(JobRow).where(condition).values(cleared) for condition in of_item),
        delete(WebhookDelivery).where(cast_to(WebhookDelivery.payload, Text).contains(item.id)),
        delete(IdempotencyRecord).where(IdempotencyRecord.body.contains(item.id)),
    ):
        session.execute(statement, execution_options={"synchronize_session": False})


# Secrets and their hashes stay here: whoever moves to another server makes new ones.
_LEFT_OUT: frozenset[InstrumentedAttribute[Any]] = frozenset(
    {User.password_hash, ApiKey.key_hash, Webhook.secret}
)
_EXPORTED: tuple[type[Base], ...] = (
    User,
    ApiKey,
    Item,
    ItemClaim,
    Decision,
    Correction,
    Feedback,
    Job,
    JobRow,
    Webhook,
    AuditEntry,
    SettingValue,
)


def export_all(session: Session) -> Iterator[dict[str, Any]]:
    """Yield every row of every table as ``{"table": …, "row": {…}}``, without secrets and their hashes.

    Sign-ins, deliveries and kept replies are no data of anyone's and are left out.
    """
    hidden = {attribute.property.columns[0] for attribute in _LEFT_OUT}
    for model in _EXPORTED:
        table = cast(Table, model.__table__)
        columns = [column for column in table.columns if column not in hidden]
        order = list(table.primary_key.columns)
        rows = select(*columns).order_by(*order).execution_options(yield_per=_BATCH)
        # Closed however this ends: whoever reads may stop half-way.
        with session.execute(rows) as result:
            for row in result.mappings():
                values = {str(name): _plain(value) for name, value in row.items()}
                yield {"table": str(table.name), "row": values}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _decided_before(end: datetime) -> _Condition:
    return (Item.state == ItemState.DECIDED) & (Item.decided_at < end)


def _finished_before(end: datetime) -> _Condition:
    return Job.finished_at < end


def _sent_before(end: datetime) -> _Condition:
    return Feedback.created_at < end


def _expired_before(end: datetime) -> _Condition:
    return LoginSession.expires_at < end


def _written_before(end: datetime) -> _Condition:
    return AuditEntry.at < end


def _ended_before(end: datetime) -> _Condition:
    return (WebhookDelivery.state != DeliveryState.PENDING) & (WebhookDelivery.created_at < end)


def _deleted(session: Session, table: type[Base], condition: _Condition) -> int:
    number = session.scalar(select(func.count()).select_from(table).where(condition)) or 0
    if number:
        session.execute(delete(table).where(condition), execution_options={"synchronize_session": False})
    return number
