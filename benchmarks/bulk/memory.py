"""The resident memory of a process and all it started, once a second."""

from __future__ import annotations

import statistics
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import psutil

MEGABYTE = 1e6
SECONDS = 1.0
_FEWEST = 3  # samples that a slope needs
_END = 0.95


@dataclass
class Memory:
    """Samples of a tree of processes while the block runs.

    Pages that processes share are counted in each, so the figure is an upper bound.
    """

    pid: int
    samples: list[tuple[float, float]] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop looking."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    @property
    def peak(self) -> float:
        """The most that was seen, in MB."""
        return max((size for _, size in self.samples), default=0.0)

    @property
    def slope(self) -> float | None:
        """MB a minute from half-way, when everything is loaded, to shortly before the workers end.

        None where that is too short.
        """
        late = self.samples[len(self.samples) // 2 : int(len(self.samples) * _END)]
        if len(late) < _FEWEST:
            return None
        return 60 * statistics.linear_regression([at for at, _ in late], [size for _, size in late]).slope

    def _watch(self) -> None:
        started = time.monotonic()
        while True:
            if size := _resident(self.pid):
                self.samples.append((time.monotonic() - started, size / MEGABYTE))
            if self._over.wait(SECONDS):
                return


def _resident(pid: int) -> int:
    total = 0
    try:
        root = psutil.Process(pid)
        processes = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0
    for process in processes:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total
