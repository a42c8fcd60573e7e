"""The application: one factory, everything made once at start and handed down.

Run it with ``claimcheck serve``, or by any ASGI server as a factory:
``uvicorn --factory api.main:create_app``.
"""

from __future__ import annotations

from functools import partial
from importlib.resources import files

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import Depends, FastAPI
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles

from api import errors
from api.access import limits, sessions
from api.console import (
    account,
    administration,
    audit_pages,
    bulk,
    checking,
    dashboards,
    deciding,
    exporting,
    feedback_pages,
    importing,
    item,
    key_pages,
    knowledge_pages,
    pages,
    queue,
    setting_pages,
    signing_in,
    webhook_pages,
)
from api.lifetime import lifespan
from api.metrics import Metrics
from api.middleware import (
    REQUEST_ID_HEADER,
    AccessLog,
    BodyLimit,
    HostCheck,
    SecurityHeaders,
    UnexpectedErrors,
    is_request_id,
)
from api.openapi import DESCRIPTION, describe
from api.pinning import VersionHeaders
from api.ports import TextChecker
from api.routes import checks, compatible, decisions, feedback, items, jobs, knowledge, operations, webhooks
from api.settings import Settings, from_environment
from api.telemetry import Traced
from claimcheck.version import __version__

# Every call of the API is counted against its key; health and the console's pages are not.
API = (checks, compatible, knowledge, items, decisions, feedback, jobs, webhooks)
UNCOUNTED = (operations,)
# Paths that take files; everything else is bounded by max_request_bytes.
UPLOADS = ("/v1/jobs", "/import")
CONSOLE = (
    signing_in,
    pages,
    checking,
    knowledge_pages,
    importing,
    exporting,
    dashboards,
    audit_pages,
    feedback_pages,
    queue,
    item,
    deciding,
    bulk,
    account,
    administration,
    key_pages,
    webhook_pages,
    setting_pages,
)
TAGS = [
    {"name": "check", "description": "Find the claims of a text and judge them."},
    {"name": "compatible", "description": "For clients that were written for other services."},
    {"name": "queue", "description": "The moderators' queue: stored texts, who has them open, corrections."},
    {"name": "decisions", "description": "What was decided, by whom, and the audit."},
    {"name": "jobs", "description": "Files of many texts, read by workers."},
    {"name": "webhooks", "description": "Whom to tell of ended jobs and of decisions."},
    {"name": "feedback", "description": "Callers' word that a claim is wrong or was missed."},
    {"name": "knowledge", "description": "Read what decides: concepts, statements, rules."},
    {"name": "operations", "description": "Health and versions."},
]


def create_app(*, checker: TextChecker | None = None, settings: Settings | None = None) -> FastAPI:
    """Return the application.

    Args:
        checker: what judges texts; without one, ``claimcheck.load()`` is called once at start.
        settings: without them, they are read from the environment.

    Raises:
        ConfigError: a setting in the environment cannot be used.
    """
    settings = settings or from_environment()
    metrics = Metrics()
    app = FastAPI(
        title="claimcheck",
        version=__version__,
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_tags=TAGS,
        # The framework's own pages load their scripts from elsewhere; /docs is rendered here.
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        lifespan=lifespan(checker, settings),
        middleware=_middleware(settings, metrics),
    )
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    app.state.metrics = metrics
    app.state.call_limiter = limits.Limiter(settings.rate_limit)
    app.state.sign_in_limiter = limits.Limiter(limits.SIGN_IN_RATES)
    errors.install(app)
    sessions.install(app)
    for module in API:
        app.include_router(module.router, dependencies=[Depends(limits.limited)])
    for uncounted in (*UNCOUNTED, *CONSOLE):
        app.include_router(uncounted.router)
    static = str(files("api.console").joinpath("static"))
    app.mount("/static", StaticFiles(directory=static), name="static")
    return app


def _middleware(settings: Settings, metrics: Metrics) -> list[Middleware]:
    """Return what surrounds the routes, outermost first."""
    return [
        Middleware(
            CorrelationIdMiddleware,
            header_name=REQUEST_ID_HEADER,
            validator=is_request_id,
        ),
        Middleware(AccessLog, metrics=metrics),
        *([Middleware(Traced)] if settings.telemetry_endpoint else []),
        Middleware(SecurityHeaders),
        Middleware(limits.RateLimitHeaders),
        Middleware(VersionHeaders),
        Middleware(UnexpectedErrors),
        Middleware(HostCheck, allowed_hosts=settings.allowed_hosts),
        Middleware(
            BodyLimit,
            max_bytes=settings.max_request_bytes,
            uploads=UPLOADS,
            max_upload_bytes=settings.max_upload_bytes,
        ),
    ]
