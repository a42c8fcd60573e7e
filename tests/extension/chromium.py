"""A Chromium with the extension in it: real toolbar clicks, a worker to kill, and what a reader sees."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Page, Playwright, Worker

from tests.extension.builds import missing
from tests.extension.driver import MARKS, Key, Shortcut, Tab, eventually

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
SELECT = """const chosen = document.createRange();
  chosen.selectNodeContents(document.querySelector(arguments[0]));
  getSelection().removeAllRanges();
  getSelection().addRange(chosen)"""


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


class ChromiumTab:
    """A tab of Chromium."""

    def __init__(self, reader: Reader, page: Page) -> None:
        """Take over a page."""
        self._reader, self._page = reader, page

    @property
    def address(self) -> str:
        """Where the tab is; the driver itself hears late of a move within a page."""
        return str(self._page.evaluate("location.href"))

    def js(self, script: str, *given: Any) -> Any:  # noqa: ANN401 -- JSON
        """Run a script in the page."""
        wrapped = f"given => (async function() {{ {script} }}).apply(null, given)"
        return self._page.evaluate(wrapped, list(given))

    def ui(self, script: str, *given: Any) -> Any:  # noqa: ANN401 -- JSON
        """Run a script with the extension's tree on the page as ``ui``."""
        session = self._page.context.new_cdp_session(self._page)
        try:
            tree = _tree(session)
            if tree is None:
                return self.js(f"const ui = null; {script}", *given)
            called = session.send(
                "Runtime.callFunctionOn",
                {
                    "objectId": tree,
                    "functionDeclaration": f"async function() {{ const ui = this; {script} }}",
                    "arguments": [{"value": one} for one in given],
                    "awaitPromise": True,
                    "returnByValue": True,
                },
            )
        finally:
            session.detach()
        assert "exceptionDetails" not in called, called["exceptionDetails"]
        return called["result"].get("value")

    def click(self, css: str) -> None:
        """Click an element."""
        self._page.click(css)

    def fill(self, css: str, text: str) -> None:
        """Write a text into a field."""
        self._page.fill(css, text)

    def point(self, x: float, y: float, *, alt: bool = False) -> None:
        """Move the mouse to a place of the window and click."""
        if alt:
            self._page.keyboard.down("Alt")
        self._page.mouse.click(x, y)
        if alt:
            self._page.keyboard.up("Alt")

    def press(self, key: Key) -> None:
        """Press a key."""
        self._page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type a text where the focus is."""
        self._page.keyboard.type(text)

    def scroll(self, by: int) -> None:
        """Turn the wheel."""
        self._page.mouse.wheel(0, by)

    def toolbar(self) -> None:
        """Click the extension's button in the toolbar."""
        self._reader.click(self._page)

    def shortcut(self, name: Shortcut) -> None:
        """Send what a keyboard shortcut sends: a headless Chromium has no such keys."""
        self._reader.command(self._page, name)

    def check_selection(self, css: str) -> None:
        """Call what the menu's entry calls: a headless Chromium has no such menu."""
        selected: str = self.js(f"{SELECT}; return getSelection().toString()", css)
        self._reader.worker.evaluate(
            """async text => { const [tab] = await chrome.tabs.query({active: true, lastFocusedWindow: true});
               const info = {menuItemId: 'text', selectionText: text, editable: false, pageUrl: tab.url};
               chrome.contextMenus.onClicked.dispatch(info, tab) }""",
            selected,
        )

    def badge(self) -> tuple[str, str]:
        """Return what the toolbar button shows for this tab, and its title."""
        return self._reader.badge(self._page)

    def spoken(self) -> str:
        """Return what assistive software finds on the page."""
        return spoken(self._page)

    def picture(self) -> bytes:
        """Return what the window shows, as PNG."""
        return self._page.screenshot()

    def front(self) -> None:
        """Look at this tab."""
        self._page.bring_to_front()

    def reload(self) -> None:
        """Load the page anew."""
        self._page.reload()

    def close(self) -> None:
        """Close the tab."""
        self._page.close()


def _tree(session: CDPSession) -> str | None:
    """Return the handle of the extension's shadow tree on a page."""
    left = [session.send("DOM.getDocument", {"depth": -1, "pierce": True})["root"]]
    while left:
        node: dict[str, Any] = left.pop()
        if node["nodeName"] == "CLAIMCHECK-UI":
            resolved = session.send(
                "DOM.resolveNode", {"backendNodeId": node["shadowRoots"][0]["backendNodeId"]}
            )
            return str(resolved["object"]["objectId"])
        left += node.get("children", [])
    return None


class Chromium:
    """A Chromium with the released extension; a tab of the extension's stays open to ask it things."""

    def __init__(self, reader: Reader) -> None:
        """Take over a reader."""
        self._reader = reader
        self._desk = reader.own("sent.html?desk")

    @property
    def port(self) -> int:
        """Where the fixture pages are."""
        return self._reader.port

    def extension(self, script: str, *given: Any) -> Any:  # noqa: ANN401 -- JSON
        """Run a script where the extension's interfaces are, as ``api``."""
        body = f"(async function() {{ const api = chrome; {script} }})"
        wrapped = f"given => {body}.apply(null, given)"
        return self._desk.evaluate(wrapped, list(given))

    def open(self, name: str, host: str = "news.test") -> Tab:
        """Open a fixture page."""
        return ChromiumTab(self._reader, self._reader.open(name, host))

    def own(self, name: str) -> Tab:
        """Open one of the extension's own pages."""
        return ChromiumTab(self._reader, self._reader.own(name))

    def tabs(self, part: str) -> list[Tab]:
        """Return the open tabs whose address has this in it."""
        return [ChromiumTab(self._reader, page) for page in self._reader.tabs(part)]

    def end_background(self) -> None:
        """Close the worker's target."""
        self._reader.kill_worker()


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
