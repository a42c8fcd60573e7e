"""Webhooks in the console."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api.jobs import outbox
from api.storage.tables import AuditEntry, DeliveryState, Webhook, WebhookDelivery
from tests.api.console.visiting import Browser, services_of

FIELDS: dict[str, Any] = {"url": "https://example.org/hook", "events": ["job.finished", "decision.made"]}


@pytest.fixture
def admin(visitor: Callable[..., Browser]) -> Browser:
    """An admin's browser."""
    return visitor("admin", "root")


def _all(app: FastAPI) -> list[Webhook]:
    with services_of(app).database.read() as session:
        return list(session.scalars(select(Webhook)))


def _deliveries(app: FastAPI) -> list[WebhookDelivery]:
    with services_of(app).database.read() as session:
        return list(session.scalars(select(WebhookDelivery)))


def test_a_webhook_is_made_and_its_secret_shown_once(started: FastAPI, admin: Browser) -> None:
    page = admin.send_form("/admin/webhooks", FIELDS).text
    secret = re.search(r'value="(whsec_[^"]+)"', page)
    assert secret is not None
    (record,) = _all(started)
    assert record.secret == secret.group(1)
    assert set(record.events) == {"job.finished", "decision.made"}
    for path in ("/admin/webhooks", f"/admin/webhooks/{record.id}"):
        assert secret.group(1) not in admin.get(path).text
    with services_of(started).database.read() as session:
        entries = session.scalars(select(AuditEntry)).all()
    assert [(entry.actor, entry.action) for entry in entries] == [("root", "webhook.created")]
    assert "/hook" not in str(entries[0].details)


@pytest.mark.parametrize(
    "fields",
    [
        FIELDS | {"events": []},
        FIELDS | {"events": ["everything"]},
        FIELDS | {"url": "http://example.org"},
        FIELDS | {"url": "javascript:alert(1)"},
        FIELDS | {"url": "https://169.254.169.254/latest"},
        FIELDS | {"url": "https://a:b@example.org"},
        FIELDS | {"url": ""},
    ],
)
def test_webhooks_that_are_refused(started: FastAPI, admin: Browser, fields: dict[str, Any]) -> None:
    reply = admin.send_form("/admin/webhooks", fields)
    assert (reply.status_code, 'role="alert"' in reply.text) == (422, True)
    assert _all(started) == []


def test_trying_sending_again_and_deleting(started: FastAPI, admin: Browser) -> None:
    admin.send_form("/admin/webhooks", FIELDS)
    (record,) = _all(started)
    assert admin.send_form(f"/admin/webhooks/{record.id}/test").status_code == 303
    (delivery,) = _deliveries(started)
    assert delivery.event == outbox.TEST_EVENT
    with services_of(started).database.begin() as session:
        session.get_one(WebhookDelivery, delivery.id).state = DeliveryState.DEAD.value
    page = admin.get(f"/admin/webhooks/{record.id}").text
    assert delivery.id in page
    assert "A test is on its way" in page
    again = f"/admin/webhooks/{record.id}/deliveries/{delivery.id}/replay"
    assert admin.send_form(again).status_code == 303
    assert _deliveries(started)[0].state == DeliveryState.PENDING
    assert admin.send_form(f"/admin/webhooks/{record.id}/delete").status_code == 303
    assert (_all(started), _deliveries(started)) == ([], [])


def test_a_delivery_belongs_to_its_webhook(started: FastAPI, admin: Browser) -> None:
    admin.send_form("/admin/webhooks", FIELDS)
    admin.send_form("/admin/webhooks", FIELDS | {"url": "https://example.com"})
    one, other = _all(started)
    admin.send_form(f"/admin/webhooks/{one.id}/test")
    (delivery,) = _deliveries(started)
    assert admin.send_form(f"/admin/webhooks/{other.id}/deliveries/{delivery.id}/replay").status_code == 404
    assert admin.get("/admin/webhooks/nothing").status_code == 404
