"""What a reader does and sees, in a real Chromium, with the release build and the real service."""

from __future__ import annotations

import io
import json
import re
import time

import pytest
from PIL import Image

from claimcheck.checker import Checker
from claimcheck.types import RiskLevel
from tests.extension.chromium import Reader, eventually, marks, spoken, wait_for_marks
from tests.extension.service import Service, closed_port

pytestmark = pytest.mark.browser

INJECT = """async () => { const [tab] = await chrome.tabs.query({active: true, lastFocusedWindow: true});
  const target = {tabId: tab.id};
  try { await chrome.scripting.executeScript({target, files: ['content.js']}); return 'injected' }
  catch (error) { return String(error) } }"""
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


def test_nothing_happens_before_a_click_and_only_this_page_is_read_after(
    reader: Reader, service: Service
) -> None:
    page = reader.open("article.html")
    assert "Cannot access contents" in reader.worker.evaluate(INJECT)
    assert service.faults.asked == [] and marks(page) == []
    assert page.evaluate("document.querySelector('claimcheck-ui')") is None
    reader.click(page)
    wait_for_marks(page, KRATOM, GARLIC)
    other = reader.open("article.html", host="other.test")
    assert "Cannot access contents" in reader.worker.evaluate(INJECT)
    assert marks(other) == []


def test_marks_are_those_of_the_service(reader: Reader, service: Service, checker: Checker) -> None:
    page = reader.open("article.html")
    reader.click(page)
    wait_for_marks(page, KRATOM, GARLIC, SALVE)
    eventually(lambda: reader.badge(page)[0], str.isdigit)
    wanted = [one for text in service.faults.texts for one in expected(checker, text)]
    found = [" ".join(one.split()) for one in marks(page)]
    # A line break of the page is a space in the text that was sent and nothing in the marked range.
    assert sorted(one.replace(" ", "") for one in found) == sorted(one.replace(" ", "") for one in wanted)
    assert len(wanted) >= 6


def test_secrets_never_leave(reader: Reader, service: Service) -> None:
    page = reader.open("article.html?secret-address")
    reader.click(page)
    wait_for_marks(page, KRATOM)
    # What is typed after the check stays, too.
    page.locator("#editor").click()
    page.keyboard.type(" Bleach cures secret-typed covid-19 too.")
    page.evaluate("document.getElementById('lead').append(' Fresh words arrive: Homeopathy cures asthma.')")
    wait_for_marks(page, ASTHMA)
    # One after the other: together, their form would be read anew as a whole, and the fields left out of it.
    page.evaluate("document.querySelector('pre code').append(' secret-append words here')")
    page.evaluate("document.querySelector('textarea').textContent += ' secret-late words here'")
    page.evaluate(
        "document.getElementById('lead').append(' More arrive: Colloidal silver cures infections.')"
    )
    wait_for_marks(page, ASTHMA, SILVER)
    for _ in range(6):
        page.mouse.wheel(0, 600)
    eventually(lambda: reader.badge(page)[0], str.isdigit)
    everything = "\n".join(one.body + str(one.headers) for one in service.faults.asked)
    assert "Garlic cures cancer" in everything
    assert "secret-" not in everything
    assert "news.test" not in everything
    for one in service.faults.checks:
        assert not {"cookie", "referer"} & set(one.headers)
        assert all(set(item) == {"id", "text"} for item in json.loads(one.body)["items"])


def test_badge_and_spoken_summary(reader: Reader) -> None:
    page = reader.open("shop.html")
    assert reader.badge(page)[0] == ""
    reader.click(page)
    wait_for_marks(page, SILVER, TURMERIC, ASTHMA, GARLIC)
    _, title = eventually(lambda: reader.badge(page), lambda seen: seen[0] == "4")
    assert re.fullmatch(r"4 claims marked, [1-4] of high risk", title)
    assert title.replace("marked", "found") in spoken(page)


def test_nothing_found_is_said(reader: Reader) -> None:
    page = reader.open("frame.html?plain")
    page.evaluate("document.body.textContent = 'I went home and cooked dinner for the children.'")
    reader.click(page)
    assert (
        eventually(lambda: reader.badge(page), lambda seen: seen[0] == "0")[1] == "Checked: no claim to mark"
    )
    assert "No claim to mark found." in spoken(page)


def test_feed_is_read_as_it_grows(reader: Reader, service: Service) -> None:
    page = reader.open("feed.html")
    reader.click(page)
    wait_for_marks(page, GARLIC)
    before = len(service.faults.texts)

    def scrolled() -> int:
        page.mouse.wheel(0, 500)
        return len(marks(page))

    eventually(scrolled, lambda count: count >= 8, 20)
    assert len(service.faults.texts) > before
    assert len(service.faults.texts) == len(set(service.faults.texts))  # nothing is sent twice


