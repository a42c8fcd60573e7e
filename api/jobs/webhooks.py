"""Telling other servers, after the Standard Webhooks specification.

Each delivery is signed with its webhook's secret (``webhook-id``,
``webhook-timestamp``, ``webhook-signature``: HMAC-SHA256), sent until it is
accepted with a 2xx, eight times over about a day, and then given up.  It may
arrive twice, where a worker ended between sending and noting so; its id stays
the same.
"""

from __future__ import annotations

import asyncio
import base64
import random
import secrets
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import httpx
import msgspec
from sqlalchemy import ColumnElement, and_, delete, exists, select, update
from sqlalchemy.orm import Session
from standardwebhooks import Webhook as Signer

from api.access.actors import Actor
from api.jobs import outbox
from api.jobs.addresses import AddressRefused, checked_url, reachable
from api.jobs.bell import ring_after_commit
from api.review import audit
from api.settings import Settings
from api.storage.columns import now
from api.storage.database import Database
from api.storage.tables import DeliveryState, Webhook, WebhookDelivery
from claimcheck.version import __version__

SECRET_PREFIX = "whsec_"  # noqa: S105 -- the prefix that the specification gives to secrets
_SECRET_BYTES = 32
SECONDS = 10.0
# What the next try waits for, after the first, second, … failure: about a day in all.
WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 60, 5 * 60, 30 * 60, 2 * 3600, 6 * 3600, 15 * 3600)
)
TRIES = len(WAITS) + 1
_AT_ONCE = 10
# Longer than one attempt can take: a delivery that nobody noted by then is sent again.
_IN_HAND = timedelta(seconds=60)
_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A webhook that was just made: the only time its secret is shown."""

    record: Webhook
    secret: str


def create(
    session: Session, *, url: str, events: Sequence[outbox.Event], actor: Actor, settings: Settings
) -> NewWebhook:
    """Make a webhook with a secret of its own.

    Raises:
        AddressRefused: webhooks may not be sent there.
    """
    checked_url(url, private_hosts=settings.webhook_private_hosts)
    secret = SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    record = Webhook(
        url=url, secret=secret, events=sorted({event.value for event in events}), created_by=actor.name
    )
    session.add(record)
    session.flush()
    _audit(session, record, actor=actor, action="webhook.created")
    return NewWebhook(record, secret)


def remove(session: Session, record: Webhook, *, actor: Actor) -> None:
    """Delete a webhook and everything that was to be sent to it."""
    _audit(session, record, actor=actor, action="webhook.deleted")
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.webhook_id == record.id))
    session.delete(record)
    session.flush()


def send_test(session: Session, record: Webhook, *, actor: Actor) -> WebhookDelivery:
    """Have something harmless sent, so that an admin sees whether the receiver listens."""
    _audit(session, record, actor=actor, action="webhook.tested")
    return outbox.post(session, webhook_id=record.id, event=outbox.TEST_EVENT, payload={"id": record.id})


def replay(session: Session, delivery: WebhookDelivery, *, actor: Actor) -> None:
    """Have a delivery sent again, from its first try on, under the same id."""
    delivery.state = DeliveryState.PENDING.value
    delivery.attempts = 0
    delivery.next_attempt_at = now()
    delivery.delivered_at = None
    session.flush()
    audit.record(
        session,
        actor=actor,
        action="webhook.replayed",
        object_kind="webhook",
        object_id=delivery.webhook_id,
        details={"delivery": delivery.id},
    )
    ring_after_commit(session)


def drop_old_deliveries(session: Session) -> None:
    """Delete deliveries that ended a month ago."""
    session.execute(
        delete(WebhookDelivery).where(
            WebhookDelivery.state != DeliveryState.PENDING.value,
            WebhookDelivery.created_at < now() - _KEPT,
        )
    )


def _audit(session: Session, record: Webhook, *, actor: Actor, action: str) -> None:
    # The address may hold a token of the receiver's in its path: only the host is written down.
    audit.record(
        session,
        actor=actor,
        action=action,
        object_kind="webhook",
        object_id=record.id,
        details={"host": httpx.URL(record.url).host[:200], "events": list(record.events)},
    )


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """One delivery in hand."""

    id: str
    attempt: int
    url: str
    secret: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of sending: a status, or a code of what went wrong."""

    status: int | None = None
    error: str | None = None

    @property
    def accepted(self) -> bool:
        return self.status is not None and httpx.codes.is_success(self.status)


