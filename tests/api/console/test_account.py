"""One's own account: password, colours, keys."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI

from api.console.preferences import KEYS, KeyFault, Preferences, Theme, remapped
from api.storage.tables import Role, User
from tests.api.console.visiting import PASSWORD, Browser, add_user, services_of, sign_in_as

pytestmark = pytest.mark.usefixtures("quick_passwords")

NEW = "nine owls in a row"


def _stored(browser: Browser) -> User:
    assert browser.user is not None
    with services_of(browser.app).database.read() as session:  # type: ignore[arg-type]
        return session.get_one(User, browser.user.id)


def _change(browser: Browser, **fields: str) -> tuple[int, str]:
    data = {"current": PASSWORD, "password": NEW, "again": NEW} | fields
    reply = browser.send_form("/account/password", data)
    return reply.status_code, reply.text


def test_changing_a_password_ends_every_other_sign_in(visitor: Callable[..., Browser]) -> None:
    here, elsewhere = visitor("reader"), visitor("reader")
    old = here.cookies["claimcheck"]
    assert _change(here)[0] == 303
    fresh = here.cookies["claimcheck"]
    assert fresh != old
    assert "Your password is changed" in here.get("/account").text
    assert elsewhere.get("/").status_code == 303
    here.cookies.clear()
    assert here.get("/", headers={"cookie": f"claimcheck={old}"}).status_code == 303


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"current": "wrong"}, "This is not the password you have now."),
        ({"again": "something else"}, "It is not the same as above."),
        ({"password": "short", "again": "short"}, "It has fewer than 12 characters."),
        ({"password": "password12345", "again": "password12345"}, "It is too easy to guess"),
        ({"password": PASSWORD, "again": PASSWORD}, "It is the one you have now."),
        ({"password": "x" * 200, "again": "x" * 200}, "It has more than 128 characters."),
    ],
)
def test_passwords_that_are_refused(
    visitor: Callable[..., Browser], fields: dict[str, str], said: str
) -> None:
    browser = visitor("reader")
    before = _stored(browser).password_hash
    status, page = _change(browser, **fields)
    assert (status, said in page) == (422, True)
    assert not re.search(r'type="password" value="[^"]', page)
    assert _stored(browser).password_hash == before


def test_guessing_the_present_password_is_counted(visitor: Callable[..., Browser]) -> None:
    browser = visitor("reader")
    statuses = [_change(browser, current=f"guess {n}")[0] for n in range(31)]
    assert statuses == [422] * 30 + [429]


def test_a_password_made_by_another_must_be_changed_first(started: FastAPI) -> None:
    user = add_user(services_of(started).database, name="ada", role=Role.ADMIN, must_change_password=True)
    browser = sign_in_as(started, user)
    for path in ("/", "/queue", "/admin/users", "/connect"):
        assert browser.get(path).headers["location"] == "/account"
    assert browser.send_form("/connect", {"name": "x"}).headers["location"] == "/account"
    page = browser.get("/account")
    assert (page.status_code, "Choose a password of your own first." in page.text) == (200, True)
    assert _change(browser)[0] == 303
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_are_those_the_account_asked_for(visitor: Callable[..., Browser], theme: str) -> None:
    browser = visitor("reader")
    assert "data-theme" not in browser.get("/").text
    fields = {"theme": theme, "break_minutes": "30", "grey_text": "on"}
    assert browser.send_form("/account/preferences", fields).status_code == 303
    page = browser.get("/").text
    assert f'<html lang="en" data-theme="{theme}">' in page
    assert f'<meta name="color-scheme" content="{theme}">' in page
    kept = Preferences.of(_stored(browser).preferences)
    assert (kept.break_minutes, kept.grey_text) == (30, True)
    browser.send_form("/account/preferences", {"theme": "system", "break_minutes": "0"})
    assert "data-theme" not in browser.get("/").text
    assert Preferences.of(_stored(browser).preferences) == Preferences()


def test_what_no_page_offers_changes_nothing(visitor: Callable[..., Browser]) -> None:
    browser = visitor("reader")
    fields = {"theme": '"><script>', "break_minutes": "1e9"}
    assert browser.send_form("/account/preferences", fields).status_code == 303
    assert Preferences.of(_stored(browser).preferences) == Preferences()


def test_keys_can_be_changed_and_turned_off(visitor: Callable[..., Browser]) -> None:
    browser = visitor("moderator")
    fields = {"keys_on": "on", "key-allow": "Y", "key-remove": "<"}
    assert browser.send_form("/account/keys", fields).status_code == 303
    assert Preferences.of(_stored(browser).preferences).keys == {**KEYS, "allow": "y", "remove": "<"}
    page = browser.get("/account").text
    assert 'name="key-remove" type="text" value="&lt;"' in page
    browser.send_form("/account/keys", {"key-allow": "y"})
    kept = Preferences.of(_stored(browser).preferences)
    assert (kept.keys_on, kept.keys["allow"], kept.keys["remove"]) == (False, "y", KEYS["remove"])
    browser.send_form("/account/keys", {"do": "usual"})
    assert Preferences.of(_stored(browser).preferences) == Preferences()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"key-allow": "2"}, "Another action has this key."),
        ({"key-allow": "ab"}, "A key is one sign."),
        ({"key-allow": "\u200b"}, "A key is one sign."),
    ],
)
def test_keys_that_cannot_be_used(visitor: Callable[..., Browser], fields: dict[str, str], said: str) -> None:
    browser = visitor("moderator")
    reply = browser.send_form("/account/keys", {"keys_on": "on", **fields})
    assert (reply.status_code, said in reply.text) == (422, True)
    assert _stored(browser).preferences == {}


def test_stored_nonsense_is_as_if_nothing_was_set() -> None:
    stored = {"theme": "pink", "keys": {"allow": "xx", "fly": "f"}, "break_minutes": "30", "keys_on": None}
    assert Preferences.of(stored) == Preferences()
    assert Preferences.of({"keys": "no"}) == Preferences()
    wanted = Preferences(theme=Theme.DARK, keys_on=False, break_minutes=20, grey_text=True)
    assert Preferences.of(wanted.to_dict()) == wanted


def test_two_actions_never_share_a_key() -> None:
    with pytest.raises(KeyFault) as caught:
        remapped({"previous": "j"})
    assert caught.value.action == "previous"
