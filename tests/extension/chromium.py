"""A Chromium with the extension in it: real toolbar clicks, a worker to kill, and what a reader sees."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import BrowserContext, Page, Playwright, Worker

from tests.extension.builds import missing

PROGRAM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-extension-debugging",
    # The site of a page is kept apart from the site of the service.
    "--host-resolver-rules=MAP *.test 127.0.0.1",
]
MARKS = (
    "[...CSS.highlights].filter(([name]) => name.startsWith('claimcheck-'))"
    ".flatMap(([name, all]) => [...all].map(range => range.toString()))"
)
PAINTS = (
    "Object.fromEntries([...CSS.highlights].map(([name, all]) => [name, [...all].map(r => r.toString())]))"
)
Found = TypeVar("Found")


def eventually(look: Callable[[], Found], good: Callable[[Found], bool], seconds: float = 12.0) -> Found:
    """Look again and again until what is seen is good; fail with what was seen last."""
    end = time.monotonic() + seconds
    seen = look()
    while not good(seen):
        assert time.monotonic() < end, f"stayed {seen!r}"
        time.sleep(0.03)
        seen = look()
    return seen


class Reader:
    """Somebody who reads pages with the extension."""

    def __init__(self, context: BrowserContext, worker: Worker, port: int) -> None:
        """Take over a browser that has just started."""
        self.context, self.worker, self.port = context, worker, port
        self.id = worker.url.split("/")[2]
        assert context.browser is not None
        self._cdp = context.browser.new_browser_cdp_session()

    def _targets(self, kind: str) -> list[dict[str, Any]]:
        found = self._cdp.send("Target.getTargets", {"filter": [{}]})["targetInfos"]
        return [one for one in found if one["type"] == kind]

    def tabs(self, part: str) -> list[Page]:
        """Return the open tabs whose address has this in it."""
        self.context.pages[0].wait_for_timeout(
            10
        )  # the driver hears of new tabs only while it is asked something
        return [page for page in self.context.pages if part in page.url]

    def connect(self, address: str, key: str = "", **settings: object) -> None:
        """Store a server that was agreed to, and settings, as the options page does."""
        stored = {"server": address, "consent": address, "token": key, "settings": settings}
        self.worker.evaluate("values => chrome.storage.local.set(values)", stored)

    def open(self, name: str, host: str = "news.test", scheme: str = "light") -> Page:
        """Open a fixture page in a tab of its own."""
        page = self.context.new_page()
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(f"http://{host}:{self.port}/{name}")
        page.bring_to_front()
        return page

    def own(self, name: str, scheme: str = "light") -> Page:
        """Open one of the extension's own pages."""
        page = self.context.new_page()
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(f"chrome-extension://{self.id}/{name}")
        return page

    def click(self, page: Page) -> None:
        """Click the toolbar button, for real: this is what lets the extension read the tab."""
        page.bring_to_front()
        tab = next(one for one in self._targets("tab") if one["url"] == page.url)
        self._cdp.send("Extensions.triggerAction", {"id": self.id, "targetId": tab["targetId"]})

    def kill_worker(self) -> None:
        """End the background as the browser does when it wants the memory."""
        for target in self._targets("service_worker"):
            self._cdp.send("Target.closeTarget", {"targetId": target["targetId"]})

    def badge(self, page: Page) -> tuple[str, str]:
        """Return what the toolbar button shows for the tab in front, and its title."""
        page.bring_to_front()
        found: list[str] = self.worker.evaluate(
            """async () => { const [tab] = await chrome.tabs.query({active: true, lastFocusedWindow: true});
               const tabId = tab.id;
               return [await chrome.action.getBadgeText({tabId}), await chrome.action.getTitle({tabId})] }"""
        )
        return found[0], found[1]

    def command(self, page: Page, name: str) -> None:
        """Send what a keyboard shortcut of the browser sends; a headless browser has no such keys."""
        page.bring_to_front()
        self.worker.evaluate(
            """async name => { const [tab] = await chrome.tabs.query({active: true, lastFocusedWindow: true});
               await chrome.tabs.sendMessage(tab.id, {type: 'command', name}) }""",
            name,
        )


def marks(page: Page) -> list[str]:
    """Return the words that are marked."""
    found: list[str] = page.evaluate(MARKS)
    return found


def wait_for_marks(
    page: Page, *wanted: str, without: tuple[str, ...] = (), seconds: float = 12.0
) -> list[str]:
    """Wait until all these are marked and none of those."""

    def good(found: list[str]) -> bool:
        return set(wanted) <= set(found) and not set(without) & set(found)

    return eventually(lambda: marks(page), good, seconds)


def spoken(page: Page) -> str:
    """Return what assistive software finds on the page, closed shadow trees included."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return "\n".join(str(node["name"]["value"]) for node in nodes if node.get("name", {}).get("value"))


@contextlib.contextmanager
def reading(playwright: Playwright, profile: Path, build: Path, port: int) -> Iterator[Reader]:
    """Start a browser with an unpacked extension and a fresh profile."""
    if not PROGRAM.is_file():
        missing(f"a browser at {PROGRAM}")
    context = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=str(PROGRAM),
        headless=True,
        viewport={"width": 1000, "height": 800},
        args=[*FLAGS, f"--disable-extensions-except={build}", f"--load-extension={build}"],
    )
    try:
        workers = context.service_workers
        worker = workers[0] if workers else context.wait_for_event("serviceworker")
        reader = Reader(context, worker, port)
        # The first run opens a page of welcome; it is waited for and closed, lest it come to the front later.
        eventually(lambda: reader.tabs("welcome.html"), bool)[0].close()
        yield reader
    finally:
        context.close()
