"""Keys in the console: everybody's for admins, and those of one's own browsers."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api.access import keys
from api.access.actors import Permission
from api.storage.tables import ApiKey, AuditEntry
from tests.api.console.visiting import Browser, services_of

pytestmark = pytest.mark.usefixtures("quick_passwords")

SECRET = re.compile(r'value="(cck_[\w-]{43})"')


@pytest.fixture
def admin(visitor: Callable[..., Browser]) -> Browser:
    """An admin's browser."""
    return visitor("admin", "root")


def _shown(page: str) -> str:
    found = SECRET.search(page)
    assert found is not None
    return found.group(1)


def _opens(app: FastAPI, secret: str) -> bool:
    with services_of(app).database.read() as session:
        return keys.actor_of(session, secret) is not None


def _all(app: FastAPI) -> list[ApiKey]:
    with services_of(app).database.read() as session:
        return list(session.scalars(select(ApiKey).order_by(ApiKey.created_at)))


def _actions(app: FastAPI) -> list[str]:
    with services_of(app).database.read() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.at)))


def test_a_key_is_made_and_shown_once(started: FastAPI, admin: Browser) -> None:
    reply = admin.send_form("/admin/keys", {"name": "importer", "scope": "review", "days": "30"})
    secret = _shown(reply.text)
    page = admin.get("/admin/keys").text
    assert secret not in page
    assert secret[:10] in page
    (record,) = _all(started)
    assert (record.name, record.scope, record.created_by) == ("importer", "review", "root")
    assert record.expires_at is not None
    assert _opens(started, secret)
    with services_of(started).database.read() as session:
        assert secret not in str([vars(entry) for entry in session.scalars(select(AuditEntry))])
    assert _actions(started) == ["key.created"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": "", "scope": "score"}, 422),
        ({"name": "x" * 61, "scope": "score"}, 422),
        ({"name": "a\u202eb", "scope": "score"}, 422),
        ({"name": "bot", "scope": "god"}, 400),
        ({"name": "bot", "scope": "score", "days": "0"}, 422),
        ({"name": "bot", "scope": "score", "days": "-1"}, 422),
        ({"name": "bot", "scope": "score", "days": "9" * 5_000}, 422),
        ({"name": "bot", "scope": "score", "days": "1.5"}, 422),
    ],
)
def test_keys_that_are_refused(started: FastAPI, admin: Browser, fields: dict[str, str], status: int) -> None:
    assert admin.send_form("/admin/keys", fields).status_code == status
    assert _all(started) == []


def test_names_never_become_markup(admin: Browser) -> None:
    page = admin.send_form("/admin/keys", {"name": '"><script>x</script>', "scope": "score"}).text
    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page


def test_replacing_with_an_overlap_and_revoking(started: FastAPI, admin: Browser) -> None:
    old = _shown(admin.send_form("/admin/keys", {"name": "bot", "scope": "score"}).text)
    (record,) = _all(started)
    new = _shown(admin.send_form(f"/admin/keys/{record.id}/replace", {"hours": "1"}).text)
    assert _opens(started, old)
    assert _opens(started, new)
    assert admin.send_form(f"/admin/keys/{record.id}/replace", {"hours": "1"}).status_code == 303
    assert "The key was not replaced." in admin.get("/admin/keys").text
    admin.send_form(f"/admin/keys/{record.id}/revoke")
    assert not _opens(started, old)
    assert _opens(started, new)
    assert _actions(started) == ["key.created", "key.created", "key.replaced", "key.revoked"] or _actions(
        started
    ) == ["key.created", "key.replaced", "key.revoked"]


@pytest.mark.parametrize("hours", ["", "-1", "100000", "x"])
def test_overlaps_that_are_refused(started: FastAPI, admin: Browser, hours: str) -> None:
    admin.send_form("/admin/keys", {"name": "bot", "scope": "score"})
    (record,) = _all(started)
    assert admin.send_form(f"/admin/keys/{record.id}/replace", {"hours": hours}).status_code == 303
    assert len(_all(started)) == 1


@pytest.mark.parametrize("role", ["reader", "moderator", "lead", "admin"])
def test_everyone_may_connect_a_browser(started: FastAPI, visitor: Callable[..., Browser], role: str) -> None:
    browser = visitor(role)
    reply = browser.send_form("/connect", {"name": "Firefox at work"})
    secret = _shown(reply.text)
    assert 'id="server" value="http://localhost"' in reply.text
    with services_of(started).database.read() as session:
        actor = keys.actor_of(session, secret)
    assert actor is not None
    assert actor.permissions == {Permission.SCORE}
    page = browser.get("/connect").text
    assert "Firefox at work" in page
    assert secret not in page


def test_nobody_disconnects_anothers_browser(started: FastAPI, visitor: Callable[..., Browser]) -> None:
    ada, eve = visitor("reader", "ada"), visitor("admin", "eve")
    secret = _shown(ada.send_form("/connect", {"name": "mine"}).text)
    (record,) = _all(started)
    assert "mine" not in eve.get("/connect").text
    assert eve.send_form(f"/connect/{record.id}/revoke").status_code == 404
    assert _opens(started, secret)
    assert ada.send_form(f"/connect/{record.id}/revoke").status_code == 303
    assert not _opens(started, secret)
    assert ada.send_form(f"/connect/{record.id}/revoke").status_code == 404


def test_keys_of_programs_are_not_browsers(started: FastAPI, admin: Browser) -> None:
    admin.send_form("/admin/keys", {"name": "bot", "scope": "admin"})
    (record,) = _all(started)
    assert "bot" not in admin.get("/connect").text
    assert admin.send_form(f"/connect/{record.id}/revoke").status_code == 404


def test_a_browser_needs_a_name(visitor: Callable[..., Browser]) -> None:
    browser = visitor("reader")
    for name in ("", " ", "x" * 70, "a\0b"):
        assert browser.send_form("/connect", {"name": name}).status_code == 422


def test_a_browsers_key_checks_texts(started: FastAPI, visitor: Callable[..., Browser]) -> None:
    browser = visitor("reader")
    secret = _shown(browser.send_form("/connect", {"name": "mine"}).text)
    headers = {"authorization": f"Bearer {secret}"}
    stranger = Browser(started)
    assert stranger.post("/v1/score", json={"text": "x"}, headers=headers).status_code == 200
    assert stranger.get("/v1/queue", headers=headers).status_code == 403
    (record,) = _all(started)
    assert record.last_used_at is not None
