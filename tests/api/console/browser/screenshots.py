"""Takes the console's screenshots for the documents, with the real checker: ``python -m`` this module.

Texts are our own.  Each picture is taken in the light and in the dark scheme.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Page

import claimcheck
from api.main import create_app
from api.settings import Settings
from tests.api.console.browser.serving import Console, running_chromium, served
from tests.api.console.filling import fill
from tests.databases import migrate

FOLDER = Path(__file__).parents[4] / "docs" / "img"
MOST_BYTES = 150_000
COLOURS = 160
SCHEMES: Sequence[Literal["light", "dark"]] = ("light", "dark")
TEXTS = (
    "I stopped my insulin last month and take cinnamon instead. My sugar has never been better! Cinnamon "
    "cures diabetes, the doctors only want to sell you their drugs.",
    "St John's wort is a safe, natural answer to depression. You can take it together with your "
    "antidepressant from day one.",
    "Ginger tea may ease nausea in pregnancy, says our midwife, but ask before you take capsules.",
    "Drink a spoon of bleach in water each morning: it kills every virus in the blood.",
    "Turmeric prevents Alzheimer's disease.",
    "Everyone knows that turmeric prevents Alzheimer’s, so add it to your rice.",
    "Turmeric prevents Alzheimer's disease, my aunt swears by it.",
    "The clinic opens at nine and closes at five. Bring your insurance card.",
)
SAMPLE = files("claimcheck").joinpath("samples/kratom.txt").read_text("utf-8").strip()


def _queue(page: Page, console: Console, _: list[str]) -> None:
    console.go(page, "/queue")


def _item(page: Page, console: Console, items: list[str]) -> None:
    console.go(page, f"/items/{items[0]}")
    page.locator("a.mark").first.click()
    page.evaluate("scrollTo(0, 0)")


def _reason(page: Page, console: Console, items: list[str]) -> None:
    console.go(page, f"/items/{items[2]}")
    page.get_by_role("button", name="Remove").click()
    page.locator("#asking-name").wait_for()


def _bulk(page: Page, console: Console, _: list[str]) -> None:
    console.go(page, "/groups")
    page.get_by_role("link", name="Decide together").first.click()
    page.get_by_role("heading", level=1).wait_for()


def _phone(page: Page, console: Console, items: list[str]) -> None:
    page.set_viewport_size({"width": 360, "height": 760})
    console.go(page, f"/items/{items[0]}")


PICTURES: dict[str, Callable[[Page, Console, list[str]], None]] = {
    "queue": _queue,
    "item": _item,
    "reason": _reason,
    "bulk": _bulk,
    "phone": _phone,
}


def _small(picture: bytes) -> bytes:
    """Return the picture with as many colours as a page of text needs."""
    written = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as read:
        few = read.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(written, format="PNG", optimize=True)
    return written.getvalue()


def take() -> None:
    """Take every picture, in both schemes."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/claimcheck.db"
        migrate(url)
        os.environ["CLAIMCHECK_DATABASE_URL"] = url
        app = create_app(checker=claimcheck.load(), settings=Settings(log_format="off"))
        with running_chromium() as browser, served(app) as address:
            console = Console(app, address, browser)
            items = fill(app, [SAMPLE, *TEXTS], source="forum")
            for scheme in SCHEMES:
                for name, prepare in PICTURES.items():
                    page = console.visit("lead", "linus", color_scheme=scheme)
                    prepare(page, console, items)
                    path = FOLDER / f"console-{name}-{scheme}.png"
                    path.write_bytes(_small(page.screenshot()))
                    size = path.stat().st_size
                    sys.stdout.write(f"{path.name}: {size} bytes\n")
                    if size > MOST_BYTES:
                        raise SystemExit(f"{path.name} is larger than {MOST_BYTES} bytes")
                    page.close()
            console.close()


if __name__ == "__main__":
    take()