def test_single_page_application(reader: Reader, service: Service) -> None:
    page = reader.open("spa.html")
    reader.click(page)
    wait_for_marks(page, GARLIC)
    page.click("#late")
    wait_for_marks(page, GARLIC, SILVER)
    page.click("#reveal")
    wait_for_marks(page, GARLIC, SILVER, ASTHMA)
    asked = len(service.faults.checks)
    page.click("#same")  # drawn anew with the same words: marked anew from memory
    wait_for_marks(page, GARLIC, SILVER, ASTHMA)
    assert len(service.faults.checks) == asked
    began = time.monotonic()
    page.click("#second")
    wait_for_marks(page, SALVE, without=(GARLIC, SILVER, ASTHMA))
    assert time.monotonic() - began < 4


def test_marks_leave_with_their_words(reader: Reader) -> None:
    page = reader.open("spa.html")
    reader.click(page)
    wait_for_marks(page, GARLIC)
    page.click("#edit")
    eventually(lambda: marks(page), lambda found: found == [])
    assert eventually(lambda: reader.badge(page)[0], lambda text: text == "0")


def test_open_and_closed_shadow_trees(reader: Reader) -> None:
    page = reader.open("shadow.html")
    reader.click(page)
    wait_for_marks(page, GARLIC, SALVE, ASTHMA)
    page.click("#grow")
    wait_for_marks(page, SILVER)


def test_letters_beyond_the_basic_plane(reader: Reader) -> None:
    page = reader.open("emoji.html")
    reader.click(page)
    found = wait_for_marks(page, GARLIC, TURMERIC, ASTHMA, SILVER)
    eventually(lambda: [" ".join(one.split()) for one in marks(page)], lambda all_: SALVE in all_)
    assert all(not one.startswith(" ") and not one.endswith(".") for one in found)


def test_right_to_left(reader: Reader, service: Service) -> None:
    page = reader.open("rtl.html")
    reader.click(page)
    wait_for_marks(page, GARLIC, TURMERIC)
    assert "secret-arabic" not in "".join(service.faults.texts)


def test_another_language_is_not_sent(reader: Reader, service: Service) -> None:
    page = reader.open("german.html")
    reader.click(page)
    assert eventually(lambda: reader.badge(page), lambda seen: seen[0] == "–")[1].startswith(
        "Not checked: this page"
    )
    assert "This page is not in English" in spoken(page)
    assert service.faults.checks == []


@pytest.mark.parametrize("name", ["shop.html", "hostile.html", "shadow.html"])
def test_marks_are_filled_and_underlined(reader: Reader, name: str) -> None:
    page = reader.open(name)
    reader.click(page)
    wait_for_marks(page, GARLIC)
    eventually(lambda: reader.badge(page)[0], str.isdigit)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    pixels: list[tuple[int, int, int]] = list(picture.get_flattened_data())  # type: ignore[arg-type]
    fill = sum(all(abs(a - b) <= 4 for a, b in zip(one, (249, 216, 215), strict=True)) for one in pixels)
    line = sum(all(abs(a - b) <= 30 for a, b in zip(one, (217, 48, 37), strict=True)) for one in pixels)
    assert fill > 2_000 and line > 200, (fill, line)


def test_hostile_page(reader: Reader) -> None:
    page = reader.open("hostile.html")
    reader.click(page)
    wait_for_marks(page, GARLIC, SALVE)
    page.evaluate("dispatchEvent(new Event('clear-marks'))")
    assert marks(page) == []
    page.mouse.move(100, 100)
    page.mouse.move(120, 140)
    wait_for_marks(page, GARLIC, SALVE)
    shot = page.locator("#claim").screenshot()
    page.evaluate("CSS.highlights.clear()")
    eventually(
        lambda: page.locator("#claim").screenshot(), lambda plain: plain != shot
    )  # the marks were painted
    page.mouse.move(300, 300)
    wait_for_marks(page, GARLIC)
    box = page.evaluate(
        "(() => { const b = [...CSS.highlights.get('claimcheck-high')][0].getBoundingClientRect();"
        " return [b.x + b.width / 2, b.y + b.height / 2] })()"
    )
    page.mouse.click(*box)
    # The card is seen although the page hides every dialog and every guest.
    eventually(lambda: spoken(page), lambda text: "What is known" in text)
    size = page.evaluate("getComputedStyle(document.querySelector('claimcheck-ui')).display")
    assert size != "none"


