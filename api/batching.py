"""Checks that come at about the same time are read together, and equal ones once.

A :class:`Batcher` stands where a checker is expected and is called from many
threads.  Each of its readers takes what has come: a check waits for others a
few milliseconds at most, and not at all where no other can come.

Two texts never meet inside the model.  The encoder's numbers depend a little
on what else is in its batch, and the same text has to give the same bytes, so
a reader reads the texts it was handed one after the other.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for_all
from dataclasses import dataclass, field
from typing import Protocol

from api.errors import BUSY, NOT_READY, TIME_LIMIT, Problem, log_unexpected
from api.ports import CheckedText, TextChecker
from api.runner import RETRY_AFTER_SECONDS, seconds_left
from claimcheck.checker import validate
from claimcheck.kb.store import KnowledgeBase
from claimcheck.types import Jurisdiction, ReportWarning, Versions

# A reader is handed so many texts at once, and none after so many characters: others should not
# stand behind a book.
MOST_TEXTS = 16
MOST_CHARACTERS = 50_000
# How often a reader with nothing to do looks after itself.
_IDLE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be read; equal questions have equal answers."""

    text: str = field(repr=False)
    jurisdictions: tuple[str, ...]
    min_probability: float | None


Answer = CheckedText | Exception


class ReaderLost(Exception):
    """A reader ended before it had answered all it was handed."""


class Reader(Protocol):
    """What reads texts, one after the other."""

    def prepare(self) -> bool:
        """Make ready to read, and tell whether that worked; called whenever there is nothing to read."""

    def read(self, questions: Iterable[Question]) -> Iterator[Answer]:
        """Yield the answer of each question as soon as it is there; what a text raises is its answer.

        Raises:
            ReaderLost: no further answer will come.
        """

    def close(self) -> None:
        """End it; nothing is read afterwards."""


class ThreadReader:
    """Reads with a checker of this process."""

    def __init__(self, checker: TextChecker) -> None:
        self._checker = checker

    def prepare(self) -> bool:
        """Need nothing."""
        return True

    def read(self, questions: Iterable[Question]) -> Iterator[Answer]:
        """Yield each answer."""
        for question in questions:
            try:
                yield self._checker.check(
                    question.text,
                    jurisdictions=question.jurisdictions,
                    min_probability=question.min_probability,
                )
            except Exception as error:
                yield error

    def close(self) -> None:
        """Need nothing."""


@dataclass(eq=False)
class _Ticket:
    """A question on its way, and those who wait for its answer."""

    question: Question
    came: float
    answer: Future[CheckedText] = field(default_factory=Future)
    callers: int = 1
    begun: bool = False


