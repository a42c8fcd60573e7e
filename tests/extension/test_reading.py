"""What is read, marked and sent: real Chromium and Firefox, release build, real service and model."""

from __future__ import annotations

import io
import json
import re
import time

import pytest
from PIL import Image, ImageChops

from claimcheck.checker import Checker
from claimcheck.types import RiskLevel
from tests.extension.claims import ASTHMA, GARLIC, KRATOM, SALVE, SILVER, TURMERIC
from tests.extension.driver import (
    Browser,
    Tab,
    checked,
    click_mark,
    connect,
    eventually,
    marks,
    shown,
    wait_for_badge,
    wait_for_marks,
    wait_for_words,
)
from tests.extension.service import Service

pytestmark = pytest.mark.browser

INJECT = """
  const [tab] = await api.tabs.query({active: true, lastFocusedWindow: true});
  const target = {tabId: tab.id};
  try { await api.scripting.executeScript({target, files: ['content.js']}); return 'injected' }
  catch (error) { return String(error) }"""

COME_PAST = """
  const above = one => one.getBoundingClientRect().top < innerHeight && /Garlic/.test(one.textContent);
  return [...document.querySelectorAll('#feed p')].filter(above).length"""


def expected(checker: Checker, text: str) -> list[str]:
    """Return what the service flags in a text from moderate risk on."""
    order = list(RiskLevel)
    report = checker.check(text).to_dict()
    claims = [
        claim["span"]["exact"]
        for claim in report["claims"]
        if claim["flagged"] and order.index(claim["risk"]["level"]) >= order.index(RiskLevel.MODERATE)
    ]
    return [*claims, *(one["span"]["exact"] for one in report["alerts"] if one["span"])]


def together(words: str) -> str:
    """Leave white space out: a line break of the page is a space in what was sent and nothing in a range."""
    return "".join(words.split())


def test_nothing_happens_before_a_click_and_only_this_page_is_read_after(
    browser: Browser, service: Service
) -> None:
    tab = browser.open("article.html")
    assert re.search("Cannot access contents|Missing host permission", browser.extension(INJECT))
    assert service.faults.asked == [] and marks(tab) == []
    assert tab.js("return document.querySelector('claimcheck-ui') === null")
    tab.toolbar()
    wait_for_marks(tab, KRATOM, GARLIC)
    other = browser.open("article.html", host="other.test")
    assert re.search("Cannot access contents|Missing host permission", browser.extension(INJECT))
    assert marks(other) == []


def test_marks_are_those_of_the_service(browser: Browser, service: Service, checker: Checker) -> None:
    tab = checked(browser, "article.html", KRATOM, GARLIC, SALVE)
    wanted = [one for text in service.faults.texts for one in expected(checker, text)]
    assert sorted(map(together, marks(tab))) == sorted(map(together, wanted))
    assert len(wanted) >= 6


def test_secrets_never_leave(browser: Browser, service: Service) -> None:
    tab = browser.open("article.html?secret-address")
    tab.toolbar()
    wait_for_marks(tab, KRATOM)
    # What is typed after the check stays, too.
    tab.click("#editor")
    tab.type(" Bleach cures secret-typed covid-19 too.")
    assert "secret-typed" in tab.js("return document.getElementById('editor').textContent")
    tab.js("document.getElementById('lead').append(' Fresh words arrive: Homeopathy cures asthma.')")
    wait_for_marks(tab, ASTHMA)
    # One after the other: together, their form would be read anew as a whole, and the fields left out of it.
    tab.js("document.querySelector('pre code').append(' secret-append words here')")
    tab.js("document.querySelector('textarea').textContent += ' secret-late words here'")
    tab.js("document.getElementById('lead').append(' More arrive: Colloidal silver cures infections.')")
    wait_for_marks(tab, ASTHMA, SILVER)
    for _ in range(6):
        tab.scroll(600)
    wait_for_badge(tab, str.isdigit)
    everything = "\n".join(one.body + str(one.headers) for one in service.faults.asked)
    assert "Garlic cures cancer" in everything
    assert "secret-" not in everything
    assert "news.test" not in everything
    for one in service.faults.checks:
        assert not {"cookie", "referer"} & set(one.headers)
        assert all(set(item) == {"id", "text"} for item in json.loads(one.body)["items"])


