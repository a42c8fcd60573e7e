"""From the bytes of a request to a checked value: read, decode, validate, in bounded time and memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import NoReturn, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from api.errors import (
    BAD_REQUEST,
    EMPTY_TEXT,
    INVALID_REQUEST,
    MALFORMED_JSON,
    NOT_TEXT,
    SLOW_REQUEST,
    TEXT_TOO_LONG,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
    faults,
    pointer,
)

Model = TypeVar("Model", bound=BaseModel)

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
# No request has more fields than this; more would only make a long list of errors.
_MOST_FIELDS = 32


async def read_body(request: Request, *, media_type: str, seconds: float) -> bytes:
    """Return the body, whose size the middleware bounds.

    Raises:
        Problem: ``unsupported-media-type``, ``request-too-large``, ``slow-request`` or, where the
            caller hung up, ``bad-request``.
    """
    _require_media_type(request, media_type)
    try:
        async with asyncio.timeout(seconds):
            return await request.body()
    except TimeoutError:
        raise Problem(SLOW_REQUEST) from None
    except ClientDisconnect:
        raise Problem(BAD_REQUEST) from None


def _require_media_type(request: Request, media_type: str) -> None:
    given, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.replace(" ", "").replace('"', "").lower()
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    fits = given.strip().lower() == media_type and charset in ("", "charset=utf-8", "charset=utf8")
    if not fits or encoding != "identity":
        raise Problem(UNSUPPORTED_MEDIA_TYPE)


def parse_json(body: bytes) -> object:
    """Return the one JSON value that ``body`` is.

    Raises:
        Problem: ``malformed-json``, also for NaN, for numbers of thousands of digits and for
            values nested deeper than the interpreter follows.
    """
    try:
        value: object = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Problem(MALFORMED_JSON) from None
    return value


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("not a JSON number")


def validated(model: type[Model], value: object, *, at: Sequence[str | int] = ()) -> Model:
    """Return ``value`` as a ``model``; ``at`` is where it stands in the body.

    Raises:
        Problem: ``invalid-request``, with the place of each fault.
    """
    if isinstance(value, dict) and len(value) > _MOST_FIELDS:
        raise Problem(INVALID_REQUEST, errors=[{"pointer": pointer(*at), "detail": "Too many fields."}])
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        raise Problem(INVALID_REQUEST, errors=faults(found, at=at)) from None


def require_usable(text: str, *, max_bytes: int, at: Sequence[str | int]) -> None:
    """Refuse what is no text or too much of it, before anything reads it.

    Raises:
        Problem: ``empty-text``, ``not-text`` or ``text-too-long``.
    """
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        size = -1
    if size < 0 or "\0" in text:
        kind = NOT_TEXT
    elif size > max_bytes:
        kind = TEXT_TOO_LONG
    elif not text or text.isspace():
        kind = EMPTY_TEXT
    else:
        return
    raise Problem(kind, errors=[{"pointer": pointer(*at), "detail": kind.detail}])
