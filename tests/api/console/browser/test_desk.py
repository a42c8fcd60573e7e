"""The desk by keyboard, by mouse, without scripts, too late, and after the server went away."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from api.storage.tables import ItemState
from tests.api.console.browser.serving import Console
from tests.api.console.filling import (
    CLAIM,
    OVERLAP,
    corrections_of,
    decisions_of,
    fill,
    item_of,
)

pytestmark = pytest.mark.browser

GUARD_MS = 160
# Several languages, signs outside the first plane, joined and combined ones, line breaks of every kind.
HARD = "🍋 a\u0301 👩‍⚕️ says:\r\nשלום\u00a0" + CLAIM + " 🫀🫁 really.\rEnd"


def _claims(number: int) -> list[str]:
    return [f"{CLAIM} ({at})." for at in range(number)]


def _heading(page: Page, item_id: str) -> None:
    expect(page.locator("#item-name")).to_have_text(f"Item {item_id[:8]}")
    expect(page.locator("#item-name")).to_be_focused()


def _press(page: Page, key: str) -> None:
    page.wait_for_timeout(GUARD_MS)  # faster than this is taken for a slip of the finger
    page.keyboard.press(key)


def test_ten_decisions_by_keyboard_alone(console: Console) -> None:
    made = fill(console.application, _claims(12))
    page = console.visit()
    console.go(page, "/queue?risk=high")
    page.keyboard.press("j")
    expect(page.locator("a.line").first).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("#item-name")).to_have_text(f"Item {made[0][:8]}")
    for at, (key, done) in enumerate(
        [
            ("1", "allowed"),
            ("2", "labelled"),
            ("3", "limited"),
            ("4", "removed"),
            ("5", "escalated"),
        ]
        * 2
    ):
        _press(page, key)
        if key in "34":
            expect(page.locator("#asking-name")).to_be_focused()
            _press(page, "1")
        _heading(page, made[at + 1])
        expect(page.get_by_role("status").first).to_have_text(f"Item {made[at][:8]}: {done}.")
        assert page.url == f"{console.address}/items/{made[at + 1]}?risk=high"
    assert [one.action for one in decisions_of(console.application)] == [
        "allow",
        "label",
        "limit",
        "remove",
        "escalate",
    ] * 2
    _press(page, "u")
    _heading(page, made[9])
    page.reload()
    _press(page, "u")
    _heading(page, made[8])
    assert [item_of(console.application, one).state for one in made[8:10]] == [ItemState.PENDING] * 2


def test_moving_skipping_noting_searching_by_key(console: Console) -> None:
    first, second, third = fill(console.application, _claims(3))
    page = console.visit()
    console.go(page, f"/items/{first}")
    _press(page, "j")
    _heading(page, second)
    _press(page, "k")
    _heading(page, first)
    _press(page, "s")
    _heading(page, second)
    assert item_of(console.application, first).lease_holder is None
    _press(page, "n")
    expect(page.get_by_label("Note")).to_be_focused()
    page.keyboard.type("1 2 3 u j s /")
    page.keyboard.press("Escape")
    expect(page.locator("#item-name")).to_be_focused()
    _press(page, "o")
    expect(page.locator("#claim-1")).to_be_focused()
    expect(page.locator("a.mark.chosen")).to_have_count(1)
    _press(page, "1")
    _heading(page, third)
    (decision,) = decisions_of(console.application)
    assert (decision.action, decision.note) == ("allow", "1 2 3 u j s /")
    _press(page, "/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type(third[:8])
    page.keyboard.press("Enter")
    expect(page.locator("a.line")).to_have_count(1)
    _press(page, "?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


@pytest.mark.parametrize("press", ["Control+1", "Alt+1", "Meta+1", "Shift+j", "Control+r"])
def test_keys_with_modifiers_decide_nothing(console: Console, press: str) -> None:
    first, _ = fill(console.application, _claims(2))
    page = console.visit()
    console.go(page, f"/items/{first}")
    page.keyboard.press(press)
    page.wait_for_timeout(GUARD_MS)
    expect(page.locator("#item-name")).to_have_text(f"Item {first[:8]}")
    assert decisions_of(console.application) == []


def test_keys_never_misfire(console: Console) -> None:
    first, second, third = fill(console.application, _claims(3))
    page = console.visit()
    console.go(page, f"/items/{first}")
    for place in ("#note", "#reason", "#find", "#start-1"):
        page.locator(place).focus()
        page.keyboard.press("1")
    page.keyboard.press("Escape")
    _press(page, "?")
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    page.evaluate(
        """() => {
            for (const more of [{isComposing: true}, {keyCode: 229}, {repeat: true}])
                document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '1', bubbles: true, ...more}));
        }"""
    )
    page.wait_for_timeout(GUARD_MS)
    assert decisions_of(console.application) == []
    _press(page, "1")
    page.keyboard.press("1")  # at once: a slip
    _heading(page, second)
    page.keyboard.down("1")
    for _ in range(20):
        page.keyboard.down("1")  # held down: the browser repeats it
    page.keyboard.up("1")
    page.wait_for_timeout(2 * GUARD_MS)
    assert len(decisions_of(console.application)) <= 2
    assert item_of(console.application, third).state == ItemState.PENDING


def test_own_keys_and_no_keys(console: Console) -> None:
    first, second = fill(console.application, _claims(2))
    page = console.visit(preferences={"keys": {"allow": "a", "label": "b"}})
    console.go(page, f"/items/{first}")
    expect(page.get_by_role("button", name="Allow")).to_have_attribute("aria-keyshortcuts", "a")
    _press(page, "1")
    page.wait_for_timeout(GUARD_MS)
    assert decisions_of(console.application) == []
    _press(page, "a")
    _heading(page, second)
    page = console.visit(preferences={"keys_on": False})
    console.go(page, f"/items/{second}")
    expect(page.locator("kbd")).to_have_count(0)
    for key in "1aju":
        _press(page, key)
    assert [one.action for one in decisions_of(console.application)] == ["allow"]


def test_everything_without_scripts(console: Console) -> None:
    first, second = fill(console.application, _claims(2))
    page = console.visit(java_script_enabled=False, viewport={"width": 320, "height": 800})
    console.go(page, "/queue")
    page.get_by_label("Risk at least").select_option("high")
    page.get_by_role("button", name="Filter").click()
    page.locator("a.line").first.click()
    expect(page.locator("#item-name")).to_have_text(f"Item {first[:8]}")
    page.get_by_label("Note").fill("Sells it.")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("alert")).to_have_text("To remove it, choose a reason.")
    expect(page.get_by_label("Note")).to_have_value("Sells it.")
    page.get_by_role("button", name="No evidence for the claim").click()
    expect(page.locator("#item-name")).to_have_text(f"Item {second[:8]}")
    expect(page.get_by_role("status").first).to_have_text(f"Item {first[:8]}: removed.")
    page.get_by_role("button", name=re.compile("Undo: remove")).click()
    expect(page.locator("#item-name")).to_have_text(f"Item {first[:8]}")
    page.get_by_role("button", name="Not a claim").click()
    expect(page.locator(".corrected")).to_contain_text("not a claim")
    page.locator("#start-1").fill("0")
    page.locator("#end-1").fill("6")
    page.get_by_role("button", name="Wrong words").click()
    expect(page.locator(".corrected q")).to_have_text("Kratom")
    page.get_by_role("button", name="Skip").click()
    expect(page.locator("#item-name")).to_have_text(f"Item {second[:8]}")
    page.get_by_role("button", name="Escalate").click()
    page.get_by_role("link", name="Decisions").click()
    page.get_by_role("link", name=re.compile("Statement")).first.click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_have_text("The statement is saved.")
    assert [one.kind for one in corrections_of(console.application, first)] == ["not_a_claim", "wrong_span"]
    assert item_of(console.application, second).state == ItemState.ESCALATED


SELECT = """([start, end]) => {
    const area = document.querySelector('#desk .text');
    const walker = document.createTreeWalker(area, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    let seen = 0, begun = false;
    for (let node; (node = walker.nextNode());) {
        if (!begun && start <= seen + node.length) { range.setStart(node, start - seen); begun = true; }
        if (end <= seen + node.length) { range.setEnd(node, end - seen); break; }
        seen += node.length;
    }
    getSelection().removeAllRanges();
    getSelection().addRange(range);
}"""


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    "words", [CLAIM, "🍋", "👩‍⚕️", "says:\r\nשלום", "🫀🫁 really.\rEnd", "End", "a\u0301"]
)
def test_selected_words_are_sent_in_code_points(console: Console, words: str) -> None:
    (item,) = fill(console.application, [HARD])
    page = console.visit()
    console.go(page, f"/items/{item}")
    assert page.locator("#desk .text").evaluate("e => e.textContent") == HARD
    start = _utf16(HARD[: HARD.index(words)])
    page.evaluate(SELECT, [start, start + _utf16(words)])
    expect(page.locator(".missed claim-editor p")).to_contain_text("Selected: “")
    page.get_by_role("button", name="A claim was missed here").click()
    expect(page.locator(".corrected")).to_have_count(1)
    (correction,) = corrections_of(console.application, item)
    assert correction.start is not None
    assert HARD[correction.start : correction.end] == words


def test_half_a_sign_and_white_space_are_not_selected(console: Console) -> None:
    text = f"🫀🫁 {CLAIM}."
    (item,) = fill(console.application, [text])
    page = console.visit()
    console.go(page, f"/items/{item}")
    page.evaluate(SELECT, [1, 5])  # from the middle of the heart to the space
    page.locator("#start-1").wait_for()
    expect(page.locator("#missed-start")).to_have_value("0")
    expect(page.locator("#missed-end")).to_have_value("2")


def test_wrong_words_are_put_right_by_selecting(console: Console) -> None:
    (item,) = fill(console.application, [OVERLAP])
    page = console.visit()
    console.go(page, f"/items/{item}")
    page.evaluate(SELECT, [0, len("Kratom")])
    expect(page.locator("#end-1")).to_have_value("6")
    page.locator("#claim-1").get_by_role("button", name="Wrong words").click()
    expect(page.locator("#claim-1 .corrected q")).to_have_text("Kratom")
    page.locator("#value-2").select_option("overstated")
    page.locator("#claim-2").get_by_role("button", name="Wrong assessment").click()
    expect(page.locator("#claim-2 .corrected")).to_contain_text("should be overstated")


def test_mark_and_card_show_each_other(console: Console) -> None:
    (item,) = fill(console.application, [OVERLAP])
    page = console.visit()
    console.go(page, f"/items/{item}")
    page.locator("a.mark").last.click()
    expect(page.locator(".card.chosen")).to_have_id("claim-2")
    page.locator("#claim-1 blockquote").click()
    expect(page.locator(".card.chosen")).to_have_id("claim-1")
    expect(page.locator("a.mark.chosen").first).to_have_text("Kratom potentiates ")


def test_late_decision_shows_both(console: Console) -> None:
    first, second = fill(console.application, _claims(2))
    lead, grace = console.visit("lead", "linus"), console.visit("moderator", "grace")
    console.go(lead, f"/items/{first}")
    console.go(grace, f"/items/{first}")
    expect(grace.locator("#desk")).to_contain_text("linus is looking at this item until")
    _press(grace, "2")
    _heading(grace, second)
    _press(lead, "1")
    expect(lead.locator(".late")).to_be_focused()
    expect(lead.locator(".late")).to_contain_text("grace")
    expect(lead.get_by_role("status").first).to_contain_text("already decided by grace: label. Yours: allow.")
    lead.get_by_role("button", name="Overrule: allow").click()
    expect(lead.locator("#item-name")).to_be_focused()
    assert [one.action for one in decisions_of(console.application, first)] == ["label", "allow"]


def test_back_returns_to_the_item_before(console: Console) -> None:
    first, second = fill(console.application, _claims(2))
    page = console.visit()
    console.go(page, f"/items/{first}")
    _press(page, "j")
    _heading(page, second)
    page.locator("a.mark").first.click()
    page.go_back()
    expect(page.locator("#item-name")).to_have_text(f"Item {second[:8]}")
    page.go_back()
    expect(page.locator("#item-name")).to_have_text(f"Item {first[:8]}")


def test_ended_sign_in_leads_to_signing_in(console: Console) -> None:
    first, _ = fill(console.application, _claims(2))
    page = console.visit()
    console.go(page, f"/items/{first}")
    page.context.clear_cookies()
    _press(page, "1")
    page.wait_for_url("**/sign-in?next=*")
    assert decisions_of(console.application) == []


@pytest.mark.parametrize(
    ("fails", "words"),
    [
        (lambda route: route.abort(), "The server did not answer."),
        (lambda route: route.fulfill(status=503, body="busy"), "The server refused (status 503)."),
    ],
)
def test_failing_server_is_said(console: Console, fails: Callable[..., None], words: str) -> None:
    first, second = fill(console.application, _claims(2))
    page = console.visit()
    console.go(page, f"/items/{first}")
    page.route("**/decision*", fails)
    _press(page, "1")
    expect(page.get_by_role("status").first).to_contain_text(words)
    expect(page.locator("#item-name")).to_have_text(f"Item {first[:8]}")
    page.unroute("**/decision*")
    _press(page, "1")
    _heading(page, second)
    console.complaints.clear()


def test_break_is_spoken_of_only_when_asked_for(console: Console) -> None:
    (item,) = fill(console.application, _claims(1))
    page = console.visit()
    console.go(page, f"/items/{item}")
    expect(page.locator("#break")).to_have_count(0)
    page = console.visit(preferences={"break_minutes": 20})
    page.clock.install()
    console.go(page, f"/items/{item}")
    page.clock.fast_forward("19:00")
    expect(page.locator("#break")).to_be_hidden()
    page.clock.fast_forward("02:00")
    expect(page.locator("#break")).to_be_visible()
    page.locator("#break button").click()
    expect(page.locator("#break")).to_be_hidden()
