"""Operations: is it alive, is it ready, what runs here."""

from __future__ import annotations

from fastapi import APIRouter

from api import errors, knowledge
from api.deps import ServicesDep
from api.openapi import problems
from api.schemas import checks as schemas

router = APIRouter(tags=["operations"])


@router.get("/livez", operation_id="live", summary="Is the process alive?")
async def live() -> schemas.StatusReply:
    """Answer as long as the event loop runs."""
    return schemas.StatusReply(status="ok")


@router.get(
    "/readyz", operation_id="ready", summary="Can it check texts?", responses=problems(errors.NOT_READY)
)
async def ready(services: ServicesDep) -> schemas.ReadyReply:
    """Answer 200 once models and knowledge base are loaded, 503 before.

    A server that runs without its trained encoder answers, too, and says so.
    """
    told = services.checker.warnings
    return schemas.ReadyReply(
        status="degraded" if told else "ok",
        warnings=[schemas.ReportWarning(code=w.code, message=w.message) for w in told],
    )


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
