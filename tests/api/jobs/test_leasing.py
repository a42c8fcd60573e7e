"""Rows are shared by leases, and each of them ends once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from api.access.actors import Actor
from api.jobs import leasing, queueing
from api.jobs.leasing import LeasedRow, Pace
from api.jobs.queueing import Row
from api.jobs.row_errors import RowError
from api.jobs.worker import Worker
from api.storage.columns import now
from api.storage.database import Database
from api.storage.tables import Job, JobKind, JobRow, JobState, RowState
from tests.api.conftest import PhraseChecker
from tests.api.jobs.conftest import QUICK

CLAIM = "Kratom potentiates antidepressants."


def make(database: Database, actor: Actor, texts: list[str]) -> str:
    with database.begin() as session:
        rows = [Row({"text": text}, external_id=f"t{n}", line=n + 1) for n, text in enumerate(texts)]
        return queueing.create(session, kind=JobKind.CHECK, rows=rows, options={}, actor=actor).id


def lease(database: Database, holder: str, pace: Pace = QUICK) -> list[LeasedRow]:
    with database.begin() as session:
        chunk = leasing.claim(session, holder=holder, pace=pace)
    return [] if chunk is None else list(chunk.rows)


def states(database: Database, job_id: str) -> Counter[str]:
    with database.read() as session:
        return Counter(session.scalars(select(JobRow.state).where(JobRow.job_id == job_id)))


def row(database: Database, job_id: str, position: int = 0) -> JobRow:
    with database.read() as session:
        return session.get_one(JobRow, (job_id, position))


def run_out(database: Database, job_id: str) -> None:
    with database.begin() as session:
        session.execute(
            update(JobRow).where(JobRow.job_id == job_id).values(lease_until=now() - timedelta(seconds=1))
        )


def test_many_checks_do_not_hold_up_an_import(
    database: Database, crawler: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leasing, "_MOST_JOBS", 2)
    checks = [make(database, crawler, [CLAIM]) for _ in range(3)]
    with database.begin() as session:
        rows = [Row({"text": CLAIM})]
        job = queueing.create(session, kind=JobKind.IMPORT, rows=rows, options={}, actor=crawler)
    assert [lease(database, "a")[0].job_id for _ in range(2)] == [job.id, checks[0]]


def test_two_workers_never_hold_the_same_row(database: Database, crawler: Actor) -> None:
    make(database, crawler, [CLAIM] * 30)
    first, second, third = (lease(database, holder) for holder in ("a", "b", "c"))
    assert [r.position for r in first] == list(range(20))
    assert [r.position for r in second] == list(range(20, 30))
    assert third == []


def test_a_lease_that_ran_out_goes_to_another(database: Database, crawler: Actor) -> None:
    job_id = make(database, crawler, [CLAIM])
    (leased,) = lease(database, "a")
    assert lease(database, "b") == []
    run_out(database, job_id)
    (again,) = lease(database, "b")
    with database.begin() as session:
        assert not leasing.finish(session, leased, holder="a", result={"report": "late"})
        assert leasing.finish(session, again, holder="b", result={"report": "right"})
    ended = row(database, job_id)
    assert (ended.state, ended.result, ended.payload) == (RowState.DONE, {"report": "right"}, None)


def test_a_result_is_written_once(database: Database, crawler: Actor) -> None:
    job_id = make(database, crawler, [CLAIM])
    (leased,) = lease(database, "a")
    with database.begin() as session:
        assert leasing.finish(session, leased, holder="a", result={"report": 1})
        assert not leasing.finish(session, leased, holder="a", result={"report": 2})
        assert not leasing.fail(session, leased, holder="a", error=RowError.NOT_TEXT)
    assert row(database, job_id).result == {"report": 1}


def test_a_row_that_ends_its_workers_is_dead_and_its_neighbours_are_not(
    database: Database, crawler: Actor
) -> None:
    job_id = make(database, crawler, [CLAIM, CLAIM])
    for _ in range(QUICK.attempts):
        leased = {one.position: one for one in lease(database, "killed")}
        assert set(leased) == {0, 1}
        with database.begin() as session:
            assert leasing.begin(session, leased[0], holder="killed")
        run_out(database, job_id)
    (left,) = lease(database, "next")
    assert left.position == 1
    dead = row(database, job_id)
    assert (dead.state, dead.error, dead.payload) == (RowState.DEAD, RowError.WORKER_LOST, None)


def test_a_row_during_which_a_worker_ended_comes_last(database: Database, crawler: Actor) -> None:
    job_id = make(database, crawler, [CLAIM] * 30)
    first, *_ = lease(database, "killed")
    with database.begin() as session:
        assert leasing.begin(session, first, holder="killed")
    run_out(database, job_id)
    # Nineteen that were never begun, then those that nobody had, then the one in question.
    assert [one.position for one in lease(database, "a")] == list(range(1, 21))
    assert [one.position for one in lease(database, "b")] == [*range(21, 30), 0]


def test_a_renewed_lease_does_not_run_out(database: Database, crawler: Actor) -> None:
    make(database, crawler, [CLAIM])
    with database.begin() as session:
        chunk = leasing.claim(session, holder="a", pace=replace(QUICK, lease=timedelta(seconds=0)))
        assert chunk is not None
        leasing.renew(session, chunk, holder="a", pace=QUICK)
    assert lease(database, "b") == []


def test_the_heart_beats_while_a_row_is_read(
    database: Database, crawler: Actor, worker: Worker, checker: PhraseChecker
) -> None:
    make(database, crawler, ["wait for me"])
    reading = threading.Thread(target=worker.run_once)
    reading.start()
    deadline = time.monotonic() + 10
    while not checker.calls and time.monotonic() < deadline:
        time.sleep(0.01)
    # Twice as long as a lease lasts, by the clock: a lease that nobody renews would be gone.
    until = time.monotonic() + 2 * QUICK.lease.total_seconds()
    while time.monotonic() < until:
        assert lease(database, "thief") == []
        time.sleep(0.05)
    checker.release.set()
    reading.join(timeout=10)
    assert len(checker.calls) == 1


def test_a_row_that_hangs_is_let_go(
    database: Database, crawler: Actor, worker_with: Callable[..., Worker], checker: PhraseChecker
) -> None:
    job_id = make(database, crawler, ["wait for me"])
    worker = worker_with(replace(QUICK, longest=timedelta(0)))
    reading = threading.Thread(target=worker.run_once)
    reading.start()
    deadline = time.monotonic() + 10
    taken: list[LeasedRow] = []
    while not taken and time.monotonic() < deadline:
        taken = lease(database, "thief") if checker.calls else []
        time.sleep(0.01)
    checker.release.set()
    reading.join(timeout=10)
    assert [one.position for one in taken] == [0]
    # The one that hung came back too late to write anything.
    assert (row(database, job_id).state, row(database, job_id).lease_holder) == (RowState.LEASED, "thief")


def test_two_workers_write_each_result_once(
    database: Database, crawler: Actor, worker_with: Callable[..., Worker], checker: PhraseChecker
) -> None:
    job_id = make(database, crawler, [f"{CLAIM} {n}" for n in range(500)])
    workers = [worker_with(Pace()), worker_with(Pace())]

    def work(worker: Worker) -> None:
        while worker.run_once():
            pass

    threads = [threading.Thread(target=work, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert states(database, job_id) == {"done": 500}
    assert len(checker.calls) == 500
    with database.read() as session:
        job = session.get_one(Job, job_id)
        results = list(queueing.results(session, job_id, limit=1000))
    assert (job.state, job.finished_at is not None) == (JobState.SUCCEEDED, True)
    assert [r.position for r in results] == list(range(500))


def test_what_breaks_is_tried_again_and_then_dead(database: Database, crawler: Actor, worker: Worker) -> None:
    job_id = make(database, crawler, ["break me"])
    tried = 0
    while states(database, job_id)["queued"]:
        tried += worker.run_once()
    assert tried == QUICK.attempts
    dead = row(database, job_id)
    assert (dead.state, dead.error, dead.payload) == (RowState.DEAD, RowError.INTERNAL, None)
    with database.read() as session:
        assert session.get_one(Job, job_id).state == JobState.FAILED


def test_a_row_that_failed_waits_longer_each_time(database: Database, crawler: Actor) -> None:
    job_id = make(database, crawler, [CLAIM])
    pace = replace(QUICK, retry=timedelta(seconds=60))
    (leased,) = lease(database, "a")
    before = now()
    with database.begin() as session:
        leasing.try_again(session, leased, holder="a", pace=pace)
    waiting = row(database, job_id)
    assert waiting.not_before is not None
    assert timedelta(seconds=30) <= waiting.not_before - before <= timedelta(seconds=91)
    assert lease(database, "b") == []
    with database.begin() as session:
        session.execute(update(JobRow).values(state="leased", lease_holder="a"))
        leasing.try_again(session, replace(leased, attempts=1), holder="a", pace=pace)
    waiting = row(database, job_id)
    assert waiting.not_before is not None
    assert timedelta(seconds=60) <= waiting.not_before - before <= timedelta(seconds=181)


def test_text_that_cannot_be_read_fails_alone_and_at_once(
    database: Database, crawler: Actor, worker: Worker
) -> None:
    job_id = make(database, crawler, ["refuse me", CLAIM])
    worker.run_once()
    assert states(database, job_id) == {"failed": 1, "done": 1}
    with database.read() as session:
        first, second = queueing.results(session, job_id)
    assert (first.error, first.line, first.result) == (RowError.NOT_TEXT, 1, None)
    assert second.result is not None
    assert second.result["report"]["claims"]


def test_jobs_take_turns(database: Database, crawler: Actor, worker_with: Callable[..., Worker]) -> None:
    long = make(database, crawler, [CLAIM] * 100)
    short = make(database, crawler, [CLAIM] * 5)
    worker = worker_with()
    worker.run_once()
    worker.run_once()
    assert states(database, short) == {"done": 5}
    assert states(database, long) == {"done": 20, "queued": 80}


def test_stopping_gives_back_what_was_not_begun(
    database: Database, crawler: Actor, worker: Worker, checker: PhraseChecker
) -> None:
    job_id = make(database, crawler, ["wait for me", *[CLAIM] * 10])
    running = threading.Thread(target=worker.run_forever)
    running.start()
    deadline = time.monotonic() + 10
    while not checker.calls and time.monotonic() < deadline:
        time.sleep(0.01)
    worker.stop()
    checker.release.set()
    running.join(timeout=10)
    assert not running.is_alive()
    assert states(database, job_id) == {"done": 1, "queued": 10}


@pytest.mark.parametrize("ended", [JobState.SUCCEEDED, JobState.CANCELLED])
def test_an_ended_job_is_left_alone(database: Database, crawler: Actor, ended: JobState) -> None:
    job_id = make(database, crawler, [CLAIM])
    with database.begin() as session:
        session.execute(update(Job).where(Job.id == job_id).values(state=ended.value))
    assert lease(database, "a") == []


def test_a_job_whose_closer_was_killed_is_closed_by_the_next(
    database: Database, crawler: Actor, worker: Worker
) -> None:
    job_id = make(database, crawler, [CLAIM])
    (leased,) = lease(database, "killed")
    with database.begin() as session:
        leasing.finish(session, leased, holder="killed", result={"report": {}})
    with database.read() as session:
        assert session.get_one(Job, job_id).state == JobState.RUNNING
    worker.run_once()
    with database.read() as session:
        assert session.get_one(Job, job_id).state == JobState.SUCCEEDED
