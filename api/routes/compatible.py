"""Drop-in calls for clients of two other services: their shapes, our two axes."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from api import checking, compatible, errors
from api.access.actors import Actor
from api.access.callers import Scorer
from api.bodies import JSON, read_body
from api.deps import Services, ServicesDep
from api.errors import KEY_IN_ADDRESS, Problem
from api.openapi import json_body, problems
from api.pinning import NAMES_VERSIONS, pinned
from api.schemas import compatible as schemas


def no_key_in_address(request: Request) -> None:
    """Refuse a key in the address, where logs and histories would keep it.

    Raises:
        Problem: ``key-in-address``.
    """
    if "key" in request.query_params:
        raise Problem(KEY_IN_ADDRESS, errors=[{"pointer": "/query/key", "detail": KEY_IN_ADDRESS.detail}])


router = APIRouter(tags=["compatible"], dependencies=[Depends(no_key_in_address), Depends(pinned)])

_PROBLEMS = (
    errors.KEY_IN_ADDRESS,
    errors.UNAUTHORIZED,
    errors.FORBIDDEN,
    errors.MALFORMED_JSON,
    errors.SLOW_REQUEST,
    errors.VERSION_PIN_REFUSED,
    errors.REQUEST_TOO_LARGE,
    errors.TEXT_TOO_LONG,
    errors.UNSUPPORTED_MEDIA_TYPE,
    errors.INVALID_REQUEST,
    errors.EMPTY_TEXT,
    errors.NOT_TEXT,
    errors.RATE_LIMITED,
    errors.BUSY,
    errors.TIME_LIMIT,
    errors.NOT_READY,
)
_ANALYZE: dict[str, Any] = {
    "summary": "Score a comment, in the shape of the Perspective API",
    "response_model": schemas.AnalyzeReply,
    "response_model_exclude_unset": True,
    "openapi_extra": json_body(schemas.AnalyzeRequest),
    "responses": {200: NAMES_VERSIONS, **problems(*_PROBLEMS, errors.UNSUPPORTED_LANGUAGE)},
}


async def _answer(
    request: Request, services: Services, actor: Actor, work: Callable[..., checking.Answer]
) -> Response:
    body = await read_body(request, media_type=JSON, seconds=services.settings.time_limit_seconds)
    task = checking.Task(services.checker, services.settings, begun=time.monotonic(), actor=actor)
    answer = await services.runner.run(partial(work, body, task=task))
    return Response(answer.encoded(), media_type=JSON)


@router.post(
    "/v1/moderations",
    operation_id="createModeration",
    summary="Moderate texts, in the shape of OpenAI's moderations",
    response_model=schemas.ModerationReply,
    openapi_extra=json_body(schemas.ModerationRequest),
    responses={200: NAMES_VERSIONS, **problems(*_PROBLEMS, errors.TOO_MANY_ITEMS)},
)
async def moderate(request: Request, services: ServicesDep, actor: Scorer) -> Response:
    """Answer for each text whether it is flagged, on which axis, and with which scores.

    What the numbers mean, and that they mean something else than those of the service whose shape this
    is: docs/how-to/replace-moderations.md. No text is kept.
    """
    return await _answer(request, services, actor, compatible.moderate)


@router.post("/v1/comments:analyze", operation_id="analyzeComment", **_ANALYZE)
async def analyze(request: Request, services: ServicesDep, actor: Scorer) -> Response:
    """Score a comment on one axis or both, and where asked, each claim by its place in UTF-16 code units.

    What the numbers mean: docs/how-to/replace-perspective.md. A key in the address is refused. No text
    is kept, whatever `doNotStore` says.
    """
    return await _answer(request, services, actor, compatible.analyze)


@router.post("/v1alpha1/comments:analyze", operation_id="analyzeCommentAlpha", **_ANALYZE)
async def analyze_alpha(request: Request, services: ServicesDep, actor: Scorer) -> Response:
    """Do what `POST /v1/comments:analyze` does, at the path that clients were built with."""
    return await _answer(request, services, actor, compatible.analyze)
