"""Accounts of every role, and browsers that are signed in with them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, cast

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from api.access import passwords, sessions
from api.deps import Services
from api.storage.database import Database
from api.storage.tables import Role, User

with warnings.catch_warnings():
    # The test client prefers another HTTP library and says so on import.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

__all__ = [
    "ORIGIN",
    "PASSWORD",
    "QUICK",
    "Browser",
    "TestClient",
    "add_user",
    "quick_passwords",
    "services_of",
    "sign_in_as",
    "signed_in",
    "started",
    "token_in",
    "visitor",
]

# Cookies without TLS are for a loopback address only.
ORIGIN = "http://localhost"
PASSWORD = "seven herons under glass"
# A real hash takes a tenth of a second and 64 MiB; tests of the hash itself use the real one.
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Browser(TestClient):
    """A signed-in browser: it has the cookie, and fills in the token of every form it sends."""

    def __init__(self, app: FastAPI, *, user: User | None = None, csrf: str = "") -> None:
        super().__init__(app, base_url=ORIGIN, raise_server_exceptions=False, follow_redirects=False)
        self.user = user
        self.csrf = csrf
        # All browsers of a test share the event loop that the application was started in.
        self.portal = getattr(app.state, "portal", None)

    def send_form(self, path: str, fields: dict[str, Any] | None = None, **options: Any) -> httpx.Response:  # noqa: ANN401
        """Post a form as a browser would."""
        data = {"csrf": self.csrf, **(fields or {})}
        return cast(httpx.Response, self.post(path, data=data, **options))


def services_of(app: FastAPI) -> Services:
    """Return what the started application works with."""
    found = app.state.services
    assert isinstance(found, Services)
    return found


def add_user(database: Database, *, name: str, role: Role, password: str = PASSWORD, **values: Any) -> User:  # noqa: ANN401
    """Make an account whose password need not be changed."""
    user = User(name=name, role=role.value, password_hash=QUICK.hash(password), **values)
    with database.begin() as session:
        session.add(user)
    return user


def sign_in_as(app: FastAPI, user: User) -> Browser:
    """Return a browser that is signed in to the started application."""
    services = services_of(app)
    with services.database.begin() as session:
        made = sessions.start(session, user, settings=services.settings)
    browser = Browser(app, user=user, csrf=made.record.csrf_token)
    # The standard library's cookie jar gives names without a dot this ending.
    browser.cookies.set(sessions.COOKIE, made.cookie, domain="localhost.local")
    return browser


def token_in(page: str) -> str:
    """Return the token of the first form of a page."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found.group(1)


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords with parameters that take no time."""
    monkeypatch.setattr(passwords, "hasher", lambda: QUICK)


@pytest.fixture
def started(application: FastAPI) -> Iterator[FastAPI]:
    """The application, started."""
    with TestClient(application) as client:
        application.state.portal = client.portal
        yield application


@pytest.fixture
def visitor(started: FastAPI) -> Iterator[Callable[..., Browser]]:
    """Return what signs in: ``visitor("moderator")``, or by name ``visitor("lead", "grace")``."""
    users: dict[str, User] = {}
    with ExitStack() as opened:

        def made(role: str = "moderator", name: str | None = None) -> Browser:
            known = name or f"a-{role}"
            if known not in users:
                users[known] = add_user(services_of(started).database, name=known, role=Role(role))
            browser = sign_in_as(started, users[known])
            opened.callback(browser.close)
            return browser

        yield made


signed_in = visitor
"""The same under the name that says what it does."""
