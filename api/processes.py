"""The processes that check texts, so that several cores are used and the event loop has its own.

Each is a fresh interpreter that loads the model once.  One that is lost
(killed, out of memory) is replaced; one that is still at a text past the time
limit is ended and replaced.
"""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections.abc import Iterable, Iterator

import msgspec

import claimcheck
from api.batching import Answer, Question, ReaderLost
from api.remote import Asked, Broke, Greeting, Load, Read, Refused, RemoteReport, encode, serve
from claimcheck import errors
from claimcheck.errors import ArtefactError, InputError

logger = logging.getLogger("claimcheck.api")

# The time limit is the caller's; a text that has just begun at its end gets a moment more.
_GRACE_SECONDS = 2.0
_START_SECONDS = 120.0
_RETRY_SECONDS = 2.0
_END_SECONDS = 5.0
_GREETING = msgspec.msgpack.Decoder(Greeting)
_ANSWER = msgspec.msgpack.Decoder(Read | Refused | Broke)


class CheckBroke(Exception):
    """A check failed in its process; what and where was logged."""


class ProcessReader:
    """Reads in a process of its own."""

    def __init__(self, load: Load = claimcheck.load, *, seconds: float) -> None:
        """Start the process, without waiting for it.

        Args:
            load: makes the checker, in the process: a function at the top of a module.
            seconds: how long one text may take.
        """
        self._load = load
        self._seconds = seconds + _GRACE_SECONDS
        self._greeting: Greeting | None = None
        self._not_before = 0.0
        self._start()

    @property
    def greeting(self) -> Greeting:
        """What the process said first; waits for it.

        Raises:
            ArtefactError: the process cannot load the model.
        """
        if self._greeting is None and not self._greeted():
            raise ArtefactError("a process that checks texts could not load the model")
        assert self._greeting is not None
        return self._greeting

    @property
    def pid(self) -> int | None:
        """The process's id."""
        return self._process.pid

    def prepare(self) -> bool:
        """Replace the process where it was lost; tell whether there is one that reads."""
        if self._greeting is not None and self._process.is_alive():
            return True
        if time.monotonic() < self._not_before:
            return False
        logger.warning("a process that checks texts was lost and is replaced")
        self._end()
        self._start()
        if self._greeted():
            return True
        self._not_before = time.monotonic() + _RETRY_SECONDS
        return False

    def read(self, questions: Iterable[Question]) -> Iterator[Answer]:
        """Hand all texts over and yield the answers as they come.

        Raises:
            ReaderLost: the process ended, or took too long and was ended.
        """
        asked = [Asked(q.text, q.jurisdictions, q.min_probability) for q in questions]
        if not asked:
            return
        try:
            self._connection.send_bytes(encode(asked))
            for _ in asked:
                if not self._connection.poll(self._seconds):
                    logger.warning("a process that checks texts took too long and is ended")
                    raise TimeoutError
                yield _answer(self._connection.recv_bytes())
        except (OSError, EOFError):
            self._end()
            raise ReaderLost from None

    def close(self) -> None:
        """End the process: it stops by itself after the text it is at, and is killed where it does not."""
        self._connection.close()
        self._process.join(_END_SECONDS)
        self._end()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._greeting = None
        self._connection, theirs = context.Pipe(duplex=True)
        self._process = context.Process(
            target=serve, args=(theirs, self._load), name="claimcheck-check", daemon=True
        )
        self._process.start()
        # With our copy closed, the end of the process closes the connection.
        theirs.close()

    def _greeted(self) -> bool:
        try:
            if not self._connection.poll(_START_SECONDS):
                return False
            self._greeting = _GREETING.decode(self._connection.recv_bytes())
        except (OSError, EOFError):
            return False
        return True

    def _end(self) -> None:
        self._greeting = None
        self._connection.close()
        if self._process.is_alive():
            self._process.kill()
        self._process.join(_END_SECONDS)


def start(count: int, *, seconds: float, load: Load = claimcheck.load) -> list[ProcessReader]:
    """Return so many processes that have loaded the model; they load it side by side.

    Raises:
        ArtefactError: one of them could not.
    """
    readers = [ProcessReader(load, seconds=seconds) for _ in range(count)]
    try:
        for reader in readers:
            _ = reader.greeting
    except ArtefactError:
        for reader in readers:
            reader.close()
        raise
    return readers


def _answer(packed: bytes) -> Answer:
    match _ANSWER.decode(packed):
        case Read() as read:
            return RemoteReport(read.scores, read.action, read.warnings, read.flagged, read.report)
        case Refused(error=name):
            kind = getattr(errors, name)
            assert issubclass(kind, InputError)
            refusal: InputError = kind("the library refuses the text")
            return refusal
        case Broke(error=name, place=place):
            logger.error("unexpected %s at %s in a process that checks texts", name, place)
    return CheckBroke()
