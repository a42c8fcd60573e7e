"""Can this server do its work now?  Each reason why not, as ``/readyz`` says it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, date, datetime

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from api.errors import Fault
from api.storage import migrating
from api.storage.database import Database
from claimcheck.kb.store import KnowledgeBase

_DATABASE_SECONDS = 3.0
_KEPT_SECONDS = 2.0


class Readiness:
    """Looks at everything a check needs; at the database once in two seconds at most."""

    def __init__(
        self,
        *,
        kb: KnowledgeBase,
        database: Database,
        readers: Callable[[], int],
        max_kb_age_days: int,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        """Look at these.

        Args:
            kb: its date counts.
            database: must answer, and have the newest schema.
            readers: how many threads or processes can read a text.
            max_kb_age_days: 0 for no limit.
            today: what the date of the knowledge base is compared with.
        """
        self._kb = kb
        self._database = database
        self._readers = readers
        self._max_kb_age_days = max_kb_age_days
        self._today = today
        self._newest = migrating.newest()
        self._draining = False
        self._lock = asyncio.Lock()
        self._fault: Fault | None = None
        self._until = 0.0

    def begin_draining(self) -> None:
        """Be not ready from now on."""
        self._draining = True

    async def faults(self) -> list[Fault]:
        """Return what keeps this server from its work; nothing where it is ready."""
        found: list[Fault | None] = [
            _fault("/server", "The server is ending.") if self._draining else None,
            None if self._readers() else _fault("/model", "Nothing is there that can read a text."),
            self._stale(),
            await self._database_fault(),
        ]
        return [fault for fault in found if fault is not None]

    def _stale(self) -> Fault | None:
        if next(self._kb.concepts(), None) is None:
            return _fault("/knowledge_base", "The knowledge base holds nothing.")
        age = (self._today() - date_of(self._kb.version)).days
        if self._max_kb_age_days and age > self._max_kb_age_days:
            detail = f"The knowledge base is {age} days old; {self._max_kb_age_days} are allowed."
            return _fault("/knowledge_base", detail)
        return None

    async def _database_fault(self) -> Fault | None:
        async with self._lock:
            if time.monotonic() >= self._until:
                try:
                    async with asyncio.timeout(_DATABASE_SECONDS):
                        self._fault = await run_in_threadpool(self._looked_at)
                except TimeoutError:
                    self._fault = _fault("/database", "The database does not answer in time.")
                self._until = time.monotonic() + _KEPT_SECONDS
            return self._fault

    def _looked_at(self) -> Fault | None:
        try:
            revision = migrating.current(self._database)
        except SQLAlchemyError:
            return _fault("/database", "The database cannot be reached.")
        if revision != self._newest:
            return _fault("/database", "The database has another schema: run 'claimcheck admin migrate'.")
        return None


def _fault(pointer: str, detail: str) -> Fault:
    return {"pointer": pointer, "detail": detail}


def date_of(kb_version: str) -> date:
    """Return the date in the version of a knowledge base, ``2026.11.22+hash``."""
    year, month, day = kb_version.partition("+")[0].split(".")
    return date(int(year), int(month), int(day))
