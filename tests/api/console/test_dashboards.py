"""The dashboard: its figures, its pictures, its periods."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from fastapi import FastAPI

from api.access.actors import SYSTEM
from api.console.dashboards import FIGURES, Period
from api.errors import Problem
from api.review import correcting, deciding
from api.storage.columns import now
from api.storage.tables import CorrectionKind, DecisionAction, Item
from tests.api.console.filling import CLAIM, OVERLAP, fill, plain
from tests.api.console.visiting import Browser, services_of

SignedIn = Callable[..., Browser]


@pytest.fixture
def lead(visitor: SignedIn) -> Browser:
    """A lead: figures are for leads."""
    return visitor("lead")


def _decide(app: FastAPI, item_id: str, action: DecisionAction) -> None:
    with services_of(app).database.begin() as session:
        deciding.decide(session, item_id, actor=SYSTEM, action=action, reason_code=None, expected_version=1)


def _tables(page: str) -> dict[str, list[list[str]]]:
    """Return the cells of each figure's table, by the figure's name."""
    found: dict[str, list[list[str]]] = {}
    for name, part in re.findall(r'<h2 id="([a-z-]+)">(.*?)</section>', page, re.DOTALL):
        rows = re.findall(r"<tr>(.*?)</tr>", part, re.DOTALL)
        found[name] = [
            [plain(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows
        ]
    return found


def test_figures_are_those_of_the_database(lead: Browser, started: FastAPI) -> None:
    first, second, third, _ = fill(started, [CLAIM, OVERLAP, f"{CLAIM} twice", "Nothing."])
    _decide(started, first, DecisionAction.ALLOW)
    _decide(started, second, DecisionAction.ESCALATE)
    with services_of(started).database.begin() as session:
        session.get_one(Item, third).created_at = now() - timedelta(days=2)
        correcting.correct(
            session, first, actor=SYSTEM, kind=CorrectionKind.NOT_A_CLAIM, claim_id="c-potentiates"
        )
    tables = _tables(lead.get("/dashboard").text)
    assert set(tables) == set(FIGURES)
    today = now().date()
    volume = {row[0]: row[1:] for row in tables["volume"][1:]}
    assert tables["volume"][0] == ["Day", "critical", "high", "moderate", "low", "none", "all"]
    assert volume[today.isoformat()] == ["0", "2", "0", "0", "1", "3"]
    assert volume[(today - timedelta(days=2)).isoformat()] == ["0", "1", "0", "0", "0", "1"]
    assert len(volume) == 30
    assert tables["decisions"][-1] == [today.isoformat(), "1", "0", "0", "0", "1", "2"]
    agreement = {row[0]: row[1:] for row in tables["agreement"][1:]}
    assert agreement["review"] == ["1", "0", "0", "0", "1", "50 %", "9 to 91 %"]
    assert tables["precision-by-relation"][1][:4] == ["potentiates", "1", "0", "0 %"]
    ages = {row[0]: row[-1] for row in tables["queue-age"][1:]}
    assert (ages["under 1 hour"], ages["1 to 3 days"]) == ("1", "1")


def test_each_figure_with_numbers_has_its_picture(lead: Browser, started: FastAPI) -> None:
    made = fill(started, [CLAIM, OVERLAP])
    _decide(started, made[0], DecisionAction.LABEL)
    page = lead.get("/dashboard").text
    shown = re.findall(r'<img src="([^"]+)" alt="([^"]+)"', page)
    assert len(shown) == len(FIGURES)
    for address, said in shown:
        reply = lead.get(address.replace("&amp;", "&"))
        assert (reply.status_code, reply.headers["content-type"]) == (200, "image/svg+xml")
        assert said.split(".")[0] in reply.text
    assert (
        len(re.findall(r'<source srcset="[^"]+scheme=dark" media="\(prefers-color-scheme: dark\)">', page))
        == 6
    )


def test_where_nothing_happened_nothing_is_drawn(lead: Browser) -> None:
    page = lead.get("/dashboard").text
    assert "<img" not in page
    assert page.count("Nothing to draw in this period.") == len(FIGURES)
    assert lead.get("/dashboard/plots/volume.svg").status_code == 404


def test_colours_of_the_account_hold_for_pictures(lead: Browser, started: FastAPI) -> None:
    fill(started, [CLAIM])
    lead.send_form("/account/preferences", {"theme": "dark", "break_minutes": "0"})
    page = lead.get("/dashboard").text
    assert "<source" not in page
    assert "scheme=dark" in page


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("from=2026-01-01&to=2026-01-31", 200),
        ("from=2026-01-31&to=2026-01-01", 422),
        ("from=2020-01-01&to=2026-01-01", 422),
        ("from=0001-01-01&to=0001-01-02", 422),
        ("to=0001-01-01", 422),
        ("to=9999-12-31", 422),
        ("to=8999-12-31", 200),
        ("from=yesterday", 422),
    ],
)
def test_periods_are_bounded(lead: Browser, query: str, status: int) -> None:
    for path in ("/dashboard", "/dashboard/plots/volume.svg"):
        found = lead.get(f"{path}?{query}").status_code
        assert found == (404 if status == 200 and path.endswith("svg") else status)


@pytest.mark.parametrize("path", ["/dashboard", "/dashboard/plots/volume.svg"])
def test_figures_are_for_leads(visitor: SignedIn, path: str) -> None:
    assert visitor("moderator").get(path).status_code == 403


def test_unknown_picture_is_not_found(lead: Browser) -> None:
    assert lead.get("/dashboard/plots/nothing.svg").status_code == 404
    assert lead.get("/dashboard/plots/volume.svg?scheme=pink").status_code == 422


def test_period_counts_whole_days() -> None:
    period = Period.of(date(2026, 1, 1), date(2026, 1, 3))
    assert period.since == datetime(2026, 1, 1, tzinfo=UTC)
    assert period.until == datetime(2026, 1, 4, tzinfo=UTC)
    assert [step.day for step in period.steps()] == [1, 2, 3]
    assert period.step_of("2026-01-03") == 2


def test_long_period_is_shown_by_weeks() -> None:
    period = Period.of(date(2026, 1, 1), date(2026, 12, 31))
    assert len(period.steps()) == 53
    assert period.step_of("2026-12-31") == 52
    with pytest.raises(Problem):
        Period.of(date(2026, 1, 2), date(2026, 1, 1))