def test_worker_killed_in_the_middle_of_a_check(reader: Reader, service: Service) -> None:
    service.faults.seconds = 1.5
    page = reader.open("article.html")
    reader.click(page)
    eventually(lambda: len(service.faults.checks), lambda count: count >= 1)
    reader.kill_worker()
    service.faults.seconds = 0
    wait_for_marks(page, KRATOM, GARLIC, SALVE)


def test_revisit_asks_nothing(reader: Reader, service: Service) -> None:
    page = reader.open("article.html")
    reader.click(page)
    wait_for_marks(page, KRATOM)
    eventually(lambda: reader.badge(page)[0], str.isdigit)
    asked = len(service.faults.asked)
    reader.kill_worker()  # what is remembered outlives the worker
    page.reload()
    reader.click(page)
    wait_for_marks(page, KRATOM, GARLIC)
    assert len(service.faults.asked) == asked


def test_wrong_key_then_right_key(reader: Reader, service: Service) -> None:
    reader.connect(service.address, "cck_wrong")
    page = reader.open("article.html")
    reader.click(page)
    eventually(lambda: reader.badge(page)[0], lambda text: text == "!")
    assert "does not accept your key" in spoken(page)
    assert marks(page) == []
    options = reader.own("options.html")
    options.locator("html[data-ready]").wait_for()
    options.locator("#token").fill(service.key)
    options.locator("#save").click()
    eventually(lambda: options.locator("#message").inner_text(), lambda text: text == "Saved.")
    options.close()
    page.bring_to_front()
    wait_for_marks(page, KRATOM)
    eventually(lambda: reader.badge(page)[0], str.isdigit)


def test_dead_server(reader: Reader) -> None:
    reader.connect(f"http://127.0.0.1:{closed_port()}")
    page = reader.open("article.html")
    reader.click(page)
    assert "could not be used" in eventually(lambda: reader.badge(page), lambda seen: seen[0] == "!")[1]
    text = spoken(page)
    assert "does not answer. Is it running?" in text and "Trying again in" in text and "Try again now" in text


@pytest.mark.parametrize(
    ("status", "words"),
    [(429, "says that you asked too often"), (503, "is busy"), (500, "Something went wrong on the server")],
)
def test_refusals_that_pass(reader: Reader, service: Service, status: int, words: str) -> None:
    service.faults.status, service.faults.headers = status, {"retry-after": "2"}
    page = reader.open("article.html")
    reader.click(page)
    text = eventually(lambda: spoken(page), lambda seen: words in seen)
    assert "Trying again in 2 seconds." in text
    refused_at, count = time.monotonic(), len(service.faults.checks)
    service.faults.status = None
    wait_for_marks(page, KRATOM)
    assert time.monotonic() - refused_at > 1.0  # Retry-After was honoured
    assert count <= 2


def test_key_without_the_scope(reader: Reader, service: Service) -> None:
    service.faults.status = 403
    page = reader.open("article.html")
    reader.click(page)
    eventually(lambda: spoken(page), lambda seen: "Your key may not check texts" in seen)


def test_slow_server(reader: Reader, service: Service) -> None:
    service.faults.seconds = 5.5
    page = reader.open("article.html")
    reader.click(page)
    assert eventually(lambda: reader.badge(page)[0], lambda text: text == "…")
    eventually(lambda: spoken(page), lambda seen: "Still waiting for the server" in seen)
    wait_for_marks(page, KRATOM)


def test_something_else_answers(reader: Reader) -> None:
    reader.connect(f"http://127.0.0.1:{reader.port}")
    page = reader.open("article.html")
    reader.click(page)
    eventually(lambda: spoken(page), lambda seen: "is not a claimcheck server" in seen)


def test_no_consent_no_request(reader: Reader, service: Service) -> None:
    reader.worker.evaluate("chrome.storage.local.remove('consent')")
    page = reader.open("article.html")
    reader.click(page)
    eventually(lambda: reader.tabs("welcome.html"), bool)
    assert marks(page) == [] and service.faults.asked == []


def test_private_sites_are_not_read(reader: Reader, service: Service) -> None:
    page = reader.open("article.html", host="mail.news.test")
    reader.click(page)
    assert (
        "nothing is read unless you say so"
        in eventually(lambda: reader.badge(page), lambda seen: seen[0] == "–")[1]
    )
    assert service.faults.asked == [] and marks(page) == []


def test_site_that_is_never_read(reader: Reader, service: Service) -> None:
    reader.connect(service.address, service.key, sites={"news.test": "never"})
    page = reader.open("article.html")
    reader.click(page)
    assert "never to check" in eventually(lambda: reader.badge(page), lambda seen: seen[0] == "–")[1]
    assert service.faults.asked == []


