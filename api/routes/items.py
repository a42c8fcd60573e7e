"""The moderators' queue: texts in, pages out, leases, corrections."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy.orm import Session

from api import checking, errors, etags, showing, transactions
from api.access.actors import Actor
from api.access.callers import Lead, Reader, Reviewer
from api.bodies import JSON, parse_json, read_body, validated
from api.deps import Services, ServicesDep
from api.idempotency import IdempotencyKey, run_once
from api.openapi import json_body, problems, schema_of
from api.pinning import NAMED, Pin, pinned, require, written
from api.review import audit, correcting, intake, leases, listing, retention
from api.review.errors import UnknownItem
from api.schemas import items as schemas
from api.storage.tables import Item

router = APIRouter(prefix="/v1", tags=["queue"])

NDJSON = "application/x-ndjson"
ItemId = Annotated[str, Path(alias="id", max_length=200, description="The item's own id, from the queue.")]

ACCESS = (
    errors.UNAUTHORIZED,
    errors.FORBIDDEN,
    errors.RATE_LIMITED,
    errors.INVALID_REQUEST,
    errors.BUSY,
    errors.NOT_READY,
)
BODY = (
    *ACCESS,
    errors.MALFORMED_JSON,
    errors.SLOW_REQUEST,
    errors.REQUEST_TOO_LARGE,
    errors.UNSUPPORTED_MEDIA_TYPE,
)
CREATING = (*BODY, errors.IDEMPOTENCY_IN_PROGRESS, errors.IDEMPOTENCY_MISMATCH)


@router.post(
    "/items",
    operation_id="submitItem",
    summary="Check a text and put it into the queue",
    status_code=201,
    dependencies=[Depends(pinned)],
    response_model=schemas.NewItemReply,
    openapi_extra=json_body(schemas.ItemRequest),
    responses={
        200: {
            "description": "The same text was submitted under this id before: its item",
            "model": schemas.NewItemReply,
        },
        **problems(
            *CREATING,
            errors.VERSION_PIN_REFUSED,
            errors.TEXT_TOO_LONG,
            errors.EMPTY_TEXT,
            errors.NOT_TEXT,
            errors.TIME_LIMIT,
        ),
    },
)
async def submit_item(
    request: Request, services: ServicesDep, actor: Reviewer, key: IdempotencyKey = None, pin: Pin = None
) -> Response:
    """Check one text, store it with its report, and answer with the item that it is now.

    A text is kept until its item is deleted or the retention policy ends. The same text under the same `id`
    from the same caller is one item, however often it is sent; `Claimcheck-Versions` names what its report
    was made with, and `Claimcheck-Pin` is held against that as well.
    """
    body = await read_body(request, media_type=JSON, seconds=services.settings.time_limit_seconds)

    async def work() -> Response:
        task = checking.Task(services.checker, services.settings, begun=time.monotonic(), actor=actor)
        text = await services.runner.run(partial(checking.item, body, task=task))
        return await transactions.write(services, partial(_submit, text=text, actor=actor))

    slim = await run_once(services, actor, key, body, work, scope="POST /v1/items")
    return await transactions.read(services, partial(_with_report, slim=slim, pin=pin))


def _submit(session: Session, *, text: checking.Storable, actor: Actor) -> Response:
    there = intake.known(session, text=text.text, submitted_by=actor, external_id=text.external_id)
    item = there or intake.submit(
        session,
        text=text.text,
        report=text.report,
        submitted_by=actor,
        external_id=text.external_id,
        source=text.source,
        source_url=text.source_url,
    )
    headers = {"Location": showing.address(item.id), "ETag": etags.of_version(item.version)}
    status = 201 if there is None else 200
    return Response(msgspec.json.encode(showing.new_item(item)), status, headers, media_type=JSON)


def _with_report(session: Session, *, slim: Response, pin: str | None) -> Response:
    """Add the report, which quotes the text and therefore stands in the item alone.

    Raises:
        Problem: the report was made earlier, with other versions than the caller pinned.
    """
    content: dict[str, Any] = msgspec.json.decode(bytes(slim.body))
    item = session.get(Item, content["id"])
    content["report"] = None if item is None else item.report
    headers = {name: value for name, value in slim.headers.items() if name != "content-length"}
    if item is not None:
        if pin is not None:
            require(pin, item.report_versions)
        headers[NAMED] = written(item.report_versions)
    return Response(msgspec.json.encode(content), slim.status_code, headers)


@router.get(
    "/queue",
    operation_id="getQueue",
    summary="The queue, the most urgent first",
    responses=problems(*ACCESS),
)
def get_queue(
    query: Annotated[schemas.QueueQuery, Query()], services: ServicesDep, actor: Reader
) -> schemas.QueueReply:
    """List items by risk level, then priority, then age; `cursor` takes `next` or `previous` of a page."""
    given = query.model_dump(mode="json", exclude_none=True, exclude={"cursor", "limit"})

    def work(session: Session) -> schemas.QueueReply:
        filters = listing.Filters.from_query(given)
        page = listing.page(session, filters, after=query.cursor, limit=query.limit)
        return schemas.QueueReply(
            items=showing.queue_items(session, page.items, actor=actor),
            next=page.next,
            previous=page.previous,
        )

    return transactions.reading(services, work)


@router.get(
    "/items/{id}",
    operation_id="getItem",
    summary="One item with its text, report and history",
    response_model=schemas.ItemReply,
    response_model_exclude_unset=True,
    responses=problems(*ACCESS, errors.UNKNOWN_ITEM),
)
def get_item(item_id: ItemId, services: ServicesDep, actor: Reader, response: Response) -> schemas.ItemReply:
    """Show everything that is kept of an item. Its `ETag` is what a decision sends as `If-Match`."""

    def work(session: Session) -> schemas.ItemReply:
        item = found(session, item_id)
        response.headers["ETag"] = etags.of_version(item.version)
        return showing.item_reply(session, item, actor=actor)

    return transactions.reading(services, work)


@router.delete(
    "/items/{id}",
    operation_id="deleteItem",
    summary="Delete an item with its traces",
    status_code=204,
    responses=problems(*ACCESS, errors.UNKNOWN_ITEM),
)
def delete_item(item_id: ItemId, services: ServicesDep, actor: Lead) -> None:
    """Delete the text, its report, decisions and corrections; the audit keeps that it was deleted."""

    def work(session: Session) -> None:
        retention.delete_item(session, found(session, item_id).id, actor=actor)

    transactions.writing(services, work)


@router.post(
    "/items/{id}/lease",
    operation_id="leaseItem",
    summary="Open an item for ten minutes",
    responses=problems(*ACCESS, errors.UNKNOWN_ITEM),
)
def lease_item(item_id: ItemId, services: ServicesDep, actor: Reviewer) -> schemas.LeaseReply:
    """Take or prolong the lease; where it is somebody else's, the reply says whose, with `mine` false."""

    def work(session: Session) -> schemas.LeaseReply:
        return showing.lease_reply(leases.take(session, found(session, item_id), actor=actor))

    return transactions.writing(services, work)


