"""Decisions: made once, against the version that was read; taken back; looked up; and the audit."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import errors, etags, showing, transactions
from api.access.actors import Permission
from api.access.callers import Lead, Reader, Reviewer
from api.bodies import JSON, parse_json, read_body, validated
from api.deps import ServicesDep
from api.errors import Problem
from api.etags import IfMatch
from api.idempotency import IdempotencyKey, run_once
from api.openapi import json_body, problems, schema_of
from api.review import audit, deciding
from api.review.errors import NotStanding
from api.review.paging import newest_first
from api.routes.items import ACCESS, CREATING, ItemId, found
from api.schemas import items as schemas
from api.storage.tables import Decision

router = APIRouter(prefix="/v1", tags=["decisions"])


_DECISION_PROBLEMS = problems(
    *CREATING,
    errors.UNKNOWN_ITEM,
    errors.ALREADY_DECIDED,
    errors.PRECONDITION_FAILED,
    errors.PRECONDITION_REQUIRED,
    errors.REASON_REQUIRED,
)
_DECISION_PROBLEMS[409]["content"] = {errors.MEDIA_TYPE: {"schema": schema_of(schemas.ConflictProblem)}}


@router.post(
    "/items/{id}/decision",
    operation_id="decideItem",
    summary="Decide an item",
    status_code=201,
    response_model=schemas.DecisionReply,
    openapi_extra=json_body(schemas.DecisionRequest),
    responses=_DECISION_PROBLEMS,
)
async def decide_item(
    request: Request,
    item_id: ItemId,
    services: ServicesDep,
    actor: Reviewer,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Decide the item as it was read: `If-Match` carries its `ETag`.

    Where somebody decided meanwhile, the reply is `409` and says who, when and what (`decided`); where only
    the version moved on, `412`. Nobody's decision is ever overwritten unseen. Whoever decided may change it,
    and so may a lead, with the new `ETag`. The service records decisions and carries none of them out.
    """
    version = etags.required_version(if_match)
    body = await read_body(request, media_type=JSON, seconds=services.settings.time_limit_seconds)
    wanted = validated(schemas.DecisionRequest, parse_json(body))

    def store(session: Session) -> Response:
        item = found(session, item_id)
        made = deciding.decide(session, item.id, actor=actor, expected_version=version, **wanted.model_dump())
        reply = showing.decision_reply(made, item)
        headers = {"Location": showing.address(item.id), "ETag": etags.of_version(item.version)}
        return Response(reply.model_dump_json(), 201, headers, media_type=JSON)

    work = partial(transactions.write, services, store)
    scope = f"POST /v1/items/{item_id}/decision {version}"
    return await run_once(services, actor, key, body, work, scope=scope)


@router.delete(
    "/items/{id}/decision",
    operation_id="undoDecision",
    summary="Take a decision back",
    response_model=schemas.ItemBrief,
    responses=problems(
        *ACCESS,
        errors.UNKNOWN_ITEM,
        errors.NOT_DECIDED,
        errors.PRECONDITION_FAILED,
        errors.PRECONDITION_REQUIRED,
    ),
)
def undo_decision(
    item_id: ItemId, services: ServicesDep, actor: Reviewer, response: Response, if_match: IfMatch = None
) -> schemas.ItemBrief:
    """Return the item to where it stood: one's own last 20 decisions, or any as a lead.

    `If-Match` is optional here; where it comes, it must name the item's `ETag` as it is now.
    """
    version = None if if_match is None else etags.required_version(if_match)

    def work(session: Session) -> schemas.ItemBrief:
        item = found(session, item_id)
        if item.decision_id is None:
            raise NotStanding("not decided")
        item = deciding.undo(session, item.decision_id, actor=actor, expected_version=version)
        response.headers["ETag"] = etags.of_version(item.version)
        return showing.item_brief(item, actor=actor)

    return transactions.writing(services, work)


@router.get(
    "/decisions",
    operation_id="getDecisions",
    summary="Decisions, newest first",
    responses=problems(*ACCESS),
)
def get_decisions(
    query: Annotated[schemas.DecisionsQuery, Query()], services: ServicesDep, actor: Reader
) -> schemas.DecisionsReply:
    """List the caller's own decisions, undone ones too; a lead sees everybody's."""
    if not actor.may(Permission.LEAD) and query.by not in (None, actor.name):
        detail = "Others' decisions are for leads."
        raise Problem(errors.FORBIDDEN, errors=[{"pointer": "/query/by", "detail": detail}])
    by = query.by if actor.may(Permission.LEAD) else actor.name
    wanted = select(Decision)
    for column, value in (
        (Decision.actor, by),
        (Decision.item_id, query.item),
        (Decision.action, query.action),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    if query.since is not None:
        wanted = wanted.where(Decision.created_at >= query.since)
    if query.until is not None:
        wanted = wanted.where(Decision.created_at < query.until)

    def work(session: Session) -> schemas.DecisionsReply:
        page = newest_first(
            session,
            wanted,
            moment=Decision.created_at,
            identifier=Decision.id,
            key=lambda one: (one.created_at, one.id),
            after=query.cursor,
            limit=query.limit,
        )
        return schemas.DecisionsReply(
            decisions=[showing.decision_entry(one) for one in page.rows], next=page.next
        )

    return transactions.reading(services, work)


@router.get(
    "/audit",
    operation_id="getAudit",
    summary="Who did what, when",
    responses=problems(*ACCESS),
)
def get_audit(
    query: Annotated[schemas.AuditQuery, Query()], services: ServicesDep, _: Lead
) -> schemas.AuditReply:
    """List what was done, newest first; no entry holds a text."""
    filters = audit.AuditFilters(
        actor=query.by,
        action=query.action,
        object_kind=query.object_kind,
        object_id=query.object_id,
        since=query.since,
        until=query.until,
    )

    def work(session: Session) -> schemas.AuditReply:
        page = audit.page(session, filters, query.cursor, limit=query.limit)
        return schemas.AuditReply(entries=[showing.audit_item(one) for one in page.rows], next=page.next)

    return transactions.reading(services, work)
