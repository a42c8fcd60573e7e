"""What each kind of job does with one row.

Work on a row has two halves.  The slow one reads the text and touches no
database; the quick one runs in the transaction that ends the row, so that
whatever it stores is stored once, with the row's result, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, assert_never

from sqlalchemy.orm import Session

from api.jobs.leasing import Chunk, LeasedRow
from api.jobs.queueing import actor_of
from api.jobs.row_errors import RowError, RowFailed
from api.ports import TextChecker
from api.review import deciding, intake
from api.review.errors import Conflict, ReasonRequired, UnknownItem, UnknownReason, UnusableValue
from api.storage.tables import DecisionAction, JobKind
from claimcheck.errors import EmptyText, InputError, TextTooLong

# Writes what the slow half found and returns the row's result.
Write = Callable[[Session], dict[str, Any]]


def prepare(chunk: Chunk, row: LeasedRow, *, checker: TextChecker) -> Write:
    """Do the slow half of a row and return the quick one, which may raise ``RowFailed`` as well.

    Raises:
        RowFailed: the row cannot succeed, however often it is tried.
    """
    match chunk.kind:
        case JobKind.CHECK:
            report = _report(chunk.options, row, checker=checker)
            return lambda _: {"report": report}
        case JobKind.IMPORT:
            report = _report(chunk.options, row, checker=checker)
            return lambda session: _submit(session, chunk, row, report=report)
        case JobKind.BULK_DECISION:
            return lambda session: _decide(session, chunk, row)
        case _:
            assert_never(chunk.kind)


def _report(options: Mapping[str, Any], row: LeasedRow, *, checker: TextChecker) -> dict[str, Any]:
    try:
        report = checker.check(
            row.payload["text"],
            jurisdictions=tuple(options.get("jurisdictions") or ("us",)),
            min_probability=options.get("min_probability"),
        )
    except EmptyText:
        raise RowFailed(RowError.EMPTY_TEXT) from None
    except TextTooLong:
        raise RowFailed(RowError.TEXT_TOO_LONG) from None
    except InputError:
        raise RowFailed(RowError.NOT_TEXT) from None
    return report.to_dict()


def _submit(session: Session, chunk: Chunk, row: LeasedRow, *, report: dict[str, Any]) -> dict[str, Any]:
    item = intake.submit(
        session,
        text=row.payload["text"],
        report=report,
        submitted_by=actor_of(chunk.options),
        external_id=row.external_id,
        source=row.payload.get("source"),
        source_url=row.payload.get("source_url"),
        job_id=chunk.job_id,
    )
    return {"item": {"id": item.id, "risk_level": item.risk_level, "action": item.suggested_action}}


def _decide(session: Session, chunk: Chunk, row: LeasedRow) -> dict[str, Any]:
    try:
        decision = deciding.decide(
            session,
            row.payload["item"],
            actor=actor_of(chunk.options),
            action=DecisionAction(chunk.options["action"]),
            reason_code=chunk.options.get("reason_code"),
            note=chunk.options.get("note"),
            expected_version=row.payload["version"],
            job_id=chunk.job_id,
        )
    except UnknownItem:
        raise RowFailed(RowError.UNKNOWN_ITEM) from None
    except Conflict:
        raise RowFailed(RowError.ALREADY_DECIDED) from None
    except ReasonRequired:
        raise RowFailed(RowError.REASON_REQUIRED) from None
    except UnknownReason:
        raise RowFailed(RowError.UNKNOWN_REASON) from None
    except UnusableValue:
        raise RowFailed(RowError.BAD_NOTE) from None
    return {"item": {"id": decision.item_id}, "decision": {"id": decision.id, "action": decision.action}}
