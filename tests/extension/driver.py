"""What a test asks of a browser, whichever it is: tabs, real clicks and keys, and what is seen and said."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal, Protocol, TypeVar

Found = TypeVar("Found")
Shortcut = Literal["next", "previous", "list"]
Key = Literal["Escape", "Enter", "ArrowDown", "ArrowUp", "Tab"]

MARKS = (
    "[...CSS.highlights].filter(([name]) => name.startsWith('claimcheck-'))"
    ".flatMap(([name, all]) => [...all].map(range => range.toString()))"
)
PAINTS = (
    "Object.fromEntries([...CSS.highlights].map(([name, all]) => [name, [...all].map(r => r.toString())]))"
)
_BUTTON = """
  const shown = one => one.checkVisibility() && one.getBoundingClientRect().width > 0;
  const named = one => (one.getAttribute('aria-label') ?? one.textContent).trim();
  const all = [...(ui?.querySelectorAll('button, summary, a') ?? [])].filter(shown);
  const button = all.find(one => named(one) === arguments[0]);
  if (!button) return null;
  button.scrollIntoView({block: 'nearest', behavior: 'instant'});
  const box = button.getClientRects()[0];  // the first line of a link that is broken
  return [box.x + box.width / 2, box.y + box.height / 2];
"""
_MARK = """
  const all = [...CSS.highlights.values()].flatMap(one => [...one]);
  const range = all.find(one => one.toString().replace(/\\s+/g, ' ') === arguments[0]);
  if (!range) return null;
  range.startContainer.parentElement.scrollIntoView({block: 'center', behavior: 'instant'});
  const box = range.getClientRects()[0];
  return [box.x + box.width / 2, box.y + box.height / 2];
"""


class Tab(Protocol):
    """One tab; scripts are bodies of async functions that find what they are given in ``arguments``."""

    @property
    def address(self) -> str:
        """Where the tab is."""

    def js(self, script: str, *given: Any) -> Any:  # noqa: ANN401 -- JSON
        """Run a script in the page."""

    def ui(self, script: str, *given: Any) -> Any:  # noqa: ANN401 -- JSON
        """Run a script with the extension's tree on a page, which is closed to it, as ``ui``, or null."""

    def click(self, css: str) -> None:
        """Click an element."""

    def fill(self, css: str, text: str) -> None:
        """Write a text into a field in the place of what stands there."""

    def point(self, x: float, y: float, *, alt: bool = False) -> None:
        """Move the mouse to a place of the window and click."""

    def press(self, key: Key) -> None:
        """Press a key."""

    def type(self, text: str) -> None:
        """Type a text where the focus is."""

    def scroll(self, by: int) -> None:
        """Turn the wheel."""

    def toolbar(self) -> None:
        """Click the extension's button in the toolbar: this is what lets it read the tab."""

    def shortcut(self, name: Shortcut) -> None:
        """Give one of the extension's commands."""

    def check_selection(self, css: str) -> None:
        """Select what an element holds and choose "Check this text" in the context menu."""

    def badge(self) -> tuple[str, str]:
        """Return what the toolbar button shows for this tab, and its title."""

    def spoken(self) -> str:
        """Return what assistive software finds on the page, closed shadow trees included."""

    def picture(self) -> bytes:
        """Return what the window shows, as PNG."""

    def front(self) -> None:
        """Look at this tab."""

    def reload(self) -> None:
        """Load the page anew."""

    def close(self) -> None:
        """Close the tab."""


class Browser(Protocol):
    """A browser with the released extension in it."""

    @property
    def port(self) -> int:
        """Where the fixture pages are."""

    def extension(self, script: str, *given: Any) -> Any:  # noqa: ANN401 -- JSON
        """Run a script where the extension's interfaces are, as ``api``."""

    def open(self, name: str, host: str = "news.test") -> Tab:
        """Open a fixture page in a tab of its own and look at it."""

    def own(self, name: str) -> Tab:
        """Open one of the extension's own pages."""

    def tabs(self, part: str) -> list[Tab]:
        """Return the open tabs whose address has this in it."""

    def end_background(self) -> None:
        """End the background as the browser does when it wants the memory, whatever it is at."""


