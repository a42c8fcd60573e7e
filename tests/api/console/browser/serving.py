"""The application on a port of its own, and browsers that are signed in to it."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from api.access import sessions
from api.storage.tables import Role, User
from tests.api.console.visiting import add_user, services_of

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
_PATIENCE_MS = 10_000


def require_chromium() -> None:
    """Skip, or fail in CI, where there is no browser."""
    if CHROMIUM.is_file():
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"no browser at {CHROMIUM}")
    pytest.skip(f"NO BROWSER at {CHROMIUM}: the console was not looked at")


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Start a browser without a window."""
    require_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def served(application: FastAPI) -> Iterator[str]:
    """Serve the application; yield its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(application, log_level="critical", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


@dataclass
class Console:
    """The console as it is served, and whoever sits in front of it.

    Attributes:
        application: what is served.
        address: where.
        browser: what it is looked at with.
        complaints: what the browsers' consoles said, each a fault: a refused script or style among them.
    """

    application: FastAPI
    address: str
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    users: dict[str, User] = field(default_factory=dict)
    contexts: list[BrowserContext] = field(default_factory=list)

    def visit(
        self,
        role: str = "moderator",
        name: str | None = None,
        *,
        preferences: dict[str, Any] | None = None,
        **options: Any,  # noqa: ANN401 -- whatever a browser's context takes
    ) -> Page:
        """Return a page of a browser that is signed in as ``name``, an account of this role."""
        known = name or f"a-{role}"
        database = services_of(self.application).database
        if known not in self.users:
            self.users[known] = add_user(database, name=known, role=Role(role))
        user = self.users[known]
        with database.begin() as session:
            if preferences is not None:
                session.get_one(User, user.id).preferences = preferences
            made = sessions.start(session, user, settings=services_of(self.application).settings)
        context = self.browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        context.set_default_timeout(_PATIENCE_MS)
        context.add_cookies([{"name": sessions.COOKIE, "value": made.cookie, "url": self.address}])
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _note(self, kind: str, text: str) -> None:
        # A status of 4xx is told as an error, too; a page that should not answer so is a test of its own.
        if kind in ("error", "warning") and "Failed to load resource" not in text:
            self.complaints.append(text)

    def go(self, page: Page, path: str) -> None:
        """Open a page of the console."""
        page.goto(self.address + path)

    def close(self) -> None:
        """Close the browsers' windows."""
        for context in self.contexts:
            context.close()
