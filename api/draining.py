"""Ending without breaking anything off: from the signal on, new checks are refused and ``/readyz`` says so.

The HTTP server stops listening by itself and waits for the replies that are
under way.  This only makes the application know of it from the first moment.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def told_at_signal(begin: Callable[[], None]) -> Iterator[None]:
    """Call ``begin`` when the process is asked to end, before whoever else handles the signal.

    Outside the main thread no signal can be listened to: nothing is called then.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    others = {number: signal.getsignal(number) for number in _SIGNALS}

    def handle(number: int, frame: FrameType | None) -> None:
        begin()
        other = others[signal.Signals(number)]
        if callable(other):
            other(number, frame)
        elif other is signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    for number in _SIGNALS:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, other in others.items():
            if signal.getsignal(number) is handle:
                signal.signal(number, other)
