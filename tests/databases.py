"""Databases for tests: a SQLite file or a database of a PostgreSQL server of our own, already migrated."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from api.storage import migrating
from api.storage.database import Database

_PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
_START_SECONDS = 60


@dataclass(frozen=True)
class Postgres:
    """A running server that this test run made and ends."""

    port: int
    folder: Path

    def url(self, name: str) -> str:
        """Return the address of one of its databases."""
        return f"postgresql://claimcheck@127.0.0.1:{self.port}/{name}"

    def execute(self, statement: str) -> None:
        """Run a statement that no transaction may hold."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


def require_postgres() -> Path:
    """Return the folder of the server's programs; skip, or fail in CI, where there is none."""
    if _PROGRAMS:
        return _PROGRAMS[0]
    if os.environ.get("CI") == "true":
        pytest.fail("no PostgreSQL server on this machine")
    pytest.skip("NO POSTGRESQL on this machine: only SQLite was tested")


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Start a server in a folder of its own, on loopback; it is ended and removed afterwards."""
    programs = require_postgres()
    folder = Path(tempfile.mkdtemp(prefix="claimcheck-postgres-"))
    as_server = _not_root(folder)
    data = folder / "data"
    try:
        subprocess.run(
            [
                *as_server,
                programs / "initdb",
                "-D",
                data,
                "-U",
                "claimcheck",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "-N",
            ],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        control = [*as_server, str(programs / "pg_ctl"), "-D", str(data)]
        subprocess.run(
            [*control, "-w", "-t", str(_START_SECONDS), "-l", str(folder / "log"), "-o", options, "start"],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        try:
            yield Postgres(port=port, folder=folder)
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _not_root(folder: Path) -> list[str]:
    # The server refuses to run as root; Debian's package brings an account for it.
    if os.getuid() != 0:
        return []
    owner = pwd.getpwnam("postgres")
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]


@contextmanager
def postgres_database(server: Postgres, *, template: str = "template1") -> Iterator[str]:
    """Make a database of its own for one test and drop it afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server.url(name)
    finally:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def migrate(url: str) -> None:
    """Bring the database of ``url`` to the newest schema."""
    database = Database(url)
    migrating.upgrade(database)
    database.close()
