"""The pages: paste a text and see its marks, read about the API, read about an error."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from api import errors
from api.bodies import FORM, parse_form, read_body, require_usable
from api.console import reference
from api.console.marks import pieces
from api.console.rendering import render
from api.deps import ServicesDep
from api.errors import Problem, from_input_error
from api.ports import TextChecker
from api.settings import Settings
from claimcheck.errors import InputError

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

SAMPLE = "samples/kratom.txt"


@router.get("/")
async def empty_page(services: ServicesDep, sample: bool = False) -> Response:
    """Show the form; with ``?sample=1``, show it with the shipped article already checked."""
    if not sample:
        return HTMLResponse(_page(text="", report=None))
    text = files("claimcheck").joinpath(SAMPLE).read_text("utf-8").strip()
    show = partial(_checked_page, text, checker=services.checker, settings=services.settings)
    return await services.runner.run(show)


@router.post("/")
async def checked_page(request: Request, services: ServicesDep) -> Response:
    """Show the text that was sent with its marks; nothing of it is kept."""
    require_same_site(request.headers)
    body = await read_body(request, media_type=FORM, seconds=services.settings.time_limit_seconds)
    show = partial(_form_page, body, checker=services.checker, settings=services.settings)
    return await services.runner.run(show)


def require_same_site(headers: Mapping[str, str]) -> None:
    """Refuse a form that a page of another site sent, where the browser says so.

    Raises:
        Problem: ``cross-site``.
    """
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Problem(errors.CROSS_SITE)
    # Our own pages send "null" as their origin, since they ask browsers to send no referrer; a form
    # in a sandboxed frame sends the same, and is let in where the browser names no site: nothing is
    # stored or changed by this form.
    origin = headers.get("origin", "null")
    if origin != "null" and _place(origin) != headers.get("host", "").lower():
        raise Problem(errors.CROSS_SITE)


def _place(origin: str) -> str | None:
    # Behind a proxy the scheme may differ from the one we see; host and port must not.
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def _form_page(body: bytes, *, checker: TextChecker, settings: Settings) -> Response:
    # A browser sends each line break of a text area as CR LF, whatever was pasted.
    text = parse_form(body).get("text", "").replace("\r\n", "\n")
    return _checked_page(text, checker=checker, settings=settings)


def _checked_page(text: str, *, checker: TextChecker, settings: Settings) -> Response:
    try:
        require_usable(text, max_bytes=settings.max_text_bytes, at=("text",))
        report = checker.check(text).to_dict()
    except InputError as error:
        return _refused_page(text, from_input_error(error, at="/text"))
    except Problem as problem:
        return _refused_page(text, problem)
    return HTMLResponse(_page(text=text, report=report))


def _refused_page(text: str, problem: Problem) -> Response:
    # What is no text, or too much of it, is not sent back into the form.
    kept = text if problem.kind is errors.EMPTY_TEXT else ""
    return HTMLResponse(_page(text=kept, report=None, fault=problem.kind), status_code=problem.kind.status)


def _page(*, text: str, report: dict[str, Any] | None, fault: errors.Kind | None = None) -> str:
    claims = report["claims"] if report else []
    return render(
        "check.html",
        text=text,
        report=report,
        fault=fault,
        pieces=pieces(text, claims) if report else [],
        numbered=list(enumerate(claims, 1)),
    )


@router.get("/docs")
async def reference_page(request: Request) -> Response:
    """Show every call, made from the OpenAPI document."""
    document = request.app.openapi()
    page = render(
        "docs.html",
        document=document,
        groups=reference.groups(document),
        schemas=document["components"]["schemas"],
        example=partial(reference.example, document),
    )
    return HTMLResponse(page)


@router.get("/problems")
async def problems_page() -> Response:
    """List every type of error."""
    return HTMLResponse(render("problems.html", kinds=list(errors.KINDS.values())))


@router.get("/problems/{slug}")
async def problem_page(slug: str) -> Response:
    """Explain one type of error; its address is the error's ``type``."""
    kind = errors.KINDS.get(slug)
    if kind is None:
        raise Problem(errors.NOT_FOUND)
    return HTMLResponse(render("problems.html", kinds=[kind]))
