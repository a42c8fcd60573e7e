"""What a reader is told when the server cannot be used, and that checking goes on when it can again."""

from __future__ import annotations

import pytest

from tests.extension.claims import GARLIC, KRATOM
from tests.extension.driver import (
    Browser,
    connect,
    eventually,
    marks,
    push,
    ready,
    wait_for_badge,
    wait_for_marks,
    wait_for_tab,
    wait_for_text,
    wait_for_words,
)
from tests.extension.service import Service, closed_port, listening

pytestmark = pytest.mark.browser


def test_wrong_key_then_right_key(browser: Browser, service: Service) -> None:
    connect(browser, service.address, "cck_wrong")
    tab = browser.open("article.html")
    tab.toolbar()
    wait_for_badge(tab, lambda text: text == "!")
    wait_for_words(tab, "does not accept your key")
    assert marks(tab) == []
    options = ready(browser, "options.html")
    options.fill("#token", service.key)
    options.click("#save")
    wait_for_text(options, "#message", lambda text: text == "Saved.")
    options.close()
    tab.front()
    wait_for_marks(tab, KRATOM)
    wait_for_badge(tab, str.isdigit)


def test_dead_server_then_back(browser: Browser, service: Service) -> None:
    port = closed_port()
    connect(browser, f"http://127.0.0.1:{port}", service.key)
    tab = browser.open("article.html")
    tab.toolbar()
    assert "could not be used" in wait_for_badge(tab, lambda text: text == "!")
    said = wait_for_words(tab, "does not answer. Is it running?")
    assert "Trying again in" in said and "Try again now" in said
    with listening(service.faults, port=port):
        push(tab, "Try again now")
        wait_for_marks(tab, KRATOM)
        wait_for_badge(tab, str.isdigit)


@pytest.mark.parametrize(
    ("status", "words"),
    [(429, "says that you asked too often"), (503, "is busy"), (500, "Something went wrong on the server")],
)
def test_refusals_that_pass(browser: Browser, service: Service, status: int, words: str) -> None:
    service.faults.status, service.faults.headers = status, {"retry-after": "2"}
    tab = browser.open("article.html")
    tab.toolbar()
    assert "Trying again in 2 seconds." in wait_for_words(tab, words)
    count = len(service.faults.checks)
    service.faults.status = None
    wait_for_marks(tab, KRATOM)
    refused, passed = service.faults.checks[count - 1], service.faults.checks[count]
    assert passed.at - refused.at > 1.5  # Retry-After was honoured
    assert count <= 2


def test_one_hold_for_all_tabs(browser: Browser, service: Service) -> None:
    service.faults.status, service.faults.headers = 503, {"retry-after": "300"}
    first = browser.open("article.html")
    first.toolbar()
    wait_for_words(first, "Trying again in 300 seconds.")
    asked = len(service.faults.asked)
    service.faults.status = None
    second = browser.open("shop.html")
    second.toolbar()
    wait_for_badge(second, lambda text: text == "!")
    said = wait_for_words(second, "is busy")
    assert "Trying again in 300 seconds." in said or "Trying again in 29" in said
    browser.end_background()  # nor is the hold forgotten with the background
    third = browser.open("feed.html", host="other.test")
    third.toolbar()
    wait_for_words(third, "is busy")
    assert len(service.faults.asked) == asked
    second.front()
    push(second, "Try again now")
    wait_for_marks(second, GARLIC)


def test_key_without_the_scope(browser: Browser, service: Service) -> None:
    service.faults.status = 403
    tab = browser.open("article.html")
    tab.toolbar()
    wait_for_words(tab, "Your key may not check texts")


def test_slow_server(browser: Browser, service: Service) -> None:
    service.faults.seconds = 5.5
    tab = browser.open("article.html")
    tab.toolbar()
    wait_for_badge(tab, lambda text: text == "…")
    wait_for_words(tab, "Still waiting for the server")
    wait_for_marks(tab, KRATOM)


def test_something_else_answers(browser: Browser) -> None:
    connect(browser, f"http://127.0.0.1:{browser.port}")
    tab = browser.open("article.html")
    tab.toolbar()
    wait_for_words(tab, "is not a claimcheck server")


def test_no_consent_no_request(browser: Browser, service: Service) -> None:
    browser.extension("await api.storage.local.remove('consent')")
    tab = browser.open("article.html")
    tab.toolbar()
    wait_for_tab(browser, "welcome.html")
    assert marks(tab) == [] and service.faults.asked == []


def test_pieces_that_fail_are_not_counted_as_checked(browser: Browser, service: Service) -> None:
    service.faults.failing = "Garlic"
    tab = browser.open("shop.html")
    tab.toolbar()
    wait_for_words(tab, "parts of the text could not be checked")
    assert tab.badge()[1].startswith("Checked so far")
    asked = [text for text in service.faults.texts if "Garlic" in text]
    assert {asked.count(text) for text in asked} == {3}


def test_trouble_is_told_in_badge_only_mode_and_no_longer_when_it_is_over(
    browser: Browser, service: Service
) -> None:
    connect(browser, service.address, service.key, display="badge")
    service.faults.status, service.faults.headers = 503, {"retry-after": "2"}
    tab = browser.open("article.html")
    tab.toolbar()
    wait_for_badge(tab, lambda text: text == "!")
    wait_for_words(tab, "is busy")
    service.faults.status = None
    wait_for_badge(tab, lambda text: text.isdigit() and text != "0")
    eventually(
        lambda: tab.ui("return ui.querySelector('.toast').matches(':popover-open')"), lambda open_: not open_
    )
    said = wait_for_words(tab, "A gentle leaf")
    assert "is busy" not in said
    assert marks(tab) == []
    # Another trouble is told anew.
    service.faults.status = 503
    tab.js("document.getElementById('lead').append(' Fresh words arrive: Homeopathy cures asthma.')")
    wait_for_words(tab, "is busy")
