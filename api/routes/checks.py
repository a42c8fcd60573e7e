"""Checking: one text, a batch of texts, scores only."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import checking, errors
from api.access.callers import Scorer
from api.bodies import JSON, read_body
from api.deps import ServicesDep
from api.openapi import json_body, problems
from api.schemas import checks as schemas

router = APIRouter(prefix="/v1", tags=["check"])

_BODY_PROBLEMS = (
    errors.UNAUTHORIZED,
    errors.FORBIDDEN,
    errors.MALFORMED_JSON,
    errors.SLOW_REQUEST,
    errors.REQUEST_TOO_LARGE,
    errors.UNSUPPORTED_MEDIA_TYPE,
    errors.INVALID_REQUEST,
    errors.BUSY,
    errors.TIME_LIMIT,
    errors.NOT_READY,
)
_TEXT_PROBLEMS = (errors.TEXT_TOO_LONG, errors.EMPTY_TEXT, errors.NOT_TEXT)


async def _answer(request: Request, services: ServicesDep, work: Callable[..., bytes]) -> Response:
    body = await read_body(request, media_type=JSON, seconds=services.settings.time_limit_seconds)
    task = checking.Task(checker=services.checker, settings=services.settings, begun=time.monotonic())
    return Response(await services.runner.run(partial(work, body, task=task)), media_type=JSON)


@router.post(
    "/check",
    operation_id="check",
    summary="Check one text",
    response_model=schemas.ReportReply,
    response_model_exclude_unset=True,
    openapi_extra=json_body(schemas.CheckRequest),
    responses=problems(*_BODY_PROBLEMS, *_TEXT_PROBLEMS, errors.STORING_UNAVAILABLE),
)
async def check(request: Request, services: ServicesDep, _: Scorer) -> Response:
    """Find the claims of one text and judge each: what is known, and what can happen."""
    return await _answer(request, services, checking.check)


@router.post(
    "/check/batch",
    operation_id="checkBatch",
    summary="Check up to 100 texts",
    response_model=schemas.BatchReply,
    openapi_extra=json_body(schemas.BatchRequest),
    responses=problems(*_BODY_PROBLEMS, errors.TOO_MANY_ITEMS, errors.STORING_UNAVAILABLE),
)
async def check_batch(request: Request, services: ServicesDep, _: Scorer) -> Response:
    """Check several texts in one call; results come in order, an error beside the others' reports."""
    return await _answer(request, services, checking.check_batch)


@router.post(
    "/score",
    operation_id="score",
    summary="Scores and suggested action only",
    response_model=schemas.ScoreReply | schemas.ScoresReply,
    openapi_extra=json_body(schemas.ScoreRequest),
    responses=problems(*_BODY_PROBLEMS, *_TEXT_PROBLEMS, errors.TOO_MANY_ITEMS),
)
async def score(request: Request, services: ServicesDep, _: Scorer) -> Response:
    """Answer with scores and the suggested action: the small reply for filters.

    With `text` the reply is one result, with `texts` a list in the same order.
    """
    return await _answer(request, services, checking.score)
