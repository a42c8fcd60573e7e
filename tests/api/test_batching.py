"""Checks that are read together: equal ones once, each with its own answer, none changed by another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import anyio
import msgspec
import pytest

import claimcheck
from api import processes
from api.batching import MOST_TEXTS, Batcher, Question, Reader, ReaderLost, ThreadReader
from api.errors import BUSY, NOT_READY, TIME_LIMIT, Problem
from api.ports import CheckedText, TextChecker
from api.runner import Runner
from claimcheck.checker import Checker
from claimcheck.errors import EmptyText, NotText
from tests.api.readers import VERSIONS, EchoChecker, empty_kb

Batchers = Callable[..., Batcher]


class GatedReader(ThreadReader):
    """Reads nothing before it is let; remembers what it was handed together."""

    def __init__(self, checker: TextChecker) -> None:
        super().__init__(checker)
        self.gate = threading.Event()
        self.handed: list[list[str]] = []

    def read(self, questions: Iterable[Question]) -> Iterator[CheckedText | Exception]:
        self.gate.wait(timeout=10)
        together = list(questions)
        self.handed.append([question.text for question in together])
        yield from super().read(together)


class LostReader(ThreadReader):
    """Answers once and is lost."""

    def read(self, questions: Iterable[Question]) -> Iterator[CheckedText | Exception]:
        together = list(questions)
        yield from super().read(together[:1])
        raise ReaderLost


@pytest.fixture
def batchers() -> Iterator[Batchers]:
    made: list[Batcher] = []

    def make(*readers: Reader, **options: object) -> Batcher:
        batcher = Batcher(readers, kb=empty_kb(), versions=VERSIONS, warnings=(), **options)  # type: ignore[arg-type]
        made.append(batcher)
        return batcher

    yield make
    for batcher in made:
        batcher.close(seconds=0.5)


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end, "it never came to this"
        time.sleep(0.01)


def _waiting(batcher: Batcher) -> int:
    return batcher._callers


def test_what_came_meanwhile_is_handed_over_together(batchers: Batchers) -> None:
    reader = GatedReader(EchoChecker())
    batcher = batchers(reader)
    with ThreadPoolExecutor(6) as callers:
        first = callers.submit(batcher.check, "first")
        _until(lambda: _waiting(batcher) == 1)
        time.sleep(0.05)
        others = [callers.submit(batcher.check, f"text {number}") for number in range(5)]
        _until(lambda: _waiting(batcher) == 6)
        reader.gate.set()
        assert first.result().to_dict()["text"]["length"] == len("first")
        assert len({other.result().to_dict()["text"]["sha256"] for other in others}) == 5
    assert [len(texts) for texts in reader.handed] == [1, 5]


def test_a_check_waits_for_others_only_where_others_can_come(batchers: Batchers) -> None:
    checker = EchoChecker()
    alone = batchers(ThreadReader(checker), window_seconds=0.5)
    started = time.monotonic()
    alone.check("nobody else is here")
    assert time.monotonic() - started < 0.3
    among = batchers(ThreadReader(checker), window_seconds=0.5, others=lambda: 2)
    started = time.monotonic()
    among.check("somebody may come")
    assert 0.45 < time.monotonic() - started < 2


def test_the_window_gathers_them(batchers: Batchers) -> None:
    reader = GatedReader(EchoChecker())
    reader.gate.set()
    batcher = batchers(reader, window_seconds=0.3, others=lambda: 3)
    with ThreadPoolExecutor(2) as callers:
        for text in ("one", "two"):
            callers.submit(batcher.check, text)
            time.sleep(0.05)
    assert reader.handed == [["one", "two"]]


def test_equal_questions_are_read_once(batchers: Batchers) -> None:
    checker = EchoChecker()
    reader = GatedReader(checker)
    batcher = batchers(reader)
    with ThreadPoolExecutor(9) as callers:
        same = [callers.submit(batcher.check, "same text") for _ in range(6)]
        law = callers.submit(batcher.check, "same text", jurisdictions=("eu",))
        least = callers.submit(batcher.check, "same text", min_probability=0.25)
        _until(lambda: _waiting(batcher) == 8)
        reader.gate.set()
        reports = [one.result() for one in same]
        assert (law.result().scores.priority, least.result().scores.priority) == (0.0, 0.25)
    assert checker.read == ["same text"] * 3
    # Each caller owns its reply: changing one leaves the others as they are.
    one, other = reports[0].to_dict(), reports[1].to_dict()
    one["claims"].append("mine")
    assert other["claims"] == reports[2].to_dict()["claims"] == []
    assert batcher.check("same text").to_dict() == other
    assert len(checker.read) == 4, "an answer is not kept for those who come later"


def test_each_caller_gets_its_own_error(batchers: Batchers) -> None:
    reader = GatedReader(EchoChecker())
    batcher = batchers(reader)
    with ThreadPoolExecutor(4) as callers:
        asked = [callers.submit(batcher.check, text) for text in ("a", "refuse me", "break me", "b")]
        _until(lambda: _waiting(batcher) == 4)
        reader.gate.set()
        errors = [one.exception() for one in asked]
    assert [type(error) for error in errors] == [type(None), NotText, RuntimeError, type(None)]


def test_what_cannot_be_read_waits_for_nobody(batchers: Batchers) -> None:
    reader = GatedReader(EchoChecker())
    batcher = batchers(reader)
    with pytest.raises(EmptyText):
        batcher.check(" ")
    with pytest.raises(NotText):
        batcher.check("\ud800")


def test_readers_share_what_came(batchers: Batchers) -> None:
    readers = [GatedReader(EchoChecker()), GatedReader(EchoChecker())]
    batcher = batchers(*readers, window_seconds=1.5, others=lambda: 99)
    with ThreadPoolExecutor(8) as callers:
        asked = [callers.submit(batcher.check, f"text {number}") for number in range(8)]
        for reader in readers:
            reader.gate.set()
        for one in asked:
            one.result()
    assert max(len(texts) for reader in readers for texts in reader.handed) == 4
    assert all(reader.handed for reader in readers)


def test_a_batch_is_bounded(batchers: Batchers) -> None:
    reader = GatedReader(EchoChecker())
    batcher = batchers(reader)
    with ThreadPoolExecutor(30) as callers:
        callers.submit(batcher.check, "first")
        _until(lambda: _waiting(batcher) == 1)
        time.sleep(0.05)
        callers.submit(batcher.check, "long " * 20_000)
        _until(lambda: _waiting(batcher) == 2)
        for number in range(20):
            callers.submit(batcher.check, f"text {number}")
        _until(lambda: _waiting(batcher) == 22)
        reader.gate.set()
    assert [len(texts) for texts in reader.handed] == [1, 1, MOST_TEXTS, 4]


def test_who_waits_too_long_leaves_the_queue() -> None:
    anyio.run(_wait_too_long)


async def _wait_too_long() -> None:
    reader = GatedReader(EchoChecker())
    batcher = Batcher([reader], kb=empty_kb(), versions=VERSIONS, warnings=())
    runner = Runner(workers=2, waiting=0, seconds=0.3)
    holding = threading.Thread(target=batcher.check, args=("held",))
    holding.start()
    _until(lambda: _waiting(batcher) == 1)
    with pytest.raises(Problem) as late:
        await runner.run(lambda: batcher.check("late"))
    assert late.value.kind is TIME_LIMIT
    _until(lambda: runner.inside == 0)
    reader.gate.set()
    holding.join()
    assert batcher.check("after").action == "allow"
    assert "late" not in [text for texts in reader.handed for text in texts], "nobody waited for it any more"
    batcher.close()
    runner.close()


def test_a_lost_reader_is_told_to_those_who_waited(batchers: Batchers) -> None:
    batcher = batchers(LostReader(EchoChecker()), window_seconds=0.3, others=lambda: 99)
    with ThreadPoolExecutor(3) as callers:
        asked = []
        for number in range(3):
            asked.append(callers.submit(batcher.check, f"text {number}"))
            time.sleep(0.02)
        errors = [one.exception() for one in asked]
    assert errors[0] is None
    for error in errors[1:]:
        assert isinstance(error, Problem) and error.kind is BUSY and error.headers["Retry-After"]


def test_the_end_is_told_to_those_who_wait(batchers: Batchers) -> None:
    reader = GatedReader(EchoChecker())
    batcher = batchers(reader)
    with ThreadPoolExecutor(2) as callers:
        running = callers.submit(batcher.check, "running")
        _until(lambda: _waiting(batcher) == 1)
        time.sleep(0.05)
        queued = callers.submit(batcher.check, "queued")
        _until(lambda: _waiting(batcher) == 2)
        closing = threading.Thread(target=batcher.close)
        closing.start()
        error = queued.exception(timeout=5)
        assert isinstance(error, Problem) and error.kind is NOT_READY
        reader.gate.set()
        assert running.result(timeout=5).action == "allow"
        closing.join()
    with pytest.raises(Problem):
        batcher.check("too late")


MATES = (
    "Kratom potentiates antidepressants and cures depression within two weeks, users report.",
    "Ginger eases nausea. Vitamin C prevents colds, and nobody needs insulin who fasts long enough.",
    "The council met on Tuesday to discuss the new bridge.",
    "Turmeric shrinks tumours. " * 12,
)
TEXT = (
    "Many users report that kratom eases anxiety, and because it is natural it is non-addictive. "
    "St John's wort treats mild depression. Colloidal silver kills every virus."
)


def _bytes(report: CheckedText) -> bytes:
    return msgspec.json.encode(report.to_dict())


@pytest.fixture(scope="module")
def checker() -> Checker:
    """The real one."""
    return claimcheck.load()


def test_alone_and_among_others_gives_the_same_bytes(checker: Checker) -> None:
    """With the real model, in threads of this process and in a process of its own."""
    expected = {text: _bytes(checker.check(text)) for text in (TEXT, *MATES)}
    assert expected[TEXT] != expected[MATES[0]]
    real = processes.start(1, seconds=30)[0]
    assert real.greeting.versions == checker.versions
    for reader in (ThreadReader(checker), real):
        batcher = Batcher(
            [reader],
            kb=checker.kb,
            versions=checker.versions,
            warnings=checker.warnings,
            window_seconds=0.05,
            others=lambda: 99,
        )
        try:
            assert _bytes(batcher.check(TEXT)) == expected[TEXT]
            order = [TEXT, *MATES, TEXT, *reversed(MATES), TEXT]
            with ThreadPoolExecutor(len(order)) as callers:
                for _ in range(3):
                    got = callers.map(lambda text, b=batcher: _bytes(b.check(text)), order)
                    assert list(got) == [expected[text] for text in order]
                    order = order[1:] + order[:1]
        finally:
            batcher.close()
    assert all(a != b for a, b in pairwise(sorted(expected.values())))
