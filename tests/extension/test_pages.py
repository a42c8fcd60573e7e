"""The extension's own pages, and what it shows on a page, as a reader uses them and as axe judges them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.axe import SCRIPT, TAGS
from tests.extension.chromium import Reader, marks, spoken, wait_for_marks
from tests.extension.claims import GARLIC, KRATOM, SALVE, SILVER
from tests.extension.driver import eventually
from tests.extension.service import Service

pytestmark = pytest.mark.browser

AXE = """async ([tags, only]) => {
  const found = await axe.run(only ? {include: [[only]]} : document, {runOnly: {type: 'tag', values: tags}});
  const place = node => node.target.join(' ') + ' ' + node.any.map(one => one.message);
  return found.violations.map(one => one.id + ': ' + one.nodes.map(place).join(' | '));
}"""


def faults(page: Page, only: str | None = None) -> list[str]:
    """Return what axe finds wrong in a page, or in one element of it, in both colour schemes."""
    found: list[str] = []
    page.evaluate(SCRIPT.read_text("utf-8"))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        found += [f"{scheme}: {one}" for one in page.evaluate(AXE, [list(TAGS), only])]
    return found


def click_mark(page: Page, words: str) -> None:
    """Click in the middle of a mark."""
    place: dict[str, float] = page.evaluate(
        """words => { const all = [...CSS.highlights.values()].flatMap(h => [...h]);
           const range = all.find(r => r.toString().replace(/\\s+/g, ' ') === words);
           range.startContainer.parentElement.scrollIntoView({block: 'center', behavior: 'instant'});
           const rect = range.getClientRects()[0];
           return {x: rect.x + rect.width / 2, y: rect.y + rect.height / 2} }""",
        words,
    )
    page.mouse.click(place["x"], place["y"])


def checked(inspector: Reader, name: str = "article.html", *wanted: str) -> Page:
    """Open a page and have it checked."""
    page = inspector.open(name)
    inspector.click(page)
    wait_for_marks(page, *(wanted or (KRATOM, GARLIC, SALVE)))
    eventually(lambda: inspector.badge(page)[0], str.isdigit)
    return page


def test_language_export_and_import(inspector: Reader, tmp_path: Path) -> None:
    options = inspector.own("options.html")
    options.locator("html[data-ready]").wait_for()
    options.locator("#language").select_option("de")
    eventually(lambda: options.locator("h1").inner_text(), lambda text: text == "claimcheck: Einstellungen")
    assert options.evaluate("document.documentElement.lang") == "de"
    options.locator("html[data-ready]").wait_for()
    options.locator("#site").fill("https://news.test/some/page")
    options.locator("#choice").select_option("never")
    options.locator("#site-form button").click()
    eventually(lambda: options.locator("#sites").inner_text(), lambda text: "news.test: Nie prüfen" in text)
    with options.expect_download() as download:
        options.locator("#export").click()
    saved = tmp_path / "settings.json"
    download.value.save_as(saved)
    held = json.loads(saved.read_text("utf-8"))
    assert held["settings"]["sites"] == {"news.test": "never"} and held["settings"]["language"] == "de"
    assert "cck_" not in saved.read_text("utf-8")  # the key stays
    inspector.worker.evaluate("chrome.storage.local.remove('settings')")
    options.locator("#import").set_input_files(saved)
    eventually(
        lambda: options.locator("#portable-message").inner_text(),
        lambda text: text.startswith("Einstellungen importiert."),
    )
    assert inspector.worker.evaluate("chrome.storage.local.get('settings')")["settings"] == held["settings"]
    broken = tmp_path / "broken.json"
    broken.write_text('{"format": "something else"}')
    options.locator("#import").set_input_files(broken)
    eventually(
        lambda: options.locator("#portable-message").inner_text(),
        lambda text: text.startswith("Das ist keine Datei"),
    )


def test_connection_is_tested_before_it_is_saved(inspector: Reader, service: Service) -> None:
    options = inspector.own("welcome.html")
    options.locator("html[data-ready]").wait_for()
    message = options.locator("#message")
    options.locator("#token").fill("cck_wrong")
    options.locator("#test").click()
    eventually(message.inner_text, lambda text: "does not accept your key" in text)
    options.locator("#token").fill(service.key)
    options.locator("#test").click()
    eventually(message.inner_text, lambda text: text.startswith("Connected: claimcheck "))
    options.locator("#server").fill("http://example.org")
    options.locator("#save").click()
    assert message.inner_text().startswith("Use an https address")
    options.locator("#server").fill(service.address)
    assert f"is sent to {service.address}," in options.locator("#consent").inner_text()


def test_key_of_one_server_is_not_offered_to_another(inspector: Reader, service: Service) -> None:
    options = inspector.own("options.html")
    options.locator("html[data-ready]").wait_for()
    assert options.locator("#token").input_value() == service.key
    options.locator("#server").fill("http://127.0.0.1:1")
    assert options.locator("#token").input_value() == ""
    options.locator("#server").fill(service.address)
    assert options.locator("#token").input_value() == service.key
    options.locator("#server").fill("http://[::1]:8000")
    options.locator("#save").click()
    assert options.locator("#message").inner_text().startswith("Use an https address")


def test_selected_text_that_could_not_be_checked(inspector: Reader, service: Service) -> None:
    service.faults.failing = "Garlic"
    text = "Garlic cures cancer. They say so."
    inspector.worker.evaluate(
        "text => chrome.storage.session.set({selection: {text, shortened: true}})", text
    )
    page = inspector.own("selection.html")
    said = eventually(lambda: page.locator("#message").inner_text(), lambda said: "could not be" in said)
    assert "No claim" not in said and "only its first part" in said
    assert faults(page) == []
    service.faults.failing = ""
    page.locator("#retry").click()
    eventually(lambda: page.locator("#message").inner_text(), lambda said: "1 claim found" in said)


def test_next_claim_closes_the_list(inspector: Reader) -> None:
    page = checked(inspector)
    inspector.command(page, "list")
    page.locator("claimcheck-ui dialog").wait_for()
    inspector.command(page, "next")
    card = page.locator("claimcheck-ui .card")
    card.wait_for()
    assert page.locator("claimcheck-ui dialog").count() == 0
    for one in (card.get_attribute("aria-describedby") or "").split():
        assert card.locator(f"#{one}").inner_text()
    assert card.locator(".told").count() >= 1


def test_never_ends_what_was_allowed_once(inspector: Reader) -> None:
    page = inspector.open("shop.html", host="mail.news.test")
    inspector.worker.evaluate(
        "(async () => { const [tab] = await chrome.tabs.query({url: '*://mail.news.test/*'});"
        " await testClicked(tab, true) })()"
    )
    page.bring_to_front()
    wait_for_marks(page, SILVER, GARLIC)
    options = inspector.own("options.html")
    options.locator("html[data-ready]").wait_for()
    options.locator("#site").fill("mail.news.test.")  # the dot at the end is the same site
    options.locator("#choice").select_option("never")
    options.locator("#site-form button").click()
    page.bring_to_front()
    eventually(lambda: marks(page), lambda found: found == [])


def test_selected_text_is_checked(inspector: Reader, service: Service) -> None:
    text = "Somebody wrote 😀 on a wall: Garlic cures cancer. Ginger relieves nausea. secret-no"
    inspector.worker.evaluate(
        "text => chrome.storage.session.set({selection: {text, editable: false}})", text
    )
    page = inspector.own("selection.html")
    eventually(lambda: page.locator("#message").inner_text(), lambda said: "found" in said)
    assert page.locator("#text mark").all_inner_texts()[0] == GARLIC
    assert "Not supported by evidence" in page.locator("#findings").inner_text()
    assert faults(page) == []
    asked = len(service.faults.checks)
    inspector.worker.evaluate("chrome.storage.session.set({selection: {text: '', editable: true}})")
    page.reload()
    eventually(lambda: page.locator("#message").inner_text(), lambda said: "your own writing" in said)
    assert len(service.faults.checks) == asked


def test_what_was_sent_can_be_seen(inspector: Reader, service: Service) -> None:
    checked(inspector)
    page = inspector.own("sent.html")
    eventually(lambda: page.locator("blockquote").count(), lambda count: count == len(service.faults.texts))
    assert sorted(page.locator("blockquote").all_inner_texts()) == sorted(
        one.strip() for one in service.faults.texts
    )
    assert faults(page) == []
    page.get_by_role("button", name="Forget this list").click()
    eventually(lambda: page.locator("#sent").inner_text(), lambda text: text.startswith("Nothing was sent"))


def test_private_site_can_be_checked_once(inspector: Reader, service: Service) -> None:
    page = inspector.open("shop.html", host="mail.news.test")
    inspector.click(page)
    eventually(lambda: inspector.badge(page), lambda seen: seen[0] == "–")
    popup = inspector.worker.evaluate(
        "(async () => { const [tab] = await chrome.tabs.query({url: '*://mail.news.test/*'});"
        " return chrome.action.getPopup({tabId: tab.id}) })()"
    )
    state = inspector.own(popup.split("/")[-1])
    assert "mail.news.test looks like a private place" in state.locator("#reason").inner_text()
    assert faults(state) == []
    assert service.faults.asked == []
    state.locator("#once").click()
    page.bring_to_front()
    wait_for_marks(page, SILVER, GARLIC)


def test_pages_are_accessible(inspector: Reader) -> None:
    for name in (
        "options.html",
        "welcome.html",
        "report.html",
        "sent.html",
        "state.html?reason=forbidden_page&host=&tab=1",
    ):
        page = inspector.own(name)
        page.locator("h1 span, h1[data-words]").first.wait_for()
        if name in ("options.html", "welcome.html"):
            page.locator("html[data-ready]").wait_for()
        assert faults(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.close()


def test_card_list_and_notice_are_accessible(inspector: Reader) -> None:
    page = checked(inspector)
    assert page.locator("claimcheck-ui .toast").is_visible()
    assert faults(page, "claimcheck-ui") == []
    click_mark(page, KRATOM)
    page.locator("claimcheck-ui .card summary").click()
    assert faults(page, "claimcheck-ui") == []
    page.keyboard.press("Escape")
    inspector.command(page, "list")
    page.locator("claimcheck-ui dialog").wait_for()
    assert faults(page, "claimcheck-ui") == []
    assert "Claims on this page" in spoken(page)


def test_copied_text(inspector: Reader) -> None:
    page = checked(inspector)
    click_mark(page, KRATOM)
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    page.keyboard.press("Escape")
    page.evaluate(
        "const f = document.createElement('textarea'); f.id = 'pasted'; document.body.prepend(f); f.focus()"
    )
    page.keyboard.press("Control+V")
    pasted = page.locator("#pasted").input_value()
    assert pasted.startswith(f"“{KRATOM}”") and "Not supported by evidence" in pasted and "https://" in pasted


def test_report_page_is_accessible(inspector: Reader) -> None:
    page = checked(inspector)
    click_mark(page, KRATOM)
    page.get_by_role("button", name="Report a mistake").click()
    eventually(lambda: inspector.tabs("report.html"), bool)
    report = inspector.tabs("report.html")[0]
    report.get_by_label("Send the address of the page, too").check()
    assert faults(report) == []
