"""Jobs as those see them who make, watch, cancel and fetch them; workers use :mod:`api.jobs.leasing`.

A job's texts stand in its rows only until they are read: the transaction that
writes a row's result drops its text, and so does cancelling.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from api.access.actors import Actor, Permission
from api.jobs import outbox
from api.jobs.bell import ring_after_commit
from api.jobs.row_errors import RowError
from api.review import audit, paging
from api.storage.columns import now
from api.storage.database import Database
from api.storage.tables import ApiKey, Job, JobKind, JobRow, JobState, RowState

ROWS_CAP = 1_000_000
MOST_OPEN_CHECKS = 20
# An upload is written in steps, so that nobody waits for a million rows to let go of the database.
_ROWS_A_STEP = 5_000
_ROWS_A_STATEMENT = 500
# A step holds no more text than this, nor a page many reports: rows may be a megabyte each.
_CHARACTERS_A_STEP = 4_000_000
_ROWS_A_PAGE = 500
_REPORTS_A_PAGE = 20
_ABANDONED_AFTER = timedelta(hours=2)
_MOST_ROTATIONS = 20

OPEN_JOBS = (JobState.QUEUED.value, JobState.RUNNING.value)
OPEN_ROWS = (RowState.QUEUED.value, RowState.LEASED.value)
_NO_TEXT = {"payload": None, "lease_holder": None, "lease_until": None, "not_before": None}


class NoRows(ValueError):
    """A job was to be made of nothing."""


class TooManyRows(ValueError):
    """A job was to be made of more than ``ROWS_CAP`` rows."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a job to be.

    Attributes:
        payload: what the worker needs, a text among it; None where the row cannot be used.
        external_id: the caller's own name for it.
        line: the line of the file it stands in, from 1.
        error: why it cannot be used; it is then failed from the start.
    """

    payload: Mapping[str, Any] | None
    external_id: str | None = None
    line: int | None = None
    error: RowError | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How many rows of a job stand where."""

    total: int
    done: int = 0
    failed: int = 0
    dead: int = 0
    queued: int = 0
    running: int = 0
    cancelled: int = 0


@dataclass(frozen=True, slots=True)
class RowResult:
    """How one row ended: with a result or with an error."""

    position: int
    external_id: str | None
    line: int | None
    state: RowState
    result: dict[str, Any] | None
    error: str | None


def create(
    session: Session,
    *,
    kind: JobKind,
    rows: Iterable[Row],
    options: Mapping[str, Any],
    actor: Actor,
) -> Job:
    """Make a job of rows that are at hand, in the caller's transaction.

    Raises:
        NoRows: there are none.
        TooManyRows: there are more than ``ROWS_CAP``.
    """
    job_id = _begun(session, kind=kind, options=options, actor=actor)
    total = 0
    for step in _steps(rows, most=_ROWS_A_STATEMENT):
        total = _add(session, job_id, step, start=total)
    return _release(session, job_id, total=total, actor=actor)


def receive(
    database: Database,
    *,
    kind: JobKind,
    rows: Iterable[Row],
    options: Mapping[str, Any],
    actor: Actor,
) -> Job:
    """Make a job of rows that are still being read, in several short transactions.

    Nobody sees the job before its last row is in; where reading fails, nothing is left of it.

    Raises:
        NoRows: there are none.
        TooManyRows: there are more than ``ROWS_CAP``.
    """
    with database.begin() as session:
        job_id = _begun(session, kind=kind, options=options, actor=actor)
    try:
        total = 0
        # Rows are read outside the transaction that writes them: reading may be slow.
        for step in _steps(rows, most=_ROWS_A_STEP):
            with database.begin() as session:
                for start in range(0, len(step), _ROWS_A_STATEMENT):
                    total = _add(session, job_id, step[start : start + _ROWS_A_STATEMENT], start=total)
        with database.begin() as session:
            return _release(session, job_id, total=total, actor=actor)
    except BaseException:
        with database.begin() as session:
            _drop(session, job_id)
        raise


def _begun(session: Session, *, kind: JobKind, options: Mapping[str, Any], actor: Actor) -> str:
    job = Job(
        kind=kind.value,
        state=JobState.RECEIVING.value,
        options={**options, "actor": _described(actor)},
        created_by=actor.identity,
        total=0,
    )
    session.add(job)
    session.flush()
    return job.id


def _steps(rows: Iterable[Row], *, most: int) -> Iterator[list[Row]]:
    """Yield the rows in lists of so many at most, each cut where it holds enough text."""
    step: list[Row] = []
    characters = 0
    for row in rows:
        step.append(row)
        characters += sum(len(value) for value in (row.payload or {}).values() if isinstance(value, str))
        if len(step) == most or characters >= _CHARACTERS_A_STEP:
            yield step
            step, characters = [], 0
    if step:
        yield step


