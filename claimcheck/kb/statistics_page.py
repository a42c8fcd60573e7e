"""The figures of the knowledge base as one page that needs nothing else: no script, no address to load.

Every bar stands in the row of a table that says the same in numbers, and the
one drawing without a table around it is followed by one.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache

import jinja2
from markupsafe import Markup

from claimcheck.kb.statistics import UNDATED, ReferenceCounts, Statistics

ROWS_SHOWN = 20
# Older documents are few, and a column for each year would leave no room for the others.
YEARS_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its share of the whole and its bar's length, both 0 to 1."""

    label: str
    count: int
    share: float
    length: float


@dataclass(frozen=True, slots=True)
class Plot:
    """One table with bars: what is counted, by what, and in ``note`` what was left out."""

    title: str
    by: str
    counted: str
    rows: tuple[Row, ...]
    note: str = ""


def render(figures: Statistics) -> str:
    """Return the page."""
    style = _style()
    return (
        _environment()
        .get_template("statistics.html.j2")
        .render(
            figures=figures,
            plots=_plots(figures),
            years=_years(figures["references"]),
            style=Markup(style),  # noqa: S704 -- our own file, never a word of the knowledge base
            style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        )
    )


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("claimcheck.kb", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    environment = _environment()
    assert environment.loader is not None
    return environment.loader.get_source(environment, "statistics.css")[0]


def _plots(figures: Statistics) -> tuple[Plot, ...]:
    statements, references = figures["statements"], figures["references"]
    unopened = references["total"] - references["checked"]
    return (
        _plot("Statements by evidence", "evidence", "statements", statements["by_evidence"]),
        _plot("Statements by grade", "grade", "statements", statements["by_grade"]),
        _plot("Risks by code", "code", "risks", figures["risks"]),
        _plot("Monographs by kind", "kind", "monographs", figures["monographs"]),
        _plot(
            "References that somebody opened",
            "page",
            "references",
            {"opened": references["checked"], "not opened": unopened},
        ),
        _plot(
            "References by the day they were last read", "last read", "references", references["by_retrieval"]
        ),
        _plot("References by kind", "kind", "references", references["by_kind"]),
        _plot("References by publisher", "publisher", "references", references["by_publisher"]),
    )


def _plot(title: str, by: str, counted: str, counts: dict[str, int]) -> Plot:
    """Return the table of ``counts``; what is beyond :data:`ROWS_SHOWN` goes into its note."""
    rows = list(counts.items())
    shown, hidden = rows[:ROWS_SHOWN], rows[ROWS_SHOWN:]
    note = f"{len(hidden)} others, with {sum(n for _, n in hidden)} {counted} in all." if hidden else ""
    return Plot(title, by, counted, _measured(shown, total=sum(counts.values())), note)


def _years(references: ReferenceCounts) -> Plot:
    """Return the documents by year of publication, without gaps, the oldest ones as one row."""
    counts = {int(year): n for year, n in references["by_year"].items() if year != UNDATED}
    undated = references["by_year"].get(UNDATED, 0)
    notes = [f"Undated: {undated}."] if undated else []
    rows: list[tuple[str, int]] = []
    if counts:
        first = max(min(counts), max(counts) - YEARS_SHOWN + 1)
        rows = [(str(year), counts.get(year, 0)) for year in range(first, max(counts) + 1)]
        earlier = sum(n for year, n in counts.items() if year < first)
        if earlier:
            rows.insert(0, (f"before {first}", earlier))
            notes.insert(0, "The first column stands for all earlier years.")
    return Plot(
        "References by year of publication",
        "year",
        "references",
        _measured(rows, total=references["total"]),
        " ".join(notes),
    )


def _measured(rows: list[tuple[str, int]], *, total: int) -> tuple[Row, ...]:
    longest = max((count for _, count in rows), default=0)
    return tuple(
        Row(
            label.replace("_", " "),
            count,
            share=count / total if total else 0.0,
            length=count / longest if longest else 0.0,
        )
        for label, count in rows
    )
