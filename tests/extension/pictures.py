"""Draws the pictures of docs/extension.md: ``python -m tests.extension.pictures FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.extension.budgets import everything
from tests.extension.builds import build_all
from tests.extension.chromium import Reader, eventually, reading, wait_for_marks
from tests.extension.test_pages import GARLIC, KRATOM, SALVE, click_mark


def _own_page(reader: Reader, name: str, scheme: str, to: Path) -> None:
    page = reader.own(name, scheme)
    page.set_viewport_size({"width": 800, "height": 700})
    page.locator("html[data-ready]").wait_for()
    page.screenshot(path=to, full_page=name == "options.html")
    page.close()


def _reading(reader: Reader, scheme: str, folder: Path) -> None:
    page = reader.open("article.html", scheme=scheme)
    page.set_viewport_size({"width": 1000, "height": 760})
    # A reader of the documents need not see what the tests plant.
    page.evaluate("document.querySelectorAll('nav, footer, #fine ~ *').forEach(one => one.remove())")
    reader.click(page)
    wait_for_marks(page, KRATOM, GARLIC, SALVE)
    eventually(lambda: reader.badge(page)[0], str.isdigit)
    page.screenshot(path=folder / f"extension-marks-{scheme}.png")
    click_mark(page, KRATOM)
    page.screenshot(path=folder / f"extension-card-{scheme}.png")
    page.keyboard.press("Escape")
    reader.command(page, "list")
    page.locator("claimcheck-ui dialog").wait_for()
    page.screenshot(path=folder / f"extension-list-{scheme}.png")
    page.close()


def main() -> None:
    """Draw everything in light and in dark."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    dist = build_all()
    with (
        everything() as (profile, playwright, service, port),
        reading(playwright, profile / "profile", dist / "chrome-test", port) as reader,
    ):
        for scheme in ("light", "dark"):
            reader.connect("http://127.0.0.1:8000")
            _own_page(reader, "welcome.html", scheme, folder / f"extension-welcome-{scheme}.png")
            _own_page(reader, "options.html", scheme, folder / f"extension-options-{scheme}.png")
            reader.connect(service.address, service.key)
            _reading(reader, scheme, folder)


if __name__ == "__main__":
    main()
