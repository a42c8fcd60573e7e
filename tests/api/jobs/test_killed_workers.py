"""Workers that are killed in the middle of their work lose nothing and repeat nothing."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.context import ForkServerProcess

from sqlalchemy import select

from api.access.actors import Actor
from api.jobs import queueing
from api.jobs.leasing import Pace
from api.jobs.queueing import Row
from api.jobs.row_errors import RowError
from api.jobs.worker import Worker
from api.settings import Settings
from api.storage.database import Database
from api.storage.tables import Item, Job, JobKind, JobRow, JobState
from tests.api.conftest import PhraseChecker
from tests.api.jobs import slow_worker
from tests.api.jobs.slow_worker import ENDS_ITS_WORKER

CLAIM = "Kratom potentiates antidepressants."
ROWS = 300


# Workers are forked from a server that has imported everything once, so that starting one is quick.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.api.jobs.slow_worker"])


@contextmanager
def running(database_url: str, *, lease: float, attempts: int) -> Iterator[ForkServerProcess]:
    process = PROCESSES.Process(target=slow_worker.main, args=(database_url, lease, attempts))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def ended(database: Database, job_id: str) -> int:
    with database.read() as session:
        return queueing.progress(session, job_id).done


def test_every_row_has_one_result_however_often_workers_are_killed(
    database: Database, database_url: str, crawler: Actor, checker: PhraseChecker
) -> None:
    with database.begin() as session:
        rows = (Row({"text": f"{CLAIM} {n}"}, external_id=f"t{n}") for n in range(ROWS))
        job_id = queueing.create(session, kind=JobKind.IMPORT, rows=rows, options={}, actor=crawler).id
    chance = random.Random(7)
    kills = 0
    deadline = time.monotonic() + 120
    while ended(database, job_id) < ROWS and time.monotonic() < deadline:
        before = ended(database, job_id)
        with running(database_url, lease=1.0, attempts=50) as process:
            # In the middle of a chunk: some of its rows are done, the others leased.
            wanted = min(ROWS, before + chance.randint(5, 70))
            while ended(database, job_id) < wanted and time.monotonic() < deadline:
                time.sleep(0.01)
            process.kill()
            kills += 1
    with database.read() as session:
        job = session.get_one(Job, job_id)
        results = queueing.results(session, job_id, limit=ROWS + 1)
        items = session.scalars(select(Item)).all()
        attempts = Counter(session.scalars(select(JobRow.attempts)))
    assert kills >= 5
    assert [r.position for r in results] == list(range(ROWS))
    assert all(r.result is not None and r.error is None for r in results)
    # An import stores what it read: nothing is stored twice.
    assert Counter(item.text for item in items) == {f"{CLAIM} {n}": 1 for n in range(ROWS)}
    assert {r.result["item"]["id"] for r in results if r.result} == {item.id for item in items}
    # Rows that were leased and not begun when their worker was killed are not counted against.
    assert attempts[1] >= ROWS - kills
    if job.state != JobState.SUCCEEDED:
        # The last one was killed between its last result and closing the job.
        Worker(database, checker, Settings(log_format="off")).run_once()
        with database.read() as session:
            assert session.get_one(Job, job_id).state == JobState.SUCCEEDED


def test_a_text_that_kills_its_workers_is_given_up(
    database: Database, database_url: str, crawler: Actor, checker: PhraseChecker
) -> None:
    with database.begin() as session:
        texts = [CLAIM, ENDS_ITS_WORKER, CLAIM]
        rows = [Row({"text": text}) for text in texts]
        job_id = queueing.create(session, kind=JobKind.CHECK, rows=rows, options={}, actor=crawler).id
    for _ in range(3):
        with running(database_url, lease=0.3, attempts=3) as process:
            process.join(timeout=60)
            assert process.exitcode == 9
    time.sleep(0.4)
    survivor = Worker(
        database, checker, Settings(log_format="off"), pace=Pace(lease=timedelta(seconds=5), attempts=3)
    )
    while survivor.run_once():
        pass
    with database.read() as session:
        assert session.get_one(Job, job_id).state == JobState.SUCCEEDED
        first, second, third = queueing.results(session, job_id)
    assert (first.error, second.error, third.error) == (None, RowError.WORKER_LOST, None)
