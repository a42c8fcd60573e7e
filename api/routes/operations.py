"""Operations: is it alive, is it ready, what runs here, how is it doing."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, Response

from api import errors, knowledge
from api.access.actors import Actor, Permission
from api.access.callers import address_of, caller, presented
from api.deps import ServicesDep
from api.errors import FORBIDDEN, NOT_READY, Problem
from api.metrics import MEDIA_TYPE, Metrics
from api.openapi import problems
from api.readiness import Readiness
from api.runner import RETRY_AFTER_SECONDS
from api.schemas import checks as schemas

router = APIRouter(tags=["operations"])

# Whoever sends one of these is behind a proxy, whose own address says nothing of who asks.
_SENT_BY_PROXIES = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@router.get("/livez", operation_id="live", summary="Is the process alive?")
async def live() -> schemas.StatusReply:
    """Answer as long as the event loop runs."""
    return schemas.StatusReply(status="ok")


@router.get(
    "/readyz", operation_id="ready", summary="Can it check texts?", responses=problems(errors.NOT_READY)
)
async def ready(request: Request, services: ServicesDep) -> schemas.ReadyReply:
    """Answer 200 where texts can be checked, else 503 with each reason in `errors`.

    Reasons are a model or knowledge base that is missing, a knowledge base past its age, a database that
    does not answer or has another schema, and a server that is starting or ending. A server that runs
    without its trained encoder answers 200, and says so.
    """
    readiness: Readiness = request.app.state.readiness
    if faults := await readiness.faults():
        raise Problem(NOT_READY, errors=faults, headers={"Retry-After": RETRY_AFTER_SECONDS})
    told = services.checker.warnings
    return schemas.ReadyReply(
        status="degraded" if told else "ok",
        warnings=[schemas.ReportWarning(code=w.code, message=w.message) for w in told],
    )


async def watcher(
    request: Request, services: ServicesDep, key: Annotated[Actor | None, Depends(presented)]
) -> None:
    """Let in who asks on this machine itself, and who has a key that may administer.

    Raises:
        Problem: ``unauthorized`` or ``forbidden`` for everyone else.
    """
    if _is_on_this_machine(request):
        return
    if not (await caller(request, services, key)).may(Permission.ADMIN):
        raise Problem(FORBIDDEN)


def _is_on_this_machine(request: Request) -> bool:
    try:
        loopback = ip_address(address_of(request)).is_loopback
    except ValueError:
        return False
    return loopback and not any(name in request.headers for name in _SENT_BY_PROXIES)


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Counters and gauges for Prometheus",
    response_class=PlainTextResponse,
    responses=problems(errors.UNAUTHORIZED, errors.FORBIDDEN, errors.NOT_READY),
)
def metrics(request: Request, _: Annotated[None, Depends(watcher)]) -> Response:
    """Answer in Prometheus' text format: to a caller on this machine itself, or with an admin key."""
    counted: Metrics = request.app.state.metrics
    return Response(counted.page(), media_type=MEDIA_TYPE)


@router.get(
    "/v1/version",
    operation_id="getVersion",
    summary="Versions of everything a result depends on",
    responses=problems(errors.NOT_READY),
)
async def get_version(services: ServicesDep) -> schemas.VersionReply:
    """Name the versions that every report carries."""
    versions = knowledge.versions_reply(services.checker.versions)
    return schemas.VersionReply(**dict(versions), report_version="1")
