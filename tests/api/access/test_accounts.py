"""Accounts on both databases: made, locked out, closed, and never without an admin."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from api.access import accounts, keyring, passwords, sessions
from api.access.accounts import AccountFault
from api.access.actors import SYSTEM, of_user
from api.settings import Settings
from api.storage.columns import now
from api.storage.database import Database
from api.storage.tables import ApiKey, AuditEntry, LoginSession, Role, User
from tests.api.console.visiting import PASSWORD, add_user

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[..., datetime]:
    """Return what tells the time of lock-outs, and moves it on."""
    ahead = timedelta()

    def told(*, moved_on: timedelta = timedelta()) -> datetime:
        nonlocal ahead
        ahead += moved_on
        return now() + ahead

    monkeypatch.setattr(accounts, "now", told)
    return told


def _user(database: Database, name: str = "ada") -> User:
    with database.read() as session:
        found = accounts.by_name(session, name)
    assert found is not None
    return found


def _actions(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.at)))


def test_a_new_account_must_choose_a_password(database: Database) -> None:
    with database.begin() as session:
        user, password = accounts.create(session, name=" Ada@X.org ", role=Role.LEAD, actor=SYSTEM)
    assert (user.name, user.role, user.must_change_password) == ("ada@x.org", "lead", True)
    signed_in = accounts.sign_in(database, name="ADA@x.org", password=password)
    assert signed_in is not None
    assert signed_in.last_login_at is not None
    assert _actions(database) == ["account.created"]


@pytest.mark.parametrize("name", ["", "a", "-ada", "ada lovelace", "ada:x", "äda", "a" * 81, "ad\na", "<b>"])
def test_names_that_are_refused(database: Database, name: str) -> None:
    with pytest.raises(AccountFault) as caught, database.begin() as session:
        accounts.create(session, name=name, role=Role.READER, actor=SYSTEM)
    assert caught.value.field == "name"


def test_a_name_is_given_once(database: Database) -> None:
    add_user(database, name="ada", role=Role.READER)
    with pytest.raises(AccountFault, match="There is an account of this name"), database.begin() as session:
        accounts.create(session, name="Ada", role=Role.READER, actor=SYSTEM)


def test_hundred_wrong_passwords_lock_the_account(database: Database) -> None:
    add_user(database, name="ada", role=Role.ADMIN)
    for attempt in range(100):
        assert accounts.sign_in(database, name="ada", password=f"wrong number {attempt}") is None
    assert accounts.sign_in(database, name="ada", password=PASSWORD) is None
    user = _user(database)
    assert user.failed_logins == accounts.FAILURES_IN_A_ROW
    assert user.locked_until is not None
    assert user.locked_until <= now() + accounts.LOCKED
    assert _actions(database) == ["account.locked"]


def test_locks_grow_up_to_an_hour_and_end(database: Database, clock: Callable[..., datetime]) -> None:
    add_user(database, name="ada", role=Role.READER)
    lasted = []
    for _ in range(5):
        for _ in range(10):
            assert accounts.sign_in(database, name="ada", password="wrong password") is None
        locked = _user(database).locked_until
        assert locked is not None
        lasted.append(round((locked - clock()) / timedelta(minutes=1)))
        clock(moved_on=accounts.LONGEST_LOCK + timedelta(seconds=1))
    assert lasted == [15, 30, 60, 60, 60]
    assert accounts.sign_in(database, name="ada", password=PASSWORD) is not None
    user = _user(database)
    assert (user.failed_logins, user.locked_until) == (0, None)


def test_nine_failures_lock_nothing(database: Database) -> None:
    add_user(database, name="ada", role=Role.READER)
    for _ in range(3):
        for _ in range(9):
            accounts.sign_in(database, name="ada", password="wrong password")
        assert accounts.sign_in(database, name="ada", password=PASSWORD) is not None


def test_the_right_password_at_the_tenth_try_is_let_in(database: Database) -> None:
    add_user(database, name="ada", role=Role.READER)
    for _ in range(9):
        accounts.sign_in(database, name="ada", password="wrong password")
    assert accounts.sign_in(database, name="ada", password=PASSWORD) is not None
    assert _user(database).locked_until is None


def test_many_at_once_get_no_more_tries(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    add_user(database, name="ada", role=Role.READER)
    checked: list[str] = []
    fits = passwords.fits

    def noting(password: str, kept: str | None) -> bool:
        if kept is not None:
            checked.append(password)
        return fits(password, kept)

    monkeypatch.setattr(passwords, "fits", noting)
    with ThreadPoolExecutor(8) as callers:
        tried = callers.map(
            lambda n: accounts.sign_in(database, name="ada", password=f"wrong {n}"), range(40)
        )
    assert not any(tried)
    assert len(checked) == accounts.FAILURES_IN_A_ROW


def test_closed_and_unknown_accounts_are_refused_alike(database: Database) -> None:
    add_user(database, name="ada", role=Role.READER, active=False)
    assert accounts.sign_in(database, name="ada", password=PASSWORD) is None
    assert accounts.sign_in(database, name="nobody", password=PASSWORD) is None
    assert accounts.sign_in(database, name="' OR 1=1 --", password=PASSWORD) is None


def test_passwords_are_hashed_anew_where_parameters_moved(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_user(database, name="ada", role=Role.READER)
    newer = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", lambda: newer)
    assert accounts.sign_in(database, name="ada", password=PASSWORD) is not None
    kept = _user(database).password_hash
    assert "m=16,t=2" in kept
    assert accounts.sign_in(database, name="ada", password=PASSWORD) is not None
    assert _user(database).password_hash == kept


def test_closing_ends_sign_ins_and_browser_keys(database: Database) -> None:
    add_user(database, name="root", role=Role.ADMIN)
    user = add_user(database, name="ada", role=Role.LEAD)
    with database.begin() as session:
        sessions.start(session, user, settings=Settings())
        own = of_user(user_id=user.id, name=user.name, role=user.role)
        keyring.issue_for_browser(session, user, name="Firefox", actor=own)
    with database.begin() as session:
        accounts.deactivate(session, session.get_one(User, user.id), actor=SYSTEM)
    with database.read() as session:
        assert session.scalars(select(LoginSession)).all() == []
        assert session.scalars(select(ApiKey)).one().revoked_at is not None
    assert "account.deactivated" in _actions(database)
    assert "key.revoked" in _actions(database)


def test_there_is_always_an_admin(database: Database) -> None:
    user = add_user(database, name="root", role=Role.ADMIN)
    add_user(database, name="gone", role=Role.ADMIN, active=False)
    with pytest.raises(AccountFault, match="last admin"), database.begin() as session:
        accounts.deactivate(session, session.get_one(User, user.id), actor=SYSTEM)
    with pytest.raises(AccountFault, match="last admin"), database.begin() as session:
        accounts.set_role(session, session.get_one(User, user.id), Role.LEAD, actor=SYSTEM)
    with database.begin() as session:
        accounts.create(session, name="second", role=Role.ADMIN, actor=SYSTEM)
        accounts.set_role(session, session.get_one(User, user.id), Role.LEAD, actor=SYSTEM)
    assert _user(database, "root").role == "lead"


def test_reset_and_change_of_a_password(database: Database) -> None:
    user = add_user(
        database, name="ada", role=Role.READER, failed_logins=10, locked_until=now() + timedelta(1)
    )
    with database.begin() as session:
        random = accounts.reset_password(session, session.get_one(User, user.id), actor=SYSTEM)
    signed_in = accounts.sign_in(database, name="ada", password=random)
    assert signed_in is not None
    assert signed_in.must_change_password
    for current, new, field in (
        ("wrong", "nine owls in a row", "current"),
        (random, random, "password"),
        (random, "password1234", "password"),
    ):
        with pytest.raises(AccountFault) as caught:
            accounts.change_password(database, signed_in, current=current, new=new, actor=SYSTEM)
        assert caught.value.field == field
    accounts.change_password(database, signed_in, current=random, new="nine owls in a row", actor=SYSTEM)
    changed = accounts.sign_in(database, name="ada", password="nine owls in a row")
    assert changed is not None
    assert not changed.must_change_password
    assert "nine owls" not in str(_actions(database))


def test_first_admin_is_made_once(database: Database) -> None:
    def made(_: int) -> str | None:
        with database.begin() as session:
            return accounts.ensure_first_admin(session)

    with ThreadPoolExecutor(6) as starting:
        found = [password for password in starting.map(made, range(6)) if password]
    assert len(found) == 1
    assert made(0) is None
    user = accounts.sign_in(database, name="admin", password=found[0])
    assert user is not None
    assert (user.role, user.must_change_password) == ("admin", True)


def test_no_first_admin_where_anybody_is(database: Database) -> None:
    add_user(database, name="ada", role=Role.READER)
    with database.begin() as session:
        assert accounts.ensure_first_admin(session) is None


def test_a_reset_ends_the_keys_of_the_accounts_browsers(database: Database) -> None:
    user = add_user(database, name="ada", role=Role.READER)
    actor = of_user(user_id=user.id, name=user.name, role=user.role)
    with database.begin() as session:
        keyring.issue_for_browser(session, user, name="Firefox", actor=actor)
    with database.begin() as session:
        accounts.reset_password(session, session.get_one(User, user.id), actor=SYSTEM)
        assert keyring.browsers_of(session, user) == []


def test_a_name_with_nul_is_no_name(database: Database) -> None:
    assert accounts.sign_in(database, name="nobody\0", password="x") is None
