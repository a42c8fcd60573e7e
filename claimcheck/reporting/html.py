"""Reports as one page that needs nothing else: no script, no font, no address to load.

Only words of the text and of the knowledge base enter it, each escaped by the
template; the page's own policy forbids whatever is not its style sheet.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TypedDict

import jinja2
from markupsafe import Markup

from claimcheck.reporting import wording
from claimcheck.reporting.report import NamedReport
from claimcheck.reporting.segments import segments
from claimcheck.reporting.wire import ClaimDict, ReportDict, report_dict
from claimcheck.types import RiskLevel, Span


class Piece(TypedDict):
    """A stretch of text to show: plain where no claim covers it, else marked."""

    text: str
    risk: str | None  # the highest risk level of the claims that cover it; None without a claim
    flagged: bool
    links: list[int]  # numbers of the claims that end here, counted from 1


class Section(TypedDict):
    """One document of the page."""

    name: str
    prefix: str  # of every id, so that two documents never share one
    pieces: list[Piece]
    report: ReportDict
    summary: str


def render(documents: Iterable[NamedReport]) -> Iterator[str]:
    """Yield the page, once all documents are there."""
    sections = [_section(number, document) for number, document in enumerate(documents, 1)]
    style = _style()
    yield (
        _environment()
        .get_template("report.html.j2")
        .render(
            sections=sections,
            style=Markup(style),  # noqa: S704 -- our own file, never a word of a text
            style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
            wording=wording,
        )
    )


def safe_address(url: str) -> str | None:
    """Return ``url`` if a browser may follow it from a page: http and https, nothing else."""
    return url if url.startswith(("https://", "http://")) else None


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("claimcheck.reporting", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["safe_address"] = safe_address
    return environment


@cache
def _style() -> str:
    environment = _environment()
    assert environment.loader is not None
    return environment.loader.get_source(environment, "report.css")[0]


def _section(number: int, document: NamedReport) -> Section:
    report = report_dict(document.report.verdict, document.report.kb)
    flagged = sum(claim["flagged"] for claim in report["claims"])
    return {
        "name": document.name,
        "prefix": f"text-{number}",
        "pieces": _pieces(document.report.text, report["claims"]),
        "report": report,
        "summary": wording.summary(
            claims=len(report["claims"]), flagged=flagged, alerts=len(report["alerts"])
        ),
    }


def _pieces(text: str, claims: list[ClaimDict]) -> list[Piece]:
    spans = [Span(claim["span"]["start"], claim["span"]["end"]) for claim in claims]
    pieces: list[Piece] = []
    for segment in segments(len(text), spans):
        covering = [claims[index] for index in segment.covering]
        pieces.append(
            {
                "text": segment.span.of(text),
                "risk": _highest(covering),
                "flagged": any(claim["flagged"] for claim in covering),
                "links": [index + 1 for index in segment.ending],
            }
        )
    return pieces


def _highest(claims: list[ClaimDict]) -> str | None:
    levels = [RiskLevel(claim["risk"]["level"]) for claim in claims]
    return max(levels, key=lambda level: level.rank).value if levels else None
