"""Of several server processes, one runs the worker; where that one ends, another takes over.

The processes share a file, and whoever holds its lock is elected.  The system
lets go of the lock when its holder ends, however it ends.
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable
from pathlib import Path

_RETRY_SECONDS = 1.0

End = Callable[[], None]


def start_where_elected(start: Callable[[], End], lock: Path | None) -> End:
    """Call ``start`` as soon as this process is elected, at once without a ``lock``; return what ends it.

    Args:
        start: starts the work and returns what ends it.
        lock: a file that the processes share.
    """
    if lock is None:
        return start()
    return _Candidate(start, lock).end


class _Candidate:
    def __init__(self, start: Callable[[], End], lock: Path) -> None:
        self._start = start
        self._lock = lock
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._stand, name="claimcheck-election", daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._ending.set()
        self._thread.join()

    def _stand(self) -> None:
        with self._lock.open("a") as file:
            while not _locked(file.fileno()):
                if self._ending.wait(_RETRY_SECONDS):
                    return
            end = self._start()
            self._ending.wait()
            end()


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
