"""Pages by keyset: a cursor says where a page ended, so that rows which come or go shift nothing."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

from api.review.errors import FilterError

Row = TypeVar("Row")
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Slice(Generic[Row]):
    """One page of a list, and the cursor of the next; None where this is the last."""

    rows: tuple[Row, ...]
    next: str | None


def encode(*parts: str | int) -> str:
    """Return these parts as one opaque word."""
    written = json.dumps(parts, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(written).rstrip(b"=").decode()


def decode(cursor: str, *shape: type) -> tuple[Any, ...]:
    """Return the parts of ``cursor``, each of the type that ``shape`` names.

    Raises:
        FilterError: it is no cursor of this shape.
    """
    try:
        if len(cursor) > _LONGEST:
            raise ValueError("too long")
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        parts = json.loads(base64.urlsafe_b64decode(padded))
        if not isinstance(parts, list) or [type(part) for part in parts] != list(shape):
            raise ValueError("another shape")
    except (ValueError, binascii.Error, RecursionError):
        raise FilterError("cursor", "This is no cursor of this list.") from None
    if not all(_fits_a_column(part) for part in parts):
        raise FilterError("cursor", "This is no cursor of this list.")
    return tuple(parts)


def _fits_a_column(part: str | int) -> bool:
    return part.isprintable() if isinstance(part, str) else abs(part) < 2**31


def moment_of(written: str) -> datetime:
    """Return the time that a cursor names.

    Raises:
        FilterError: it is none.
    """
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise FilterError("cursor", "This is no cursor of this list.")
    return moment


def newest_first(
    session: Session,
    query: Select[Row],
    *,
    moment: InstrumentedAttribute[datetime],
    identifier: InstrumentedAttribute[str],
    key: Callable[[Row], tuple[datetime, str]],
    after: str | None,
    limit: int,
) -> Slice[Row]:
    """Return a page of ``query``, newest first.

    Raises:
        FilterError: ``after`` is no cursor.
    """
    if after is not None:
        written, last = decode(after, str, str)
        at = moment_of(written)
        query = query.where(moment <= at, or_(moment < at, identifier < last))
    ordered = query.order_by(moment.desc(), identifier.desc()).limit(limit + 1)
    rows = list(session.scalars(ordered))
    if len(rows) <= limit:
        return Slice(tuple(rows), None)
    end, last = key(rows[limit - 1])
    return Slice(tuple(rows[:limit]), encode(end.isoformat(), last))
