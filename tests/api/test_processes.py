"""Processes that check: what goes in and comes out, and what happens where one is lost."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from api import processes
from api.batching import Batcher, Question
from api.errors import BUSY, Problem
from api.processes import CheckBroke, ProcessReader
from api.remote import Asked, Read, RemoteReport, flagged_claims
from claimcheck.errors import ArtefactError, NotText
from claimcheck.types import Action, RiskLevel, Scores
from tests.api.readers import VERSIONS, EchoChecker, empty_kb, load_echo, load_nothing


@pytest.fixture
def reader() -> Iterator[ProcessReader]:
    (made,) = processes.start(1, seconds=5, load=load_echo)
    yield made
    made.close()


@pytest.fixture
def batcher(reader: ProcessReader) -> Iterator[Batcher]:
    greeting = reader.greeting
    made = Batcher([reader], kb=empty_kb(), versions=greeting.versions, warnings=greeting.warnings)
    yield made
    made.close()


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it never came to this"
        time.sleep(0.02)


def _question(text: str, least: float | None = None) -> Question:
    return Question(text, ("us",), least)


def test_answers_come_back_as_they_were_made(reader: ProcessReader) -> None:
    here = EchoChecker().check("Füße 🍋", min_probability=0.25)
    (there,) = reader.read([_question("Füße 🍋", 0.25)])
    assert isinstance(there, RemoteReport)
    assert there.to_dict() == here.to_dict()
    assert list(there.to_dict()) == list(here.to_dict()), "in the same order"
    assert (there.scores, there.action, there.warnings) == (here.scores, here.action, here.warnings)
    assert there.to_dict() is not there.to_dict()
    assert reader.greeting.versions == VERSIONS
    assert "Füße" not in repr(there)


def test_errors_come_back_by_kind_and_without_words(
    reader: ProcessReader, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("ERROR", logger="claimcheck.api"):
        answers = list(reader.read(map(_question, ("a", "refuse me", "break me, secretword", "b"))))
    assert [type(answer) for answer in answers] == [RemoteReport, NotText, CheckBroke, RemoteReport]
    assert "unexpected RuntimeError at tests.api.readers:" in caplog.text
    assert "secretword" not in caplog.text + repr(answers) + str(answers[2])


def test_nothing_that_is_sent_shows_words() -> None:
    shown = repr(Asked("secretword", ("us",), None))
    report = Read(Scores(), Action.ALLOW, (), (("treats", RiskLevel.LOW),), b"secretword")
    assert "secretword" not in shown + repr(report)
    assert flagged_claims(RemoteReport(Scores(), Action.ALLOW, (), report.flagged, b"")) == report.flagged


def test_a_killed_process_answers_503_to_what_it_held_and_is_replaced(
    batcher: Batcher, reader: ProcessReader
) -> None:
    killed = reader.pid
    assert killed is not None
    with ThreadPoolExecutor(1) as callers:
        held = callers.submit(batcher.check, "wait 10")
        time.sleep(0.3)
        os.kill(killed, signal.SIGKILL)
        error = held.exception(timeout=5)
    assert isinstance(error, Problem) and error.kind is BUSY and error.headers["Retry-After"]
    assert batcher.check("after").action == "allow", "the next waits for the new process"
    assert reader.pid != killed


def test_a_text_that_kills_its_process_spoils_no_later_one(batcher: Batcher) -> None:
    with pytest.raises(Problem):
        batcher.check("die")
    assert batcher.check("after").action == "allow"


def test_a_process_killed_while_it_had_nothing_to_do_costs_nobody_an_answer(
    batcher: Batcher, reader: ProcessReader
) -> None:
    killed = reader.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    _until(lambda: reader.pid != killed and batcher.able == 1)
    assert batcher.check("after").action == "allow"


def test_a_process_that_takes_too_long_is_ended() -> None:
    (reader,) = processes.start(1, seconds=0.1, load=load_echo)
    batcher = Batcher([reader], kb=empty_kb(), versions=VERSIONS, warnings=())
    stuck = reader.pid
    started = time.monotonic()
    with pytest.raises(Problem):
        batcher.check("wait 30")
    assert time.monotonic() - started < 10
    assert batcher.check("after").action == "allow"
    assert reader.pid != stuck
    batcher.close()


def test_two_processes_read_at_the_same_time() -> None:
    readers = processes.start(2, seconds=5, load=load_echo)
    batcher = Batcher(readers, kb=empty_kb(), versions=VERSIONS, warnings=())
    started = time.monotonic()
    with ThreadPoolExecutor(2) as callers:
        list(callers.map(batcher.check, ("wait 0.8 a", "wait 0.8 b")))
    assert time.monotonic() - started < 1.5
    batcher.close()


def test_a_model_that_cannot_be_loaded_is_said_at_the_start() -> None:
    with pytest.raises(ArtefactError):
        processes.start(2, seconds=5, load=load_nothing)


def test_a_process_that_cannot_be_replaced_leaves_no_reader(
    batcher: Batcher, reader: ProcessReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_load", load_nothing)
    assert reader.pid is not None
    os.kill(reader.pid, signal.SIGKILL)
    _until(lambda: batcher.able == 0)
    monkeypatch.setattr(reader, "_load", load_echo)
    _until(lambda: batcher.able == 1)


def test_processes_end_with_the_server(reader: ProcessReader) -> None:
    batcher = Batcher([reader], kb=empty_kb(), versions=VERSIONS, warnings=())
    process = reader._process
    batcher.close()
    assert not process.is_alive()
    assert not [thread for thread in threading.enumerate() if thread.name == "claimcheck-reader"]
