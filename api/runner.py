"""Runs checks beside the event loop: so many at once, so many waiting, so long each.

A thread cannot be stopped from outside.  A check that outlives its time limit
therefore keeps its place until it ends, and the server says that it is busy
before it ever runs more threads than it was given.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError as FutureCancelled
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from api.errors import BUSY, TIME_LIMIT, Problem

Result = TypeVar("Result")
RETRY_AFTER_SECONDS = "2"


class Runner:
    """A bounded pool of worker threads with a bounded queue in front of it."""

    def __init__(self, *, workers: int, waiting: int, seconds: float) -> None:
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="claimcheck")
        self._places = threading.BoundedSemaphore(workers + waiting)
        self._seconds = seconds

    async def run(self, work: Callable[[], Result]) -> Result:
        """Return what ``work`` returns, without blocking the event loop.

        Raises:
            Problem: ``busy`` where every place is taken, ``time-limit`` where ``work`` (waiting
                included) takes longer than allowed; whatever ``work`` raises is passed on.
        """
        if not self._places.acquire(blocking=False):
            raise Problem(BUSY, headers={"Retry-After": RETRY_AFTER_SECONDS})
        try:
            future = self._pool.submit(contextvars.copy_context().run, work)
        except RuntimeError:
            # The pool is closed: the server is going down.
            self._places.release()
            raise Problem(BUSY, headers={"Retry-After": RETRY_AFTER_SECONDS}) from None
        future.add_done_callback(lambda _: self._places.release())
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), timeout=self._seconds)
        except TimeoutError:
            raise Problem(TIME_LIMIT, headers={"Retry-After": RETRY_AFTER_SECONDS}) from None
        except FutureCancelled:
            raise Problem(BUSY, headers={"Retry-After": RETRY_AFTER_SECONDS}) from None

    def close(self) -> None:
        """Take no more work; what has not begun is dropped, what runs ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)
