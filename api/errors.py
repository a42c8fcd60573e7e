"""Every error this server answers with, as RFC 9457 problems of a stable type.

No message here is built from submitted text or from an exception's message:
a caller learns what was wrong and where, and never reads back what was sent.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypedDict

import msgspec
import sqlalchemy.exc
from asgi_correlation_id import correlation_id
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from api.console import context
from api.console.rendering import render
from claimcheck.errors import EmptyText, InputError, NotText, TextTooLong, UnknownOption

logger = logging.getLogger("claimcheck.api")

MEDIA_TYPE = "application/problem+json"
ERRORS_SHOWN = 20
_NAME_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of problem: its address on this server, its status, what a caller can do."""

    slug: str
    status: int
    title: str
    detail: str

    @property
    def type(self) -> str:
        """The relative reference that identifies the type; it leads to a page that explains it."""
        return f"/problems/{self.slug}"


class Fault(TypedDict):
    """One place in the request that is wrong."""

    pointer: str
    detail: str


MALFORMED_JSON = Kind("malformed-json", 400, "Malformed JSON", "The body is not one JSON value in UTF-8.")
MALFORMED_FORM = Kind("malformed-form", 400, "Malformed form", "The form's fields cannot be read.")
UNKNOWN_HOST = Kind(
    "unknown-host",
    400,
    "Unknown host",
    "The Host header names none of this server's names; its operator sets them as allowed_hosts.",
)
KEY_IN_ADDRESS = Kind(
    "key-in-address",
    400,
    "Key in the address",
    "Send the key as 'Authorization: Bearer …'. Addresses end up in logs: replace the key that stood in it.",
)
BAD_REQUEST = Kind("bad-request", 400, "Bad request", "The request cannot be read.")
UNAUTHORIZED = Kind(
    "unauthorized",
    401,
    "No valid key",
    "Send a key of this server as 'Authorization: Bearer …'; it may be wrong, revoked or past its time.",
)
FORBIDDEN = Kind(
    "forbidden", 403, "Not allowed", "This key or account is valid, and may not do what was asked."
)
CROSS_SITE = Kind("cross-site", 403, "Cross-site request", "The form was sent by a page of another site.")
STALE_FORM = Kind(
    "stale-form",
    403,
    "Form out of date",
    "The form was not made for this sign-in: go back, load the page again, and send it once more.",
)
NOT_FOUND = Kind("not-found", 404, "Not found", "Nothing is served at this address.")
UNKNOWN_CONCEPT = Kind(
    "unknown-concept", 404, "Unknown concept", "The knowledge base has no concept of this id or name."
)
UNKNOWN_ITEM = Kind("unknown-item", 404, "Unknown item", "The queue has no item of this id.")
METHOD_NOT_ALLOWED = Kind(
    "method-not-allowed", 405, "Method not allowed", "The address exists, but not for this method: see Allow."
)
SLOW_REQUEST = Kind("slow-request", 408, "Request too slow", "The body did not arrive within the time limit.")
ALREADY_DECIDED = Kind(
    "already-decided",
    409,
    "Already decided",
    "Somebody decided this item meanwhile: decided says who, when and what. Nothing was overwritten.",
)
NOT_DECIDED = Kind(
    "not-decided", 409, "Not decided", "No decision stands on this item: there is nothing to take back."
)
IDEMPOTENCY_IN_PROGRESS = Kind(
    "idempotency-in-progress",
    409,
    "Still in progress",
    "The first request with this Idempotency-Key is not answered yet; ask again shortly.",
)
VERSION_PIN_REFUSED = Kind(
    "version-pin-refused",
    409,
    "Other versions run here",
    "This server runs other versions than Claimcheck-Pin asks for; errors says which.",
)
PRECONDITION_FAILED = Kind(
    "precondition-failed",
    412,
    "Item has changed",
    "The item has another version than If-Match names: read it again before deciding.",
)
REQUEST_TOO_LARGE = Kind(
    "request-too-large",
    413,
    "Request too large",
    "The body is larger than this server reads: 5 MB at most, and for files as its operator set.",
)
TEXT_TOO_LONG = Kind(
    "text-too-long",
    413,
    "Text too long",
    "A text is longer than this server reads (1,000,000 bytes in UTF-8 at most).",
)
UNSUPPORTED_MEDIA_TYPE = Kind(
    "unsupported-media-type",
    415,
    "Unsupported media type",
    "Send the body as application/json in UTF-8, without a content encoding.",
)
INVALID_REQUEST = Kind(
    "invalid-request", 422, "Invalid request", "The request does not fit its schema; see errors."
)
EMPTY_TEXT = Kind("empty-text", 422, "Empty text", "There is nothing to read in the text.")
NOT_TEXT = Kind(
    "not-text",
    422,
    "Not a text",
    "The text holds what no readable text has: NUL, lone surrogates or other binary content.",
)
UNSUPPORTED_LANGUAGE = Kind(
    "unsupported-language",
    422,
    "Language not read",
    "Only English is read; a number for a text in another language would be a guess.",
)
TOO_MANY_ITEMS = Kind("too-many-items", 422, "Too many items", "The request holds more texts than allowed.")
REASON_REQUIRED = Kind(
    "reason-required",
    422,
    "Reason required",
    "This action is not taken without a reason code: the server's policy of reasons says so.",
)
IDEMPOTENCY_MISMATCH = Kind(
    "idempotency-mismatch",
    422,
    "Idempotency-Key used before",
    "This Idempotency-Key came with another request in the last 24 hours: use a new one.",
)
PRECONDITION_REQUIRED = Kind(
    "precondition-required",
    428,
    "If-Match required",
    "Send the item's ETag as If-Match, so that no decision of somebody else is overwritten.",
)
RATE_LIMITED = Kind(
    "rate-limited",
    429,
    "Too many requests",
    "More calls came than this server allows; RateLimit-Policy says how many, Retry-After when to go on.",
)
TOO_MANY_JOBS = Kind(
    "too-many-jobs",
    429,
    "Too many open jobs",
    "This caller has 20 jobs of kind check that have not ended: wait for one, or cancel it.",
)
INTERNAL = Kind(
    "internal",
    500,
    "Internal error",
    "Something went wrong on the server. Its log holds the request id, never the text.",
)
BUSY = Kind(
    "busy",
    503,
    "Server busy",
    "Every worker is busy and the queue is full, or the one at the text was lost; try again shortly.",
)
TIME_LIMIT = Kind(
    "time-limit",
    503,
    "Time limit reached",
    "The check took longer than allowed; send shorter or fewer texts.",
)
NOT_READY = Kind(
    "not-ready",
    503,
    "Not ready",
    "The server is starting or ending, or lacks what a check needs; see errors.",
)

