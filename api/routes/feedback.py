"""Feedback: anyone who may check texts may say that a claim is wrong or was missed."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from api import showing, transactions
from api.access.callers import Reviewer, Scorer
from api.bodies import JSON, parse_json, read_body, validated
from api.deps import ServicesDep
from api.idempotency import IdempotencyKey, run_once
from api.openapi import json_body, problems
from api.review import feedback
from api.routes.items import ACCESS, CREATING
from api.schemas import feedback as schemas
from api.schemas.items import CreatedReply

router = APIRouter(prefix="/v1", tags=["feedback"])

_WORDS = ("claim_id", "rule", "quote", "prefix", "suffix", "comment", "source_url")


@router.post(
    "/feedback",
    operation_id="sendFeedback",
    summary="Say that a claim is wrong or was missed",
    status_code=201,
    response_model=CreatedReply,
    openapi_extra=json_body(schemas.FeedbackRequest),
    responses=problems(*CREATING),
)
async def send_feedback(
    request: Request, services: ServicesDep, actor: Scorer, key: IdempotencyKey = None
) -> Response:
    """Store what is wrong. Of the text, only what is sent as `quote`, `prefix` and `suffix` is kept."""
    body = await read_body(request, media_type=JSON, seconds=services.settings.time_limit_seconds)
    sent = validated(schemas.FeedbackRequest, parse_json(body))
    words = sent.model_dump(mode="json", include=set(_WORDS))

    def store(session: Session) -> Response:
        made = feedback.send(session, actor=actor, kind=sent.kind, words=words, versions=sent.versions)
        content = {"id": made.id, "created_at": made.created_at.isoformat()}
        return Response(msgspec.json.encode(content), 201, media_type=JSON)

    work = partial(transactions.write, services, store)
    return await run_once(services, actor, key, body, work, scope="POST /v1/feedback")


@router.get(
    "/feedback",
    operation_id="getFeedback",
    summary="What was sent, newest first",
    responses=problems(*ACCESS),
)
def get_feedback(
    query: Annotated[schemas.FeedbackQuery, Query()], services: ServicesDep, _: Reviewer
) -> schemas.FeedbackReply:
    """List feedback by kind, by the rule it is about, by whether somebody has seen to it."""

    def work(session: Session) -> schemas.FeedbackReply:
        page = feedback.page(
            session,
            kind=query.kind,
            rule=query.rule,
            handled=query.handled,
            after=query.cursor,
            limit=query.limit,
        )
        return schemas.FeedbackReply(
            feedback=[showing.feedback_entry(one) for one in page.rows], next=page.next
        )

    return transactions.reading(services, work)