def test_badge_and_spoken_summary(browser: Browser) -> None:
    tab = browser.open("shop.html")
    assert tab.badge()[0] == ""
    tab.toolbar()
    wait_for_marks(tab, SILVER, TURMERIC, ASTHMA, GARLIC)
    title = wait_for_badge(tab, lambda text: text == "4")
    assert re.fullmatch(r"4 claims marked, [1-4] of high risk", title)
    wait_for_words(tab, title.replace("marked", "found"))


def test_nothing_found_is_said(browser: Browser) -> None:
    tab = browser.open("frame.html?plain")
    tab.js("document.body.textContent = 'I went home and cooked dinner for the children.'")
    tab.toolbar()
    assert wait_for_badge(tab, lambda text: text == "0") == "Checked: no claim to mark"
    wait_for_words(tab, "No claim to mark found.")


def test_feed_is_read_as_it_grows(browser: Browser, service: Service) -> None:
    tab = browser.open("feed.html")
    tab.toolbar()
    wait_for_marks(tab, GARLIC)
    before = len(service.faults.texts)

    # Whatever the reader has come past is marked, however far the feed has grown.
    for _ in range(10):
        tab.scroll(500)
        eventually(lambda: (tab.js(COME_PAST), len(marks(tab))), lambda seen: seen[1] >= seen[0])
    eventually(lambda: len(marks(tab)), lambda count: count >= 3)
    assert len(service.faults.texts) > before
    assert len(service.faults.texts) == len(set(service.faults.texts))  # nothing is sent twice


def test_single_page_application(browser: Browser, service: Service) -> None:
    tab = browser.open("spa.html")
    tab.toolbar()
    wait_for_marks(tab, GARLIC)
    tab.click("#late")
    wait_for_marks(tab, GARLIC, SILVER)
    tab.click("#reveal")
    wait_for_marks(tab, GARLIC, SILVER, ASTHMA)
    asked = len(service.faults.checks)
    tab.click("#same")  # drawn anew with the same words: marked anew from memory
    wait_for_marks(tab, GARLIC, SILVER, ASTHMA)
    assert len(service.faults.checks) == asked
    began = time.monotonic()
    tab.click("#second")
    wait_for_marks(tab, SALVE, without=(GARLIC, SILVER, ASTHMA))
    assert time.monotonic() - began < 4


def test_marks_leave_with_their_words(browser: Browser) -> None:
    tab = browser.open("spa.html")
    tab.toolbar()
    wait_for_marks(tab, GARLIC)
    tab.click("#edit")
    eventually(lambda: marks(tab), lambda found: found == [])
    wait_for_badge(tab, lambda text: text == "0")


def test_open_and_closed_shadow_trees(browser: Browser) -> None:
    tab = browser.open("shadow.html")
    tab.toolbar()
    wait_for_marks(tab, GARLIC, SALVE, ASTHMA)
    tab.click("#grow")
    wait_for_marks(tab, SILVER)


def test_letters_beyond_the_basic_plane(browser: Browser) -> None:
    tab = browser.open("emoji.html")
    tab.toolbar()
    found = wait_for_marks(tab, GARLIC, TURMERIC, ASTHMA, SILVER)
    eventually(lambda: [" ".join(one.split()) for one in marks(tab)], lambda all_: SALVE in all_)
    assert all(not one.startswith(" ") and not one.endswith(".") for one in found)


def test_right_to_left(browser: Browser, service: Service) -> None:
    tab = browser.open("rtl.html")
    tab.toolbar()
    wait_for_marks(tab, GARLIC, TURMERIC)
    assert "secret-arabic" not in "".join(service.faults.texts)


def test_another_language_is_not_sent(browser: Browser, service: Service) -> None:
    tab = browser.open("german.html")
    tab.toolbar()
    assert wait_for_badge(tab, lambda text: text == "–").startswith("Not checked: this page")
    wait_for_words(tab, "This page is not in English")
    assert service.faults.checks == []