@router.delete(
    "/items/{id}/lease",
    operation_id="releaseItem",
    summary="Give an item back",
    status_code=204,
    responses=problems(*ACCESS, errors.UNKNOWN_ITEM),
)
def release_item(item_id: ItemId, services: ServicesDep, actor: Reviewer) -> None:
    """End the caller's own lease; somebody else's stays."""

    def work(session: Session) -> None:
        leases.release(session, found(session, item_id), actor=actor)

    transactions.writing(services, work)


@router.post(
    "/items/{id}/corrections",
    operation_id="correctItem",
    summary="Say what the machine got wrong",
    status_code=201,
    response_model=schemas.CreatedReply,
    openapi_extra=json_body(schemas.CorrectionRequest),
    responses=problems(*CREATING, errors.UNKNOWN_ITEM),
)
async def correct_item(
    request: Request, item_id: ItemId, services: ServicesDep, actor: Reviewer, key: IdempotencyKey = None
) -> Response:
    """Store a correction; the item, its report and its decision stay as they are.

    `wrong_span` and `missed_claim` need `start` and `end`, `wrong_assessment` needs `value`; all but
    `missed_claim` and `other` need `claim_id`.
    """
    body = await read_body(request, media_type=JSON, seconds=services.settings.time_limit_seconds)
    correction = validated(schemas.CorrectionRequest, parse_json(body))

    def store(session: Session) -> Response:
        made = correcting.correct(session, found(session, item_id).id, actor=actor, **correction.model_dump())
        content = {"id": made.id, "created_at": made.created_at.isoformat()}
        return Response(msgspec.json.encode(content), 201, media_type=JSON)

    work = partial(transactions.write, services, store)
    return await run_once(services, actor, key, body, work, scope=f"POST /v1/items/{item_id}/corrections")


@router.get(
    "/corrections",
    operation_id="exportCorrections",
    summary="Every correction, as training data",
    response_class=Response,
    responses={
        200: {
            "description": "One JSON object a line",
            "content": {NDJSON: {"schema": schema_of(schemas.CorrectionExample)}},
        },
        **problems(*ACCESS),
    },
)
def export_corrections(services: ServicesDep, actor: Lead) -> StreamingResponse:
    """Send each correction with its text, what was said of it, and what is right."""

    def note(session: Session) -> None:
        audit.exported(session, "corrections", actor=actor, details={"format": "jsonl"})

    transactions.writing(services, note)
    return StreamingResponse(_examples(services), media_type=NDJSON)


def _examples(services: Services) -> Iterator[bytes]:
    for example in correcting.export(services.database.read):
        yield msgspec.json.encode(example) + b"\n"


def found(session: Session, item_id: str) -> Item:
    """Return the item of this id.

    Raises:
        UnknownItem: there is none; what cannot be an id is not looked up.
    """
    item = session.get(Item, item_id) if item_id.isalnum() and item_id.isascii() else None
    if item is None:
        raise UnknownItem("no such item")
    return item
