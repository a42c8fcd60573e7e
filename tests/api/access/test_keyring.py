"""Keys as people handle them, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from api.access import keyring, keys
from api.access.actors import SYSTEM, Permission, of_user
from api.access.keyring import KeyRefused
from api.storage.columns import now
from api.storage.database import Database
from api.storage.tables import ApiKey, AuditEntry, Role, Scope
from tests.api.console.visiting import add_user


def _later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    def shifted() -> datetime:
        return now() + by

    monkeypatch.setattr(keys, "now", shifted)
    monkeypatch.setattr(keyring, "now", shifted)


def _valid(database: Database, secret: str) -> bool:
    with database.read() as session:
        return keys.actor_of(session, secret) is not None


def test_a_key_is_kept_as_a_hash(database: Database) -> None:
    with database.begin() as session:
        made = keyring.issue(session, name="bot", scope=Scope.REVIEW, actor=SYSTEM)
    with database.read() as session:
        actor = keys.actor_of(session, made.secret)
        (row,) = session.scalars(select(ApiKey)).all()
        (entry,) = session.scalars(select(AuditEntry)).all()
    assert actor is not None
    assert (actor.name, actor.may(Permission.REVIEW), actor.may(Permission.LEAD)) == ("key:bot", True, False)
    assert made.secret not in str(vars(row))
    assert made.secret not in str(entry.details)
    assert made.secret.startswith(row.prefix)


@pytest.mark.parametrize("secret", ["", "cck_", "cck_wrong", "x", "cck_" + "x" * 500, "cck_\0", "cck_é"])
def test_unknown_secrets_open_nothing(database: Database, secret: str) -> None:
    with database.begin() as session:
        keyring.issue(session, name="bot", scope=Scope.SCORE, actor=SYSTEM)
    assert not _valid(database, secret)


def test_a_key_ends(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.begin() as session:
        made = keyring.issue(session, name="bot", scope=Scope.SCORE, actor=SYSTEM, days=2)
    assert _valid(database, made.secret)
    _later(monkeypatch, timedelta(days=2, seconds=5))
    assert not _valid(database, made.secret)


def test_a_revoked_key_opens_nothing_at_once(database: Database) -> None:
    with database.begin() as session:
        made = keyring.issue(session, name="bot", scope=Scope.SCORE, actor=SYSTEM)
    with database.begin() as session:
        keyring.revoke(session, session.get_one(ApiKey, made.record.id), actor=SYSTEM)
    assert not _valid(database, made.secret)
    with database.begin() as session, pytest.raises(KeyRefused):
        keyring.replace(session, session.get_one(ApiKey, made.record.id), overlap_hours=1, actor=SYSTEM)


def test_both_keys_open_during_the_overlap(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.begin() as session:
        old = keyring.issue(session, name="bot", scope=Scope.ADMIN, actor=SYSTEM)
    with database.begin() as session:
        new = keyring.replace(session, session.get_one(ApiKey, old.record.id), overlap_hours=2, actor=SYSTEM)
    assert _valid(database, old.secret)
    assert _valid(database, new.secret)
    assert new.record.scope == Scope.ADMIN
    with database.begin() as session, pytest.raises(KeyRefused):
        keyring.replace(session, session.get_one(ApiKey, old.record.id), overlap_hours=2, actor=SYSTEM)
    _later(monkeypatch, timedelta(hours=2, seconds=5))
    assert not _valid(database, old.secret)
    assert _valid(database, new.secret)


def test_an_overlap_prolongs_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.begin() as session:
        old = keyring.issue(session, name="bot", scope=Scope.SCORE, actor=SYSTEM, days=1)
    with database.begin() as session:
        record = session.get_one(ApiKey, old.record.id)
        _later(monkeypatch, timedelta(hours=12))
        new = keyring.replace(session, record, overlap_hours=700, actor=SYSTEM)
    _later(monkeypatch, timedelta(days=1, seconds=5))
    assert not _valid(database, old.secret)
    # The successor lives as long as the key before it was made for.
    assert _valid(database, new.secret)
    _later(monkeypatch, timedelta(days=1, hours=12, seconds=5))
    assert not _valid(database, new.secret)


def test_two_valid_keys_of_one_name_would_be_one_actor(database: Database) -> None:
    with database.begin() as session:
        first = keyring.issue(session, name="bot", scope=Scope.SCORE, actor=SYSTEM)
        with pytest.raises(KeyRefused) as caught:
            keyring.issue(session, name=" bot ", scope=Scope.REVIEW, actor=SYSTEM)
        assert caught.value.field == "name"
        keyring.revoke(session, first.record, actor=SYSTEM)
        assert keyring.issue(session, name="bot", scope=Scope.REVIEW, actor=SYSTEM).record.name == "bot"


@pytest.mark.parametrize(
    ("name", "days", "field"),
    [
        ("", None, "name"),
        ("x" * 61, None, "name"),
        ("a\nb", None, "name"),
        ("bot", 0, "days"),
        ("bot", -1, "days"),
    ],
)
def test_keys_that_are_refused(database: Database, name: str, days: int | None, field: str) -> None:
    with pytest.raises(KeyRefused) as caught, database.begin() as session:
        keyring.issue(session, name=name, scope=Scope.SCORE, actor=SYSTEM, days=days)
    assert caught.value.field == field


def test_browser_keys_belong_to_their_account(database: Database) -> None:
    ada = add_user(database, name="ada", role=Role.READER)
    eve = add_user(database, name="eve", role=Role.ADMIN)
    actor = of_user(user_id=ada.id, name=ada.name, role=ada.role)
    with database.begin() as session:
        made = keyring.issue_for_browser(session, ada, name=" Firefox ", actor=actor)
        keyring.issue(session, name="bot", scope=Scope.SCORE, actor=actor)
        assert [key.id for key in keyring.browsers_of(session, ada)] == [made.record.id]
        assert keyring.browsers_of(session, eve) == []
    assert made.record.name == "browser: Firefox"
    assert made.record.scope == Scope.SCORE


def test_an_account_has_so_many_browser_keys_and_no_more(database: Database) -> None:
    ada = add_user(database, name="ada", role=Role.READER)
    actor = of_user(user_id=ada.id, name=ada.name, role=ada.role)
    with database.begin() as session:
        for number in range(keyring.MOST_BROWSERS):
            keyring.issue_for_browser(session, ada, name=str(number), actor=actor)
        with pytest.raises(KeyRefused):
            keyring.issue_for_browser(session, ada, name="one more", actor=actor)


def test_use_is_noted_to_within_five_minutes(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.begin() as session:
        made = keyring.issue(session, name="bot", scope=Scope.SCORE, actor=SYSTEM)
        assert keys.use_is_due(made.record)
        keys.note_use(session, made.record.id)
    with database.read() as session:
        record = session.get_one(ApiKey, made.record.id)
    assert record.last_used_at is not None
    assert not keys.use_is_due(record)
    _later(monkeypatch, timedelta(minutes=6))
    assert keys.use_is_due(record)
