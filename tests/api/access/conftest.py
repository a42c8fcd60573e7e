"""A database of this test's own, of each kind, and quick passwords."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.storage.database import Database
from tests.api.console.visiting import quick_passwords

__all__ = ["quick_passwords"]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database, SQLite and PostgreSQL in turn."""
    opened = Database(database_url)
    yield opened
    opened.close()
