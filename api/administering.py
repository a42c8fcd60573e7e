"""What ``claimcheck admin`` does: accounts, keys, schema, purging, backup and export.

The command line stands below the service and imports none of it; it calls
these functions by name and prints what they return.
"""

from __future__ import annotations

import json
import os
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from api.access import accounts, keyring
from api.access.accounts import AccountFault
from api.access.actors import SYSTEM
from api.access.keyring import KeyRefused
from api.review import audit, retention
from api.settings import Settings, from_environment
from api.storage import migrating
from api.storage.columns import now
from api.storage.database import Database
from api.storage.tables import ApiKey, Role, Scope, User
from claimcheck.errors import ConfigError, UnknownOption

_PAGES_A_STEP = 1_000


@dataclass(frozen=True, slots=True)
class Secret:
    """Something that is shown once: a password or a key, and whose it is."""

    of: str
    value: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows to print."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@contextmanager
def _database() -> Iterator[Database]:
    database = migrating.opened(from_environment())
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _writing() -> Iterator[Session]:
    """Yield a transaction; what an account or key refuses becomes an error that a command can show."""
    try:
        with _database() as database, database.begin() as session:
            yield session
    except (AccountFault, KeyRefused) as fault:
        raise UnknownOption(f"{fault.field}: {fault.reason}") from None


# --- accounts


def first_admin(settings: Settings) -> Secret | None:
    """Make the first admin where there is no account at all; call it before the server's workers start.

    Raises:
        ConfigError: the database cannot be used.
    """
    with closing(migrating.opened(settings)) as database, database.begin() as session:
        password = accounts.ensure_first_admin(session)
    return None if password is None else Secret(accounts.FIRST_ADMIN, password)


def create_user(name: str, *, role: str) -> Secret:
    """Make an account.

    Raises:
        UnknownOption: the name or role cannot be used.
    """
    with _writing() as session:
        user, password = accounts.create(session, name=name, role=_role(role), actor=SYSTEM)
        return Secret(user.name, password)


def users() -> Table:
    """Return all accounts."""
    with _database() as database, database.read() as session:
        return Table(
            columns=("name", "role", "state", "last sign-in", "made"),
            rows=tuple(
                (user.name, user.role, _state(user), _time(user.last_login_at), _time(user.created_at))
                for user in accounts.everyone(session)
            ),
        )


def set_role(name: str, *, role: str) -> None:
    """Give an account another role.

    Raises:
        UnknownOption: there is no such account or role, or it is the last admin.
    """
    with _writing() as session:
        accounts.set_role(session, _user(session, name), _role(role), actor=SYSTEM)


def reset_password(name: str) -> Secret:
    """Give an account a random password, and end its sign-ins and its lock-out.

    Raises:
        UnknownOption: there is no such account.
    """
    with _writing() as session:
        user = _user(session, name)
        return Secret(user.name, accounts.reset_password(session, user, actor=SYSTEM))


def deactivate(name: str) -> None:
    """Close an account.

    Raises:
        UnknownOption: there is no such account, or it is the last admin.
    """
    with _writing() as session:
        accounts.deactivate(session, _user(session, name), actor=SYSTEM)


def reactivate(name: str) -> None:
    """Open a closed account again.

    Raises:
        UnknownOption: there is no such account.
    """
    with _writing() as session:
        accounts.reactivate(session, _user(session, name), actor=SYSTEM)


def _user(session: Session, name: str) -> User:
    user = accounts.by_name(session, name)
    if user is None:
        raise UnknownOption("there is no account of this name")
    return user


def _role(role: str) -> Role:
    if role not in tuple(Role):
        raise UnknownOption(f"a role is one of {', '.join(Role)}")
    return Role(role)


def _state(user: User) -> str:
    if not user.active:
        return "closed"
    if user.locked_until is not None and user.locked_until > now():
        return f"locked until {_time(user.locked_until)}"
    return "must choose a password" if user.must_change_password else "open"


# --- keys


def create_key(name: str, *, scope: str, days: int | None) -> Secret:
    """Make a key.

    Raises:
        UnknownOption: the name, scope or days cannot be used.
    """
    if scope not in tuple(Scope):
        raise UnknownOption(f"a scope is one of {', '.join(Scope)}")
    with _writing() as session:
        made = keyring.issue(session, name=name, scope=Scope(scope), actor=SYSTEM, days=days)
        return Secret(made.record.name, made.secret)


