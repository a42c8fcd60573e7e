"""The command itself, with the real model: a process is killed under it, and it is ended while it works."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

import httpx
import psutil
import pytest

from benchmarks.service.serving import Served, served

# Long enough to be under way when the signal comes, and short enough for a slow machine.
LONG = "Kratom eases anxiety and cures depression, users report. " * 800


@pytest.fixture
def server() -> Iterator[Served]:
    """A server with one process that checks."""
    with served(settings={"CHECK_PROCESSES": "1", "TIME_LIMIT_SECONDS": "120"}) as made:
        yield made


def _checking(server: Served) -> psutil.Process:
    """Return the process that checks: the one that has loaded the model."""
    below = psutil.Process(server.process.pid).children(recursive=True)
    return max(below, key=lambda process: process.memory_info().rss)


def _in_background(work: Callable[[], httpx.Response]) -> tuple[threading.Thread, list[httpx.Response]]:
    replies: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: replies.append(work()))
    thread.start()
    return thread, replies


def test_killed_processes_and_a_quiet_end(server: Served) -> None:
    with httpx.Client(base_url=server.address, timeout=120) as client:

        def check_long() -> httpx.Response:
            return client.post("/v1/check", json={"text": LONG})

        first = client.post("/v1/check", json={"text": "Kratom potentiates antidepressants."})
        assert first.status_code == 200 and first.json()["claims"]

        killed = _checking(server)
        thread, replies = _in_background(check_long)
        time.sleep(0.5)
        os.kill(killed.pid, signal.SIGKILL)
        thread.join()
        assert (replies[0].status_code, "retry-after" in replies[0].headers) == (503, True)
        again = client.post("/v1/check", json={"text": "Kratom potentiates antidepressants."})
        assert again.content == first.content
        assert _checking(server).pid != killed.pid

        checking = _checking(server)
        thread, replies = _in_background(check_long)
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        thread.join()
        assert replies[0].status_code == 200, "what ran was finished"
    assert server.process.wait(timeout=30) in (0, -signal.SIGTERM)
    assert not checking.is_running(), "nothing is left behind"
    assert "unexpected" not in server.log.read_text()