class Sender:
    """Sends what is due, several deliveries at a time, each within ten seconds."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    def send_due(self) -> int:
        """Send what is due now and return how many deliveries were tried."""
        with self._database.read() as session:
            if not session.scalar(select(exists().where(_due()))):
                return 0
        with self._database.begin() as session:
            taken = _take(session)
        if not taken:
            return 0
        answers = asyncio.run(self._send_all(taken))
        with self._database.begin() as session:
            for outgoing, answer in zip(taken, answers, strict=True):
                _note(session, outgoing, answer)
        return len(taken)

    async def _send_all(self, taken: Sequence[_Outgoing]) -> list[_Answer]:
        async with httpx.AsyncClient(
            verify=self._tls, follow_redirects=False, trust_env=False, timeout=SECONDS
        ) as client:
            return await asyncio.gather(*(self._send(client, outgoing) for outgoing in taken))

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # The system's own certificates, so that an operator's own authority can be among them.
        return ssl.create_default_context()

    async def _send(self, client: httpx.AsyncClient, outgoing: _Outgoing) -> _Answer:
        try:
            # The client's own limits are for each step; a receiver may take its ten seconds once only.
            async with asyncio.timeout(SECONDS):
                url = checked_url(outgoing.url, private_hosts=self._settings.webhook_private_hosts)
                address = await reachable(url, private_hosts=self._settings.webhook_private_hosts)
                request = _signed(client, outgoing, url=url, host=str(address))
                # The reply's body is never read.
                reply = await client.send(request, stream=True)
                await reply.aclose()
        except AddressRefused as refused:
            return _Answer(error=refused.reason)
        except (TimeoutError, httpx.TimeoutException):
            return _Answer(error="timeout")
        except (httpx.HTTPError, OSError, ValueError):
            return _Answer(error="connection")
        if reply.is_success:
            return _Answer(status=reply.status_code)
        return _Answer(status=reply.status_code, error="redirect" if reply.is_redirect else "status")


def _signed(client: httpx.AsyncClient, outgoing: _Outgoing, *, url: httpx.URL, host: str) -> httpx.Request:
    moment = now()
    # Sorted, so that every try sends the same bytes, whatever order the database keeps keys in.
    body = msgspec.json.encode(outgoing.payload, order="sorted")
    signature = Signer(outgoing.secret).sign(outgoing.id, moment, body.decode())
    return client.build_request(
        "POST",
        url.copy_with(host=host),
        content=body,
        headers={
            "Host": url.netloc.decode("ascii"),
            "Content-Type": "application/json",
            "User-Agent": f"claimcheck/{__version__}",
            "webhook-id": outgoing.id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": signature,
        },
        # The certificate must be the name's, although the connection goes to the address we looked at.
        extensions={"sni_hostname": url.host},
    )


def _due() -> ColumnElement[bool]:
    return and_(
        WebhookDelivery.state == DeliveryState.PENDING.value, WebhookDelivery.next_attempt_at <= now()
    )


def _take(session: Session) -> list[_Outgoing]:
    """Take what is due; a worker that ends before it notes the answer leaves it due again in a minute."""
    found = session.execute(
        select(WebhookDelivery, Webhook)
        .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
        .where(_due(), Webhook.active.is_(True))
        .order_by(WebhookDelivery.next_attempt_at)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True, of=WebhookDelivery)
    )
    taken = []
    for delivery, webhook in found:
        delivery.attempts += 1
        delivery.next_attempt_at = now() + _IN_HAND
        taken.append(
            _Outgoing(
                id=delivery.id,
                attempt=delivery.attempts,
                url=webhook.url,
                secret=webhook.secret,
                payload=delivery.payload,
            )
        )
    return taken


def _note(session: Session, outgoing: _Outgoing, answer: _Answer) -> None:
    values: dict[str, Any] = {"last_status": answer.status, "last_error": answer.error}
    if answer.accepted:
        values |= {"state": DeliveryState.DELIVERED.value, "delivered_at": now()}
    elif outgoing.attempt >= TRIES:
        values |= {"state": DeliveryState.DEAD.value}
    else:
        wait = WAITS[outgoing.attempt - 1] * random.uniform(0.9, 1.1)  # noqa: S311 -- only spreads the load
        values |= {"next_attempt_at": now() + wait}
    session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.id == outgoing.id,
            WebhookDelivery.attempts == outgoing.attempt,
            WebhookDelivery.state == DeliveryState.PENDING.value,
        )
        .values(**values)
    )
