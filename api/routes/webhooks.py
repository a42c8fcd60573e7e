"""Webhooks: whom to tell of ended jobs and of decisions, and how that went."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from api import errors
from api.access.actors import Actor
from api.access.callers import Admin
from api.bodies import JSON, parse_json, read_body, validated
from api.deps import Services, ServicesDep
from api.errors import Problem
from api.jobs import webhooks
from api.jobs.addresses import AddressRefused
from api.openapi import json_body, problems
from api.review import paging
from api.review.errors import FilterError
from api.schemas import jobs as schemas
from api.storage.tables import DeliveryState, Webhook, WebhookDelivery

router = APIRouter(prefix="/v1", tags=["webhooks"])

_ALWAYS = (errors.UNAUTHORIZED, errors.FORBIDDEN, errors.RATE_LIMITED, errors.NOT_READY)
_OF_ONE = (*_ALWAYS, errors.NOT_FOUND, errors.INVALID_REQUEST)
_Id = Annotated[str, Path(alias="id", max_length=64)]
_DeliveryId = Annotated[str, Path(alias="delivery_id", max_length=64)]


@router.post(
    "/webhooks",
    operation_id="createWebhook",
    status_code=201,
    summary="Have another server told",
    openapi_extra=json_body(schemas.WebhookRequest),
    responses=problems(
        *_ALWAYS,
        errors.BAD_REQUEST,
        errors.MALFORMED_JSON,
        errors.SLOW_REQUEST,
        errors.REQUEST_TOO_LARGE,
        errors.UNSUPPORTED_MEDIA_TYPE,
        errors.INVALID_REQUEST,
    ),
)
async def create_webhook(
    request: Request, services: ServicesDep, actor: Admin, response: Response
) -> schemas.NewWebhookReply:
    """Name an address and the events it is told of; the reply holds the secret, this once.

    Calls are signed after the Standard Webhooks specification: `webhook-id`, `webhook-timestamp` and
    `webhook-signature` (HMAC-SHA256). They hold identifiers, states and actions, never texts.
    """
    body = await read_body(request, media_type=JSON, seconds=services.settings.time_limit_seconds)
    wanted = validated(schemas.WebhookRequest, parse_json(body))
    made = await run_in_threadpool(_created, wanted, actor=actor, services=services)
    response.headers["Location"] = f"/v1/webhooks/{made.id}"
    return made


def _created(wanted: schemas.WebhookRequest, *, actor: Actor, services: Services) -> schemas.NewWebhookReply:
    with services.database.begin() as session:
        try:
            made = webhooks.create(
                session, url=wanted.url, events=wanted.events, actor=actor, settings=services.settings
            )
        except AddressRefused as refused:
            fault: errors.Fault = {"pointer": "/url", "detail": refused.detail}
            raise Problem(errors.INVALID_REQUEST, errors=[fault]) from None
        shown = _reply(made.record).model_dump()
        return schemas.NewWebhookReply(**shown, secret=made.secret)


@router.get("/webhooks", operation_id="listWebhooks", summary="All webhooks", responses=problems(*_ALWAYS))
def list_webhooks(services: ServicesDep, _: Admin) -> schemas.WebhooksReply:
    """List the webhooks, without their secrets."""
    with services.database.read() as session:
        found = session.scalars(select(Webhook).order_by(Webhook.created_at, Webhook.id))
        return schemas.WebhooksReply(webhooks=[_reply(webhook) for webhook in found])


@router.delete(
    "/webhooks/{id}",
    operation_id="deleteWebhook",
    status_code=204,
    summary="Tell a server no more",
    responses=problems(*_OF_ONE),
)
def delete_webhook(webhook_id: _Id, services: ServicesDep, actor: Admin) -> None:
    """Remove a webhook, and with it what was still to be sent."""
    with services.database.begin() as session:
        webhooks.remove(session, _found(session, webhook_id), actor=actor)


@router.post(
    "/webhooks/{id}/test",
    operation_id="testWebhook",
    status_code=202,
    summary="Send something harmless",
    responses=problems(*_OF_ONE),
)
def test_webhook(webhook_id: _Id, services: ServicesDep, actor: Admin) -> schemas.DeliveryReply:
    """Send an event `webhook.test`; how it went stands among the deliveries."""
    with services.database.begin() as session:
        return _shown(webhooks.send_test(session, _found(session, webhook_id), actor=actor))


@router.get(
    "/webhooks/{id}/deliveries",
    operation_id="listDeliveries",
    summary="What was sent, and how it went",
    responses=problems(*_OF_ONE),
)
def list_deliveries(
    webhook_id: _Id,
    query: Annotated[schemas.DeliveriesQuery, Query()],
    services: ServicesDep,
    _: Admin,
) -> schemas.DeliveriesReply:
    """List deliveries, newest first; those that ended are kept for 30 days."""
    with services.database.read() as session:
        _found(session, webhook_id)
        try:
            page = paging.newest_first(
                session,
                select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id),
                moment=WebhookDelivery.created_at,
                identifier=WebhookDelivery.id,
                key=lambda delivery: (delivery.created_at, delivery.id),
                after=query.cursor,
                limit=query.limit,
            )
        except FilterError as error:
            fault: errors.Fault = {"pointer": "/query/cursor", "detail": error.detail}
            raise Problem(errors.INVALID_REQUEST, errors=[fault]) from None
        return schemas.DeliveriesReply(deliveries=[_shown(one) for one in page.rows], next=page.next)


@router.post(
    "/webhooks/{id}/deliveries/{delivery_id}/replay",
    operation_id="replayDelivery",
    status_code=202,
    summary="Send a delivery again",
    responses=problems(*_OF_ONE),
)
def replay_delivery(
    webhook_id: _Id, delivery_id: _DeliveryId, services: ServicesDep, actor: Admin
) -> schemas.DeliveryReply:
    """Send a delivery again, under the same id, whether it had arrived or been given up."""
    with services.database.begin() as session:
        delivery = session.get(WebhookDelivery, delivery_id) if _is_id(delivery_id) else None
        if delivery is None or delivery.webhook_id != _found(session, webhook_id).id:
            raise Problem(errors.NOT_FOUND)
        webhooks.replay(session, delivery, actor=actor)
        return _shown(delivery)


def _found(session: Session, webhook_id: str) -> Webhook:
    found = session.get(Webhook, webhook_id) if _is_id(webhook_id) else None
    if found is None:
        raise Problem(errors.NOT_FOUND)
    return found


def _is_id(value: str) -> bool:
    # What cannot be an id is not looked up: PostgreSQL refuses NUL.
    return value.isalnum() and value.isascii()


def _reply(webhook: Webhook) -> schemas.WebhookReply:
    names = schemas.WebhookReply.model_fields
    return schemas.WebhookReply.model_validate({name: getattr(webhook, name) for name in names})


def _shown(delivery: WebhookDelivery) -> schemas.DeliveryReply:
    names = schemas.DeliveryReply.model_fields
    values = {name: getattr(delivery, name) for name in names}
    if delivery.state != DeliveryState.PENDING.value:
        values["next_attempt_at"] = None
    return schemas.DeliveryReply.model_validate(values)