KINDS: Mapping[str, Kind] = {
    kind.slug: kind
    for kind in (
        MALFORMED_JSON,
        MALFORMED_FORM,
        UNKNOWN_HOST,
        KEY_IN_ADDRESS,
        BAD_REQUEST,
        UNAUTHORIZED,
        FORBIDDEN,
        CROSS_SITE,
        STALE_FORM,
        NOT_FOUND,
        UNKNOWN_CONCEPT,
        UNKNOWN_ITEM,
        METHOD_NOT_ALLOWED,
        SLOW_REQUEST,
        ALREADY_DECIDED,
        NOT_DECIDED,
        IDEMPOTENCY_IN_PROGRESS,
        VERSION_PIN_REFUSED,
        PRECONDITION_FAILED,
        REQUEST_TOO_LARGE,
        TEXT_TOO_LONG,
        UNSUPPORTED_MEDIA_TYPE,
        INVALID_REQUEST,
        EMPTY_TEXT,
        NOT_TEXT,
        UNSUPPORTED_LANGUAGE,
        TOO_MANY_ITEMS,
        REASON_REQUIRED,
        IDEMPOTENCY_MISMATCH,
        PRECONDITION_REQUIRED,
        RATE_LIMITED,
        TOO_MANY_JOBS,
        INTERNAL,
        BUSY,
        TIME_LIMIT,
        NOT_READY,
    )
}