def boxes(tab: Tab) -> dict[str, list[float]]:
    """Return where the marks of high risk are in the window."""
    found: dict[str, list[float]] = tab.js(
        "return Object.fromEntries([...CSS.highlights.get('claimcheck-high')].map(range => {"
        "  const box = range.getBoundingClientRect();"
        "  return [range.toString(), [box.left, box.top, box.right, box.bottom]] }))"
    )
    return found


def painted_pixels(marked_page: bytes, plain_page: bytes, box: list[float]) -> int:
    """Count the pixels of a box in which two pictures of one page differ."""
    left, top, right, bottom = (round(corner) for corner in box)
    first, second = (
        Image.open(io.BytesIO(picture)).convert("RGB").crop((left, top, right, bottom))
        for picture in (marked_page, plain_page)
    )
    return sum(ImageChops.difference(first, second).convert("L").histogram()[1:])


@pytest.mark.parametrize(
    ("name", "wanted"), [("shadow.html", (GARLIC, SALVE, ASTHMA)), ("hostile.html", (GARLIC, SALVE))]
)
def test_marks_are_painted_in_shadow_trees_and_on_hostile_pages(
    browser: Browser, name: str, wanted: tuple[str, ...]
) -> None:
    tab = checked(browser, name, *wanted)
    places, painted = boxes(tab), tab.picture()
    tab.js("CSS.highlights.clear()")
    plain = tab.picture()
    for words in wanted:
        assert painted_pixels(painted, plain, places[words]) > 500, f"{words} was not painted"


def test_hostile_page(browser: Browser) -> None:
    tab = browser.open("hostile.html")
    tab.toolbar()
    wait_for_marks(tab, GARLIC, SALVE)
    tab.js("dispatchEvent(new Event('clear-marks'))")
    tab.point(300, 700)  # any move of the mouse
    wait_for_marks(tab, GARLIC, SALVE)
    click_mark(tab, GARLIC)
    # The card is seen although the page hides every dialog and every guest.
    wait_for_words(tab, "What is known")
    assert tab.js("return getComputedStyle(document.querySelector('claimcheck-ui')).display") != "none"


def test_background_ended_in_the_middle_of_a_check(browser: Browser, service: Service) -> None:
    service.faults.seconds = 1.5
    tab = browser.open("article.html")
    tab.toolbar()
    eventually(lambda: len(service.faults.checks), lambda count: count >= 1)
    browser.end_background()
    service.faults.seconds = 0
    wait_for_marks(tab, KRATOM, GARLIC, SALVE)
    wait_for_badge(tab, str.isdigit)


def test_revisit_asks_nothing(browser: Browser, service: Service) -> None:
    tab = checked(browser, "article.html", KRATOM)
    asked = len(service.faults.asked)
    browser.end_background()  # what is remembered outlives the background
    tab.reload()
    tab.toolbar()
    wait_for_marks(tab, KRATOM, GARLIC)
    wait_for_badge(tab, str.isdigit)
    assert len(service.faults.asked) == asked


def test_private_sites_are_not_read(browser: Browser, service: Service) -> None:
    tab = browser.open("article.html", host="mail.news.test")
    tab.toolbar()
    assert "nothing is read unless you say so" in wait_for_badge(tab, lambda text: text == "–")
    assert service.faults.asked == [] and marks(tab) == []


def test_site_that_is_never_read(browser: Browser, service: Service) -> None:
    connect(browser, service.address, service.key, sites={"news.test": "never"})
    tab = browser.open("article.html")
    tab.toolbar()
    assert "never to check" in wait_for_badge(tab, lambda text: text == "–")
    assert service.faults.asked == []


