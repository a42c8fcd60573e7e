"""Database work of a handler: in a thread, in one transaction, its refusals as problems."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from api import etags
from api.deps import Services
from api.errors import (
    ALREADY_DECIDED,
    BUSY,
    FORBIDDEN,
    INVALID_REQUEST,
    NOT_DECIDED,
    PRECONDITION_FAILED,
    REASON_REQUIRED,
    UNKNOWN_ITEM,
    Problem,
    pointer,
)
from api.review.errors import (
    Conflict,
    FilterError,
    NotAllowed,
    NotStanding,
    ReasonRequired,
    ReviewError,
    UnknownClaim,
    UnknownReason,
    UnusableValue,
)

Result = TypeVar("Result")


async def write(services: Services, work: Callable[[Session], Result]) -> Result:
    """Return what ``work`` returns, its changes committed.

    Raises:
        Problem: ``work`` refused; nothing was changed.
    """
    return await run_in_threadpool(writing, services, work)


async def read(services: Services, work: Callable[[Session], Result]) -> Result:
    """Return what ``work`` returns; it changes nothing.

    Raises:
        Problem: ``work`` refused.
    """
    return await run_in_threadpool(reading, services, work)


def writing(services: Services, work: Callable[[Session], Result]) -> Result:
    """Do what :func:`write` does, in this thread."""
    try:
        with services.database.begin() as session:
            return work(session)
    except ReviewError as error:
        raise problem_of(error) from None
    except OperationalError:
        raise Problem(BUSY, headers={"Retry-After": "2"}) from None


def reading(services: Services, work: Callable[[Session], Result]) -> Result:
    """Do what :func:`read` does, in this thread."""
    try:
        with services.database.read() as session:
            return work(session)
    except ReviewError as error:
        raise problem_of(error) from None
    except OperationalError:
        raise Problem(BUSY, headers={"Retry-After": "2"}) from None


def problem_of(error: ReviewError) -> Problem:
    """Return the problem that tells a caller of ``error``."""
    match error:
        case Conflict():
            return _conflict(error)
        case FilterError(field=field, detail=detail):
            return _invalid("query", field, detail=detail)
        case UnusableValue(field=field, detail=detail):
            return _invalid(field, detail=detail)
        case ReasonRequired():
            detail = REASON_REQUIRED.detail
            return Problem(REASON_REQUIRED, errors=[{"pointer": "/reason_code", "detail": detail}])
        case UnknownReason():
            return _invalid("reason_code", detail="This is no reason that the action offers.")
        case UnknownClaim():
            return _invalid("claim_id", detail="The item's report has no claim of this id.")
        case NotAllowed():
            return Problem(FORBIDDEN)
        case NotStanding():
            return Problem(NOT_DECIDED)
        case _:
            return Problem(UNKNOWN_ITEM)


def _conflict(error: Conflict) -> Problem:
    headers = {"ETag": etags.of_version(error.version)}
    decision = error.decision
    if decision is None:
        return Problem(PRECONDITION_FAILED, headers=headers)
    decided = {
        "id": decision.id,
        "by": decision.actor,
        "at": decision.created_at.isoformat(),
        "action": decision.action,
        "reason_code": decision.reason_code,
    }
    return Problem(ALREADY_DECIDED, headers=headers, members={"decided": decided})


def _invalid(*steps: str, detail: str) -> Problem:
    return Problem(INVALID_REQUEST, errors=[{"pointer": pointer(*steps), "detail": detail}])
