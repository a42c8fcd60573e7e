"""What other servers are to be told, written in the transaction in which it happened.

An event and what it tells of are committed together or not at all; a worker
sends it afterwards (:mod:`api.jobs.webhooks`).  Payloads hold identifiers,
states, actions and versions, never texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.jobs.bell import ring_after_commit
from api.storage.columns import now
from api.storage.tables import Webhook, WebhookDelivery


class Event(StrEnum):
    """What can be told."""

    JOB_FINISHED = "job.finished"
    DECISION_MADE = "decision.made"
    DECISION_UNDONE = "decision.undone"


# What an admin sends to see whether a receiver listens; nobody subscribes to it.
TEST_EVENT = "webhook.test"


def emit(session: Session, event: Event | str, payload: Mapping[str, Any]) -> int:
    """Write one delivery for each active webhook that asked for ``event`` and return how many.

    Args:
        session: the transaction of the change that is told.
        event: what happened.
        payload: the event's data: JSON values, no texts.

    Raises:
        ValueError: there is no such event.
    """
    name = Event(event)
    webhooks = session.scalars(select(Webhook).where(Webhook.active.is_(True)))
    told = [webhook.id for webhook in webhooks if name in webhook.events]
    for webhook_id in told:
        post(session, webhook_id=webhook_id, event=name, payload=payload)
    return len(told)


def post(session: Session, *, webhook_id: str, event: str, payload: Mapping[str, Any]) -> WebhookDelivery:
    """Write one delivery to one webhook, in the envelope of the Standard Webhooks specification."""
    moment = now()
    delivery = WebhookDelivery(
        webhook_id=webhook_id,
        event=str(event),
        payload={"type": str(event), "timestamp": moment.isoformat(), "data": dict(payload)},
        next_attempt_at=moment,
    )
    session.add(delivery)
    session.flush()
    ring_after_commit(session)
    return delivery
