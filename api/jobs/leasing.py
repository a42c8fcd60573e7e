"""How workers share the rows of jobs: leases that end by themselves, results written once.

A worker leases a few rows, notes of each that it begins it, and ends it in
one transaction that only goes through while the lease is still its own.  A
worker that dies leaves leases that run out, and the rows go to another.
A row that was begun too often without an end is dead: it may be what kills
the workers.  Rows that were leased and never begun are not counted against.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, or_, select, update
from sqlalchemy.orm import Session

from api.jobs.queueing import OPEN_JOBS, OPEN_ROWS, close_if_over
from api.jobs.row_errors import RowError
from api.storage.columns import now
from api.storage.tables import Job, JobKind, JobRow, JobState, RowState

_MOST_JOBS = 200
_LONGEST_WAIT = 300.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How rows are shared.

    Attributes:
        chunk: rows leased at a time.
        lease: how long a lease lasts without being renewed.
        attempts: how often a row is begun at most.
        retry: what a row waits after its first failure; twice as long after each further one.
        longest: how long one row may take; its lease is renewed no longer than that.
    """

    chunk: int = 20
    lease: timedelta = timedelta(seconds=60)
    attempts: int = 3
    retry: timedelta = timedelta(seconds=2)
    longest: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class LeasedRow:
    """One row to be worked on."""

    job_id: str
    position: int
    external_id: str | None
    payload: Mapping[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of one job, leased to one worker."""

    job_id: str
    kind: JobKind
    options: Mapping[str, Any]
    rows: tuple[LeasedRow, ...]


def anything_to_do(session: Session) -> bool:
    """Tell whether :func:`claim` may find something; only reads, so that idle workers block nobody."""
    moment = now()
    for job_id in _open_jobs(session):
        still_open = exists().where(JobRow.job_id == job_id, JobRow.state.in_(OPEN_ROWS))
        if not session.scalar(select(still_open)):
            return True
        for ready in (_expired(moment), _waiting(moment)):
            if session.scalar(select(exists().where(JobRow.job_id == job_id, ready))):
                return True
    return False


def claim(session: Session, *, holder: str, pace: Pace, after_job: str | None = None) -> Chunk | None:
    """Lease the next rows to ``holder``: of the job after ``after_job`` in turn, so that none starves.

    Jobs found to be over are ended, rows begun too often are given up on the way.
    """
    moment = now()
    for job_id in _in_turn(_open_jobs(session), after_job):
        _bury(session, job_id, moment=moment, attempts=pace.attempts)
        rows = _lease(session, job_id, holder=holder, pace=pace, moment=moment)
        if rows:
            return _chunk(session, job_id, rows)
        close_if_over(session, job_id)
    return None


def _open_jobs(session: Session) -> Sequence[str]:
    # However many checks wait, what moderators wait for is among the jobs that are looked at.
    checks_last = case((Job.kind == JobKind.CHECK.value, 1), else_=0)
    query = select(Job.id).where(Job.state.in_(OPEN_JOBS)).order_by(checks_last, Job.created_at, Job.id)
    return session.scalars(query.limit(_MOST_JOBS)).all()


def _in_turn(job_ids: Sequence[str], last: str | None) -> list[str]:
    start = job_ids.index(last) + 1 if last in job_ids else 0
    return [*job_ids[start:], *job_ids[:start]]


def _expired(moment: datetime) -> ColumnElement[bool]:
    return and_(JobRow.state == RowState.LEASED.value, JobRow.lease_until < moment)


def _left(moment: datetime) -> ColumnElement[bool]:
    """Rows whose worker ended before it began them."""
    return and_(_expired(moment), JobRow.attempts == 0)


def _suspect(moment: datetime) -> ColumnElement[bool]:
    """Rows during which a worker ended."""
    return and_(_expired(moment), JobRow.attempts > 0)


def _waiting(moment: datetime) -> ColumnElement[bool]:
    due = or_(JobRow.not_before.is_(None), JobRow.not_before <= moment)
    return and_(JobRow.state == RowState.QUEUED.value, due)


def _bury(session: Session, job_id: str, *, moment: datetime, attempts: int) -> None:
    session.execute(
        update(JobRow)
        .where(JobRow.job_id == job_id, _expired(moment), JobRow.attempts >= attempts)
        .values(**_end(RowState.DEAD, error=RowError.WORKER_LOST))
    )


def _lease(
    session: Session, job_id: str, *, holder: str, pace: Pace, moment: datetime
) -> tuple[LeasedRow, ...]:
    rows: list[LeasedRow] = []
    # Questions of their own and not one with "or": each walks the index in order and stops early.
    # Suspects come last: were they first each time, a row would soon be dead that was only unlucky,
    # and one that does end its workers would end them before they did anything else.
    for ready in (_left(moment), _waiting(moment), _suspect(moment)):
        found = session.execute(
            select(JobRow.position, JobRow.external_id, JobRow.payload, JobRow.attempts)
            .where(JobRow.job_id == job_id, ready)
            .order_by(JobRow.position)
            .limit(pace.chunk - len(rows))
            # PostgreSQL passes over what another worker is taking; SQLite has one writer at a time.
            .with_for_update(skip_locked=True)
        )
        rows += [LeasedRow(job_id, p, i, payload or {}, attempts) for p, i, payload, attempts in found]
        if len(rows) == pace.chunk:
            break
    if rows:
        session.execute(
            update(JobRow)
            .where(JobRow.job_id == job_id, JobRow.position.in_([row.position for row in rows]))
            .values(state=RowState.LEASED.value, lease_holder=holder, lease_until=moment + pace.lease)
        )
    return tuple(rows)


def _chunk(session: Session, job_id: str, rows: tuple[LeasedRow, ...]) -> Chunk:
    session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == JobState.QUEUED.value)
        .values(state=JobState.RUNNING.value, started_at=now())
    )
    kind, options = session.execute(select(Job.kind, Job.options).where(Job.id == job_id)).one()
    return Chunk(job_id=job_id, kind=JobKind(kind), options=options, rows=rows)


def begin(session: Session, row: LeasedRow, *, holder: str) -> bool:
    """Note that ``row`` is being worked on; False where it is no longer leased to ``holder``."""
    return _changed(session, row, holder=holder, attempts=row.attempts + 1)


def finish(session: Session, row: LeasedRow, *, holder: str, result: Mapping[str, Any]) -> bool:
    """End ``row`` with its result and drop its text; False where it is no longer ``holder``'s to end."""
    return _changed(session, row, holder=holder, **_end(RowState.DONE, result=result))


def fail(session: Session, row: LeasedRow, *, holder: str, error: RowError) -> bool:
    """End ``row`` as one that cannot succeed; False where it is no longer ``holder``'s to end."""
    return _changed(session, row, holder=holder, **_end(RowState.FAILED, error=error))


def try_again(session: Session, row: LeasedRow, *, holder: str, pace: Pace) -> bool:
    """Put ``row`` back for later, or give it up where it was tried often enough."""
    begun = row.attempts + 1
    if begun >= pace.attempts:
        return _changed(session, row, holder=holder, **_end(RowState.DEAD, error=RowError.INTERNAL))
    # Rows that failed together, as when a database was away, do not come back together.
    wait = min(pace.retry.total_seconds() * 2 ** (begun - 1), _LONGEST_WAIT) * random.uniform(0.5, 1.5)  # noqa: S311
    return _changed(
        session,
        row,
        holder=holder,
        state=RowState.QUEUED.value,
        not_before=now() + timedelta(seconds=wait),
        lease_holder=None,
        lease_until=None,
    )


def put_back(session: Session, row: LeasedRow, *, holder: str) -> bool:
    """Put ``row`` back as if it had not been begun."""
    return _changed(
        session,
        row,
        holder=holder,
        state=RowState.QUEUED.value,
        attempts=row.attempts,
        lease_holder=None,
        lease_until=None,
    )


def renew(session: Session, chunk: Chunk, *, holder: str, pace: Pace) -> None:
    """Make the leases that ``holder`` still has in ``chunk`` last longer."""
    session.execute(_held(chunk.job_id, holder).values(lease_until=now() + pace.lease))


def give_back(session: Session, chunk: Chunk, *, holder: str) -> None:
    """End the leases that ``holder`` still has in ``chunk``: others may have the rows at once."""
    session.execute(
        _held(chunk.job_id, holder).values(state=RowState.QUEUED.value, lease_holder=None, lease_until=None)
    )


def _held(job_id: str, holder: str) -> Any:  # noqa: ANN401 -- an UPDATE, whose type takes no useful argument
    return update(JobRow).where(
        JobRow.job_id == job_id,
        JobRow.state == RowState.LEASED.value,
        JobRow.lease_holder == holder,
    )


def _changed(session: Session, row: LeasedRow, *, holder: str, **values: Any) -> bool:  # noqa: ANN401 -- columns
    changed = session.execute(
        _held(row.job_id, holder)
        .where(JobRow.position == row.position)
        .values(**values)
        .returning(JobRow.position)
    ).scalar_one_or_none()
    return changed is not None


def _end(
    state: RowState, *, result: Mapping[str, Any] | None = None, error: RowError | None = None
) -> dict[str, Any]:
    return {
        "state": state.value,
        "result": None if result is None else dict(result),
        "error": error.value if error else None,
        "payload": None,
        "lease_holder": None,
        "lease_until": None,
        "not_before": None,
        "finished_at": now(),
    }
