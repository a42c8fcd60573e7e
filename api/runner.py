"""Runs checks beside the event loop: so many at once, so many waiting, so long each.

A thread cannot be stopped from outside.  A check that outlives its time limit
therefore keeps its place until it ends, and the server says that it is busy
before it ever runs more threads than it was given.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError as FutureCancelled
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from api.errors import BUSY, NOT_READY, TIME_LIMIT, Problem

Result = TypeVar("Result")
RETRY_AFTER_SECONDS = "2"
# A request that waits to be read holds a thread, which costs little; more than this would not help.
_MOST_THREADS = 64
_DRAIN_STEP_SECONDS = 0.05

_deadline: contextvars.ContextVar[float | None] = contextvars.ContextVar("deadline", default=None)


def seconds_left() -> float | None:
    """Return how long the work at hand may still take; None where nobody waits for it."""
    deadline = _deadline.get()
    return None if deadline is None else max(0.0, deadline - time.monotonic())


class Runner:
    """A bounded pool of threads with a bounded queue in front of it."""

    def __init__(
        self, *, workers: int, waiting: int, seconds: float, on_refusal: Callable[[], None] | None = None
    ) -> None:
        threads = min(workers + waiting, _MOST_THREADS)
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="claimcheck")
        self._most = workers + waiting
        self._seconds = seconds
        self._on_refusal = on_refusal
        self._lock = threading.Lock()
        self._inside = 0
        self._draining = False

    @property
    def inside(self) -> int:
        """How many requests are worked on or wait."""
        return self._inside

    async def run(self, work: Callable[[], Result]) -> Result:
        """Return what ``work`` returns, without blocking the event loop.

        Raises:
            Problem: ``busy`` where every place is taken, ``not-ready`` where the server is ending,
                ``time-limit`` where ``work`` (waiting included) takes longer than allowed; whatever
                ``work`` raises is passed on.
        """
        self._enter()
        context = contextvars.copy_context()
        context.run(_deadline.set, time.monotonic() + self._seconds)
        try:
            future = self._pool.submit(context.run, work)
        except RuntimeError:
            # The pool is closed: the server is going down.
            self._leave()
            raise _ending() from None
        future.add_done_callback(lambda _: self._leave())
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), timeout=self._seconds)
        except TimeoutError:
            raise Problem(TIME_LIMIT, headers={"Retry-After": RETRY_AFTER_SECONDS}) from None
        except FutureCancelled:
            raise _ending() from None

    def refuse(self) -> None:
        """Take no more work; what was taken goes on."""
        self._draining = True

    async def drain(self, *, seconds: float) -> bool:
        """Take no more work and wait, so long at most, for what was taken; tell whether all of it ended."""
        self.refuse()
        end = time.monotonic() + seconds
        while self._inside and time.monotonic() < end:
            await asyncio.sleep(_DRAIN_STEP_SECONDS)
        return not self._inside

    def close(self) -> None:
        """Take no more work; what has not begun is dropped, what runs ends by itself."""
        self.refuse()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _enter(self) -> None:
        if self._draining:
            raise _ending()
        with self._lock:
            full = self._inside >= self._most
            self._inside += not full
        if full:
            if self._on_refusal is not None:
                self._on_refusal()
            raise Problem(BUSY, headers={"Retry-After": RETRY_AFTER_SECONDS})

    def _leave(self) -> None:
        with self._lock:
            self._inside -= 1


def _ending() -> Problem:
    return Problem(NOT_READY, headers={"Retry-After": RETRY_AFTER_SECONDS})