def _add(session: Session, job_id: str, rows: Sequence[Row], *, start: int) -> int:
    """Write the next rows and return how many there are now."""
    moment = now()
    if start + len(rows) > ROWS_CAP:
        raise TooManyRows
    session.execute(
        insert(JobRow),
        [
            {
                "job_id": job_id,
                "position": start + offset,
                "line": row.line,
                "external_id": row.external_id,
                "payload": None if row.error else dict(row.payload or {}),
                "state": (RowState.FAILED if row.error else RowState.QUEUED).value,
                "error": row.error.value if row.error else None,
                "finished_at": moment if row.error else None,
            }
            for offset, row in enumerate(rows)
        ],
    )
    return start + len(rows)


def _release(session: Session, job_id: str, *, total: int, actor: Actor) -> Job:
    """Let the workers have the job."""
    if total == 0:
        raise NoRows
    job = session.get_one(Job, job_id)
    job.total = total
    job.state = JobState.QUEUED.value
    session.flush()
    audit.record(
        session,
        actor=actor,
        action="job.created",
        object_kind="job",
        object_id=job.id,
        details={"kind": job.kind, "rows": job.total},
    )
    close_if_over(session, job.id)
    session.refresh(job)
    ring_after_commit(session)
    return job


def _described(actor: Actor) -> dict[str, Any]:
    return {**asdict(actor), "permissions": sorted(actor.permissions)}


def actor_of(options: Mapping[str, Any]) -> Actor:
    """Return who made the job of these options, with what they might do then."""
    described = options["actor"]
    return Actor(
        kind=described["kind"],
        id=described["id"],
        name=described["name"],
        permissions=frozenset(Permission(one) for one in described["permissions"]),
    )


def close_if_over(session: Session, job_id: str) -> bool:
    """End a job whose rows have all ended, and say so to the webhooks; True for the one who did it."""
    still_open = exists().where(JobRow.job_id == job_id, JobRow.state.in_(OPEN_ROWS))
    if session.scalar(select(still_open)):
        return False
    counted = progress(session, job_id)
    state = JobState.SUCCEEDED if counted.done else JobState.FAILED
    # Two workers may get here at once; the condition lets one of them through.
    changed = session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state.in_(OPEN_JOBS))
        .values(state=state.value, finished_at=now())
        .returning(Job.kind)
    ).scalar_one_or_none()
    if changed is None:
        return False
    tell_finished(session, job_id, kind=changed, state=state, counted=counted)
    return True


def tell_finished(session: Session, job_id: str, *, kind: str, state: JobState, counted: Progress) -> None:
    """Write the event that a job ended."""
    numbers = {"total": counted.total, "done": counted.done, "failed": counted.failed, "dead": counted.dead}
    outbox.emit(
        session,
        outbox.Event.JOB_FINISHED,
        {"id": job_id, "kind": kind, "state": state.value, **numbers},
    )


def cancel(session: Session, job: Job, *, actor: Actor) -> bool:
    """End a job before its time: what was not read is dropped with its text; False where it had ended.

    A worker that is reading a row of it finds its lease gone and drops the result.
    """
    changed = session.execute(
        update(Job)
        .where(Job.id == job.id, Job.state.in_(OPEN_JOBS))
        .values(state=JobState.CANCELLED.value, finished_at=now())
        .returning(Job.id)
    ).scalar_one_or_none()
    if changed is None:
        return False
    session.execute(
        update(JobRow)
        .where(JobRow.job_id == job.id, JobRow.state.in_(OPEN_ROWS))
        .values(state=RowState.CANCELLED.value, error=RowError.CANCELLED.value, finished_at=now(), **_NO_TEXT)
    )
    session.refresh(job)
    _audit(session, job, actor=actor, action="job.cancelled")
    counted = progress(session, job.id)
    tell_finished(session, job.id, kind=job.kind, state=JobState.CANCELLED, counted=counted)
    return True


def cancel_all_of(session: Session, owner: Actor, *, actor: Actor) -> int:
    """Cancel the open jobs of somebody who may do nothing any more, and return how many that were."""
    owned = select(Job).where(Job.created_by.in_(_identities(session, owner)), Job.state.in_(OPEN_JOBS))
    return sum(cancel(session, job, actor=actor) for job in session.scalars(owned).all())


def open_checks(session: Session, actor: Actor) -> int:
    """Return how many jobs of kind ``check`` this identity has that have not ended."""
    states = (*OPEN_JOBS, JobState.RECEIVING.value)
    mine = (Job.created_by == actor.identity, Job.kind == JobKind.CHECK.value, Job.state.in_(states))
    return session.scalar(select(func.count()).select_from(Job).where(*mine)) or 0


def remove(session: Session, job: Job, *, actor: Actor) -> None:
    """Cancel a job and delete it with its rows and results."""
    cancel(session, job, actor=actor)
    _audit(session, job, actor=actor, action="job.deleted")
    _drop(session, job.id)


def _drop(session: Session, job_id: str) -> None:
    session.execute(delete(JobRow).where(JobRow.job_id == job_id))
    session.execute(delete(Job).where(Job.id == job_id))


def drop_abandoned(session: Session) -> int:
    """Delete what is left of uploads that a server did not live to finish, and return how many."""
    since = now() - _ABANDONED_AFTER
    left = session.scalars(
        select(Job.id).where(Job.state == JobState.RECEIVING.value, Job.created_at < since).limit(100)
    ).all()
    for job_id in left:
        _drop(session, job_id)
    return len(left)


