"""The card, the list, keys, menus and the extension's pages, as a reader of the release uses them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.extension.claims import ASTHMA, GARLIC, KRATOM, SALVE, SILVER
from tests.extension.driver import (
    PAINTS,
    Browser,
    checked,
    choose,
    click_mark,
    eventually,
    marks,
    push,
    ready,
    shown,
    text_of,
    wait_for_badge,
    wait_for_marks,
    wait_for_shown,
    wait_for_tab,
    wait_for_text,
)
from tests.extension.service import Service

pytestmark = pytest.mark.browser

ORIGINS = "return (await api.permissions.getAll()).origins"
REGISTERED = "return (await api.scripting.getRegisteredContentScripts()).flatMap(one => one.matches)"
LINKS = """return [...ui.querySelectorAll('.card .refs a')].map(one => [one.getAttribute('rel'), one.href])"""


def test_card_says_what_it_must(browser: Browser) -> None:
    tab = checked(browser, "article.html", KRATOM)
    click_mark(tab, KRATOM)
    text = wait_for_shown(tab, ".card").lower()
    for words in (
        "Not supported by evidence",
        "High risk",
        "The text states it as certain.",
        KRATOM,
        "kratom strengthens the effect of antidepressants",
        "it was looked into; the evidence does not suffice.",
        "as of 2026-11",
        "Where it says so",
    ):
        assert words.lower() in text
    links: list[list[str]] = tab.ui(LINKS)
    assert 1 <= len(links) <= 3
    assert all(rel == "noopener noreferrer" and to.startswith("http") for rel, to in links)
    push(tab, "Why?")
    text = eventually(lambda: shown(tab, ".card") or "", lambda said: "knowledge base" in said)
    assert "Chance that a reviewer would mark this" in text


def test_card_and_list_by_keys_alone(browser: Browser) -> None:
    tab = checked(browser, "article.html", KRATOM, GARLIC, SALVE)
    tab.js("document.getElementById('link').focus()")
    tab.shortcut("next")
    first = wait_for_shown(tab, ".card h2")
    tab.shortcut("next")
    eventually(lambda: shown(tab, ".card h2"), lambda words: words not in (None, first))
    tab.shortcut("previous")
    eventually(lambda: shown(tab, ".card h2"), lambda words: words == first)
    tab.press("Escape")
    eventually(lambda: shown(tab, ".card"), lambda card: card is None)
    assert tab.js("return document.activeElement.id") == "link"  # where the reader was
    tab.shortcut("list")
    assert KRATOM in wait_for_shown(tab, "dialog .items")
    focused = "return ui.activeElement?.querySelector('.quote')?.textContent ?? ''"
    first = tab.ui(focused)
    tab.press("ArrowDown")
    tab.press("ArrowDown")
    third = eventually(lambda: tab.ui(focused), lambda words: words not in ("", first))
    tab.press("ArrowUp")
    chosen = eventually(lambda: tab.ui(focused), lambda words: words not in ("", first, third))
    tab.press("Enter")
    assert wait_for_shown(tab, ".card h2") == " ".join(chosen.split())
    assert shown(tab, "dialog") is None
    tab.press("Escape")
    eventually(lambda: tab.js("return document.activeElement.id"), lambda name: name == "link")


def test_dismiss_by_keys_alone(browser: Browser) -> None:
    tab = checked(browser, "shop.html", SILVER, GARLIC)
    tab.shortcut("next")
    first = wait_for_shown(tab, ".card h2")
    tab.press("Enter")  # the card opens with the focus on its first button: Dismiss
    focused = "return ui.activeElement?.textContent ?? ''"
    eventually(lambda: tab.ui(focused), lambda words: words == "On this page")
    tab.press("Enter")
    eventually(lambda: marks(tab), lambda found: first not in found and len(found) == 3)


def test_toolbar_button_again_shows_the_list(browser: Browser) -> None:
    tab = checked(browser, "article.html", KRATOM)

    def clicked() -> str | None:
        if shown(tab, "dialog") is None:  # a double click is one click; a later one asks for the list
            tab.toolbar()
        return shown(tab, "dialog .items")

    assert "High risk" in (eventually(clicked, bool) or "")


def test_links_stay_links_and_alt_opens_their_mark(browser: Browser) -> None:
    tab = checked(browser, "article.html", SALVE)
    click_mark(tab, SALVE)
    eventually(lambda: tab.address, lambda address: address.endswith("#followed"))
    assert shown(tab, ".card") is None
    tab.js("history.replaceState({}, '', location.pathname)")
    click_mark(tab, SALVE, alt=True)
    assert wait_for_shown(tab, ".card h2") == SALVE
    assert "#followed" not in tab.address


def test_links_in_the_card_open_beside_the_page(browser: Browser) -> None:
    tab = checked(browser, "article.html", KRATOM)
    click_mark(tab, KRATOM)
    wait_for_shown(tab, ".card .refs a")
    here = tab.address
    # Nothing outside this computer is asked: the link is let lead to a page of ours.
    tab.ui("ui.querySelector('.card .refs a').href = arguments[0]", here.replace("article", "frame"))
    name: str = tab.ui("return ui.querySelector('.card .refs a').textContent.trim()")
    push(tab, name)
    opened = wait_for_tab(browser, "frame.html")
    assert opened.js("return document.referrer === '' && window.opener === null")
    assert tab.address == here


def test_dismiss_here_everywhere_and_undo(browser: Browser) -> None:
    tab = checked(browser, "article.html", KRATOM, GARLIC, SALVE)
    click_mark(tab, GARLIC)
    push(tab, "Dismiss")
    push(tab, "On this page")
    wait_for_marks(tab, KRATOM, without=(GARLIC,))
    click_mark(tab, KRATOM)
    push(tab, "Dismiss")
    push(tab, "Everywhere")
    wait_for_marks(tab, SALVE, without=(GARLIC, KRATOM))
    tab.reload()
    tab.toolbar()
    wait_for_marks(tab, SALVE, without=(GARLIC, KRATOM))
    shop = checked(browser, "shop.html", SILVER, GARLIC)  # dismissed on one page, not on another
    options = ready(browser, "options.html")
    stored = browser.extension("return (await api.storage.local.get('dismissed')).dismissed")
    assert len(stored) == 2
    assert "article.html" not in json.dumps(stored)  # the page is known by a hash
    rows = "return [...document.querySelectorAll('#dismissed li')].map(one => one.textContent)"
    at = next(index for index, row in enumerate(options.js(rows)) if GARLIC in row)
    options.click(f"#dismissed li:nth-child({at + 1}) button")
    eventually(lambda: len(options.js(rows)), lambda count: count == 1)
    options.close()
    shop.close()
    tab.front()
    wait_for_marks(tab, SALVE, GARLIC, without=(KRATOM,))


def test_report_shows_what_it_sends_and_sends_that(browser: Browser, service: Service) -> None:
    tab = checked(browser, "article.html", KRATOM)
    click_mark(tab, KRATOM)
    push(tab, "Report a mistake")
    report = wait_for_tab(browser, "report.html")
    wait_for_text(report, "#preview", bool)
    report.fill("#comment", "The label says otherwise.")
    choose(report, "#kind", "wrong_span")
    preview = wait_for_text(report, "#preview", lambda text: "wrong_span" in text and "label" in text)
    said: dict[str, Any] = json.loads(preview)
    assert said["quote"] == KRATOM and said["claim_id"].startswith("c-")
    # No address, no words around by default.
    assert set(said) == {"kind", "claim_id", "rule", "quote", "comment", "versions"}
    report.click("#address")
    said = json.loads(wait_for_text(report, "#preview", lambda text: "source_url" in text))
    assert said["source_url"] == tab.address
    report.click("#send")
    wait_for_text(report, "#message", lambda text: text.startswith("Thank you. Your report has the number"))
    sent = [one for one in service.faults.asked if one.path == "/v1/feedback"]
    assert [json.loads(one.body) for one in sent] == [said]
    assert sent[0].headers["authorization"] == f"Bearer {service.key}"


def test_selected_text_is_checked_from_the_menu(browser: Browser, service: Service) -> None:
    tab = browser.open("shop.html")
    tab.check_selection(".reviews")
    page = wait_for_tab(browser, "selection.html")
    wait_for_text(page, "#message", lambda said: "1 claim found" in said)
    assert text_of(page, "#text mark") == GARLIC
    assert "Not supported by evidence" in text_of(page, "#findings")
    assert "".join(service.faults.texts).startswith("Five stars.") and marks(tab) == []


def test_settings_change_what_is_marked(browser: Browser, service: Service) -> None:
    tab = checked(browser, "article.html", KRATOM, SALVE)
    asked = len(service.faults.asked)
    options = ready(browser, "options.html")
    choose(options, "#supported", True)
    choose(options, "#level", "critical")
    tab.front()
    painted = eventually(
        lambda: tab.js(f"return {PAINTS}"),
        lambda seen: bool(seen.get("claimcheck-supported")) and KRATOM not in seen.get("claimcheck-high", []),
    )
    assert SALVE in painted["claimcheck-high"]
    assert "Aspirin relieves headaches" in painted["claimcheck-supported"]
    options.front()
    choose(options, "#badge", True)
    tab.front()
    eventually(lambda: marks(tab), lambda found: found == [])
    wait_for_badge(tab, lambda text: text.isdigit() and text != "0")
    assert len(service.faults.asked) == asked  # answered from memory


def test_quick_changes_of_settings_are_all_kept(browser: Browser) -> None:
    tab = checked(browser, "article.html", KRATOM, SALVE)
    options = ready(browser, "options.html")
    options.js(
        """const change = (id, set) => {
             const field = document.getElementById(id);
             set(field);
             field.dispatchEvent(new Event('change', {bubbles: true})) };
           change('level', field => { field.value = 'critical' });
           change('supported', field => { field.checked = true })"""
    )
    kept = eventually(
        lambda: browser.extension("return (await api.storage.local.get('settings')).settings"),
        lambda seen: seen.get("showSupported") is True,
    )
    assert kept["level"] == "critical"
    tab.front()
    wait_for_marks(tab, SALVE, "Aspirin relieves headaches", without=(KRATOM,))
    assert tab.js("return document.querySelectorAll('claimcheck-ui').length") == 1


def test_marks_stay_when_a_setting_changes_just_after_the_mouse_moved(browser: Browser) -> None:
    tab = checked(browser, "shop.html", SILVER, GARLIC)
    options = ready(browser, "options.html")
    tab.front()
    # A look at the marks that the second move puts off comes after they were made anew.
    tab.js("for (const _ of [1, 2]) dispatchEvent(new PointerEvent('pointermove', {bubbles: true}))")
    choose(options, "#level", "low")
    wait_for_marks(tab, SILVER, GARLIC)
    tab.js("await new Promise(go => setTimeout(go, 700))")
    assert {SILVER, GARLIC} <= set(marks(tab))


def test_undoing_one_dismissal_keeps_one_made_meanwhile(browser: Browser) -> None:
    tab = checked(browser, "shop.html", SILVER, GARLIC, ASTHMA)
    click_mark(tab, GARLIC)
    push(tab, "Dismiss")
    push(tab, "Everywhere")
    wait_for_marks(tab, SILVER, without=(GARLIC,))
    options = ready(browser, "options.html")
    tab.front()
    click_mark(tab, ASTHMA)
    push(tab, "Dismiss")
    push(tab, "Everywhere")
    wait_for_marks(tab, SILVER, without=(GARLIC, ASTHMA))
    options.front()
    options.click("#dismissed li button")
    wait_for_text(options, "#dismissed", lambda text: ASTHMA in text and GARLIC not in text)
    tab.front()
    wait_for_marks(tab, SILVER, GARLIC, without=(ASTHMA,))


def test_key_is_cleared_with_the_server_it_was_for(browser: Browser, service: Service) -> None:
    options = ready(browser, "options.html")
    assert options.js("return document.getElementById('token').value") == service.key
    options.fill("#server", "http://127.0.0.1:1")
    eventually(lambda: options.js("return document.getElementById('token').value"), lambda key: key == "")
    options.click("#save")
    wait_for_text(options, "#message", lambda text: text == "Saved.")
    stored = browser.extension("return api.storage.local.get(['server', 'token'])")
    assert stored == {"server": "http://127.0.0.1:1", "token": ""}
    assert service.key not in json.dumps(browser.extension("return api.storage.local.get(null)"))


def test_site_that_is_always_checked_until_its_rule_is_removed(permitting: Browser, service: Service) -> None:
    options = ready(permitting, "options.html")
    before = permitting.extension(ORIGINS)
    assert permitting.extension(REGISTERED) == []
    options.fill("#site", "news.test")
    options.click("#site-form button")
    wait_for_text(options, "#sites-message", lambda text: text == "Saved.")
    assert {"http://news.test/*", "https://news.test/*"} <= set(permitting.extension(REGISTERED))
    tab = permitting.open("shop.html")
    wait_for_marks(tab, SILVER, GARLIC)
    asked = len(service.faults.asked)
    other = permitting.open("shop.html", host="other.test")
    assert marks(other) == [] and len(service.faults.asked) == asked
    options.front()
    options.click("#sites li button")
    wait_for_text(options, "#sites", lambda text: text == "No site has a rule of its own.")
    assert permitting.extension(REGISTERED) == []
    assert sorted(permitting.extension(ORIGINS)) == sorted(before)
    assert marks(permitting.open("shop.html")) == []