def eventually(look: Callable[[], Found], good: Callable[[Found], bool], seconds: float = 15.0) -> Found:
    """Look again and again until what is seen is good; fail with what was seen last."""
    end = time.monotonic() + seconds
    seen = look()
    while not good(seen):
        assert time.monotonic() < end, f"stayed {repr(seen)[-800:]}"
        time.sleep(0.03)
        seen = look()
    return seen


def connect(browser: Browser, address: str, key: str = "", **settings: object) -> None:
    """Store a server that was agreed to, and settings, as the options page does."""
    stored = {"server": address, "consent": address, "token": key, "settings": settings}
    browser.extension("await api.storage.local.set(arguments[0])", stored)


def run_in_page(tab: Tab, script: str) -> None:
    """Run a script as one of the page's own; what a test runs elsewhere may be in a world of its own."""
    tab.js(
        """const own = document.createElement('script');
           own.textContent = `(() => {${arguments[0]}})()`;
           document.head.append(own)""",
        script,
    )


def marks(tab: Tab) -> list[str]:
    """Return the words that are marked."""
    found: list[str] = tab.js(f"return {MARKS}")
    return found


def wait_for_marks(tab: Tab, *wanted: str, without: tuple[str, ...] = (), seconds: float = 15.0) -> list[str]:
    """Wait until all these are marked and none of those."""

    def good(found: list[str]) -> bool:
        return set(wanted) <= set(found) and not set(without) & set(found)

    return eventually(lambda: marks(tab), good, seconds)


def checked(browser: Browser, name: str, *wanted: str, host: str = "news.test") -> Tab:
    """Open a page, have it checked, and wait until that is done."""
    tab = browser.open(name, host)
    tab.toolbar()
    wait_for_marks(tab, *wanted)
    wait_for_badge(tab, str.isdigit)
    return tab


def wait_for_badge(tab: Tab, good: Callable[[str], bool]) -> str:
    """Wait until the toolbar button's text is good and return its title."""
    return eventually(tab.badge, lambda seen: good(seen[0]))[1]


def wait_for_words(tab: Tab, words: str) -> str:
    """Wait until assistive software finds these words and return all it finds."""
    return eventually(tab.spoken, lambda said: words in said)


def shown(tab: Tab, css: str) -> str | None:
    """Return the text of a part of the extension's on the page, null where it is not there."""
    found: str | None = tab.ui("return ui?.querySelector(arguments[0])?.innerText ?? null", css)
    return found


def wait_for_shown(tab: Tab, css: str) -> str:
    """Wait until a part of the extension's is on the page and return its text."""
    return eventually(lambda: shown(tab, css), bool) or ""


def push(tab: Tab, name: str) -> None:
    """Click the extension's button of this name on the page, where a reader would."""
    place = eventually(lambda: tab.ui(_BUTTON, name), lambda found: found is not None)
    tab.point(*place)


def click_mark(tab: Tab, words: str, *, alt: bool = False) -> None:
    """Click in the middle of a mark."""
    place = eventually(lambda: tab.js(_MARK, words), lambda found: found is not None)
    tab.point(*place, alt=alt)


def text_of(tab: Tab, css: str) -> str:
    """Return the text of an element of the page itself; empty where there is none."""
    found: str = tab.js("return document.querySelector(arguments[0])?.innerText ?? ''", css)
    return found


def wait_for_text(tab: Tab, css: str, good: Callable[[str], bool]) -> str:
    """Wait until the text of an element of the page is good."""
    return eventually(lambda: text_of(tab, css), good)


def choose(tab: Tab, css: str, value: str | bool) -> None:
    """Choose an entry of a list, or tick a box or not, and have the page told."""
    tab.js(
        """const field = document.querySelector(arguments[0]);
           if (field.type === 'checkbox') field.checked = arguments[1]; else field.value = arguments[1];
           for (const name of ['input', 'change']) field.dispatchEvent(new Event(name, {bubbles: true}))""",
        css,
        value,
    )


def ready(browser: Browser, name: str) -> Tab:
    """Open one of the extension's pages that hold the form of the server, and wait until it may be used."""
    tab = browser.own(name)
    eventually(lambda: tab.js("return document.documentElement.dataset.ready ?? ''"), bool)
    return tab


def wait_for_tab(browser: Browser, part: str) -> Tab:
    """Wait until a tab of this address is open."""
    return eventually(lambda: browser.tabs(part), bool)[0]
