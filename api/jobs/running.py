"""Workers as processes: one, or several that are watched and replaced where they end."""

from __future__ import annotations

import multiprocessing
import signal
import time
from multiprocessing.context import SpawnProcess
from types import FrameType

import claimcheck
from api import logs
from api.jobs.worker import Worker
from api.settings import Settings, from_environment
from api.storage.migrating import opened

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LOOK_SECONDS = 0.5
# A worker that ends as soon as it starts is not started again in a hurry.
_PAUSE_SECONDS = 2.0
_LAST_SECONDS = 30.0


def run(*, processes: int = 1, settings: Settings | None = None) -> None:
    """Work until this process is told to end (SIGINT, SIGTERM); rows at hand are finished first.

    Args:
        processes: workers to run; with more than one, each is a process of its own.
        settings: without them, they are read from the environment.

    Raises:
        ConfigError: a setting cannot be used, or the database cannot.
        ArtefactError: the model cannot be loaded.
    """
    settings = settings or from_environment()
    logs.configure(settings.log_format)
    if processes == 1:
        _work(settings)
        return
    # What is wrong with the settings or the database is said once, here.
    opened(settings).close()
    _watch(settings, processes)


def _work(settings: Settings) -> None:
    database = opened(settings)
    try:
        worker = Worker(database, claimcheck.load(), settings)
        for number in _SIGNALS:
            signal.signal(number, lambda *_: worker.stop())
        worker.run_forever()
    finally:
        database.close()


def _watch(settings: Settings, processes: int) -> None:
    ending = False

    def end(_number: int, _frame: FrameType | None) -> None:
        nonlocal ending
        ending = True

    for number in _SIGNALS:
        signal.signal(number, end)
    running = [_started(settings) for _ in range(processes)]
    while not ending:
        time.sleep(_LOOK_SECONDS)
        for place, process in enumerate(running):
            if process.exitcode is not None and not ending:
                logs.logger.error("a worker ended with status %s and is replaced", process.exitcode)
                time.sleep(_PAUSE_SECONDS)
                running[place] = _started(settings)
    _end(running)


def _started(settings: Settings) -> SpawnProcess:
    # Spawned, not forked: the threads of numeric libraries do not survive a fork.
    process = multiprocessing.get_context("spawn").Process(target=run, kwargs={"settings": settings})
    process.start()
    return process


def _end(running: list[SpawnProcess]) -> None:
    for process in running:
        process.terminate()
    deadline = time.monotonic() + _LAST_SECONDS
    for process in running:
        process.join(max(0.0, deadline - time.monotonic()))
        if process.exitcode is None:
            # Its leases run out, and others do its rows.
            process.kill()
            process.join()
