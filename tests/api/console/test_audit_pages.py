"""The audit's page: what it shows, filters, pages, and to whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI

from api.console.audit_pages import in_words
from api.storage.columns import now
from api.storage.tables import AuditEntry
from tests.api.console.filling import plain
from tests.api.console.visiting import Browser, services_of

SignedIn = Callable[..., Browser]


def _note(app: FastAPI, number: int, **values: str) -> None:
    with services_of(app).database.begin() as session:
        for count in range(number):
            session.add(
                AuditEntry(
                    at=now() - timedelta(days=count),
                    actor=values.get("actor", "ann"),
                    actor_kind="user",
                    action=values.get("action", "item.submitted"),
                    object_kind="item",
                    object_id=values.get("object_id", f"{count:032x}"),
                    details={"note": "<b>bold</b>"},
                )
            )


def _rows(page: str) -> int:
    return page.count('<td class="details-cell">item')


def test_pages_show_every_entry_once(visitor: SignedIn, started: FastAPI) -> None:
    _note(started, 120)
    lead = visitor("lead")
    seen: list[str] = []
    address: str | None = "/audit"
    while address:
        page = lead.get(address).text
        seen += re.findall(r'<a href="/items/([0-9a-f]{32})">', page)
        found = re.search(r'<a href="([^"]+)" rel="next">', page)
        address = found[1].replace("&amp;", "&") if found else None
    assert seen == [f"{count:032x}" for count in range(120)]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", 5),
        ("actor=ben", 2),
        ("action=key.made", 2),
        ("object_id=" + "0" * 32, 2),
        ("object_kind=nothing", 0),
        ("actor=ben&action=item.submitted", 0),
        ("actor=%25", 0),
        ("actor='%20OR%201=1", 0),
    ],
)
def test_filters(visitor: SignedIn, started: FastAPI, query: str, number: int) -> None:
    _note(started, 3)
    _note(started, 2, actor="ben", action="key.made")
    assert _rows(visitor("lead").get(f"/audit?{query}").text) == number


def test_a_day_that_ends_a_filter_is_included(visitor: SignedIn, started: FastAPI) -> None:
    _note(started, 3)
    today = now().date()
    lead = visitor("lead")
    assert _rows(lead.get(f"/audit?since={today}&until={today}").text) == 1
    assert _rows(lead.get(f"/audit?until={today - timedelta(days=1)}").text) == 2
    assert f'href="/export/audit.csv?since={today}' in lead.get(f"/audit?since={today}").text


def test_nothing_becomes_markup(visitor: SignedIn, started: FastAPI) -> None:
    _note(started, 1, actor="<i>x</i>")
    page = visitor("lead").get("/audit", params={"actor": "<i>x</i>"}).text
    assert "<i>" not in page
    assert "<b>" not in page
    assert "<b>bold</b>" in plain(page)


@pytest.mark.parametrize(
    "query", ["after=nonsense", "until=9999-12-31", "since=soon", "actor=" + "x" * 81, "action=a%00"]
)
def test_what_cannot_be_is_refused(visitor: SignedIn, query: str) -> None:
    assert visitor("lead").get(f"/audit?{query}").status_code == 422


def test_details_are_told_in_words() -> None:
    assert in_words({"job_id": None, "filters": ["risk", "state"], "rows": 3, "kept": False}) == [
        ("filters", "risk, state"),
        ("rows", "3"),
        ("kept", "False"),
    ]
    assert in_words({"versions": {"kb": "k1"}}) == [("versions", "kb k1")]


@pytest.mark.parametrize(("role", "status"), [("reader", 403), ("moderator", 403), ("lead", 200)])
def test_audit_is_for_leads(visitor: SignedIn, role: str, status: int) -> None:
    assert visitor(role).get("/audit").status_code == status
