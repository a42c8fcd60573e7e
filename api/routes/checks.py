"""Checking: one text, a batch of texts, scores only."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from functools import partial

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from msgspec.json import encode
from sqlalchemy.orm import Session

from api import checking, errors, transactions
from api.access.actors import Actor
from api.access.callers import Scorer
from api.bodies import JSON, read_body
from api.deps import Services, ServicesDep
from api.openapi import json_body, problems, schema_of
from api.pinning import NAMES_VERSIONS, pinned
from api.review import intake
from api.schemas import checks as schemas
from api.streaming import NDJSON, Lines, in_order, wants_lines

router = APIRouter(prefix="/v1", tags=["check"], dependencies=[Depends(pinned)])

# So many texts of one stream are read or wait to be sent; others want to be answered, too.
_AHEAD = 4
_PAUSE_SECONDS = 0.1

_BODY_PROBLEMS = (
    errors.UNAUTHORIZED,
    errors.FORBIDDEN,
    errors.MALFORMED_JSON,
    errors.SLOW_REQUEST,
    errors.VERSION_PIN_REFUSED,
    errors.REQUEST_TOO_LARGE,
    errors.UNSUPPORTED_MEDIA_TYPE,
    errors.INVALID_REQUEST,
    errors.BUSY,
    errors.TIME_LIMIT,
    errors.NOT_READY,
)
_TEXT_PROBLEMS = (errors.TEXT_TOO_LONG, errors.EMPTY_TEXT, errors.NOT_TEXT)


async def _answer(
    request: Request, services: ServicesDep, actor: Actor, work: Callable[..., checking.Answer]
) -> Response:
    body = await read_body(request, media_type=JSON, seconds=services.settings.time_limit_seconds)
    task = checking.Task(services.checker, services.settings, begun=time.monotonic(), actor=actor)
    answer = await services.runner.run(partial(work, body, task=task))
    if answer.stored:
        await transactions.write(services, partial(_store, answer=answer, actor=actor))
    return Response(answer.encoded(), media_type=JSON)


def _store(session: Session, *, answer: checking.Answer, actor: Actor) -> None:
    """Store what is to be stored and name it in the answer."""
    for text, content in answer.stored:
        item = intake.submit(
            session,
            text=text.text,
            report=text.report,
            submitted_by=actor,
            external_id=text.external_id,
            source=text.source,
            source_url=text.source_url,
        )
        content["item"] = {"id": item.id, "url": f"/v1/items/{item.id}"}


@router.post(
    "/check",
    operation_id="check",
    summary="Check one text",
    response_model=schemas.ReportReply,
    response_model_exclude_unset=True,
    openapi_extra=json_body(schemas.CheckRequest),
    responses={200: NAMES_VERSIONS, **problems(*_BODY_PROBLEMS, *_TEXT_PROBLEMS)},
)
async def check(request: Request, services: ServicesDep, actor: Scorer) -> Response:
    """Find the claims of one text and judge each: what is known, and what can happen."""
    return await _answer(request, services, actor, checking.check)


@router.post(
    "/check/batch",
    operation_id="checkBatch",
    summary="Check up to 100 texts",
    response_model=schemas.BatchReply,
    openapi_extra=json_body(schemas.BatchRequest),
    responses={
        200: {**NAMES_VERSIONS, "content": {NDJSON: {"schema": schema_of(schemas.BatchResult)}}},
        **problems(*_BODY_PROBLEMS, errors.TOO_MANY_ITEMS),
    },
)
async def check_batch(request: Request, services: ServicesDep, actor: Scorer) -> Response:
    """Check several texts in one call; results come in order, an error beside the others' reports.

    With `Accept: application/x-ndjson` each result is a line of its own, sent as soon as it and those
    before it are ready. The time limit then holds for each text, not for all of them.
    """
    if wants_lines(request):
        return await _stream(request, services, actor)
    return await _answer(request, services, actor, checking.check_batch)


async def _stream(request: Request, services: Services, actor: Actor) -> Response:
    body = await read_body(request, media_type=JSON, seconds=services.settings.time_limit_seconds)
    task = checking.Task(services.checker, services.settings, begun=time.monotonic(), actor=actor)
    batch = await services.runner.run(partial(checking.read_batch, body, task=task))
    works = (
        partial(_line, value, index=index, batch=batch, services=services, actor=actor)
        for index, value in enumerate(batch.items)
    )
    lines: AsyncGenerator[bytes, None] = in_order(works, ahead=_AHEAD)
    return Lines(lines)


async def _line(
    value: object, *, index: int, batch: schemas.BatchEnvelope, services: Services, actor: Actor
) -> bytes:
    """Return the line of one item: its report, or why there is none."""
    task = checking.Task(services.checker, services.settings, begun=time.monotonic(), actor=actor)
    work = partial(checking.check_batch_item, value, index=index, batch=batch, task=task)
    try:
        answer = await _in_its_turn(work, services=services, task=task)
        if answer.stored:
            await transactions.write(services, partial(_store, answer=answer, actor=actor))
        content = answer.content
    except errors.Problem as problem:
        content = checking.failed_item(value, index=index, problem=problem)
    except Exception as error:
        # The reply has begun: what nobody foresaw takes the place of this line alone.
        errors.log_unexpected(error)
        content = checking.failed_item(value, index=index, problem=errors.Problem(errors.INTERNAL))
    return encode(content) + b"\n"


async def _in_its_turn(
    work: Callable[[], checking.Answer], *, services: Services, task: checking.Task
) -> checking.Answer:
    """Run ``work``, and wait where every place is taken: a stream can, as nothing was promised of its pace.

    Raises:
        Problem: ``busy`` or ``time-limit`` where no place was free in time.
    """
    while True:
        try:
            return await services.runner.run(work)
        except errors.Problem as problem:
            if problem.kind is not errors.BUSY:
                raise
            task.require_time()
        await asyncio.sleep(_PAUSE_SECONDS)


@router.post(
    "/score",
    operation_id="score",
    summary="Scores and suggested action only",
    response_model=schemas.ScoreReply | schemas.ScoresReply,
    openapi_extra=json_body(schemas.ScoreRequest),
    responses={
        200: NAMES_VERSIONS,
        **problems(*_BODY_PROBLEMS, *_TEXT_PROBLEMS, errors.TOO_MANY_ITEMS),
    },
)
async def score(request: Request, services: ServicesDep, actor: Scorer) -> Response:
    """Answer with scores and the suggested action: the small reply for filters.

    With `text` the reply is one result, with `texts` a list in the same order.
    """
    return await _answer(request, services, actor, checking.score)
