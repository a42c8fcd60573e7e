"""A database, workers over it, and somebody who makes jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from api.access.actors import Actor, of_key
from api.jobs.leasing import Pace
from api.jobs.worker import Worker
from api.settings import Settings
from api.storage.database import Database
from api.storage.tables import Scope
from tests.api.conftest import PhraseChecker

QUICK = Pace(lease=timedelta(seconds=0.6), retry=timedelta(0))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open database: each test runs on both kinds."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def crawler() -> Actor:
    """A key that may put texts into the queue."""
    return of_key(key_id="c" * 32, name="crawler", scope=Scope.REVIEW)


@pytest.fixture
def worker_with(database: Database, checker: PhraseChecker) -> Callable[..., Worker]:
    """Return what makes a worker over the database."""

    def made(pace: Pace = QUICK) -> Worker:
        settings = Settings(log_format="off", webhook_private_hosts=("localhost",))
        return Worker(database, checker, settings, pace=pace)

    return made


@pytest.fixture
def worker(worker_with: Callable[..., Worker]) -> Worker:
    """One worker, whose leases are short."""
    return worker_with()
