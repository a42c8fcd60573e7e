"""What ``claimcheck admin`` does to the database of the settings."""

from __future__ import annotations

import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url, select

from api import administering
from api.access import accounts, keys
from api.settings import Settings, from_environment
from api.storage import migrating
from api.storage.database import Database
from api.storage.tables import AuditEntry, User
from claimcheck.errors import ConfigError, UnknownOption
from tests.api.console.visiting import quick_passwords

__all__ = ["quick_passwords"]

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture(autouse=True)
def either_database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings name a database of each kind in turn."""
    monkeypatch.setenv("CLAIMCHECK_DATABASE_URL", database_url)


def _actions() -> list[tuple[str, str]]:
    with closing(Database(from_environment().database_url)) as database, database.read() as session:
        return [(e.actor, e.action) for e in session.scalars(select(AuditEntry).order_by(AuditEntry.at))]


def test_accounts_from_first_to_last() -> None:
    made = administering.create_user("Ada", role="lead")
    administering.create_user("grace", role="admin")
    administering.set_role("ADA", role="moderator")
    administering.deactivate("ada")
    assert [row[:3] for row in administering.users().rows] == [
        ("ada", "moderator", "closed"),
        ("grace", "admin", "must choose a password"),
    ]
    administering.reactivate("ada")
    again = administering.reset_password("ada")
    assert (made.of, again.of, made.value != again.value) == ("ada", "ada", True)
    with closing(Database(from_environment().database_url)) as database:
        assert accounts.sign_in(database, name="ada", password=made.value) is None
        assert accounts.sign_in(database, name="ada", password=again.value) is not None
    assert {actor for actor, _ in _actions()} == {"system"}
    assert len(_actions()) == 6


def test_what_cannot_be_done_is_said() -> None:
    administering.create_user("ada", role="admin")
    for failing in (
        lambda: administering.create_user("ada", role="lead"),
        lambda: administering.create_user("a b", role="lead"),
        lambda: administering.create_user("grace", role="god"),
        lambda: administering.set_role("ada", role="lead"),
        lambda: administering.deactivate("ada"),
        lambda: administering.reset_password("nobody"),
        lambda: administering.create_key("bot", scope="god", days=None),
        lambda: administering.create_key("", scope="score", days=None),
        lambda: administering.rotate_key("0" * 32, overlap_hours=1),
        lambda: administering.revoke_key("0" * 32),
        lambda: administering.migrate(to="9999"),
    ):
        with pytest.raises(UnknownOption):
            failing()


def test_keys_from_first_to_last() -> None:
    made = administering.create_key("bot", scope="review", days=3)
    ((key_id, *_),) = administering.keys().rows
    new = administering.rotate_key(key_id, overlap_hours=1)
    with closing(Database(from_environment().database_url)) as database, database.read() as session:
        assert keys.actor_of(session, made.value) is not None
        assert keys.actor_of(session, new.value) is not None
    administering.revoke_key(key_id)
    with closing(Database(from_environment().database_url)) as database, database.read() as session:
        assert keys.actor_of(session, made.value) is None
        assert keys.actor_of(session, new.value) is not None
    shown = str(administering.keys())
    assert made.value not in shown
    assert [row[4] for row in administering.keys().rows].count("yes") == 1


def test_first_admin_once() -> None:
    first = administering.first_admin(Settings())
    assert first is not None
    assert first.of == "admin"
    assert administering.first_admin(Settings()) is None


def test_back_and_forth() -> None:
    administering.create_user("ada", role="admin")
    assert administering.migrate(to=None) == (migrating.newest(), migrating.newest())
    assert administering.goes_back("base")
    assert not administering.goes_back("head")
    assert administering.migrate(to="base") == (migrating.newest(), "empty")
    assert administering.migrate(to="head") == ("empty", migrating.newest())
    assert administering.users().rows == ()


def test_purge_says_what_it_did() -> None:
    counts = administering.purge()
    assert counts
    assert set(counts.values()) == {0}
    assert _actions() == [("system", "retention.purged")]


def test_export_holds_no_secret() -> None:
    password = administering.create_user("ada", role="admin").value
    secret = administering.create_key("bot", scope="score", days=None).value
    lines = list(administering.export())
    assert {json.loads(line)["table"] for line in lines} == {"users", "api_keys", "audit_entries"}
    with closing(Database(from_environment().database_url)) as database, database.read() as session:
        kept = session.scalars(select(User)).one().password_hash
    assert any("everything.exported" in line for line in lines)
    for hidden in (password, secret, kept):
        assert hidden not in "".join(lines)


def test_backup(tmp_path: Path) -> None:
    administering.create_user("ada", role="admin")
    path = tmp_path / "copy of it.db"
    url = make_url(from_environment().database_url)
    if url.get_backend_name() == "postgresql":
        with pytest.raises(ConfigError) as caught:
            administering.backup(path)
        assert f"pg_dump --format=custom '--file={path}' postgresql://claimcheck@127.0.0.1:" in str(
            caught.value
        )
        return
    administering.backup(path)
    assert _actions()[-1] == ("system", "backup.exported")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with closing(sqlite3.connect(path)) as copy:
        assert copy.execute("SELECT name FROM users").fetchall() == [("ada",)]
    with pytest.raises(ConfigError, match="is there already"):
        administering.backup(path)
    with pytest.raises(ConfigError, match="no backup could be written"):
        administering.backup(tmp_path / "nowhere" / "x.db")


def test_a_backup_command_names_no_password(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLAIMCHECK_DATABASE_URL", "postgresql://ada:geheim@db.example:5433/claims")
    with pytest.raises(ConfigError) as caught:
        administering.backup(tmp_path / "x")
    assert "geheim" not in str(caught.value)
    assert str(caught.value).endswith("postgresql://ada@db.example:5433/claims")


def test_a_database_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAIMCHECK_DATABASE_URL", "postgresql://ada:geheim@127.0.0.1:1/claims")
    with pytest.raises(ConfigError, match="cannot be reached") as caught:
        administering.migrate(to=None)
    assert "geheim" not in str(caught.value)