def keys() -> Table:
    """Return all keys, the newest first."""
    with _database() as database, database.read() as session:
        return Table(
            columns=("id", "name", "begins with", "scope", "valid", "ends", "last use", "made by"),
            rows=tuple(
                (
                    key.id,
                    key.name,
                    key.prefix,
                    key.scope,
                    "yes" if keyring.is_valid(key) else "no",
                    _time(key.revoked_at or key.expires_at),
                    _time(key.last_used_at),
                    key.created_by,
                )
                for key in keyring.everything(session)
            ),
        )


def rotate_key(key_id: str, *, overlap_hours: int) -> Secret:
    """Make a key's successor; the key itself stays valid for the overlap.

    Raises:
        UnknownOption: there is no such key, it is valid no longer, or the overlap is too long.
    """
    with _writing() as session:
        made = keyring.replace(session, _key(session, key_id), overlap_hours=overlap_hours, actor=SYSTEM)
        return Secret(made.record.name, made.secret)


def revoke_key(key_id: str) -> None:
    """End a key at once.

    Raises:
        UnknownOption: there is no such key.
    """
    with _writing() as session:
        keyring.revoke(session, _key(session, key_id), actor=SYSTEM)


def _key(session: Session, key_id: str) -> ApiKey:
    record = session.get(ApiKey, key_id)
    if record is None:
        raise UnknownOption("there is no key of this id: see 'claimcheck admin keys list'")
    return record


# --- the database


def migrate(*, to: str | None) -> tuple[str, str]:
    """Bring the database to a revision, forwards or back, and return the one before and the one now.

    Raises:
        ConfigError: the database cannot be reached.
        UnknownOption: there is no such revision.
    """
    with closing(Database(from_environment().database_url)) as database:
        try:
            before = migrating.current(database)
            migrating.upgrade(database) if to is None else _move(database, to)
            after = migrating.current(database)
        except OperationalError:
            raise ConfigError("the database cannot be reached: see database_url") from None
        except CommandError:
            raise UnknownOption(
                "there is no such revision, or the database is at one of another version"
            ) from None
    return before or "empty", after or "empty"


def goes_back(to: str) -> bool:
    """Tell whether moving to a revision drops tables or columns: everything but the newest may."""
    return to not in (migrating.HEAD, migrating.newest())


def _move(database: Database, to: str) -> None:
    if goes_back(to):
        migrating.downgrade(database, to=to)
    else:
        migrating.upgrade(database, to=to)


def purge() -> dict[str, int]:
    """Delete what is past its time and return how many rows of each kind that were."""
    with _writing() as session:
        return retention.purge(session, actor=SYSTEM, today=datetime.now(UTC).date())


def backup(path: Path) -> None:
    """Copy the SQLite database to a new file while it is in use, and check the copy.

    Raises:
        ConfigError: the file is there already or cannot be written, the copy is not whole, or the database is
            PostgreSQL: then the message holds the command to use.
    """
    address = make_url(from_environment().database_url)
    if address.get_backend_name() != "sqlite":
        # The password stays out of the message; the tool asks for it, or takes it from PGPASSWORD.
        url = address.set(drivername="postgresql")._replace(password=None).render_as_string()
        words = shlex.join(["pg_dump", "--format=custom", f"--file={path}", url])
        raise ConfigError(f"PostgreSQL is backed up by its own tool: {words}")
    source = Path(str(address.database))
    if not source.is_file():
        raise ConfigError("there is no database yet")
    try:
        # Made by us and by nobody before us, and readable by nobody else: it holds texts.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(path)) as copy:
            original.backup(copy, pages=_PAGES_A_STEP)
            whole = copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    except FileExistsError:
        raise ConfigError(f"{path} is there already") from None
    except (OSError, sqlite3.Error):
        raise ConfigError(f"no backup could be written to {path}") from None
    if not whole:
        raise ConfigError(f"the copy at {path} is not whole: do not rely on it")
    _note_backup(from_environment().database_url)


def _note_backup(url: str) -> None:
    # A database of another version, as it is before an upgrade, may have no audit to write to.
    with suppress(OperationalError), closing(Database(url)) as database, database.begin() as session:
        audit.exported(session, "backup", actor=SYSTEM)


def export() -> Iterator[str]:
    """Yield everything that is kept as lines of JSON, without secrets and their hashes."""
    with _database() as database:
        with database.begin() as session:
            audit.exported(session, "everything", actor=SYSTEM)
        yield from _exported(database)


def _exported(database: Database) -> Iterator[str]:
    with database.read() as session:
        for row in retention.export_all(session):
            yield json.dumps(row, ensure_ascii=False)


def _time(moment: datetime | None) -> str:
    return "-" if moment is None else moment.strftime("%Y-%m-%d %H:%M")
