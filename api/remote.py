"""What a process that checks texts does, and the words it speaks with the server.

Imported by that process alone and kept small: of the service it needs nothing else.
A text goes in and a report comes out as MessagePack; nothing is pickled.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from api.ports import CheckedText, TextChecker
from claimcheck.errors import InputError
from claimcheck.reporting.report import Report
from claimcheck.types import Action, ReportWarning, RiskLevel, Scores, Versions

Load = Callable[[], TextChecker]
Flagged = tuple[tuple[str, RiskLevel], ...]
encode = msgspec.msgpack.Encoder().encode


class Greeting(msgspec.Struct, tag=True):
    """What a process says once it has loaded the model."""

    versions: Versions
    warnings: tuple[ReportWarning, ...]


class Asked(msgspec.Struct):
    """One text to read."""

    text: str
    jurisdictions: tuple[str, ...]
    min_probability: float | None

    def __repr__(self) -> str:
        return f"<Asked: {len(self.text)} characters>"


class Read(msgspec.Struct, tag=True):
    """A report; ``report`` is what ``to_dict()`` gave, as MessagePack."""

    scores: Scores
    action: Action
    warnings: tuple[ReportWarning, ...]
    flagged: Flagged
    report: bytes

    def __repr__(self) -> str:
        return f"<Read: {len(self.flagged)} flagged>"


class Refused(msgspec.Struct, tag=True):
    """The library would not read the text; ``error`` names the class."""

    error: str


class Broke(msgspec.Struct, tag=True):
    """Something that nobody foresaw; its message stays in the process, since it may quote the text."""

    error: str
    place: str


@dataclass(frozen=True, slots=True)
class RemoteReport:
    """A report that another process made."""

    scores: Scores
    action: Action
    warnings: tuple[ReportWarning, ...]
    flagged_claims: Flagged
    _packed: bytes = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as the contract writes it; the caller owns the result."""
        report: dict[str, Any] = msgspec.msgpack.decode(self._packed)
        return report


_QUESTIONS = msgspec.msgpack.Decoder(list[Asked])


def serve(connection: Connection, load: Load) -> None:
    """Answer until the server closes its end."""
    # Ctrl-C reaches every process of the terminal; the server decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    checker = load()
    try:
        connection.send_bytes(encode(Greeting(checker.versions, checker.warnings)))
        while True:
            for asked in _QUESTIONS.decode(connection.recv_bytes()):
                connection.send_bytes(encode(_answered(checker, asked)))
    except (OSError, EOFError):
        return


def _answered(checker: TextChecker, asked: Asked) -> Read | Refused | Broke:
    try:
        report = checker.check(
            asked.text, jurisdictions=asked.jurisdictions, min_probability=asked.min_probability
        )
        return Read(
            scores=report.scores,
            action=report.action,
            warnings=report.warnings,
            flagged=flagged_claims(report),
            report=msgspec.msgpack.encode(report.to_dict()),
        )
    except InputError as error:
        return Refused(type(error).__name__)
    except Exception as error:
        return Broke(type(error).__name__, _place_of(error))


def flagged_claims(report: CheckedText) -> Flagged:
    """Return relation and risk level of each flagged claim."""
    if isinstance(report, RemoteReport):
        return report.flagged_claims
    if isinstance(report, Report):
        return tuple((str(f.claim.relation.value), f.risk_level) for f in report.claims if f.flagged)
    return ()


def _place_of(error: BaseException) -> str:
    place = "unknown"
    trace = error.__traceback__
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