_BY_STATUS = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED, 413: REQUEST_TOO_LARGE, 415: UNSUPPORTED_MEDIA_TYPE}


class Problem(Exception):
    """A request that is answered with an error of ``kind``."""

    def __init__(
        self,
        kind: Kind,
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(kind.slug)
        self.kind = kind
        self.errors = tuple(errors)[:ERRORS_SHOWN]
        self.headers = dict(headers or {})
        self.members = dict(members or {})

    def to_dict(self) -> dict[str, Any]:
        """Return the problem's members, without the request id, which belongs to the whole reply."""
        return {
            "type": self.kind.type,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.kind.detail,
            "errors": list(self.errors),
            **self.members,
        }


def from_input_error(error: InputError, *, at: str) -> Problem:
    """Return the problem for text or options that the library refused; ``at`` points to the text."""
    match error:
        case EmptyText():
            kind = EMPTY_TEXT
        case TextTooLong():
            kind = TEXT_TOO_LONG
        case NotText():
            kind = NOT_TEXT
        case UnknownOption():
            return Problem(INVALID_REQUEST, errors=[{"pointer": "", "detail": "An option does not exist."}])
        case _:
            kind = INVALID_REQUEST
    return Problem(kind, errors=[{"pointer": at, "detail": kind.detail}])


def pointer(*steps: str | int) -> str:
    """Return the JSON pointer (RFC 6901) of these steps, long names cut, undecodable parts replaced.

    >>> pointer("items", 3, "a/b")
    '/items/3/a~1b'
    """
    return "".join(f"/{_step(step)}" for step in steps)


def _step(step: str | int) -> str:
    name = str(step)[:_NAME_SHOWN].encode("utf-8", "replace").decode()
    return name.replace("~", "~0").replace("/", "~1")


def faults(errors: Sequence[Mapping[str, Any]], *, at: Sequence[str | int] = ()) -> list[Fault]:
    """Return the places a schema found wrong, below ``at``, at most ``ERRORS_SHOWN`` of them."""
    return [
        {"pointer": pointer(*at, *error["loc"]), "detail": str(error["msg"])}
        for error in errors[:ERRORS_SHOWN]
    ]


def respond(problem: Problem, request: Request) -> Response:
    """Return the reply: a page for a reader in a browser, JSON for everyone else."""
    request_id = correlation_id.get()
    if wants_page(request):
        page = render("problem.html", problem=problem, request_id=request_id, page=context.of(request))
        return HTMLResponse(page, status_code=problem.kind.status, headers=problem.headers)
    content = {**problem.to_dict(), "request_id": request_id}
    return Response(
        msgspec.json.encode(content),
        status_code=problem.kind.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )


def wants_page(request: Request) -> bool:
    """Tell whether the reply is for a person looking at a page and not for a program."""
    return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", "")


def log_unexpected(error: BaseException) -> None:
    """Log that something broke: the type of the error and its place in the code, never its message."""
    place = "unknown"
    trace = error.__traceback__
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    logger.error("unexpected %s at %s", type(error).__name__, place)


def install(app: FastAPI) -> None:
    """Answer every error of the application with a problem."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid_parameters)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(OperationalError, _on_busy_database)
    app.add_exception_handler(sqlalchemy.exc.TimeoutError, _on_busy_database)


def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return respond(error, request)


def _on_busy_database(request: Request, error: Exception) -> Response:
    # A write lock that is held too long, a pool without a free connection, a server that is away.
    logger.warning("database gave %s", type(error).__name__)
    return respond(Problem(BUSY, headers={"Retry-After": "2"}), request)


def _on_invalid_parameters(request: Request, error: Exception) -> Response:
    # Bodies are validated in bodies.py; what comes here are parameters: loc is ("query", name).
    assert isinstance(error, RequestValidationError)
    return respond(Problem(INVALID_REQUEST, errors=faults(error.errors())), request)


def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = _BY_STATUS.get(error.status_code)
    if kind is None:
        kind = INTERNAL if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR else BAD_REQUEST
    allow = {name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"}
    return respond(Problem(kind, headers=allow), request)
