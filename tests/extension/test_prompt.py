"""The browser's question about a remote server: a real window on a virtual screen, answered by key."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.extension.builds import missing, require_program
from tests.extension.chromium import FLAGS, PROGRAM
from tests.extension.driver import eventually

pytestmark = pytest.mark.browser


@pytest.fixture
def screen() -> Iterator[str]:
    """A virtual screen of its own."""
    require_program("xdotool")
    program = require_program("Xvfb")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [program, "-displayfd", str(writing), "-screen", "0", "1000x800x24", "-nolisten", "tcp"],
        pass_fds=(writing,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        assert number, "the virtual screen did not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.mark.parametrize(
    ("keys", "message"), [(("Tab", "Return"), "Saved."), (("Return",), "Permission was not given.")]
)
def test_allow_and_deny(
    playwright: Playwright, tmp_path: Path, builds: Path, screen: str, keys: tuple[str, ...], message: str
) -> None:
    if not PROGRAM.is_file():
        missing(f"a browser at {PROGRAM}")
    surroundings = {**os.environ, "DISPLAY": screen}
    build = builds / "chrome"
    context = playwright.chromium.launch_persistent_context(
        tmp_path / "profile",
        executable_path=str(PROGRAM),
        headless=False,
        no_viewport=True,
        env=dict(surroundings),
        args=[
            *FLAGS,
            f"--disable-extensions-except={build}",
            f"--load-extension={build}",
            "--window-size=1000,800",
        ],
    )
    try:
        workers = context.service_workers
        worker = workers[0] if workers else context.wait_for_event("serviceworker")
        page = context.new_page()
        page.goto(f"chrome-extension://{worker.url.split('/')[2]}/options.html")
        page.locator("html[data-ready]").wait_for()
        page.bring_to_front()
        page.locator("#server").fill("https://claims.example.org")
        page.locator("#save").click()
        said = page.locator("#message")
        # The question belongs to the browser, not to the page: the keys are pressed until it is answered.
        end = time.monotonic() + 20
        page.wait_for_timeout(1000)
        while not said.inner_text() and time.monotonic() < end:
            for key in keys:
                subprocess.run(["xdotool", "key", key], check=True, env=surroundings, timeout=10)
            page.wait_for_timeout(700)
        assert eventually(said.inner_text, bool) == message
        stored = worker.evaluate("chrome.storage.local.get('server')")
        assert (stored.get("server") == "https://claims.example.org") is (message == "Saved.")
    finally:
        context.close()
