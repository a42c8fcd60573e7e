"""Column types and defaults that mean the same in SQLite and PostgreSQL."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator

ID_LENGTH = 32


def new_id() -> str:
    """Return a fresh identifier: 32 hexadecimal digits, 122 random bits."""
    return uuid.uuid4().hex


def now() -> datetime:
    """Return the time, aware, in UTC."""
    return datetime.now(UTC)


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        # Its zone puts it before the year 1 or after 9999: the nearest moment there is.
        return (datetime.min if value.year == 1 else datetime.max).replace(tzinfo=UTC)


class Moment(TypeDecorator[datetime]):
    """An aware time, always read back in UTC; SQLite has no zones, so it is stored there as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return ``value`` in UTC.

        Raises:
            ValueError: it has no time zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        moment = _in_utc(value)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the stored time as an aware one."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
