"""Signing in and out: cookies, tokens, lock-out, where one is sent on to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import cast

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api.access import sessions
from api.console.signing_in import REFUSED
from api.main import create_app
from api.settings import Settings
from api.storage.columns import now
from api.storage.tables import LoginSession, Role, User
from tests.api.conftest import PhraseChecker
from tests.api.console.visiting import (
    PASSWORD,
    Browser,
    TestClient,
    add_user,
    services_of,
    sign_in_as,
    token_in,
)

pytestmark = pytest.mark.usefixtures("quick_passwords")

_FLAGS = re.compile(r"; *(httponly|secure|samesite=\w+|path=[^;\s]+)", re.IGNORECASE)


@pytest.fixture
def stranger(started: FastAPI) -> Browser:
    """A browser that nobody is signed in with."""
    return Browser(started)


@pytest.fixture
def ada(started: FastAPI) -> User:
    """A moderator."""
    return add_user(services_of(started).database, name="ada", role=Role.MODERATOR)


def _sign_in(
    browser: TestClient, *, name: str = "ada", password: str = PASSWORD, **fields: str
) -> httpx.Response:
    token = token_in(browser.get("/sign-in").text)
    data = {"csrf": token, "name": name, "password": password, **fields}
    return cast(httpx.Response, browser.post("/sign-in", data=data))


def _cookie(reply: httpx.Response, name: str) -> str:
    return next(line for line in reply.headers.get_list("set-cookie") if line.startswith(f"{name}="))


def _flags(cookie: str) -> set[str]:
    return {flag.lower() for flag in _FLAGS.findall(cookie)}


def _later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    def shifted() -> datetime:
        return now() + by

    monkeypatch.setattr(sessions, "now", shifted)


@pytest.mark.usefixtures("ada")
def test_right_password_signs_in_and_goes_on(stranger: Browser) -> None:
    reply = _sign_in(stranger, name=" ADA ", next="/knowledge?q=kratom")
    assert (reply.status_code, reply.headers["location"]) == (303, "/knowledge?q=kratom")
    assert "ada" in stranger.get("/").text
    assert stranger.get("/sign-in?next=/docs").headers["location"] == "/docs"


@pytest.mark.usefixtures("ada")
def test_every_failure_says_the_same(started: FastAPI) -> None:
    add_user(services_of(started).database, name="gone", role=Role.ADMIN, active=False)
    pages = set()
    for name, password in (
        ("ada", "wrong password"),
        ("nobody", PASSWORD),
        ("gone", PASSWORD),
        ("", ""),
        ("x" * 500, "y" * 500),
        ("<b>", "{{7*7}}"),
    ):
        reply = _sign_in(Browser(started), name=name, password=password)
        assert reply.status_code == 401
        assert sessions.COOKIE not in {
            line.partition("=")[0] for line in reply.headers.get_list("set-cookie")
        }
        pages.add(re.sub(r'value="[^"]*"', "", reply.text))
    assert len(pages) == 1
    assert REFUSED in pages.pop()


@pytest.mark.usefixtures("ada")
def test_hundred_wrong_passwords(started: FastAPI) -> None:
    """Each comes from another address; the account is locked, the message stays the same."""
    said = set()
    for attempt in range(100):
        browser = Browser(started)
        browser._transport.client = (f"192.0.2.{attempt}", 50_000)  # type: ignore[attr-defined]
        reply = _sign_in(browser, password=f"wrong number {attempt}")
        said.add((reply.status_code, re.sub(r'value="[^"]*"', "", reply.text)))
    locked = _sign_in(Browser(started))
    said.add((locked.status_code, re.sub(r'value="[^"]*"', "", locked.text)))
    assert len(said) == 1
    assert locked.status_code == 401
    assert "location" not in locked.headers


@pytest.mark.usefixtures("ada")
def test_one_address_may_not_try_for_ever(stranger: Browser) -> None:
    statuses = [_sign_in(stranger, name=f"user{n}", password="wrong").status_code for n in range(32)]
    assert statuses == [401] * 30 + [429] * 2
    refused = _sign_in(stranger)
    assert (refused.status_code, int(refused.headers["retry-after"]) >= 1) == (429, True)


@pytest.mark.usefixtures("ada")
def test_cookie_is_out_of_reach(stranger: Browser) -> None:
    cookie = _cookie(_sign_in(stranger), "claimcheck")
    assert _flags(cookie) == {"httponly", "samesite=lax", "path=/"}
    value = cookie.split("=", 1)[1].split(";")[0]
    assert len(value) == 43
    with services_of(stranger.app).database.read() as session:  # type: ignore[arg-type]
        assert value not in str(vars(session.scalars(select(LoginSession)).one()))


@contextmanager
def _secure_browser(checker: PhraseChecker, base: str, settings: Settings) -> Iterator[TestClient]:
    app = create_app(checker=checker, settings=settings)
    with TestClient(app, base_url=base, follow_redirects=False) as browser:
        add_user(services_of(app).database, name="ada", role=Role.READER)
        yield browser


@pytest.mark.parametrize(
    ("base", "secure_cookies"),
    [("https://localhost", False), ("https://testserver", True), ("http://testserver", False)],
)
def test_cookie_needs_tls_except_on_loopback(checker: PhraseChecker, base: str, secure_cookies: bool) -> None:
    settings = Settings(log_format="off", secure_cookies=secure_cookies)
    with _secure_browser(checker, base, settings) as browser:
        page = browser.get("/sign-in")
        form_cookie = _cookie(cast(httpx.Response, page), "__Host-claimcheck-form")
        assert _flags(form_cookie) == {"httponly", "secure", "samesite=lax", "path=/"}
        value = form_cookie.split("=", 1)[1].split(";")[0]
        data = {"csrf": token_in(page.text), "name": "ada", "password": PASSWORD}
        reply = browser.post("/sign-in", data=data, headers={"cookie": f"__Host-claimcheck-form={value}"})
        cookie = _cookie(cast(httpx.Response, reply), "__Host-claimcheck")
        assert _flags(cookie) == {"httponly", "secure", "samesite=lax", "path=/"}
        assert "domain" not in cookie.lower()
        # A cookie of the name without the prefix, which a neighbour might have planted, opens nothing here.
        kept = cookie.split("=", 1)[1].split(";")[0]
        browser.cookies.clear()
        assert browser.get("/", headers={"cookie": f"claimcheck={kept}"}).status_code == 303
        assert browser.get("/", headers={"cookie": f"__Host-claimcheck={kept}"}).status_code == 200


def test_a_planted_cookie_is_not_taken_over(stranger: Browser, ada: User) -> None:
    planted = sign_in_as(cast(FastAPI, stranger.app), ada).cookies["claimcheck"]
    data = {"csrf": "x" * 43, "name": "ada", "password": PASSWORD}
    cookies = f"claimcheck={planted}; claimcheck-form={'x' * 43}"
    reply = stranger.post("/sign-in", data=data, headers={"cookie": cookies})
    fresh = _cookie(cast(httpx.Response, reply), "claimcheck").split("=", 1)[1].split(";")[0]
    assert fresh != planted
    stranger.cookies.clear()
    assert stranger.get("/", headers={"cookie": f"claimcheck={planted}"}).status_code == 303
    assert stranger.get("/", headers={"cookie": f"claimcheck={fresh}"}).status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\r\nset-cookie: a=b",
        "\t//evil.example",
    ],
)
@pytest.mark.usefixtures("ada")
def test_nobody_is_sent_elsewhere(stranger: Browser, wanted: str) -> None:
    page = stranger.get("/sign-in", params={"next": wanted})
    assert 'name="next" value="/"' in page.text
    reply = _sign_in(stranger, next=wanted)
    assert (reply.status_code, reply.headers["location"]) == (303, "/")
    assert "a" not in reply.cookies
    assert stranger.get("/sign-in", params={"next": wanted}).headers["location"] == "/"


@pytest.mark.usefixtures("ada")
def test_the_form_itself_is_guarded(stranger: Browser) -> None:
    data = {"name": "ada", "password": PASSWORD}
    assert stranger.post("/sign-in", data=data).status_code == 403
    assert stranger.post("/sign-in", data=data | {"csrf": ""}).status_code == 403
    token = token_in(stranger.get("/sign-in").text)
    assert stranger.post("/sign-in", data=data | {"csrf": token[:-1] + "x"}).status_code == 403
    assert stranger.post("/sign-in", data=data | {"csrf": "é"}).status_code == 403
    headers = {"sec-fetch-site": "cross-site"}
    assert stranger.post("/sign-in", data=data | {"csrf": token}, headers=headers).status_code == 403
    assert stranger.post("/sign-in", data=data | {"csrf": token}).status_code == 303


def test_whoever_is_not_signed_in_is_sent_to_do_so(stranger: Browser) -> None:
    reply = stranger.get("/knowledge?q=a%20b&x=1")
    assert reply.status_code == 303
    assert reply.headers["location"] == "/sign-in?next=%2Fknowledge%3Fq%3Da%2520b%26x%3D1"
    form = stranger.post("/", data={"text": "x"})
    assert (form.status_code, form.headers["location"]) == (303, "/sign-in?next=%2F")
    part = stranger.get("/", headers={"hx-request": "true", "hx-current-url": "http://localhost/queue?a=b"})
    assert (part.status_code, part.headers["hx-redirect"]) == (401, "/sign-in?next=%2Fqueue%3Fa%3Db")
    far = stranger.get("/", headers={"hx-request": "true", "hx-current-url": "https://evil.example//x"})
    assert far.headers["hx-redirect"] == "/sign-in?next=%2F"


def test_signing_out_ends_it_on_the_server(visitor: Callable[..., Browser]) -> None:
    browser = visitor("reader")
    cookie = browser.cookies["claimcheck"]
    assert browser.get("/").status_code == 200
    assert browser.send_form("/sign-out").headers["location"] == "/sign-in"
    assert browser.get("/", headers={"cookie": f"claimcheck={cookie}"}).status_code == 303


def test_a_sign_in_ends_without_use(visitor: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch) -> None:
    browser = visitor("reader")
    _later(monkeypatch, timedelta(hours=11, minutes=50))
    assert browser.get("/").status_code == 200
    _later(monkeypatch, timedelta(hours=23))
    assert browser.get("/").status_code == 200
    _later(monkeypatch, timedelta(hours=36))
    assert browser.get("/").status_code == 303


def test_a_sign_in_ends_after_a_week_however_it_is_used(
    visitor: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = visitor("reader")
    hours = 0
    while browser.get("/").status_code == 200:
        hours += 8
        _later(monkeypatch, timedelta(hours=hours, seconds=1))
        assert hours < 24 * 8
    assert hours == 24 * 7


@pytest.mark.parametrize("cookie", ["", "x", "x" * 5_000, "' OR 1=1 --", "a.b.c"])
def test_a_wrong_cookie_opens_nothing(stranger: Browser, cookie: str) -> None:
    assert stranger.get("/", headers={"cookie": f"claimcheck={cookie}"}).status_code == 303


def test_a_token_belongs_to_one_sign_in(visitor: Callable[..., Browser]) -> None:
    one, other = visitor("reader"), visitor("reader")
    assert one.csrf != other.csrf
    for token in (other.csrf, "", one.csrf[:-1], one.csrf + "x"):
        assert one.post("/", data={"csrf": token, "text": "x"}).status_code == 403
    assert one.post("/", data={"text": "x"}).status_code == 403
    assert one.post(f"/?csrf={one.csrf}", data={"text": "x"}).status_code == 403
    assert one.post("/", data={"csrf": one.csrf, "text": "x"}).status_code == 200


def test_a_closed_account_is_out_at_once(started: FastAPI, visitor: Callable[..., Browser]) -> None:
    browser = visitor("lead")
    assert browser.user is not None
    with services_of(started).database.begin() as session:
        session.get_one(User, browser.user.id).active = False
    assert browser.get("/").status_code == 303


def test_a_smaller_role_holds_at_once(started: FastAPI, visitor: Callable[..., Browser]) -> None:
    browser = visitor("admin")
    assert browser.user is not None
    assert browser.get("/admin").status_code == 200
    with services_of(started).database.begin() as session:
        session.get_one(User, browser.user.id).role = Role.READER.value
    page = browser.get("/admin", headers={"accept": "text/html"})
    assert (page.status_code, "Not allowed" in page.text, "Sign out" in page.text) == (403, True, True)


def test_a_message_is_said_once(visitor: Callable[..., Browser]) -> None:
    browser = visitor("reader")
    assert browser.send_form("/account/preferences", {"theme": "dark"}).status_code == 303
    picture = browser.get("/", headers={"accept": "image/svg+xml"})
    assert "Your preferences are kept." not in picture.text
    page = browser.get("/account").text
    assert '<div id="told" role="status"><p class="told">Your preferences are kept.</p></div>' in page
    assert "Your preferences are kept." not in browser.get("/account").text


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io"])
def test_only_our_own_names_are_answered(stranger: Browser, host: str) -> None:
    assert stranger.get("/sign-in", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("name", ["a\r\nx-injected: 1", "\u2028", "ada\0"])
@pytest.mark.usefixtures("ada")
def test_no_header_is_made_of_a_field(stranger: Browser, name: str) -> None:
    reply = _sign_in(stranger, name=name, next=f"/{name}")
    assert reply.status_code == 401
    assert "x-injected" not in reply.headers


def test_places_follow_the_role(visitor: Callable[..., Browser]) -> None:
    def places(role: str) -> list[str]:
        page = visitor(role).get("/").text
        nav = re.search(r'<nav aria-label="Pages">(.*?)</nav>', page, re.DOTALL)
        assert nav is not None
        return re.findall(r'<a href="([^"]+)"', nav.group(1))

    reader = ["/", "/queue", "/groups", "/export", "/decisions", "/knowledge"]
    assert places("reader") == reader
    assert set(places("moderator")) - set(reader) == {"/import", "/feedback"}
    assert set(places("lead")) - set(places("moderator")) == {"/dashboard", "/audit"}
    assert set(places("admin")) - set(places("lead")) == {"/admin"}


@pytest.mark.parametrize("role", ["reader", "moderator", "lead", "admin"])
def test_every_place_in_sight_opens(visitor: Callable[..., Browser], role: str) -> None:
    browser = visitor(role)
    page = browser.get("/account").text
    for address in set(re.findall(r'<a href="(/[^"]*)"', page)):
        assert browser.get(address).status_code == 200, address
