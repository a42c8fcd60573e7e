"""The same pages in a real Firefox: release build, options by real clicks, real toolbar click."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageChops

from tests.extension.chromium import MARKS
from tests.extension.conftest import GECKO_ID, GECKO_UUID
from tests.extension.marionette import Firefox
from tests.extension.service import Service, closed_port

pytestmark = pytest.mark.browser

KRATOM, GARLIC, SALVE = (
    "Kratom potentiates antidepressants",
    "Garlic cures cancer",
    "Black salve cures skin cancer",
)
SILVER, ASTHMA, TURMERIC = (
    "Colloidal silver cures infections",
    "Homeopathy cures asthma",
    "Turmeric cures diabetes",
)


def wait_for(firefox: Firefox, expression: str, good: Callable[[Any], bool], seconds: float = 15.0) -> Any:  # noqa: ANN401
    """Look again and again until what the page says is good."""
    end = time.monotonic() + seconds
    seen = firefox.js(f"return {expression}")
    while not good(seen):
        assert time.monotonic() < end, f"stayed {seen!r}"
        time.sleep(0.05)
        seen = firefox.js(f"return {expression}")
    return seen


def marked(*wanted: str, without: tuple[str, ...] = ()) -> Callable[[Any], bool]:
    """Tell whether all these are marked and none of those."""
    return lambda found: set(wanted) <= set(found) and not set(without) & set(found)


def connect(firefox: Firefox, address: str, key: str) -> None:
    """Name the server on the options page, as a reader does."""
    firefox.go(f"moz-extension://{GECKO_UUID}/options.html")
    wait_for(firefox, "document.documentElement.dataset.ready", bool)
    firefox.fill("#server", address)
    firefox.fill("#token", key)
    firefox.click("#save")
    wait_for(firefox, "document.getElementById('message').textContent", lambda text: text == "Saved.")


def badge(firefox: Firefox) -> tuple[str, str]:
    """Return what the toolbar button shows for the tab in front, and its title."""
    found: list[str] = firefox.js(
        """
        const {ExtensionParent} = ChromeUtils.importESModule('resource://gre/modules/ExtensionParent.sys.mjs');
        const {extension} = WebExtensionPolicy.getByID(arguments[0]);
        const action = ExtensionParent.apiManager.global.browserActionFor(extension);
        const tab = Services.wm.getMostRecentWindow('navigator:browser').gBrowser.selectedTab;
        const shown = action.action.getContextData(tab);
        return [shown.badgeText ?? '', shown.title ?? '']""",
        GECKO_ID,
        chrome=True,
    )
    return found[0], found[1]


def wait_for_badge(
    firefox: Firefox, good: Callable[[tuple[str, str]], bool], seconds: float = 15.0
) -> tuple[str, str]:
    """Look at the toolbar button until it is good."""
    end = time.monotonic() + seconds
    while not good(seen := badge(firefox)):
        assert time.monotonic() < end, f"stayed {seen!r}"
        time.sleep(0.05)
    return seen


def painted_pixels(marked_page: bytes, plain_page: bytes, box: list[float]) -> int:
    """Count the pixels of a box in which two pictures of one page differ."""
    left, top, right, bottom = (round(corner) for corner in box)
    first, second = (
        Image.open(io.BytesIO(picture)).convert("RGB").crop((left, top, right, bottom))
        for picture in (marked_page, plain_page)
    )
    return sum(ImageChops.difference(first, second).convert("L").histogram()[1:])


def test_reading_in_firefox(firefox: Firefox, service: Service, port: int) -> None:
    """One browser for all pages: starting it costs more than reading them."""
    connect(firefox, service.address, service.key)
    site = f"http://news.test:{port}"

    firefox.go(f"{site}/article.html?secret-address")
    assert firefox.js(f"return {MARKS}") == [] and service.faults.checks == []
    firefox.click_toolbar(GECKO_ID)
    wait_for(firefox, MARKS, marked(KRATOM, GARLIC, SALVE))
    assert wait_for_badge(firefox, lambda seen: seen[0].isdigit())[1].endswith("of high risk")
    everything = "\n".join(one.body + str(one.headers) for one in service.faults.asked)
    assert "secret-" not in everything and "news.test" not in everything

    asked = len(service.faults.asked)
    firefox.go(f"{site}/article.html?again")
    firefox.click_toolbar(GECKO_ID)
    wait_for(firefox, MARKS, marked(KRATOM, GARLIC))
    assert len(service.faults.asked) == asked

    firefox.go(f"{site}/spa.html")
    firefox.click_toolbar(GECKO_ID)
    wait_for(firefox, MARKS, marked(GARLIC))
    firefox.js("document.querySelector('#late').click()")
    wait_for(firefox, MARKS, marked(GARLIC, SILVER))
    firefox.js("document.querySelector('#second').click()")
    wait_for(firefox, MARKS, marked(SALVE, without=(GARLIC, SILVER)))

    for name, wanted in {
        "emoji.html": (GARLIC, TURMERIC, ASTHMA, SILVER),
        "rtl.html": (GARLIC, TURMERIC),
        "shop.html": (SILVER, TURMERIC, ASTHMA, GARLIC),
        "hostile.html": (GARLIC, SALVE),
    }.items():
        firefox.go(f"{site}/{name}")
        firefox.click_toolbar(GECKO_ID)
        wait_for(firefox, MARKS, marked(*wanted))


def test_marks_are_painted_in_shadow_trees_and_on_hostile_pages(
    firefox: Firefox, service: Service, port: int
) -> None:
    connect(firefox, service.address, service.key)
    for name, wanted in {"shadow.html": (GARLIC, SALVE, ASTHMA), "hostile.html": (GARLIC, SALVE)}.items():
        firefox.go(f"http://news.test:{port}/{name}")
        firefox.click_toolbar(GECKO_ID)
        wait_for(firefox, MARKS, marked(*wanted))
        wait_for_badge(firefox, lambda seen: seen[0].isdigit())
        boxes: dict[str, list[float]] = firefox.js(
            "return Object.fromEntries([...CSS.highlights.get('claimcheck-high')].map(range => {"
            "  const box = range.getBoundingClientRect();"
            "  return [range.toString(), [box.left, box.top, box.right, box.bottom]] }))"
        )
        painted = firefox.screenshot()
        firefox.js("CSS.highlights.clear()")
        plain = firefox.screenshot()
        for words in wanted:
            assert painted_pixels(painted, plain, boxes[words]) > 500, f"{words} on {name} was not painted"


def test_dead_server_and_wrong_key(firefox: Firefox, service: Service, port: int) -> None:
    connect(firefox, f"http://127.0.0.1:{closed_port()}", "")
    firefox.go(f"http://news.test:{port}/article.html")
    firefox.click_toolbar(GECKO_ID)
    assert wait_for_badge(firefox, lambda seen: seen[0] == "!")[1].startswith("Not checked")
    connect(firefox, service.address, "cck_wrong")
    firefox.go(f"http://news.test:{port}/feed.html")  # nothing of it is remembered from the tests before
    firefox.click_toolbar(GECKO_ID)
    wait_for_badge(firefox, lambda seen: seen[0] == "!")
    assert firefox.js(f"return {MARKS}") == []


def test_remote_server_needs_its_permission(firefox: Firefox) -> None:
    connect(firefox, "https://claims.example.org", "")
    assert "https://claims.example.org/*" in firefox.js("return (await browser.permissions.getAll()).origins")


def test_always_checked_site(firefox: Firefox, service: Service, port: int) -> None:
    connect(firefox, service.address, service.key)
    firefox.fill("#site", "news.test")
    firefox.click("#site-form button")
    wait_for(firefox, "document.getElementById('sites-message').textContent", lambda text: text == "Saved.")
    firefox.go(f"http://news.test:{port}/shop.html")
    wait_for(firefox, MARKS, marked(SILVER, GARLIC))
    asked = len(service.faults.asked)
    firefox.go(f"http://other.test:{port}/shop.html")
    assert firefox.js(f"return {MARKS}") == []
    assert len(service.faults.asked) == asked
