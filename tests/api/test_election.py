"""Of several processes one is elected, and another where that one ends."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from api import election
from api.election import start_where_elected


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(election, "_RETRY_SECONDS", 0.02)


class Work:
    """Remembers whether it runs."""

    def __init__(self) -> None:
        self.running = threading.Event()

    def start(self) -> Callable[[], None]:
        self.running.set()
        return self.running.clear


def test_without_a_lock_everyone_works() -> None:
    work = Work()
    end = start_where_elected(work.start, None)
    assert work.running.is_set()
    end()
    assert not work.running.is_set()


def test_one_works_and_the_next_takes_over(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    first, second = Work(), Work()
    end_first = start_where_elected(first.start, lock)
    assert first.running.wait(5)
    end_second = start_where_elected(second.start, lock)
    time.sleep(0.1)
    assert not second.running.is_set()
    end_first()
    assert second.running.wait(5) and not first.running.is_set()
    end_second()
    assert not second.running.is_set()


def test_who_was_never_elected_ends_at_once(tmp_path: Path) -> None:
    first, second = Work(), Work()
    end_first = start_where_elected(first.start, tmp_path / "lock")
    assert first.running.wait(5)
    start_where_elected(second.start, tmp_path / "lock")()
    end_first()
    assert not second.running.is_set()


def test_a_killed_process_gives_up_its_place(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    code = (
        "import sys, time; from pathlib import Path; from api.election import start_where_elected\n"
        "start_where_elected(lambda: print('elected', flush=True), Path(sys.argv[1])); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, lock], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "elected\n"
        work = Work()
        end = start_where_elected(work.start, lock)
        time.sleep(0.1)
        assert not work.running.is_set()
        holder.kill()
        assert work.running.wait(5)
        end()
