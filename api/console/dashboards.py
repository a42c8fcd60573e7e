"""The dashboard: what came, what was decided, how right the machine was, how long items wait.

Every picture is drawn from the figures of the table beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from api import errors
from api.access.sessions import SignedInLead
from api.console import plots
from api.console.context import show
from api.console.plots import Bars, Estimate, Intervals, Plot, Series
from api.deps import ServicesDep
from api.errors import INVALID_REQUEST, Problem
from api.review import figures
from api.review.figures import Agreement, DayCount, Share
from api.storage.columns import now
from api.storage.tables import DecisionAction
from claimcheck.types import RiskLevel

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

PERIODS: tuple[tuple[int, str], ...] = ((7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "a year"))
USUAL = 30
MOST_DAYS = 366
_MOST_BARS = 62
_WEEK = 7
_MOST_LINES = 25
SVG = "image/svg+xml"

_LEVELS = tuple(level.value for level in reversed(list(RiskLevel)))
_ACTIONS = tuple(action.value for action in DecisionAction)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in UTC, the last one included."""

    first: date
    last: date

    @classmethod
    def of(cls, first: date | None, last: date | None) -> Period:
        """Return the period that an address names; the last 30 days where it names none.

        Raises:
            Problem: ``invalid-request`` where it ends before it begins, or is longer than a year.
        """
        end = last or now().date()
        begin = first or end - timedelta(days=USUAL - 1)
        if not 0 <= (end - begin).days < MOST_DAYS:
            detail = f"A period begins before it ends and has at most {MOST_DAYS} days."
            raise Problem(INVALID_REQUEST, errors=[{"pointer": "/query/from", "detail": detail}])
        return cls(begin, end)

    @property
    def since(self) -> datetime:
        """When it begins."""
        return datetime.combine(self.first, datetime.min.time(), UTC)

    @property
    def until(self) -> datetime:
        """When it has ended."""
        return datetime.combine(self.last, datetime.min.time(), UTC) + timedelta(days=1)

    @property
    def query(self) -> str:
        """What an address says of it."""
        return urlencode({"from": self.first.isoformat(), "to": self.last.isoformat()})

    @property
    def by_week(self) -> bool:
        """Whether days would be too many bars."""
        return (self.last - self.first).days >= _MOST_BARS

    def steps(self) -> list[date]:
        """Return the first day of each bar."""
        step = _WEEK if self.by_week else 1
        return [self.first + timedelta(days=n) for n in range(0, (self.last - self.first).days + 1, step)]

    def step_of(self, day: str) -> int:
        """Return the number of the bar that a day belongs to."""
        return (date.fromisoformat(day) - self.first).days // (_WEEK if self.by_week else 1)


@dataclass(frozen=True, slots=True)
class Table:
    """The figures of a picture: a heading for each column, a name for each row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One part of the dashboard; ``plot`` is None where there is nothing to draw."""

    name: str
    title: str
    about: str
    plot: Plot | None
    table: Table

    @property
    def height(self) -> int:
        """How high the picture is where it is 720 wide."""
        return round(plots.height(self.plot) * 100) if self.plot else 0


def volume(session: Session, period: Period) -> Figure:
    """How many items came, by risk level."""
    counts = figures.volume(session, since=period.since, until=period.until)
    about = "Items put into the queue, by their risk level."
    return _over_time("volume", "Items that came", about, counts, period, _LEVELS, unit="items")


def decisions(session: Session, period: Period) -> Figure:
    """How many decisions were made, by action."""
    counts = figures.decisions(session, since=period.since, until=period.until)
    about = "Decisions that stand, by action; undone ones are not counted."
    return _over_time("decisions", "Decisions", about, counts, period, _ACTIONS, unit="decisions")


def agreement(session: Session, period: Period) -> Figure:
    """How often decisions follow the suggestion."""
    found = figures.agreement(session, since=period.since, until=period.until)
    shares = [one.followed for one in found]
    table = Table(
        ("Suggested", *_ACTIONS, "Followed", "95 % interval"), tuple(_agreement_row(one) for one in found)
    )
    about = (
        "How often a decision follows what the machine suggested. It is no target: a moderator who "
        "disagrees is doing the work, and a high share can also mean that nobody looks."
    )
    return _shares(
        "agreement", "Agreement with the suggestion", about, shares, table, unit="decisions that follow"
    )


def precision_by_relation(session: Session, period: Period) -> Figure:
    """How many flagged claims were right, by relation."""
    shares = figures.precision_by_relation(session, since=period.since, until=period.until)
    return _precision("precision-by-relation", "Right claims by relation", shares, "Relation")


def precision_by_rule(session: Session, period: Period) -> Figure:
    """How many flagged claims were right, by risk rule."""
    shares = figures.precision_by_rule(session, since=period.since, until=period.until)
    return _precision("precision-by-rule", "Right claims by risk rule", shares, "Rule")


def queue_age(session: Session, _: Period) -> Figure:
    """How long pending items have waited."""
    counts = figures.queue_age(session)
    spans = tuple(name for name, _most in figures.AGES)
    grid = _grid(((spans.index(one.day), one.what, one.count) for one in counts), len(spans), _LEVELS)
    about = "Items that wait for a decision now, whatever the period, by how long and by risk level."
    return _bars("queue-age", "Age of the queue", about, spans, grid, _LEVELS, unit="items", first="Waiting")


