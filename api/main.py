"""The application: one factory, everything made once at start and handed down.

Run it with ``claimcheck serve``, or by any ASGI server as a factory:
``uvicorn --factory api.main:create_app``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from importlib.resources import files

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles

import claimcheck
from api import errors, logs
from api.console import pages
from api.deps import Services
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
from api.ports import TextChecker
from api.routes import checks, knowledge, operations
from api.runner import Runner
from api.settings import Settings, from_environment
from api.storage.migrating import opened
from claimcheck.version import __version__

TAGS = [
    {"name": "check", "description": "Find the claims of a text and judge them."},
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
        lifespan=_lifespan(checker, settings),
        middleware=_middleware(settings),
    )
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    errors.install(app)
    for module in (checks, knowledge, operations, pages):
        app.include_router(module.router)
    static = str(files("api.console").joinpath("static"))
    app.mount("/static", StaticFiles(directory=static), name="static")
    return app


def _lifespan(
    checker: TextChecker | None, settings: Settings
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        logs.configure(settings.log_format)
        loaded: TextChecker = await run_in_threadpool(claimcheck.load) if checker is None else checker
        runner = Runner(
            workers=settings.workers, waiting=settings.waiting, seconds=settings.time_limit_seconds
        )
        database = await run_in_threadpool(opened, settings)
        app.state.services = Services(checker=loaded, runner=runner, settings=settings, database=database)
        try:
            yield
        finally:
            app.state.services = None
            runner.close()
            database.close()

    return lifespan


def _middleware(settings: Settings) -> list[Middleware]:
    """Return what surrounds the routes, outermost first."""
    return [
        Middleware(
            CorrelationIdMiddleware,
            header_name=REQUEST_ID_HEADER,
            validator=is_request_id,
        ),
        Middleware(AccessLog),
        Middleware(SecurityHeaders),
        Middleware(UnexpectedErrors),
        Middleware(HostCheck, allowed_hosts=settings.allowed_hosts),
        Middleware(BodyLimit, max_bytes=settings.max_request_bytes),
    ]
