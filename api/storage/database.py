"""One database, whichever it is: how to read from it and how to write to it.

SQLite runs in WAL mode, so that readers never wait for a writer.  A writing
transaction takes the write lock at its start (``BEGIN IMMEDIATE``): two
writers queue instead of failing half-way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from claimcheck.errors import ConfigError

Reading = Callable[[], AbstractContextManager[Session]]
"""Opens a session that only reads, as :meth:`Database.read` does."""
_READ_ONLY = "claimcheck_read_only"
_BUSY_SECONDS = 10.0
_POOL_SIZE = 10
_POOL_OVERFLOW = 20


class Database:
    """The engine and its two kinds of transaction."""

    def __init__(self, url: str) -> None:
        """Open the database of ``url``: ``sqlite:///path`` or ``postgresql://user@host/name``.

        Raises:
            ConfigError: it is neither, or its folder cannot be made.
        """
        self.engine = _engine(url)
        self._reading = self.engine.execution_options(**{_READ_ONLY: True})

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Yield a session that writes: committed at the end, rolled back where anything is raised."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Yield a session that only reads."""
        with Session(self._reading, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _engine(url: str) -> Engine:
    try:
        address = make_url(url)
    except ArgumentError:
        raise ConfigError("database_url is not an address of a database") from None
    match address.get_backend_name():
        case "sqlite":
            if address.database in (None, "", ":memory:"):
                raise ConfigError("database_url: SQLite needs a file, since several threads share it")
            _make_folder(Path(str(address.database)).parent)
            engine = sqlalchemy.create_engine(
                address.set(drivername="sqlite+pysqlite"),
                connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
                pool_size=_POOL_SIZE,
                max_overflow=_POOL_OVERFLOW,
                hide_parameters=True,
            )
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        case "postgresql":
            return sqlalchemy.create_engine(
                address.set(drivername="postgresql+psycopg"),
                pool_size=_POOL_SIZE,
                max_overflow=_POOL_OVERFLOW,
                pool_pre_ping=True,
                hide_parameters=True,
            )
        case _:
            raise ConfigError("database_url must begin with sqlite:/// or postgresql://")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        raise ConfigError(f"database_url: the folder {folder} cannot be made") from None


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # The driver's own BEGIN comes too late; ours is in _begin_sqlite.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options: dict[str, Any] = dict(connection.get_execution_options())
    connection.exec_driver_sql("BEGIN" if options.get(_READ_ONLY) else "BEGIN IMMEDIATE")