FIGURES: Mapping[str, Callable[[Session, Period], Figure]] = {
    "volume": volume,
    "decisions": decisions,
    "agreement": agreement,
    "precision-by-relation": precision_by_relation,
    "precision-by-rule": precision_by_rule,
    "queue-age": queue_age,
}


def _over_time(
    name: str,
    title: str,
    about: str,
    counts: Iterable[DayCount],
    period: Period,
    parts: tuple[str, ...],
    *,
    unit: str,
) -> Figure:
    steps = period.steps()
    grid = _grid(((period.step_of(one.day), one.what, one.count) for one in counts), len(steps), parts)
    labels = tuple(f"{step:%Y-%m-%d}" for step in steps)
    first = "Week from" if period.by_week else "Day"
    return _bars(name, title, about, labels, grid, parts, unit=unit, first=first)


def _grid(counts: Iterable[tuple[int, str, int]], steps: int, parts: Sequence[str]) -> dict[str, list[int]]:
    grid = {part: [0] * steps for part in parts}
    for step, part, count in counts:
        grid[part][step] += count
    return grid


def _bars(
    name: str,
    title: str,
    about: str,
    labels: tuple[str, ...],
    grid: Mapping[str, Sequence[int]],
    parts: tuple[str, ...],
    *,
    unit: str,
    first: str,
) -> Figure:
    totals = [sum(grid[part][index] for part in parts) for index in range(len(labels))]
    rows = tuple(
        (label, *(str(grid[part][index]) for part in parts), str(totals[index]))
        for index, label in enumerate(labels)
    )
    table = Table((first, *parts, "all"), rows)
    if not any(totals):
        return Figure(name, title, about, None, table)
    said = f"{sum(totals)} {unit} in all; most at {plots.busiest(labels, totals)} ({max(totals)})."
    series = tuple(Series(part, tuple(map(float, grid[part]))) for part in parts)
    short = tuple(label[5:] if label[:2].isdigit() and len(label) == 10 else label for label in labels)
    return Figure(name, title, about, Bars(title, f"{about} {said}", short, series, unit), table)


def _precision(name: str, title: str, shares: Sequence[Share], first: str) -> Figure:
    rows = tuple(
        (one.name, str(one.total), str(one.count), _percent(one.share), _interval(one)) for one in shares
    )
    table = Table((first, "Flagged claims", "Right", "Share", "95 % interval"), rows)
    about = (
        "Flagged claims of items decided in the period. One counts as right unless a moderator corrected "
        "it as no claim or as wrongly assessed, so that what nobody looked at closely counts as right."
    )
    return _shares(name, title, about, shares, table, unit="right claims")


def _shares(name: str, title: str, about: str, shares: Sequence[Share], table: Table, *, unit: str) -> Figure:
    counted = sorted((one for one in shares if one.total), key=lambda one: -one.total)[:_MOST_LINES]
    if not counted:
        return Figure(name, title, about, None, table)
    lines = tuple(Estimate(one.name, one.share, one.low, one.high, one.total) for one in counted)
    said = "; ".join(f"{one.name} {_percent(one.share)} of {one.total}" for one in counted[:5])
    return Figure(
        name, title, about, Intervals(title, f"{said}.", lines, f"{unit}, with 95 % intervals"), table
    )


def _agreement_row(one: Agreement) -> tuple[str, ...]:
    decided = (str(one.decided.get(action, 0)) for action in _ACTIONS)
    share = _percent(one.followed.share) if one.followed.total else "–"
    return one.suggested, *decided, share, _interval(one.followed)


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _interval(one: Share) -> str:
    return f"{one.low * 100:.0f} to {one.high * 100:.0f} %" if one.total else "–"


# Outside of these, adding a day has no result.
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(9000, 1, 1)
From = Annotated[date | None, Query(alias="from", ge=FIRST_DAY, le=LAST_DAY)]
To = Annotated[date | None, Query(alias="to", ge=FIRST_DAY, le=LAST_DAY)]


@router.get("/dashboard")
def dashboard(
    request: Request, services: ServicesDep, _: SignedInLead, first: From = None, last: To = None
) -> Response:
    """Show every figure of a period, as a picture and as a table."""
    period = Period.of(first, last)
    with services.database.read() as session:
        shown = [make(session, period) for make in FIGURES.values()]
    return show(
        request, "dashboard.html", period=period, figures=shown, periods=_periods(period), most=MOST_DAYS
    )


def _periods(period: Period) -> list[tuple[str, str, bool]]:
    """Return the usual periods: words, address, and whether it is the one that is shown."""
    today = now().date()
    made = [(words, Period(today - timedelta(days=days - 1), today)) for days, words in PERIODS]
    return [(words, f"/dashboard?{one.query}", one == period) for words, one in made]


@router.get("/dashboard/plots/{name}.svg")
def picture(
    services: ServicesDep,
    _: SignedInLead,
    name: str,
    first: From = None,
    last: To = None,
    scheme: Literal["light", "dark"] = "light",
) -> Response:
    """Send one picture."""
    make = FIGURES.get(name)
    if make is None:
        raise Problem(errors.NOT_FOUND)
    period = Period.of(first, last)
    with services.database.read() as session:
        figure = make(session, period)
    if figure.plot is None:
        raise Problem(errors.NOT_FOUND)
    return Response(plots.svg(figure.plot, scheme), media_type=SVG)