def test_messages_on_a_public_site_are_not_read(browser: Browser, service: Service) -> None:
    tab = browser.open("article.html", host="other.test")
    tab.js("history.replaceState({}, '', '/messages/t/12')")
    tab.toolbar()
    assert "nothing is read" in wait_for_badge(tab, lambda text: text == "–")
    assert service.faults.asked == []
    tab = browser.open("spa.html")
    tab.toolbar()
    wait_for_marks(tab, GARLIC)
    tab.js(
        "history.pushState({}, '', '/inbox/7');"
        "document.getElementById('main').innerHTML = '<p>A secret-letter words: Homeopathy cures asthma.</p>'"
    )
    assert "nothing is read" in wait_for_badge(tab, lambda text: text == "–")
    assert marks(tab) == []
    tab.click("#second")
    wait_for_marks(tab, SALVE)
    assert "secret-letter" not in "".join(service.faults.texts)


def test_body_that_is_replaced_is_read(browser: Browser) -> None:
    tab = browser.open("spa.html")
    tab.toolbar()
    wait_for_marks(tab, GARLIC)
    tab.js(
        "const body = document.createElement('body');"
        "body.innerHTML = '<p id=\"new\">All is new: Black salve cures skin cancer.</p>';"
        "document.body.replaceWith(body)"
    )
    wait_for_marks(tab, SALVE, without=(GARLIC,))
    tab.js("document.getElementById('new').append(' And: Homeopathy cures asthma.')")
    wait_for_marks(tab, SALVE, ASTHMA)


def test_beyond_what_can_be_marked(browser: Browser) -> None:
    tab = browser.open("frame.html")
    tab.js("document.body.innerHTML = ('<p>' + 'Garlic cures cancer. '.repeat(60) + '</p>').repeat(9)")
    tab.js("document.body.style.fontSize = '4px'")
    tab.toolbar()
    eventually(lambda: len(marks(tab)), lambda count: count == 500)
    eventually(tab.badge, lambda seen: seen[1].startswith("540 claims"))
    tab.js("document.querySelector('p').remove()")
    eventually(tab.badge, lambda seen: seen[1].startswith("480 claims"))
    assert len(marks(tab)) == 480


def test_same_words_put_anew_stay_marked(browser: Browser) -> None:
    tab = browser.open("spa.html")
    tab.toolbar()
    wait_for_marks(tab, GARLIC)
    emptied = tab.js(
        "const node = document.getElementById('first').firstChild; node.data = node.data;"
        "return [...CSS.highlights.values()].flatMap(one => [...one]).map(String)"
    )
    assert emptied == [""]
    wait_for_marks(tab, GARLIC)


def test_page_that_turns_english_is_read_on(browser: Browser, service: Service) -> None:
    tab = browser.open("frame.html")
    german = (
        "Knoblauch heilt und die Menschen glauben es nicht, aber das ist der Grund für die vielen Bücher. "
    )
    tab.js(
        "document.body.innerHTML = '<main>' + ('<p>' + arguments[0] + '</p>').repeat(8) + '</main>';"
        "document.querySelectorAll('p').forEach((one, at) => one.append('Nummer ' + at))",
        german * 2,
    )
    tab.toolbar()
    wait_for_badge(tab, lambda text: text == "–")
    assert service.faults.checks != []
    tab.js(
        "document.querySelector('main').innerHTML = '<p>The town reads: Black salve cures skin cancer.</p>'"
    )
    wait_for_marks(tab, SALVE)


def test_budgets_of_requests(browser: Browser, service: Service) -> None:
    tab = browser.open("large.html")  # 25,000 elements
    tab.toolbar()
    wait_for_marks(tab, GARLIC)
    wait_for_badge(tab, lambda text: text.isdigit() and text != "0")
    assert service.faults.together <= 2
    assert all(len(one.texts) <= 60 and len(one.body.encode()) <= 31_000 for one in service.faults.checks)
    assert len(service.faults.texts) <= 200


def test_very_large_page_is_read_in_part_and_says_so(browser: Browser, service: Service) -> None:
    tab = browser.open("huge.html")
    tab.toolbar()
    wait_for_marks(tab, GARLIC, seconds=30)
    assert "claims marked" in wait_for_badge(tab, lambda text: text.isdigit() and text != "0")
    eventually(lambda: shown(tab, ".toast") or "", lambda said: "only its first part was read" in said)
    assert len(service.faults.texts) <= 200
