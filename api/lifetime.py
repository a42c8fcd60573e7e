"""From the start of the application to its end: what is made once, and in which order it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from functools import partial

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from api import logs, reading
from api.batching import Batcher
from api.console.waiting import WaitingRoom
from api.deps import Services
from api.draining import told_at_signal
from api.election import start_where_elected
from api.errors import log_unexpected
from api.jobs.worker import Worker, start_in_thread
from api.metrics import Metrics
from api.ports import CheckedText, TextChecker
from api.readiness import Readiness
from api.runner import Runner
from api.settings import Settings
from api.storage.database import Database
from api.storage.migrating import opened
from api.telemetry import Telemetry
from claimcheck.errors import ConfigError

# The HTTP server has waited for its replies before; this is for what still runs without a caller.
_LAST_SECONDS = 5.0
_SWEEPING_SECONDS = 600.0


def lifespan(
    checker: TextChecker | None, settings: Settings
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return what surrounds the application's life.

    Args:
        checker: what judges texts; without one, what the settings say is loaded.
        settings: the server's settings.
    """

    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        logs.configure(settings.log_format)
        async with AsyncExitStack() as ends:
            services, batcher = await _made(app, checker, settings, ends)
            readiness = _watched(app.state.metrics, services, batcher)
            app.state.readiness = readiness

            def drain() -> None:
                readiness.begin_draining()
                services.runner.refuse()

            app.state.services = services
            try:
                with told_at_signal(drain):
                    yield
            finally:
                drain()
                await services.runner.drain(seconds=_LAST_SECONDS)
                app.state.services = None

    return run


async def _made(
    app: FastAPI, checker: TextChecker | None, settings: Settings, ends: AsyncExitStack
) -> tuple[Services, Batcher]:
    """Make everything; ``ends`` ends it in the opposite order."""
    metrics: Metrics = app.state.metrics
    telemetry = Telemetry.to(settings.telemetry_endpoint) if settings.telemetry_endpoint else None
    app.state.telemetry = telemetry
    if telemetry is not None:
        ends.push_async_callback(run_in_threadpool, telemetry.close)
    database: Database = await run_in_threadpool(opened, settings)
    ends.callback(database.close)
    sweeping = asyncio.create_task(_swept(settings))
    ends.push_async_callback(_ended, sweeping)
    runner = Runner(
        workers=settings.workers,
        waiting=settings.waiting,
        seconds=settings.time_limit_seconds,
        on_refusal=metrics.refused,
    )

    def on_read(report: CheckedText, seconds: float) -> None:
        metrics.read(report, seconds)
        if telemetry is not None:
            telemetry.read(report, seconds)

    start = partial(
        reading.started, checker, settings=settings, others=lambda: runner.inside, on_read=on_read
    )
    batcher: Batcher = await run_in_threadpool(start)
    ends.push_async_callback(run_in_threadpool, batcher.close)
    ends.callback(runner.close)
    if settings.embedded_worker:
        # Ends before what it reads with.
        work = partial(start_in_thread, Worker(database, batcher, settings), seconds=_LAST_SECONDS)
        end_worker = start_where_elected(work, settings.embedded_worker_lock)
        ends.push_async_callback(run_in_threadpool, end_worker)
    return Services(checker=batcher, runner=runner, settings=settings, database=database), batcher


async def _swept(settings: Settings) -> None:
    """Remove uploads that waited too long, also where nobody imports anything any more."""
    while True:
        await asyncio.sleep(_SWEEPING_SECONDS)
        try:
            await run_in_threadpool(lambda: WaitingRoom.of(settings.database_url).sweep())
        except (OSError, ConfigError) as error:
            log_unexpected(error)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _watched(metrics: Metrics, services: Services, batcher: Batcher) -> Readiness:
    """Show the parts in the metrics, and return what tells whether they can do their work."""
    metrics.watch(
        database=services.database,
        versions=batcher.versions,
        inside=lambda: services.runner.inside,
        readers=lambda: batcher.able,
    )
    return Readiness(
        kb=batcher.kb,
        database=services.database,
        readers=lambda: batcher.able,
        max_kb_age_days=services.settings.max_kb_age_days,
    )