class Batcher:
    """A checker that hands texts to readers, several together."""

    def __init__(
        self,
        readers: Sequence[Reader],
        *,
        kb: KnowledgeBase,
        versions: Versions,
        warnings: tuple[ReportWarning, ...],
        window_seconds: float = 0.0,
        others: Callable[[], int] = lambda: 0,
        on_read: Callable[[CheckedText, float], None] | None = None,
    ) -> None:
        """Start one thread a reader.

        Args:
            readers: what reads, each ready to.
            kb: the knowledge base that they read with.
            versions: the versions that they name.
            warnings: what each of their reports warns of.
            window_seconds: how long a check waits for others.
            others: how many requests may be on their way to a check, those that wait in one included.
            on_read: told of each answer that a caller got, with the seconds from asking to answering.
        """
        self.kb = kb
        self.versions = versions
        self.warnings = warnings
        self._window = window_seconds
        self._others = others
        self._on_read = on_read
        self._readers = tuple(readers)
        self._changed = threading.Condition()
        self._queue: deque[_Ticket] = deque()
        self._on_the_way: dict[Question, _Ticket] = {}
        self._callers = 0
        self._able = len(self._readers)
        self._closed = False
        self._threads = [
            threading.Thread(
                target=self._serve, args=(reader,), name=f"claimcheck-reader-{number}", daemon=True
            )
            for number, reader in enumerate(self._readers)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def able(self) -> int:
        """How many readers can read now."""
        return self._able

    def check(
        self,
        text: str,
        *,
        jurisdictions: Sequence[Jurisdiction | str] = ("us",),
        min_probability: float | None = None,
    ) -> CheckedText:
        """Judge one text, in its turn.

        Raises:
            InputError: the text or an option cannot be used.
            Problem: ``time-limit``, ``not-ready`` where the server ends, ``busy`` where the process
                that read the text was lost.
        """
        validate(text)
        asked = time.monotonic()
        ticket, opened = self._join(Question(text, tuple(map(str, jurisdictions)), min_probability), asked)
        try:
            report = self._awaited(ticket, opened=opened)
        finally:
            with self._changed:
                self._callers -= 1
        if self._on_read is not None:
            self._on_read(report, time.monotonic() - asked)
        return report

    def close(self, *, seconds: float = 2.0) -> None:
        """Refuse what comes and what has not begun; wait, so long at most, for the readers to end."""
        with self._changed:
            self._closed = True
            dropped = list(self._queue)
            self._queue.clear()
            self._changed.notify_all()
        for ticket in dropped:
            self._settle(ticket, _problem_at_end())
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        for reader in self._readers:
            reader.close()

    # What callers do

    def _join(self, question: Question, asked: float) -> tuple[_Ticket, bool]:
        """Return the ticket of this question, and whether it is a new one."""
        with self._changed:
            if self._closed:
                raise _problem_at_end()
            self._callers += 1
            ticket = self._on_the_way.get(question)
            if ticket is not None:
                ticket.callers += 1
                return ticket, False
            ticket = self._on_the_way[question] = _Ticket(question, asked)
            self._queue.append(ticket)
            self._changed.notify()
            return ticket, True

    def _awaited(self, ticket: _Ticket, *, opened: bool) -> CheckedText:
        """Return the answer.

        Who asked first stays until a text that is being read was read, even past the time limit: it
        holds the request's place, and the server must not take more than it can do.
        """
        _, late = wait_for_all((ticket.answer,), timeout=seconds_left())
        if not late:
            return ticket.answer.result()
        with self._changed:
            ticket.callers -= 1
            if ticket.callers == 0 and ticket in self._queue:
                self._queue.remove(ticket)
                del self._on_the_way[ticket.question]
            stays = ticket.begun and opened
        if stays:
            return ticket.answer.result()
        raise Problem(TIME_LIMIT, headers={"Retry-After": RETRY_AFTER_SECONDS})

    # What readers do

    def _serve(self, reader: Reader) -> None:
        was_able = True
        while not self._closed:
            able = reader.prepare()
            with self._changed:
                self._able += able - was_able
            was_able = able
            if able:
                self._read(reader, self._taken())
            else:
                time.sleep(_IDLE_SECONDS)

    def _read(self, reader: Reader, tickets: Sequence[_Ticket]) -> None:
        begun: deque[_Ticket] = deque()
        try:
            for answer in reader.read(self._begun(tickets, begun)):
                self._settle(begun.popleft(), answer)
        except Exception as error:
            if not isinstance(error, ReaderLost):
                log_unexpected(error)
            lost = Problem(BUSY, headers={"Retry-After": RETRY_AFTER_SECONDS})
            for ticket in tickets:
                self._settle(ticket, lost)

    def _taken(self) -> list[_Ticket]:
        """Return what is to be read next; nothing where nothing came for a while."""
        with self._changed:
            end = time.monotonic() + _IDLE_SECONDS
            while (wait := self._seconds_to_wait(end)) > 0:
                self._changed.wait(wait)
            taken = self._share()
            if self._queue:
                self._changed.notify()
            return taken

    def _seconds_to_wait(self, end: float) -> float:
        if self._closed:
            return 0.0
        now = time.monotonic()
        if not self._queue:
            return end - now
        if len(self._queue) >= MOST_TEXTS or self._others() <= self._callers:
            return 0.0
        return self._queue[0].came + self._window - now

    def _share(self) -> list[_Ticket]:
        """Return this reader's part of what waits, so that no other stands idle beside a long batch."""
        most = min(MOST_TEXTS, -(-len(self._queue) // max(1, self._able)))
        taken: list[_Ticket] = []
        characters = 0
        while self._queue and len(taken) < most and characters < MOST_CHARACTERS:
            ticket = self._queue.popleft()
            characters += len(ticket.question.text)
            taken.append(ticket)
        return taken

    def _begun(self, tickets: Sequence[_Ticket], begun: deque[_Ticket]) -> Iterator[Question]:
        """Yield the questions that somebody still waits for."""
        for ticket in tickets:
            with self._changed:
                ticket.begun = ticket.callers > 0
                if not ticket.begun:
                    del self._on_the_way[ticket.question]
            if ticket.begun:
                begun.append(ticket)
                yield ticket.question

    def _settle(self, ticket: _Ticket, answer: Answer) -> None:
        with self._changed:
            if self._on_the_way.get(ticket.question) is ticket:
                del self._on_the_way[ticket.question]
        if ticket.answer.done():
            return
        if isinstance(answer, Exception):
            ticket.answer.set_exception(answer)
        else:
            ticket.answer.set_result(answer)


def _problem_at_end() -> Problem:
    return Problem(NOT_READY, headers={"Retry-After": RETRY_AFTER_SECONDS})
