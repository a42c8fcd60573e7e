"""The desk: opening, deciding, being late, taking back, correcting, the history and the statement."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from api.console.marks import pieces
from api.console.rendering import _environment
from api.storage.tables import ItemState
from tests.api.console.filling import (
    CLAIM,
    OVERLAP,
    audited,
    corrections_of,
    decisions_of,
    fill,
    item_of,
    plain,
    text_region,
)
from tests.api.console.visiting import Browser

Visit = Callable[..., Browser]
HTMX = {"HX-Request": "true"}
EVIL = '<img src=x onerror="alert(1)">{{ 7 * 7 }}'
REASON = "unsupported_claim"
_MARKED = _environment().from_string(
    """{% from "_claims.html" import marked %}{{ marked(pieces, "The text") }}"""
)


def _version(app: FastAPI, item_id: str) -> str:
    return str(item_of(app, item_id).version)


def _decide(
    app: FastAPI, browser: Browser, item_id: str, action: str, query: str = "", **fields: str
) -> httpx.Response:
    fields = {"action": action, "version": _version(app, item_id), **fields}
    return browser.send_form(f"/items/{item_id}/decision{query}", fields)


# --- what is shown


def test_item_shows_text_claims_and_both_axes(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, [OVERLAP])
    page = visitor("moderator").get(f"/items/{item}").text
    assert plain(text_region(page)) == OVERLAP
    assert re.findall(r'id="(claim-\d)"', page) == ["claim-1", "claim-2", "claim-3"]
    assert "Evidence" in page
    assert "Risk if believed" in page
    assert "Suggested:" in plain(page)
    assert "The decision is yours" in plain(page)


def test_no_action_is_preselected(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, ["Do drink bleach."])
    page = visitor("moderator").get(f"/items/{item}").text
    form = page[page.index('<form class="decide"') :].partition("</form>")[0]
    assert re.findall(r'<button name="action" value="(\w+)"', form) == [
        "allow",
        "label",
        "limit",
        "remove",
        "escalate",
    ]
    assert "checked" not in form
    assert "autofocus" not in form
    assert re.findall(r'<option value="([^"]*)" selected', form) == []


def test_reader_reads_and_is_given_no_form(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, [f"{CLAIM}."])
    page = visitor("reader").get(f"/items/{item}")
    assert page.status_code == 200
    assert f"/items/{item}/decision" not in page.text
    assert "/corrections" not in page.text
    assert item_of(started, item).lease_holder is None
    assert visitor("reader").send_form(f"/items/{item}/decision", {"action": "allow"}).status_code == 403
    assert decisions_of(started) == []


@pytest.mark.parametrize(
    "path", ["/items/{}", "/items/{}/history", "/decisions/{}/statement", "/bulk/{}", "/items/{}/decision"]
)
def test_unknown_ids_are_not_found(visitor: Visit, path: str) -> None:
    lead = visitor("lead")
    for identifier in ("0" * 32, "x", "%00", "..%2f..", "'%3B--"):
        address = path.format(identifier)
        reply = lead.send_form(address, {"action": "allow"}) if "decision" in path else lead.get(address)
        assert reply.status_code in (404, 405), address


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60))
def test_stripping_the_tags_gives_the_text_back(text: str) -> None:
    whole = f"{text} {CLAIM} {text}"
    at = len(text) + 1
    claim = {
        "span": {"start": at, "end": at + len(CLAIM)},
        "risk": {"level": "high"},
        "flagged": True,
    }
    page = _MARKED.render(pieces=pieces(whole, [claim]))
    assert plain(text_region(page)) == whole
    assert page.count("<mark>") == 1


def test_carriage_returns_stay_in_the_text(started: FastAPI, visitor: Visit) -> None:
    text = f"One\r\ntwo\rthree 🍋\n{CLAIM}."
    (item,) = fill(started, [text])
    region = text_region(visitor("moderator").get(f"/items/{item}").text)
    assert "\r" not in region  # a parser of HTML would make line feeds of them
    assert plain(region) == text


def test_texts_and_notes_are_escaped_everywhere(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, [f"{EVIL} {CLAIM}."], source=EVIL)
    lead = visitor("lead")
    asked = _decide(started, lead, item, "remove", note=EVIL)
    assert asked.status_code == 422
    done = _decide(started, lead, item, "remove", note=EVIL, reason_code=REASON)
    assert done.status_code == 303
    (decision,) = decisions_of(started)
    pages = [asked.text] + [
        lead.get(path).text
        for path in (
            f"/items/{item}",
            f"/items/{item}/history",
            f"/decisions/{decision.id}/statement",
            "/decisions?all=1",
            "/queue?state=any",
            "/bulk?state=any",
        )
    ]
    for page in pages:
        assert "<img" not in page
    assert sum("{{ 7 * 7 }}" in plain(page) for page in pages) >= 5


# --- leases


def test_opening_takes_a_lease_and_others_see_it(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, [f"{CLAIM}."])
    visitor("moderator", "grace").get(f"/items/{item}")
    kept = item_of(started, item)
    assert kept.lease_holder == "grace"
    assert kept.lease_until is not None
    other = visitor("moderator", "ada").get(f"/items/{item}").text
    assert "grace is looking at this item until" in plain(other)
    assert item_of(started, item).lease_holder == "grace"
    assert "is looking at this item" not in visitor("moderator", "grace").get(f"/items/{item}").text


def test_deciding_goes_on_to_what_nobody_else_holds(started: FastAPI, visitor: Visit) -> None:
    first, second, third = fill(started, [f"{CLAIM} ({number})." for number in range(3)])
    visitor("moderator", "grace").get(f"/items/{second}")
    ada = visitor("moderator", "ada")
    reply = _decide(started, ada, first, "allow", "?risk=high")
    assert reply.status_code == 303
    assert reply.headers["location"] == f"/items/{third}?risk=high"
    following = ada.get(reply.headers["location"])
    assert f"Item {first[:8]}: allowed." in plain(following.text)
    assert item_of(started, first).state == ItemState.DECIDED
    assert item_of(started, third).lease_holder == "ada"


def test_skipping_gives_the_lease_back(started: FastAPI, visitor: Visit) -> None:
    first, second = fill(started, [f"{CLAIM} ({number})." for number in range(2)])
    browser = visitor("moderator")
    browser.get(f"/items/{first}")
    reply = browser.send_form(f"/items/{first}/skip")
    assert reply.headers["location"] == f"/items/{second}"
    assert item_of(started, first).lease_holder is None
    assert browser.send_form(f"/items/{second}/skip").headers["location"] == f"/items/{first}"


def test_moving_on_gives_the_lease_back(started: FastAPI, visitor: Visit) -> None:
    first, second = fill(started, [f"{CLAIM} ({number})." for number in range(2)])
    browser = visitor("moderator", "ada")
    browser.get(f"/items/{first}")
    moving = {**HTMX, "HX-Current-URL": f"http://localhost/items/{first}?risk=high"}
    browser.get(f"/items/{second}", headers=moving)
    assert item_of(started, first).lease_holder is None
    assert item_of(started, second).lease_holder == "ada"
    for address in ("http://localhost/queue", "nonsense", f"http://localhost/items/{'0' * 32}"):
        reply = browser.get(f"/items/{second}", headers={**HTMX, "HX-Current-URL": address})
        assert reply.status_code == 200
    assert item_of(started, second).lease_holder == "ada"


def test_taking_an_item_and_giving_it_back(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, [f"{CLAIM}."])
    browser = visitor("moderator", "ada")
    assert browser.send_form(f"/items/{item}/assign").status_code == 303
    assert item_of(started, item).assigned_to == "ada"
    assert item[:8] in browser.get("/queue?assigned=ada").text
    browser.send_form(f"/items/{item}/assign", {"give_back": "1"})
    assert item_of(started, item).assigned_to is None
    assert audited(started).count("item.assigned") == 2


# --- deciding


def test_last_item_leads_back_to_the_queue(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, [f"{CLAIM}."])
    browser = visitor("moderator")
    assert _decide(started, browser, item, "label").headers["location"] == "/queue"
    assert f"Item {item[:8]}: labelled." in plain(browser.get("/queue").text)


def test_script_is_sent_the_next_desk_alone(started: FastAPI, visitor: Visit) -> None:
    first, second = fill(started, [f"{CLAIM} ({number})." for number in range(2)])
    browser = visitor("moderator")
    fields = {"action": "allow", "version": _version(started, first)}
    reply = browser.send_form(f"/items/{first}/decision?risk=high", fields, headers=HTMX)
    assert reply.status_code == 200
    assert reply.text.lstrip().startswith('<div id="desk"')
    assert f'data-url="/items/{second}?risk=high"' in reply.text
    assert f'data-said="Item {first[:8]}: allowed."' in reply.text
    fields = {"action": "allow", "version": _version(started, second)}
    ended = browser.send_form(f"/items/{second}/decision", fields, headers=HTMX)
    assert "Nothing waits here any more" in plain(ended.text)
    assert 'id="desk"' in ended.text


def test_missing_reason_asks_and_keeps_what_was_written(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, [f"{CLAIM}."])
    browser = visitor("moderator")
    reply = _decide(started, browser, item, "remove", note="Sells it below the text.\r\nTwice.")
    assert reply.status_code == 422
    assert "To remove it, choose a reason." in plain(reply.text)
    assert "Sells it below the text.\nTwice.</textarea>" in reply.text
    offered = re.findall(r'<button name="reason_code" value="(\w+)"', reply.text)
    assert REASON in offered
    assert "claim_holds" not in offered
    assert decisions_of(started) == []
    back = _decide(started, browser, item, "remove", note="Sells it.", back="1")
    assert back.status_code == 200
    assert "Sells it.</textarea>" in back.text
    assert decisions_of(started) == []
    assert _decide(started, browser, item, "remove", note="Sells it.", reason_code=REASON).status_code == 303
    (decision,) = decisions_of(started)
    assert (decision.action, decision.reason_code, decision.note) == ("remove", REASON, "Sells it.")


def test_reason_of_another_action_is_refused(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, [f"{CLAIM}."])
    for code in ("claim_holds", "no-such-reason"):
        reply = _decide(started, visitor("moderator"), item, "remove", reason_code=code)
        assert reply.status_code == 422
        assert "This is no reason to remove it." in plain(reply.text)
    assert decisions_of(started) == []


def test_note_that_is_too_long_is_not_lost(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, [f"{CLAIM}."])
    note = "n" * 2_001
    reply = _decide(started, visitor("moderator"), item, "allow", note=note)
    assert reply.status_code == 422
    assert "Nothing was decided." in plain(reply.text)
    assert f"{note}</textarea>" in reply.text
    assert decisions_of(started) == []


@pytest.mark.parametrize("fields", [{"action": "burn"}, {"action": "allow", "version": "-1"}, {}])
def test_forms_nobody_made_are_refused(started: FastAPI, visitor: Visit, fields: dict[str, str]) -> None:
    (item,) = fill(started, [f"{CLAIM}."])
    assert visitor("moderator").send_form(f"/items/{item}/decision", fields).status_code == 422
    assert decisions_of(started) == []


def test_second_decision_is_told_of_the_first(started: FastAPI, visitor: Visit) -> None:
    item, other = fill(started, [f"{CLAIM} ({number})." for number in range(2)])
    read = _version(started, item)
    _decide(started, visitor("moderator", "grace"), item, "label", note="Once is enough.")
    late = visitor("moderator", "ada").send_form(
        f"/items/{item}/decision",
        {"action": "remove", "version": read, "reason_code": REASON, "note": "Mine."},
    )
    assert late.status_code == 409
    said = " ".join(plain(late.text).split())
    assert "Already decided grace," in said
    assert "label: Once is enough." in said
    assert "Yours, not carried out remove (No evidence for the claim): Mine." in said
    assert "Overrule" not in said
    assert f"/items/{other}" in late.text
    assert [one.action for one in decisions_of(started, item)] == ["label"]


def test_late_decision_is_a_part_for_the_script(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, [f"{CLAIM}."])
    read = _version(started, item)
    _decide(started, visitor("moderator", "grace"), item, "label")
    fields = {"action": "allow", "version": read}
    late = visitor("moderator", "ada").send_form(f"/items/{item}/decision", fields, headers=HTMX)
    assert late.status_code == 409
    assert late.text.lstrip().startswith('<div id="desk"')
    assert "already decided by grace: label. Yours: allow." in late.text


def test_lead_may_overrule(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, [f"{CLAIM}."])
    read = _version(started, item)
    _decide(started, visitor("moderator", "grace"), item, "label")
    lead = visitor("lead", "linus")
    late = lead.send_form(
        f"/items/{item}/decision", {"action": "remove", "version": read, "reason_code": REASON}
    )
    assert late.status_code == 409
    form = late.text[late.text.index('class="fault late"') :]
    fields = dict(re.findall(r'<input type="hidden" name="(version|reason_code|note)" value="([^"]*)"', form))
    assert "Overrule: remove" in form
    reply = lead.send_form(f"/items/{item}/decision", {"action": "remove", **fields})
    assert reply.status_code == 303
    decisions = decisions_of(started, item)
    assert [(one.actor, one.action, one.undone_by) for one in decisions] == [
        ("grace", "label", "linus"),
        ("linus", "remove", None),
    ]


def test_own_decision_can_be_changed(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, [f"{CLAIM}."])
    browser = visitor("moderator")
    _decide(started, browser, item, "allow")
    assert "You can change it." in plain(browser.get(f"/items/{item}").text)
    _decide(started, browser, item, "label")
    assert [(one.action, one.undone_at is None) for one in decisions_of(started, item)] == [
        ("allow", False),
        ("label", True),
    ]
    assert "Decide" not in visitor("moderator", "other").get(f"/items/{item}").text.partition("<aside")[0]
    assert 'class="decide"' not in visitor("moderator", "other").get(f"/items/{item}").text


# --- taking back


def test_undo_survives_a_reload(started: FastAPI, visitor: Visit) -> None:
    first, second = fill(started, [f"{CLAIM} ({number})." for number in range(2)])
    browser = visitor("moderator")
    _decide(started, browser, first, "allow")
    (decision,) = decisions_of(started)
    for path in (f"/items/{second}", "/queue"):
        page = browser.get(path).text
        assert f"/decisions/{decision.id}/undo" in page
        assert f"Undo: allow of {first[:8]}" in plain(page)
    reply = browser.send_form(f"/decisions/{decision.id}/undo?risk=high")
    assert reply.headers["location"] == f"/items/{first}?risk=high"
    assert item_of(started, first).state == ItemState.PENDING
    again = browser.send_form(f"/decisions/{decision.id}/undo", headers=HTMX)
    assert "Nothing to undo" in plain(again.text) or "Nothing to undo" in again.text


def test_only_leads_undo_what_others_decided(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, [f"{CLAIM}."])
    _decide(started, visitor("moderator", "grace"), item, "allow")
    (decision,) = decisions_of(started)
    path = f"/decisions/{decision.id}/undo?to=decisions&all=1"
    assert visitor("moderator", "ada").send_form(path).status_code == 403
    assert item_of(started, item).state == ItemState.DECIDED
    lead = visitor("lead")
    assert lead.send_form(path).headers["location"] == "/decisions?all=1"
    assert item_of(started, item).state == ItemState.PENDING
    page = plain(lead.get("/decisions?all=1").text)
    assert "undone by a-lead" in page
    assert "grace" in page


def test_decisions_list_is_ones_own(started: FastAPI, visitor: Visit) -> None:
    first, second = fill(started, [f"{CLAIM} ({number})." for number in range(2)])
    _decide(started, visitor("moderator", "grace"), first, "allow")
    _decide(started, visitor("moderator", "ada"), second, "allow")
    for address in ("/decisions", "/decisions?all=1"):
        page = visitor("moderator", "ada").get(address).text
        assert second[:8] in page
        assert first[:8] not in page
    assert visitor("lead").get("/decisions?all=1&cursor=nonsense").status_code == 422


# --- correcting


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"kind": "not_a_claim", "start": "3", "end": "5", "value": "supported"}, (None, None, None)),
        ({"kind": "evidence_does_not_fit"}, (None, None, None)),
        (
            {"kind": "wrong_assessment", "value": "supported", "start": "1", "end": "2"},
            (None, None, "supported"),
        ),
        ({"kind": "wrong_span", "start": "2", "end": "8", "value": "supported"}, (2, 8, None)),
    ],
)
def test_each_correction_is_one_form(
    started: FastAPI,
    visitor: Visit,
    fields: dict[str, str],
    kept: tuple[int | None, int | None, str | None],
) -> None:
    (item,) = fill(started, [f"🍋 {CLAIM}."])
    claim = item_of(started, item).report["claims"][0]["id"]
    browser = visitor("moderator")
    reply = browser.send_form(f"/items/{item}/corrections?risk=high", {"claim_id": claim, **fields})
    assert reply.headers["location"] == f"/items/{item}?risk=high"
    (correction,) = corrections_of(started, item)
    assert (correction.kind, correction.claim_id) == (fields["kind"], claim)
    assert (correction.start, correction.end, correction.value) == kept
    assert f"a-moderator: {fields['kind'].replace('_', ' ')}" in plain(browser.get(f"/items/{item}").text)
    assert decisions_of(started) == []


def test_missed_claim_by_its_place(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, ["🍋 Cloves cure colds."])
    browser = visitor("moderator")
    browser.send_form(f"/items/{item}/corrections", {"kind": "missed_claim", "start": "2", "end": "19"})
    (correction,) = corrections_of(started, item)
    assert (correction.start, correction.end, correction.claim_id) == (2, 19, None)
    assert "Cloves cure colds" in plain(browser.get(f"/items/{item}").text.partition('class="corrected"')[2])


@pytest.mark.parametrize(("start", "end"), [("", ""), ("5", "5"), ("0", "9999"), ("8", "2")])
def test_place_outside_the_text_is_refused(started: FastAPI, visitor: Visit, start: str, end: str) -> None:
    (item,) = fill(started, [f"{CLAIM}."])
    fields = {"kind": "missed_claim", "start": start, "end": end}
    reply = visitor("moderator").send_form(f"/items/{item}/corrections", fields)
    assert reply.status_code == 422
    assert "Nothing was noted." in plain(reply.text)
    assert corrections_of(started, item) == []


# --- the record


def test_history_tells_who_when_why_and_what_was_shown(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, [f"{CLAIM}."])
    browser = visitor("moderator", "ada")
    browser.get(f"/items/{item}")
    _decide(started, browser, item, "remove", reason_code=REASON, note="As agreed.")
    browser.send_form(f"/decisions/{decisions_of(started)[0].id}/undo")
    page = " ".join(plain(browser.get(f"/items/{item}/history").text).split())
    for words in (
        "Put into the queue by system",
        "Opened by ada",
        "Decided by ada",
        ": remove (No evidence for the claim), undone since",
        "Note: As agreed.",
        "Decision undone by ada",
        "Kratom & health",
        "kb k1",
        "model m1",
    ):
        assert words in page, words


def _seen(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


def test_statement_of_an_undone_decision_restricts_nothing(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, [f"{CLAIM}."])
    browser = visitor("moderator")
    _decide(started, browser, item, "remove", reason_code=REASON)
    (decision,) = decisions_of(started)
    path = f"/decisions/{decision.id}/statement"
    seen = _seen(browser.get(path).text)
    browser.send_form(f"/decisions/{decision.id}/undo")
    draft = browser.get(path).text
    assert "No restriction of it stands." in plain(draft)
    assert "Your content was removed." not in plain(draft)
    assert browser.send_form(path, {"statement": "It was removed.", "seen": seen}).status_code == 409


def test_statement_is_drafted_edited_and_saved(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, [f"{CLAIM}."])
    browser = visitor("moderator")
    _decide(started, browser, item, "remove", reason_code=REASON)
    (decision,) = decisions_of(started)
    path = f"/decisions/{decision.id}/statement"
    draft = browser.get(path).text
    assert "nothing is saved yet" in plain(draft)
    for words in ("Your content was removed.", "automated check", "Redress", CLAIM):
        assert words in plain(draft), words
    first = {"statement": f"Edited: {EVIL}\r\nEnd.", "seen": _seen(draft)}
    assert browser.send_form(path, first).status_code == 303
    saved = browser.get(path).text
    assert "This is the saved statement." in plain(saved)
    assert "<img" not in saved
    assert decisions_of(started)[0].statement == f"Edited: {EVIL}\nEnd."
    late = browser.send_form(path, {"statement": "Mine.", "seen": _seen(draft)})
    assert late.status_code == 409
    assert "Mine." in late.text
    assert "Edited: " in plain(late.text)
    assert decisions_of(started)[0].statement == f"Edited: {EVIL}\nEnd."
    assert browser.send_form(path, {"statement": "Mine."}).status_code == 409
    refused = browser.send_form(path, {"statement": "x" * 20_001, "seen": _seen(late.text)})
    assert refused.status_code == 422
    assert "x" * 20_001 in refused.text
    browser.send_form(path, {"afresh": "1", "seen": _seen(refused.text)})
    assert "Your content was removed." in (decisions_of(started)[0].statement or "")
    assert visitor("reader").send_form(path, {"statement": "Mine"}).status_code == 403
