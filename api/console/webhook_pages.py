"""Webhooks for admins: made, tried out, watched, sent again, removed."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access import sessions
from api.access.sessions import SignedInAdmin, Visitor
from api.console import fields
from api.console.context import see_other, show
from api.deps import Services, ServicesDep
from api.errors import NOT_FOUND, Problem
from api.jobs import webhooks
from api.jobs.addresses import LONGEST_URL, AddressRefused
from api.jobs.outbox import Event
from api.jobs.webhooks import NewWebhook
from api.storage.tables import DeliveryState, Webhook, WebhookDelivery

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

WEBHOOKS = "/admin/webhooks"
EVENTS = {
    Event.JOB_FINISHED: "a job has ended",
    Event.DECISION_MADE: "somebody decided an item",
    Event.DECISION_UNDONE: "a decision was undone",
}
_SHOWN = 100
_NO_FAULTS: Mapping[str, str] = {}


@router.get(WEBHOOKS)
def webhooks_page(request: Request, services: ServicesDep, _: SignedInAdmin) -> Response:
    """List the webhooks."""
    return _page(request, services)


@router.post(WEBHOOKS)
def create_webhook(request: Request, services: ServicesDep, visitor: SignedInAdmin) -> Response:
    """Make a webhook and show its secret, once."""
    url = fields.text(visitor.form, "url").strip()
    events = [event for event in Event if event.value in fields.texts(visitor.form, "events")]
    if not events:
        return _page(request, services, faults={"events": "Choose one at least."}, typed=url)
    try:
        with services.database.begin() as session:
            made = webhooks.create(
                session, url=url, events=events, actor=visitor.actor, settings=services.settings
            )
    except AddressRefused as refused:
        return _page(request, services, faults={"url": refused.detail}, typed=url, chosen=events)
    return _page(request, services, made=made)


@router.get(WEBHOOKS + "/{webhook_id}")
def deliveries_page(request: Request, webhook_id: str, services: ServicesDep, _: SignedInAdmin) -> Response:
    """Show what was last sent to a webhook, and how it went."""
    with services.database.read() as session:
        record = _found(session, webhook_id)
        deliveries = session.scalars(
            select(WebhookDelivery)
            .where(WebhookDelivery.webhook_id == record.id)
            .order_by(WebhookDelivery.created_at.desc(), WebhookDelivery.id)
            .limit(_SHOWN)
        ).all()
    return show(
        request,
        "admin-deliveries.html",
        record=record,
        deliveries=deliveries,
        shown=_SHOWN,
        waiting=DeliveryState.PENDING.value,
    )


@router.post(WEBHOOKS + "/{webhook_id}/test")
def try_webhook(webhook_id: str, services: ServicesDep, visitor: SignedInAdmin) -> Response:
    """Have something harmless sent."""
    with services.database.begin() as session:
        record = _found(session, webhook_id)
        webhooks.send_test(session, record, actor=visitor.actor)
        sessions.tell(session, visitor, "A test is on its way; load this page again to see how it went.")
    return see_other(f"{WEBHOOKS}/{webhook_id}")


@router.post(WEBHOOKS + "/{webhook_id}/delete")
def delete_webhook(webhook_id: str, services: ServicesDep, visitor: SignedInAdmin) -> Response:
    """Remove a webhook and all that was to be sent to it."""
    with services.database.begin() as session:
        webhooks.remove(session, _found(session, webhook_id), actor=visitor.actor)
        sessions.tell(session, visitor, "The webhook is gone.")
    return see_other(WEBHOOKS)


@router.post(WEBHOOKS + "/{webhook_id}/deliveries/{delivery_id}/replay")
def replay_delivery(
    webhook_id: str, delivery_id: str, services: ServicesDep, visitor: SignedInAdmin
) -> Response:
    """Have one delivery sent again."""
    with services.database.begin() as session:
        record = _found(session, webhook_id)
        delivery = session.get(WebhookDelivery, fields.identifier(delivery_id), with_for_update=True)
        if delivery is None or delivery.webhook_id != record.id:
            raise Problem(NOT_FOUND)
        webhooks.replay(session, delivery, actor=visitor.actor)
        _tell_of_replay(session, visitor)
    return see_other(f"{WEBHOOKS}/{webhook_id}")


def _tell_of_replay(session: Session, visitor: Visitor) -> None:
    sessions.tell(session, visitor, "It is on its way again; load this page again to see how it went.")


def _found(session: Session, webhook_id: str) -> Webhook:
    record = session.get(Webhook, fields.identifier(webhook_id))
    if record is None:
        raise Problem(NOT_FOUND)
    return record


def _page(
    request: Request,
    services: Services,
    *,
    faults: Mapping[str, str] = _NO_FAULTS,
    typed: str = "",
    chosen: list[Event] | None = None,
    made: NewWebhook | None = None,
) -> Response:
    with services.database.read() as session:
        records = session.scalars(select(Webhook).order_by(Webhook.created_at, Webhook.id)).all()
    return show(
        request,
        "admin-webhooks.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
        records=records,
        events=[(event.value, words) for event, words in EVENTS.items()],
        chosen=[event.value for event in chosen or []],
        faults=faults,
        typed=typed,
        longest=LONGEST_URL,
        made=made,
    )
