"""The bell rings for what others can see, and no ring is lost."""

from __future__ import annotations

import threading
import time

import pytest

from api.jobs.bell import BELL, Bell, ring_after_commit
from api.storage.database import Database


def test_it_rings_after_the_commit_and_once(database: Database) -> None:
    before = BELL.rings
    with database.begin() as session:
        ring_after_commit(session)
        ring_after_commit(session)
        assert BELL.rings == before
    assert BELL.rings == before + 1


def test_it_does_not_ring_for_what_is_rolled_back(database: Database) -> None:
    before = BELL.rings
    with pytest.raises(RuntimeError), database.begin() as session:
        ring_after_commit(session)
        raise RuntimeError
    assert BELL.rings == before


def test_a_ring_before_the_waiting_is_not_lost() -> None:
    bell = Bell()
    rings = bell.rings
    bell.ring()
    began = time.monotonic()
    bell.wait(since=rings, seconds=20)
    assert time.monotonic() - began < 10


def test_it_wakes_who_waits() -> None:
    bell = Bell()
    waiting = threading.Thread(target=lambda: bell.wait(since=0, seconds=20))
    waiting.start()
    bell.ring()
    waiting.join(timeout=10)
    assert not waiting.is_alive()