def test_messages_on_a_public_site_are_not_read(reader: Reader, service: Service) -> None:
    page = reader.open("article.html", host="other.test")
    page.evaluate("history.replaceState({}, '', '/messages/t/12')")
    reader.click(page)
    assert "nothing is read" in eventually(lambda: reader.badge(page), lambda seen: seen[0] == "–")[1]
    assert service.faults.asked == []
    page = reader.open("spa.html")
    reader.click(page)
    wait_for_marks(page, GARLIC)
    page.evaluate(
        "history.pushState({}, '', '/inbox/7');"
        "document.getElementById('main').innerHTML = '<p>A secret-letter words: Homeopathy cures asthma.</p>'"
    )
    assert "nothing is read" in eventually(lambda: reader.badge(page), lambda seen: seen[0] == "–")[1]
    assert marks(page) == []
    page.click("#second")
    wait_for_marks(page, SALVE)
    assert "secret-letter" not in "".join(service.faults.texts)


def test_pieces_that_fail_are_not_counted_as_checked(reader: Reader, service: Service) -> None:
    service.faults.failing = "Garlic"
    page = reader.open("shop.html")
    reader.click(page)
    eventually(lambda: spoken(page), lambda text: "parts of the text could not be checked" in text)
    assert reader.badge(page)[1].startswith("Checked so far")
    asked = [text for text in service.faults.texts if "Garlic" in text]
    assert {asked.count(text) for text in asked} == {3}


def test_body_that_is_replaced_is_read(reader: Reader) -> None:
    page = reader.open("spa.html")
    reader.click(page)
    wait_for_marks(page, GARLIC)
    page.evaluate(
        "(() => { const body = document.createElement('body');"
        " body.innerHTML = '<p id=\"new\">All is new: Black salve cures skin cancer.</p>';"
        " document.body.replaceWith(body) })()"
    )
    wait_for_marks(page, SALVE, without=(GARLIC,))
    page.evaluate("document.getElementById('new').append(' And: Homeopathy cures asthma.')")
    wait_for_marks(page, SALVE, ASTHMA)


def test_beyond_what_can_be_marked(reader: Reader) -> None:
    page = reader.open("frame.html")
    page.evaluate("document.body.innerHTML = ('<p>' + 'Garlic cures cancer. '.repeat(60) + '</p>').repeat(9)")
    page.evaluate("document.body.style.fontSize = '4px'")
    reader.click(page)
    eventually(lambda: len(marks(page)), lambda count: count == 500)
    eventually(lambda: reader.badge(page), lambda seen: seen[1].startswith("540 claims"))
    page.evaluate("document.querySelector('p').remove()")
    eventually(lambda: reader.badge(page), lambda seen: seen[1].startswith("480 claims"))
    assert len(marks(page)) == 480


def test_same_words_put_anew_stay_marked(reader: Reader) -> None:
    page = reader.open("spa.html")
    reader.click(page)
    wait_for_marks(page, GARLIC)
    page.evaluate(
        "(() => { const node = document.getElementById('first').firstChild; node.data = node.data })()"
    )
    assert marks(page) == [""]
    wait_for_marks(page, GARLIC)


def test_page_that_turns_english_is_read_on(reader: Reader, service: Service) -> None:
    page = reader.open("frame.html")
    german = (
        "Knoblauch heilt und die Menschen glauben es nicht, aber das ist der Grund für die vielen Bücher. "
    )
    page.evaluate(
        "text => { document.body.innerHTML = '<main>' + ('<p>' + text + '</p>').repeat(8) + '</main>';"
        " document.querySelectorAll('p').forEach((one, at) => one.append('Nummer ' + at)) }",
        german * 2,
    )
    reader.click(page)
    eventually(lambda: reader.badge(page)[0], lambda text: text == "–")
    assert service.faults.checks != []
    page.evaluate(
        "document.querySelector('main').innerHTML = '<p>The town reads: Black salve cures skin cancer.</p>'"
    )
    wait_for_marks(page, SALVE)


def test_links_stay_links(reader: Reader) -> None:
    page = reader.open("article.html")
    reader.click(page)
    wait_for_marks(page, SALVE)
    page.click("#link")
    assert page.url.endswith("#followed")
    assert "Report a mistake" not in spoken(page)


def test_budgets_of_requests(reader: Reader, service: Service) -> None:
    page = reader.open("large.html")
    reader.click(page)
    eventually(lambda: len(marks(page)), lambda count: count >= 1)
    eventually(lambda: reader.badge(page)[0], lambda text: text.isdigit() and text != "0")
    assert service.faults.together <= 2
    assert all(len(one.texts) <= 60 and len(one.body.encode()) <= 31_000 for one in service.faults.checks)
    assert len(service.faults.texts) <= 200
