"""Wakes the workers of this process once there is work; workers elsewhere find it by looking."""

from __future__ import annotations

import threading

from sqlalchemy import event
from sqlalchemy.orm import Session


class Bell:
    """Counts its rings, so that a ring between looking for work and going to sleep is not lost."""

    def __init__(self) -> None:
        self._rung = threading.Condition()
        self._rings = 0

    @property
    def rings(self) -> int:
        """How often it has rung."""
        with self._rung:
            return self._rings

    def ring(self) -> None:
        """Wake everyone who waits."""
        with self._rung:
            self._rings += 1
            self._rung.notify_all()

    def wait(self, *, since: int, seconds: float) -> None:
        """Return once it has rung more often than ``since``, or after ``seconds``."""
        with self._rung:
            self._rung.wait_for(lambda: self._rings != since, timeout=seconds)


# One a process, whatever databases it works with: a needless ring costs one look.
BELL = Bell()


def ring_after_commit(session: Session) -> None:
    """Ring once the work that ``session`` wrote can be seen by others; never where it is rolled back."""
    if not event.contains(session, "after_commit", _ring):
        event.listen(session, "after_commit", _ring)


def _ring(_: Session) -> None:
    BELL.ring()
