"""Feedback: what is shown of it, who marks it as handled, what is counted."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI

from api.storage.tables import Feedback
from tests.api.console.filling import audited, plain
from tests.api.console.visiting import Browser, services_of

SignedIn = Callable[..., Browser]
RULE = "interaction.knowledge_base"


def _say(app: FastAPI, **values: str) -> str:
    with services_of(app).database.begin() as session:
        said = Feedback(**{"kind": "wrong_assessment", "sent_by": "key:browser", **values})
        session.add(said)
        session.flush()
        return said.id


def _shown(page: str) -> list[str]:
    return re.findall(r'<article class="entry" id="feedback-([0-9a-f]{32})"', page)


@pytest.fixture
def moderator(visitor: SignedIn) -> Browser:
    """A moderator."""
    return visitor("moderator")


def test_handling_and_taking_it_back(moderator: Browser, started: FastAPI) -> None:
    said = _say(started, rule=RULE)
    assert _shown(moderator.get("/feedback").text) == [said]
    where = "/feedback?state=all"
    reply = moderator.send_form(f"/feedback/{said}/handled", {"do": "handled", "next": where})
    assert (reply.status_code, reply.headers["location"]) == (303, where)
    assert _shown(moderator.get("/feedback").text) == []
    page = moderator.get("/feedback?state=handled").text
    assert _shown(page) == [said]
    assert "by a-moderator" in plain(page)
    again = moderator.send_form(f"/feedback/{said}/handled", {"do": "handled"})
    assert again.headers["location"] == "/feedback"
    assert "Somebody did that already." in plain(moderator.get("/feedback").text)
    moderator.send_form(f"/feedback/{said}/handled", {"do": "again"})
    assert _shown(moderator.get("/feedback").text) == [said]
    assert audited(started) == ["feedback.handled", "feedback.reopened"]


def test_tally_by_rule(moderator: Browser, started: FastAPI) -> None:
    first = _say(started, rule=RULE)
    _say(started, rule=RULE)
    _say(started, rule="of.theirs")
    _say(started)
    moderator.send_form(f"/feedback/{first}/handled", {"do": "handled"})
    page = moderator.get("/feedback").text
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>\s*<td[^>]*>(\d+)</td><td[^>]*>(\d+)</td>', page)
    assert sorted((plain(name), total, still_open) for name, total, still_open in rows) == [
        (RULE, "2", "1"),
        ("no rule named", "1", "1"),
        ("of.theirs", "1", "1"),
    ]
    assert plain(rows[0][0]) == RULE
    assert f'<a href="/knowledge/rules/{RULE}">' in page
    assert "/knowledge/rules/of.theirs" not in page


@pytest.mark.parametrize(
    ("query", "number"),
    [("", 3), (f"rule={RULE}", 1), ("rule=none", 1), ("kind=missed_claim", 1), ("state=handled", 0)],
)
def test_filters(moderator: Browser, started: FastAPI, query: str, number: int) -> None:
    _say(started, rule=RULE)
    _say(started, rule="of.theirs", kind="missed_claim")
    _say(started)
    assert len(_shown(moderator.get(f"/feedback?{query}").text)) == number


def test_what_was_said_never_becomes_markup(moderator: Browser, started: FastAPI) -> None:
    evil = "<script>alert(1)</script>"
    _say(
        started,
        quote=evil,
        prefix=evil,
        suffix=evil,
        comment=evil,
        rule=evil,
        claim_id=evil,
        source_url="javascript:alert(1)",
        sent_by=evil,
    )
    page = moderator.get("/feedback").text
    assert "<script" not in page
    assert 'href="javascript' not in page
    assert plain(page).count(evil) >= 7


def test_only_pages_of_ours_are_gone_back_to(moderator: Browser, started: FastAPI) -> None:
    said = _say(started)
    fields = {"do": "handled", "next": "https://evil.example/"}
    assert moderator.send_form(f"/feedback/{said}/handled", fields).headers["location"] == "/feedback"


def test_what_cannot_be_an_id_is_not_found(moderator: Browser) -> None:
    assert moderator.send_form("/feedback/a%00b/handled", {"do": "handled"}).status_code == 404


@pytest.mark.parametrize("query", ["state=x", "kind=x", "after=x", "rule=a%00"])
def test_unknown_values_are_refused(moderator: Browser, query: str) -> None:
    assert moderator.get(f"/feedback?{query}").status_code == 422


def test_who_may_see_and_handle_it(visitor: SignedIn, started: FastAPI) -> None:
    said = _say(started)
    reader = visitor("reader")
    assert reader.get("/feedback").status_code == 403
    assert reader.send_form(f"/feedback/{said}/handled", {"do": "handled"}).status_code == 403
    assert visitor("moderator").post(f"/feedback/{said}/handled").status_code in (403, 415)
    assert visitor("moderator").send_form(f"/feedback/{'0' * 32}/handled").status_code == 404
    assert audited(started) == []
