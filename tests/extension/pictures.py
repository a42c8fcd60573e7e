"""Draws the pictures of docs/extension.md: ``python -m tests.extension.pictures FOLDER``."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image

from tests.extension.budgets import everything
from tests.extension.builds import build_all
from tests.extension.chromium import Chromium, ChromiumTab, Reader, reading
from tests.extension.claims import GARLIC, KRATOM, SALVE
from tests.extension.driver import (
    Tab,
    click_mark,
    connect,
    ready,
    wait_for_badge,
    wait_for_marks,
    wait_for_shown,
)
from tests.extension.firefox import FirefoxBrowser, browsing

_SCHEME = "Services.prefs.setIntPref('layout.css.prefers-color-scheme.content-override', arguments[0])"
_LARGEST = 150_000


def _keep(picture: bytes, to: Path) -> None:
    """Write a picture as small as it gets without loss; a page of documents shows many."""
    Image.open(io.BytesIO(picture)).convert("RGB").save(to, optimize=True)
    size = to.stat().st_size
    assert size < _LARGEST, f"{to.name} has {size} bytes"


def _own_page(reader: Reader, name: str, scheme: str, to: Path) -> None:
    page = reader.own(name, scheme)
    page.set_viewport_size({"width": 800, "height": 700})
    page.locator("html[data-ready]").wait_for()
    _keep(page.screenshot(full_page=True), to)
    page.close()


def _without_secrets(tab: Tab) -> None:
    """A reader of the documents need not see what the tests plant."""
    tab.js("document.querySelectorAll('nav, footer, #fine ~ *').forEach(one => one.remove())")


def _reading(tab: Tab, folder: Path, name: str) -> None:
    """Draw the marks, the card and the list; the list by the extension's own command."""
    _without_secrets(tab)
    tab.toolbar()
    wait_for_marks(tab, KRATOM, GARLIC, SALVE)
    wait_for_badge(tab, str.isdigit)
    wait_for_shown(tab, ".toast .buttons")
    _keep(tab.picture(), folder / name.format("marks"))
    click_mark(tab, KRATOM)
    wait_for_shown(tab, ".card")
    _keep(tab.picture(), folder / name.format("card"))
    tab.press("Escape")
    tab.shortcut("list")
    wait_for_shown(tab, "dialog .items")
    _keep(tab.picture(), folder / name.format("list"))
    tab.close()


def _in_chromium(reader: Reader, address: str, key: str, folder: Path) -> None:
    browser = Chromium(reader)
    for scheme in ("light", "dark"):
        connect(browser, "http://127.0.0.1:8000")
        _own_page(reader, "welcome.html", scheme, folder / f"extension-welcome-{scheme}.png")
        _own_page(reader, "options.html", scheme, folder / f"extension-options-{scheme}.png")
        connect(browser, address, key)
        page = reader.open("article.html", scheme=scheme)
        page.set_viewport_size({"width": 1000, "height": 760})
        _reading(ChromiumTab(reader, page), folder, f"extension-{{}}-{scheme}.png")


def _in_firefox(browser: FirefoxBrowser, address: str, key: str, folder: Path) -> None:
    for scheme, value in (("light", 1), ("dark", 0)):
        browser.firefox.js(_SCHEME, value, chrome=True)
        connect(browser, "http://127.0.0.1:8000")
        options = ready(browser, "options.html")
        _keep(options.picture(), folder / f"extension-firefox-options-{scheme}.png")
        options.close()
        connect(browser, address, key)
        _reading(browser.open("article.html"), folder, f"extension-firefox-{{}}-{scheme}.png")


def main() -> None:
    """Draw everything in light and in dark, in both browsers, with the releases."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    dist = build_all()
    with everything() as (profile, playwright, service, port):
        with reading(playwright, profile / "profile", dist / "chrome", port) as reader:
            _in_chromium(reader, service.address, service.key, folder)
        with browsing(dist / "firefox", port) as firefox:
            _in_firefox(firefox, service.address, service.key, folder)


if __name__ == "__main__":
    main()
