"""The open pages: read about the API, read about an error."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from api import errors
from api.access.sessions import Anyone
from api.console import reference
from api.console.context import show
from api.errors import Problem

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/docs")
async def reference_page(request: Request, _: Anyone) -> Response:
    """Show every call, made from the OpenAPI document."""
    document = request.app.openapi()
    return show(
        request,
        "docs.html",
        document=document,
        groups=reference.groups(document),
        schemas=document["components"]["schemas"],
        example=partial(reference.example, document),
    )


@router.get("/problems")
async def problems_page(request: Request, _: Anyone) -> Response:
    """List every type of error."""
    return show(request, "problems.html", kinds=list(errors.KINDS.values()))


@router.get("/problems/{slug}")
async def problem_page(request: Request, slug: str, _: Anyone) -> Response:
    """Explain one type of error; its address is the error's ``type``."""
    kind = errors.KINDS.get(slug)
    if kind is None:
        raise Problem(errors.NOT_FOUND)
    return show(request, "problems.html", kinds=[kind])
