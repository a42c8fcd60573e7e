"""The page in a real browser: paste a text, see its marks, with scripts turned off."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import sync_playwright

from api.storage.tables import Role
from tests.api.console.visiting import PASSWORD, add_user, services_of

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
OVERLAP = "Kratom potentiates antidepressants and cures depression, but sertraline treats depression."

pytestmark = pytest.mark.browser


@pytest.fixture
def address(application: FastAPI) -> Iterator[str]:
    """Where the application listens, on a port of its own."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application, log_level="critical", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()


def _require_chromium() -> None:
    if CHROMIUM.is_file():
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"no browser at {CHROMIUM}")
    pytest.skip(f"NO BROWSER at {CHROMIUM}: the page was not looked at")


def test_paste_and_see_marks(address: str, application: FastAPI) -> None:
    _require_chromium()
    add_user(services_of(application).database, name="ada", role=Role.READER)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page = browser.new_context(
            java_script_enabled=False, viewport={"width": 320, "height": 800}
        ).new_page()
        asked: list[str] = []
        complaints: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(address)
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Text to check").fill("🍋 " + OVERLAP)
        page.get_by_role("button", name="Check", exact=True).click()
        marks = page.locator(".text a.mark")
        assert marks.all_inner_texts() == ["Kratom potentiates ", "antidepressants", " and cures depression"]
        styles = [one.evaluate("e => getComputedStyle(e).textDecorationStyle") for one in marks.all()]
        assert styles == ["wavy", "wavy", "dashed"]
        assert page.locator(".summary").inner_text().startswith("3 claims, 2 flagged")
        marks.first.focus()
        page.keyboard.press("Enter")
        assert page.url.endswith("#claim-1")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert {url.split("/")[2] for url in asked} == {address.split("/")[2]}
        assert complaints == []
        browser.close()
