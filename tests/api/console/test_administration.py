"""What admins do with accounts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api.access import accounts
from api.storage.tables import AuditEntry, Role, User
from tests.api.console.visiting import PASSWORD, Browser, add_user, services_of

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def admin(visitor: Callable[..., Browser]) -> Browser:
    """An admin's browser."""
    return visitor("admin", "root")


@pytest.fixture
def ada(started: FastAPI) -> User:
    """A moderator."""
    return add_user(services_of(started).database, name="ada", role=Role.MODERATOR)


def _audit(app: FastAPI) -> list[tuple[str, str, str | None]]:
    with services_of(app).database.read() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.at)).all()
    return [(entry.actor, entry.action, entry.object_id) for entry in entries]


def _now(app: FastAPI, user: User) -> User:
    with services_of(app).database.read() as session:
        return session.get_one(User, user.id)


def _shown_password(page: str, name: str) -> str:
    found = re.search(rf'aria-label="Password of {name}" value="([^"]+)"', page)
    assert found is not None
    return found.group(1)


def test_an_account_is_made_and_its_password_shown_once(started: FastAPI, admin: Browser) -> None:
    reply = admin.send_form("/admin/users", {"name": "Grace", "role": "lead"})
    assert reply.status_code == 200
    password = _shown_password(reply.text, "grace")
    assert password not in admin.get("/admin/users").text
    user = accounts.sign_in(services_of(started).database, name="grace", password=password)
    assert user is not None
    assert (user.role, user.must_change_password) == ("lead", True)
    assert _audit(started) == [("root", "account.created", user.id)]


@pytest.mark.parametrize("name", ["", "a b", "<script>", "root"])
def test_names_that_are_refused(admin: Browser, name: str) -> None:
    reply = admin.send_form("/admin/users", {"name": name, "role": "lead"})
    assert (reply.status_code, 'id="name-fault"' in reply.text) == (422, True)
    assert "<script>" not in reply.text


def test_a_role_that_no_page_offers(admin: Browser, ada: User) -> None:
    assert admin.send_form("/admin/users", {"name": "grace", "role": "god"}).status_code == 400
    assert admin.send_form(f"/admin/users/{ada.id}/role", {"role": "god"}).status_code == 400


def test_role_closing_and_opening(started: FastAPI, admin: Browser, ada: User) -> None:
    assert admin.send_form(f"/admin/users/{ada.id}/role", {"role": "lead"}).status_code == 303
    assert _now(started, ada).role == "lead"
    assert "ada has the role lead now." in admin.get("/admin/users").text
    admin.send_form(f"/admin/users/{ada.id}/deactivate")
    assert not _now(started, ada).active
    admin.send_form(f"/admin/users/{ada.id}/reactivate")
    assert _now(started, ada).active
    assert [action for _, action, _ in _audit(started)] == [
        "account.role_changed",
        "account.deactivated",
        "account.reactivated",
    ]


def test_closing_puts_a_browser_out(visitor: Callable[..., Browser], admin: Browser) -> None:
    browser = visitor("reader", "eve")
    assert browser.get("/").status_code == 200
    assert browser.user is not None
    admin.send_form(f"/admin/users/{browser.user.id}/deactivate")
    assert browser.get("/").status_code == 303


def test_the_last_admin_stays(started: FastAPI, admin: Browser) -> None:
    assert admin.user is not None
    for change, fields in (("role", {"role": "lead"}), ("deactivate", {})):
        assert admin.send_form(f"/admin/users/{admin.user.id}/{change}", fields).status_code == 303
        page = admin.get("/admin/users").text
        assert '<p class="fault" role="alert">root was not changed. It is the last admin' in page
    assert _now(started, admin.user).role == "admin"
    assert _audit(started) == []


def test_a_new_password_ends_the_old_one(started: FastAPI, admin: Browser, ada: User) -> None:
    page = admin.send_form(f"/admin/users/{ada.id}/password").text
    password = _shown_password(page, "ada")
    database = services_of(started).database
    assert accounts.sign_in(database, name="ada", password=PASSWORD) is None
    assert accounts.sign_in(database, name="ada", password=password) is not None
    assert password not in str(_audit(started))


def test_a_locked_account_is_unlocked(started: FastAPI, admin: Browser, ada: User) -> None:
    database = services_of(started).database
    for _ in range(10):
        accounts.sign_in(database, name="ada", password="wrong")
    page = admin.get("/admin/users").text
    assert "locked until" in page
    assert "Unlock" in page
    admin.send_form(f"/admin/users/{ada.id}/reactivate")
    assert accounts.sign_in(database, name="ada", password=PASSWORD) is not None


@pytest.mark.parametrize("user_id", ["0" * 32, "x", "%00", "..%2f..", "' OR 1=1 --", "0" * 5_000])
def test_accounts_that_are_not_there(admin: Browser, user_id: str) -> None:
    for change in ("password", "deactivate", "reactivate"):
        assert admin.send_form(f"/admin/users/{user_id}/{change}").status_code == 404
