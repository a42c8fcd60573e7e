"""Jobs as those see them who make, watch, cancel and fetch them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from api.access import accounts, keyring, keys
from api.access.actors import SYSTEM, Actor, of_key, of_user
from api.jobs import leasing, queueing
from api.jobs.queueing import NoRows, Row, TooManyRows
from api.jobs.row_errors import RowError
from api.jobs.worker import Worker
from api.review import intake
from api.storage.columns import now
from api.storage.database import Database
from api.storage.tables import (
    ApiKey,
    AuditEntry,
    Decision,
    Item,
    Job,
    JobKind,
    JobRow,
    JobState,
    Role,
    RowState,
    Scope,
    User,
    Webhook,
    WebhookDelivery,
)
from tests.api.conftest import PhraseChecker
from tests.api.jobs.conftest import QUICK

CLAIM = "Kratom potentiates antidepressants."


def rows(number: int) -> Iterator[Row]:
    return (Row({"text": f"{CLAIM} {n}"}, external_id=f"t{n}", line=n + 1) for n in range(number))


def make(
    database: Database, actor: Actor, number: int = 3, kind: JobKind = JobKind.CHECK, **options: object
) -> Job:
    with database.begin() as session:
        return queueing.create(session, kind=kind, rows=rows(number), options=options, actor=actor)


def run_all(worker: Worker) -> None:
    while worker.run_once():
        pass


def test_the_text_is_gone_once_its_result_is_there(
    database: Database, crawler: Actor, worker: Worker
) -> None:
    job = make(database, crawler)
    run_all(worker)
    with database.read() as session:
        kept = session.scalars(select(JobRow).where(JobRow.job_id == job.id)).all()
        nulls = session.scalar(select(func.count()).where(JobRow.payload.is_(None)))
    assert [(r.state, r.payload) for r in kept] == [(RowState.DONE, None)] * 3
    assert nulls == 3


def test_options_reach_the_checker(
    database: Database, crawler: Actor, worker: Worker, checker: PhraseChecker
) -> None:
    make(database, crawler, 1, jurisdictions=["eu", "uk"], min_probability=0.25)
    run_all(worker)
    assert checker.calls == [(("eu", "uk"), 0.25)]


def test_results_stop_before_the_first_row_that_has_not_ended(database: Database, crawler: Actor) -> None:
    job = make(database, crawler, 5)
    with database.begin() as session:
        chunk = leasing.claim(session, holder="a", pace=QUICK)
        assert chunk is not None
        for position in (0, 1, 3):
            leasing.finish(session, chunk.rows[position], holder="a", result={"report": position})
    with database.read() as session:
        assert [r.position for r in queueing.results(session, job.id)] == [0, 1]
        assert [r.position for r in queueing.results(session, job.id, after=0)] == [1]
        assert queueing.results(session, job.id, after=1) == []
    with database.begin() as session:
        leasing.finish(session, chunk.rows[2], holder="a", result={"report": 2})
    with database.read() as session:
        assert [r.position for r in queueing.results(session, job.id, after=1)] == [2, 3]
        assert [r.position for r in queueing.results(session, job.id, limit=2)] == [0, 1]


def test_a_step_is_cut_where_it_holds_enough_text(
    database: Database, crawler: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queueing, "_CHARACTERS_A_STEP", 10)
    lengths = (4, 4, 4, 11, 1)
    steps = list(queueing._steps((Row({"text": "x" * length}) for length in lengths), most=4))
    assert [[len((row.payload or {})["text"]) for row in step] for step in steps] == [[4, 4, 4], [11], [1]]
    job = queueing.receive(database, kind=JobKind.CHECK, rows=rows(7), options={}, actor=crawler)
    with database.read() as session:
        positions = session.scalars(select(JobRow.position).where(JobRow.job_id == job.id)).all()
    assert sorted(positions) == list(range(7))


def test_results_come_in_small_pages(
    database: Database, crawler: Actor, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queueing, "_REPORTS_A_PAGE", 2)
    job = make(database, crawler, 5)
    run_all(worker)
    assert [row.position for row in queueing.every_result(database, job.id)] == [0, 1, 2, 3, 4]


def test_what_may_do_nothing_any_more_has_no_open_jobs(database: Database, crawler: Actor) -> None:
    with database.begin() as session:
        record = keys.create(session, name="old", scope=Scope.REVIEW, created_by="ada").record
        user, _ = accounts.create(session, name="ada", role=Role.MODERATOR, actor=SYSTEM)
        accounts.create(session, name="eve", role=Role.ADMIN, actor=SYSTEM)
        owners = [keys.actor(record), of_user(user_id=user.id, name=user.name, role=user.role), crawler]
    jobs = [make(database, owner) for owner in owners]
    with database.begin() as session:
        keyring.revoke(session, session.get_one(ApiKey, record.id), actor=SYSTEM)
        accounts.deactivate(session, session.get_one(User, user.id), actor=SYSTEM)
        states = [session.get_one(Job, job.id).state for job in jobs]
        left = session.scalars(select(JobRow.job_id).where(JobRow.payload.is_not(None))).all()
    assert states == [JobState.CANCELLED, JobState.CANCELLED, JobState.QUEUED]
    assert set(left) == {jobs[2].id}


def test_open_checks_are_counted_by_who_made_them(database: Database, crawler: Actor) -> None:
    first = make(database, crawler)
    make(database, crawler, kind=JobKind.IMPORT)
    make(database, of_key(key_id="o" * 32, name="other", scope=Scope.SCORE))
    with database.begin() as session:
        assert queueing.open_checks(session, crawler) == 1
        queueing.cancel(session, session.get_one(Job, first.id), actor=crawler)
        assert queueing.open_checks(session, crawler) == 0


def test_a_worker_purges_once_a_day(
    database: Database,
    worker_with: Callable[..., Worker],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api.jobs.worker._TIDYING", timedelta(0))
    worker_with().run_once()
    purged = select(func.count()).where(AuditEntry.action == "retention.purged")
    with database.read() as session:
        assert session.scalar(purged) == 0
    monkeypatch.setattr("api.jobs.worker._FIRST_PURGE", timedelta(0))
    worker = worker_with()
    worker.run_once()
    worker.run_once()
    with database.read() as session:
        assert session.scalar(purged) == 1


def test_progress_counts_every_row_once(database: Database, crawler: Actor) -> None:
    bad = Row(None, line=9, error=RowError.NO_TEXT)
    with database.begin() as session:
        job = queueing.create(session, kind=JobKind.CHECK, rows=[*rows(4), bad], options={}, actor=crawler)
        chunk = leasing.claim(session, holder="a", pace=QUICK)
        assert chunk is not None
        leasing.finish(session, chunk.rows[0], holder="a", result={})
        counted = queueing.progress(session, job.id)
    assert counted == queueing.Progress(total=5, done=1, failed=1, running=3)


def test_a_job_is_closed_and_told_of_once(database: Database, crawler: Actor) -> None:
    with database.begin() as session:
        session.add(
            Webhook(url="https://x.example/", secret="whsec_AAAA", events=["job.finished"], created_by="ada")
        )
    job = make(database, crawler)
    with database.begin() as session:
        chunk = leasing.claim(session, holder="a", pace=QUICK)
        assert chunk is not None
        for row in chunk.rows:
            assert not queueing.close_if_over(session, job.id)
            leasing.finish(session, row, holder="a", result={})
        assert queueing.close_if_over(session, job.id)
    with database.begin() as session:
        assert not queueing.close_if_over(session, job.id)
        assert len(session.scalars(select(WebhookDelivery)).all()) == 1


def test_a_job_of_failed_rows_alone_has_failed_at_once(database: Database, crawler: Actor) -> None:
    with database.begin() as session:
        bad = [Row(None, line=1, error=RowError.NOT_JSON)]
        job = queueing.create(session, kind=JobKind.CHECK, rows=bad, options={}, actor=crawler)
    assert (job.state, job.finished_at is None) == (JobState.FAILED, False)


def test_a_job_of_nothing_is_refused_and_leaves_nothing(database: Database, crawler: Actor) -> None:
    with pytest.raises(NoRows):
        queueing.receive(database, kind=JobKind.CHECK, rows=[], options={}, actor=crawler)
    with database.read() as session:
        assert session.scalars(select(Job)).all() == []


def test_too_many_rows_are_refused_and_leave_nothing(
    database: Database, crawler: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queueing, "ROWS_CAP", 10)
    monkeypatch.setattr(queueing, "_ROWS_A_STEP", 4)
    with pytest.raises(TooManyRows):
        queueing.receive(database, kind=JobKind.CHECK, rows=rows(11), options={}, actor=crawler)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(JobRow)) == 0
        assert session.scalar(select(func.count()).select_from(Job)) == 0


def test_nobody_sees_or_works_on_a_job_that_is_still_arriving(
    database: Database, crawler: Actor, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queueing, "_ROWS_A_STEP", 2)
    seen: list[tuple[int, bool]] = []

    def arriving() -> Iterator[Row]:
        for number, one in enumerate(rows(6)):
            with database.read() as session:
                listed = queueing.listing(session, actor=crawler).rows
            seen.append((len(listed), number > 2 and worker.run_once()))
            yield one

    job = queueing.receive(database, kind=JobKind.CHECK, rows=arriving(), options={}, actor=crawler)
    assert set(seen) == {(0, False)}
    with database.read() as session:
        assert queueing.progress(session, job.id) == queueing.Progress(total=6, queued=6)


def test_what_a_dead_server_left_is_removed(database: Database, crawler: Actor) -> None:
    job = make(database, crawler)
    with database.begin() as session:
        session.execute(
            update(Job).values(state=JobState.RECEIVING.value, created_at=now() - timedelta(hours=3))
        )
        assert queueing.drop_abandoned(session) == 1
        assert session.get(JobRow, (job.id, 0)) is None


def test_cancelling_drops_what_was_not_read(database: Database, crawler: Actor) -> None:
    job = make(database, crawler, 30)
    with database.begin() as session:
        chunk = leasing.claim(session, holder="a", pace=QUICK)
        assert chunk is not None
        leasing.finish(session, chunk.rows[0], holder="a", result={"report": 0})
    with database.begin() as session:
        assert queueing.cancel(session, session.get_one(Job, job.id), actor=crawler)
        assert not queueing.cancel(session, session.get_one(Job, job.id), actor=crawler)
    with database.begin() as session:
        # The worker that was reading comes too late.
        assert not leasing.finish(session, chunk.rows[1], holder="a", result={"report": 1})
        assert not leasing.begin(session, chunk.rows[2], holder="a")
        assert session.get_one(Job, job.id).state == JobState.CANCELLED
        assert queueing.progress(session, job.id) == queueing.Progress(total=30, done=1, cancelled=29)
        with_text = select(func.count()).where(JobRow.payload.is_not(None))
        assert session.scalar(with_text) == 0
        assert leasing.claim(session, holder="b", pace=QUICK) is None


def test_a_job_cancelled_while_a_row_is_read_keeps_nothing_of_it(
    database: Database, crawler: Actor, worker: Worker, checker: PhraseChecker
) -> None:
    with database.begin() as session:
        waits = [Row({"text": "wait for me"})]
        job = queueing.create(session, kind=JobKind.IMPORT, rows=waits, options={}, actor=crawler)
    reading = threading.Thread(target=worker.run_once)
    reading.start()
    deadline = time.monotonic() + 10
    while not checker.calls and time.monotonic() < deadline:
        time.sleep(0.01)
    with database.begin() as session:
        queueing.remove(session, session.get_one(Job, job.id), actor=crawler)
    checker.release.set()
    reading.join(timeout=10)
    with database.read() as session:
        assert session.scalars(select(Item)).all() == []
        assert session.scalars(select(JobRow)).all() == []


def test_creating_cancelling_and_deleting_are_audited(database: Database, crawler: Actor) -> None:
    job = make(database, crawler)
    with database.begin() as session:
        queueing.remove(session, session.get_one(Job, job.id), actor=crawler)
    with database.read() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.at)).all()
        assert session.get(Job, job.id) is None
    assert [(e.action, e.actor, e.object_id) for e in entries] == [
        ("job.created", "key:crawler", job.id),
        ("job.cancelled", "key:crawler", job.id),
        ("job.deleted", "key:crawler", job.id),
    ]
    assert CLAIM not in str([e.details for e in entries])


def test_jobs_are_their_makers_and_a_leads(database: Database, crawler: Actor) -> None:
    job = make(database, crawler)
    namesake = of_key(key_id="d" * 32, name="crawler", scope=Scope.REVIEW)
    moderator = of_user(user_id="e" * 32, name="key:crawler", role=Role.MODERATOR)
    lead = of_user(user_id="f" * 32, name="lea", role=Role.LEAD)
    with database.read() as session:
        for actor, may in ((crawler, True), (namesake, False), (moderator, False), (lead, True)):
            assert (queueing.find(session, job.id, actor=actor) is not None) == may
            assert bool(queueing.listing(session, actor=actor).rows) == may


def test_the_successor_of_a_rotated_key_still_owns_its_jobs(database: Database) -> None:
    with database.begin() as session:
        old = keys.create(session, name="crawler", scope=Scope.SCORE, created_by="ada")
        first = keys.actor_of(session, old.secret)
        assert first is not None
        newer = keys.rotate(session, old.record, created_by="ada", overlap=timedelta(days=1))
        newest = keys.rotate(session, newer.record, created_by="ada", overlap=timedelta(days=1))
        session.flush()
        successor = keys.actor_of(session, newest.secret)
        assert successor is not None
    job = make(database, first)
    with database.read() as session:
        assert queueing.find(session, job.id, actor=successor) is not None
    other = make(database, successor)
    with database.read() as session:
        assert queueing.find(session, other.id, actor=first) is None


def test_lists_go_on_where_they_ended(database: Database, crawler: Actor) -> None:
    made = [make(database, crawler, 1).id for _ in range(5)]
    found: list[str] = []
    cursor = None
    with database.read() as session:
        while True:
            page = queueing.listing(session, actor=crawler, after=cursor, limit=2)
            found += [job.id for job in page.rows]
            cursor = page.next
            if cursor is None:
                break
    assert found == made[::-1]


def test_an_import_puts_each_text_into_the_queue_once(
    database: Database, crawler: Actor, worker: Worker
) -> None:
    with database.begin() as session:
        row = Row(
            {"text": CLAIM, "source": "forum", "source_url": "https://example.org/1"},
            external_id="p1",
            line=2,
        )
        job = queueing.create(session, kind=JobKind.IMPORT, rows=[row], options={}, actor=crawler)
    run_all(worker)
    with database.read() as session:
        (item,) = session.scalars(select(Item))
        (result,) = queueing.results(session, job.id)
    assert (item.text, item.external_id, item.job_id) == (CLAIM, "p1", job.id)
    assert (item.source, item.source_url, item.submitted_by) == (
        "forum",
        "https://example.org/1",
        "key:crawler",
    )
    assert result.result is not None
    assert result.result["item"]["id"] == item.id


def _items(database: Database, checker: PhraseChecker, actor: Actor, number: int) -> list[tuple[str, int]]:
    with database.begin() as session:
        made = []
        for n in range(number):
            text = f"{CLAIM} {n}"
            report = checker.check(text).to_dict()
            made.append(intake.submit(session, text=text, report=report, submitted_by=actor))
        return [(item.id, item.version) for item in made]


def test_a_bulk_decision_decides_each_item_and_names_those_it_could_not(
    database: Database, checker: PhraseChecker, worker: Worker
) -> None:
    lead = of_user(user_id="f" * 32, name="lea", role=Role.LEAD)
    found = _items(database, checker, lead, 3)
    moved, gone = (found[1][0], found[1][1] + 7), ("0" * 32, 1)
    with database.begin() as session:
        chosen = [Row({"item": i, "version": v}) for i, v in (found[0], moved, gone, found[2])]
        job = queueing.create(
            session,
            kind=JobKind.BULK_DECISION,
            rows=chosen,
            options={"action": "allow", "reason_code": None, "note": None},
            actor=lead,
        )
    run_all(worker)
    with database.read() as session:
        ended = queueing.results(session, job.id)
        decisions = session.scalars(select(Decision)).all()
    assert [r.error for r in ended] == [None, RowError.ALREADY_DECIDED, RowError.UNKNOWN_ITEM, None]
    assert {d.item_id for d in decisions} == {found[0][0], found[2][0]}
    assert {(d.actor, d.job_id, d.action) for d in decisions} == {("lea", job.id, "allow")}
