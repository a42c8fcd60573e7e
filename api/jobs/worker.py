"""The worker: takes rows of jobs and deliveries of webhooks, and ends each of them once.

Several workers may run at once, in threads, processes or on several machines:
what they share is the database (:mod:`api.jobs.leasing`).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Self

from api.access.actors import SYSTEM
from api.errors import NOT_READY, Problem, log_unexpected
from api.jobs import handlers, leasing, queueing, webhooks
from api.jobs.bell import BELL
from api.jobs.leasing import Chunk, LeasedRow, Pace
from api.jobs.row_errors import RowFailed
from api.ports import TextChecker
from api.review import retention
from api.settings import Settings
from api.storage.columns import now
from api.storage.database import Database

_SHORTEST_PAUSE = 0.2
_LONGEST_PAUSE = 2.0
_TIDYING = timedelta(minutes=10)
# A server that has just started has others to serve first.
_FIRST_PURGE = timedelta(minutes=10)
_PURGING = timedelta(days=1)
_DEFAULT_PACE = Pace()


class Worker:
    """Works until it is told to stop."""

    def __init__(
        self,
        database: Database,
        checker: TextChecker,
        settings: Settings,
        *,
        pace: Pace = _DEFAULT_PACE,
    ) -> None:
        self._database = database
        self._checker = checker
        self._pace = pace
        self._sender = webhooks.Sender(database, settings)
        self._stopping = threading.Event()
        self._last_job: str | None = None
        self._tidy_at = 0.0
        self._purge_at = time.monotonic() + _FIRST_PURGE.total_seconds()
        # Names the machine for whoever looks into the table, and no other worker anywhere.
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(8)}"

    def run_once(self) -> bool:
        """Do one chunk of rows and send what is due; False where there was nothing to do."""
        worked = self._work()
        return self._sender.send_due() > 0 or worked

    def run_forever(self) -> None:
        """Work until :meth:`stop`; what breaks is logged and tried again after a pause.

        Webhooks have a thread of their own: a receiver that is slow to answer holds up no job.
        """
        telling = threading.Thread(
            target=self._repeat, args=(lambda: self._sender.send_due() > 0,), name="webhooks", daemon=True
        )
        telling.start()
        self._repeat(self._work)
        telling.join()

    def stop(self) -> None:
        """End after the row at hand; rows that were leased and not begun are given back at once."""
        self._stopping.set()
        BELL.ring()

    def _repeat(self, work: Callable[[], bool]) -> None:
        pause = _SHORTEST_PAUSE
        while not self._stopping.is_set():
            rings = BELL.rings
            try:
                worked = work()
            except Exception as error:
                log_unexpected(error)
                worked = False
            pause = _SHORTEST_PAUSE if worked else min(pause * 2, _LONGEST_PAUSE)
            if not worked and not self._stopping.is_set():
                BELL.wait(since=rings, seconds=pause)

    def _work(self) -> bool:
        self._tidy()
        with self._database.read() as session:
            if not leasing.anything_to_do(session):
                return False
        with self._database.begin() as session:
            chunk = leasing.claim(session, holder=self.name, pace=self._pace, after_job=self._last_job)
        if chunk is None:
            return False
        self._last_job = chunk.job_id
        self._do(chunk)
        return True

    def _tidy(self) -> None:
        if time.monotonic() >= self._tidy_at:
            self._tidy_at = time.monotonic() + _TIDYING.total_seconds()
            with self._database.begin() as session:
                queueing.drop_abandoned(session)
                webhooks.drop_old_deliveries(session)
        if time.monotonic() >= self._purge_at:
            self._purge_at = time.monotonic() + _PURGING.total_seconds()
            with self._database.begin() as session:
                retention.purge(session, actor=SYSTEM, today=now().date())

    def _do(self, chunk: Chunk) -> None:
        with _Heart(self._database, chunk, holder=self.name, pace=self._pace) as heart:
            for row in chunk.rows:
                if self._stopping.is_set():
                    break
                heart.next_row()
                self._do_row(chunk, row)
        with self._database.begin() as session:
            leasing.give_back(session, chunk, holder=self.name)
            queueing.close_if_over(session, chunk.job_id)

    def _do_row(self, chunk: Chunk, row: LeasedRow) -> None:
        with self._database.begin() as session:
            if not leasing.begin(session, row, holder=self.name):
                return
        try:
            write = handlers.prepare(chunk, row, checker=self._checker)
            with contextlib.suppress(_LeaseLost), self._database.begin() as session:
                result = write(session)
                if not leasing.finish(session, row, holder=self.name, result=result):
                    # Another worker has the row, or the job was cancelled: nothing of this is kept.
                    raise _LeaseLost
        except RowFailed as failed:
            with self._database.begin() as session:
                leasing.fail(session, row, holder=self.name, error=failed.error)
        except Exception as error:
            if isinstance(error, Problem) and error.kind is NOT_READY:
                # This server is ending, which is not the row's fault.
                self._stopping.set()
                with self._database.begin() as session:
                    leasing.put_back(session, row, holder=self.name)
                return
            log_unexpected(error)
            with self._database.begin() as session:
                leasing.try_again(session, row, holder=self.name, pace=self._pace)


def start_in_thread(worker: Worker, *, seconds: float) -> Callable[[], None]:
    """Let ``worker`` work beside a server, and return what ends it, waiting so long at most."""
    thread = threading.Thread(target=worker.run_forever, name="claimcheck-worker", daemon=True)
    thread.start()

    def end() -> None:
        worker.stop()
        thread.join(seconds)

    return end


class _LeaseLost(Exception):
    """The row is no longer this worker's to end."""


class _Heart:
    """Renews the leases of a chunk while its rows are read, however long one of them takes.

    A row that takes longer than any may is left to run out: its worker may hang.
    """

    def __init__(self, database: Database, chunk: Chunk, *, holder: str, pace: Pace) -> None:
        self._database = database
        self._chunk = chunk
        self._holder = holder
        self._pace = pace
        self._over = threading.Event()
        self._row_began = time.monotonic()
        self._thread = threading.Thread(target=self._beat, name="heart", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def next_row(self) -> None:
        """Note that a row was begun."""
        self._row_began = time.monotonic()

    def _beat(self) -> None:
        while not self._over.wait(self._pace.lease.total_seconds() / 3):
            if time.monotonic() - self._row_began > self._pace.longest.total_seconds():
                continue
            try:
                with self._database.begin() as session:
                    leasing.renew(session, self._chunk, holder=self._holder, pace=self._pace)
            except Exception as error:
                # The next beat may get through; if none does, the lease runs out and others take over.
                log_unexpected(error)
