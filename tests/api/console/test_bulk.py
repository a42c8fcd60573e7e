"""Many at once: what is shown before, the count that is typed, the job, its failures, its one undo."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI

from api.console import bulk
from api.jobs.worker import Worker
from api.storage.tables import ItemState
from tests.api.console.filling import CLAIM, decisions_of, fill, item_of, jobs_of, plain
from tests.api.console.visiting import Browser, services_of

Visit = Callable[..., Browser]
REASON = "unsupported_claim"


@pytest.fixture
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs wait until the test does their work, so that it sees them wait."""
    monkeypatch.setenv("CLAIMCHECK_EMBEDDED_WORKER", "false")


pytestmark = pytest.mark.usefixtures("_no_worker")


def _work(app: FastAPI) -> None:
    services = services_of(app)
    worker = Worker(services.database, services.checker, services.settings)
    while worker.run_once():
        pass


def _boxes(page: str) -> list[str]:
    return re.findall(r'name="item" value="([0-9a-f]{32}:\d+)" checked', page)


def _claims(number: int) -> list[str]:
    return [f"{CLAIM} ({at})." for at in range(number)]


def test_group_is_shown_decided_and_undone(
    started: FastAPI, visitor: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each step is a transaction of its own; two of them are needed here.
    monkeypatch.setattr(bulk, "_UNDONE_AT_ONCE", 1)
    made = fill(started, _claims(3))
    fill(started, ["Kratom cures depression."])
    lead = visitor("lead")
    address = f"/bulk?group={'potentiates|kratom|antidepressants'}"
    page = lead.get(address).text
    boxes = _boxes(page)
    assert sorted(box[:32] for box in boxes) == sorted(made)
    assert "3 items that make the same claim." in plain(page)
    left_out = boxes.pop()
    reply = lead.send_form(address, {"scope": "page", "action": "label", "item": boxes})
    assert reply.status_code == 303
    job = reply.headers["location"]
    assert "0 decided" in " ".join(plain(lead.get(job).text).split())
    assert 'hx-trigger="every 1s"' in lead.get(job).text
    _work(started)
    ended = lead.get(job).text
    assert "2 decided" in " ".join(plain(ended).split())
    assert "hx-trigger" not in ended
    assert item_of(started, left_out[:32]).state == ItemState.PENDING
    assert "Undo all 2" in plain(ended)
    assert lead.send_form(f"{job}/undo").status_code == 303
    assert "Undone: 2 decisions." in plain(lead.get(job).text)
    assert {item_of(started, one).state for one in made} == {ItemState.PENDING}


def test_above_twenty_the_number_is_typed(started: FastAPI, visitor: Visit) -> None:
    fill(started, _claims(21))
    lead = visitor("lead")
    boxes = _boxes(lead.get("/bulk").text)
    assert len(boxes) == 21
    fields = {"scope": "page", "action": "remove", "reason_code": REASON, "note": "Same.", "item": boxes}
    for count in ("", "20", "all", "２１"):
        reply = lead.send_form("/bulk", {**fields, "count": count})
        assert reply.status_code == 422, count
        assert "To decide 21 items, type 21. Nothing was decided." in plain(reply.text)
        assert "Same.</textarea>" in reply.text
        assert f'value="{REASON}" selected' in reply.text
    assert jobs_of(started) == []
    assert lead.send_form("/bulk", {**fields, "count": "21"}).status_code == 303
    twenty = {**fields, "item": boxes[:20]}
    assert lead.send_form("/bulk", twenty).status_code == 303


def test_refused_form_keeps_what_was_unticked(started: FastAPI, visitor: Visit) -> None:
    fill(started, _claims(3))
    lead = visitor("lead")
    boxes = _boxes(lead.get("/bulk").text)
    reply = lead.send_form("/bulk", {"scope": "page", "action": "remove", "item": boxes[:1]})
    assert reply.status_code == 422
    assert "To remove them, choose a reason." in plain(reply.text)
    assert _boxes(reply.text) == boxes[:1]


def test_whole_filter_asks_for_its_number(started: FastAPI, visitor: Visit) -> None:
    fill(started, [*_claims(4), "Nothing here."])
    lead = visitor("lead")
    page = lead.get("/bulk?scope=all&risk=high").text
    assert "Everything in this filter: 4 items" in plain(page)
    assert _boxes(page) == []
    fields = {"scope": "all", "action": "allow"}
    assert lead.send_form("/bulk?scope=all&risk=high", fields).status_code == 422
    reply = lead.send_form("/bulk?scope=all&risk=high", {**fields, "count": "4"})
    assert reply.status_code == 303
    _work(started)
    assert len(decisions_of(started)) == 4


def test_rows_that_somebody_decided_meanwhile_are_named(started: FastAPI, visitor: Visit) -> None:
    first, second = fill(started, _claims(2))
    lead = visitor("lead")
    boxes = _boxes(lead.get("/bulk").text)
    visitor("moderator").send_form(
        f"/items/{first}/decision", {"action": "allow", "version": str(item_of(started, first).version)}
    )
    job = lead.send_form("/bulk", {"scope": "page", "action": "label", "item": boxes}).headers["location"]
    _work(started)
    page = lead.get(job).text
    assert f'href="/items/{first}"' in page
    assert "Somebody decided or changed the item since the list was made." in plain(page)
    assert f'href="/items/{second}"' not in page
    assert [one.action for one in decisions_of(started, first)] == ["allow"]


def test_stopping_leaves_the_rest_alone(started: FastAPI, visitor: Visit) -> None:
    made = fill(started, _claims(2))
    lead = visitor("lead")
    boxes = _boxes(lead.get("/bulk").text)
    job = lead.send_form("/bulk", {"scope": "page", "action": "label", "item": boxes}).headers["location"]
    assert lead.send_form(f"{job}/stop").status_code == 303
    _work(started)
    assert {item_of(started, one).state for one in made} == {ItemState.PENDING}
    assert "2 not decided" in " ".join(plain(lead.get(job).text).split())


@pytest.mark.parametrize("item", ["", "x:1", f"{'0' * 32}", f"{'0' * 32}:-1", f"{'0' * 32}:1' OR 1=1"])
def test_items_nobody_listed_are_refused(started: FastAPI, visitor: Visit, item: str) -> None:
    reply = visitor("lead").send_form("/bulk", {"scope": "page", "action": "allow", "item": [item]})
    assert reply.status_code == 422
    assert jobs_of(started) == []


def test_only_leads_decide_many(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, _claims(1))
    moderator = visitor("moderator")
    assert moderator.get("/bulk").status_code == 403
    fields = {"scope": "page", "action": "allow", "item": [f"{item}:1"]}
    assert moderator.send_form("/bulk", fields).status_code == 403
    assert jobs_of(started) == []