def _audit(session: Session, job: Job, *, actor: Actor, action: str) -> None:
    audit.record(
        session,
        actor=actor,
        action=action,
        object_kind="job",
        object_id=job.id,
        details={"kind": job.kind},
    )


def find(session: Session, job_id: str, *, actor: Actor) -> Job | None:
    """Return the job where ``actor`` may see it: their own, or anybody's to a lead."""
    job = session.get(Job, job_id)
    if job is None or job.state == JobState.RECEIVING.value:
        return None
    if actor.may(Permission.LEAD) or job.created_by in _identities(session, actor):
        return job
    return None


def listing(
    session: Session, *, actor: Actor, after: str | None = None, limit: int = 50
) -> paging.Slice[Job]:
    """Return the jobs that ``actor`` may see, newest first; ``after`` is the cursor of a page before.

    Raises:
        FilterError: ``after`` is no cursor of this list.
    """
    query = select(Job).where(Job.state != JobState.RECEIVING.value)
    if not actor.may(Permission.LEAD):
        query = query.where(Job.created_by.in_(_identities(session, actor)))
    return paging.newest_first(
        session,
        query,
        moment=Job.created_at,
        identifier=Job.id,
        key=lambda job: (job.created_at, job.id),
        after=after,
        limit=limit,
    )


def _identities(session: Session, actor: Actor) -> set[str]:
    """Return what the actor is and was: a rotated key's successor still owns its jobs."""
    found = {actor.identity}
    newest = {actor.id} if actor.kind == "key" else set()
    for _ in range(_MOST_ROTATIONS):
        if not newest:
            break
        newest = set(session.scalars(select(ApiKey.id).where(ApiKey.replaced_by.in_(newest))))
        newest -= {identity.removeprefix("key:") for identity in found}
        found |= {f"key:{key_id}" for key_id in newest}
    return found


def progress(session: Session, job_id: str) -> Progress:
    """Count the rows of a job by where they stand."""
    counted = dict(
        session.execute(
            select(JobRow.state, func.count()).where(JobRow.job_id == job_id).group_by(JobRow.state)
        ).all()
    )
    return Progress(
        total=sum(counted.values()),
        done=counted.get(RowState.DONE, 0),
        failed=counted.get(RowState.FAILED, 0),
        dead=counted.get(RowState.DEAD, 0),
        queued=counted.get(RowState.QUEUED, 0),
        running=counted.get(RowState.LEASED, 0),
        cancelled=counted.get(RowState.CANCELLED, 0),
    )


def results(session: Session, job_id: str, after: int = -1, limit: int = 1000) -> list[RowResult]:
    """Return how rows behind position ``after`` ended, in order, up to the first that has not ended.

    Whoever asks again from the last position they saw misses no row, however the workers overtake
    one another.
    """
    return _ended(session, job_id, after=after, limit=limit)


def errors(session: Session, job_id: str, after: int = -1, limit: int = 1000) -> list[RowResult]:
    """Return the rows behind ``after`` that have an error, in order, as far as they are known."""
    return _ended(session, job_id, after=after, limit=limit, only_errors=True)


def _ended(
    session: Session, job_id: str, *, after: int, limit: int, only_errors: bool = False
) -> list[RowResult]:
    query = select(
        JobRow.position, JobRow.external_id, JobRow.line, JobRow.state, JobRow.result, JobRow.error
    ).where(JobRow.job_id == job_id, JobRow.position > after)
    if only_errors:
        query = query.where(or_(JobRow.state == RowState.FAILED, JobRow.state == RowState.DEAD))
    elif (first_open := _first_open(session, job_id, after=after)) is not None:
        query = query.where(JobRow.position < first_open)
    found = session.execute(query.order_by(JobRow.position).limit(limit))
    return [RowResult(p, i, n, RowState(s), r, e) for p, i, n, s, r, e in found]


def _first_open(session: Session, job_id: str, *, after: int) -> int | None:
    # One question a state, each answered from the end of an index; both in one statement, so that a
    # row that changes its state in between is seen in one of them.
    firsts = (
        select(func.min(JobRow.position))
        .where(JobRow.job_id == job_id, JobRow.state == state, JobRow.position > after)
        .scalar_subquery()
        for state in OPEN_ROWS
    )
    found = session.execute(select(*firsts)).one()
    return min((position for position in found if position is not None), default=None)


def every_result(
    database: Database, job_id: str, *, after: int = -1, only_errors: bool = False
) -> Iterator[RowResult]:
    """Yield results (or errors) page by page, each page in a short transaction of its own."""
    with database.read() as session:
        kind = session.scalar(select(Job.kind).where(Job.id == job_id))
    limit = _REPORTS_A_PAGE if kind == JobKind.CHECK and not only_errors else _ROWS_A_PAGE
    while True:
        with database.read() as session:
            page = _ended(session, job_id, after=after, limit=limit, only_errors=only_errors)
        yield from page
        if not page:
            return
        after = page[-1].position
