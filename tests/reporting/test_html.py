"""The self-contained page."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import product

import pytest

from claimcheck.reporting import html
from claimcheck.reporting.report import NamedReport, Report
from claimcheck.types import RiskLevel, Span
from tests.reporting.builders import (
    KRATOM,
    LANGUAGE_WARNING,
    claim_of,
    drinking_alert,
    finding_of,
    kratom_report,
    report_of,
)

VOID = {"meta", "link", "br", "img", "input"}
HOSTILE = "<script>alert(1)</script> \"'&<img src=x onerror=alert(2)> Kratom {{ 7 * 7 }} cures"


class Page(HTMLParser):
    """The elements of a page, the text of its marks, and whether it is well nested."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text_box = ""
        self.marks: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "mark":
            self.marks.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "mark" in self.open:
            self.marks[-1] += data

    def values(self, attribute: str) -> list[str]:
        return [value for _, attrs in self.elements if (value := attrs.get(attribute))]


def written(*reports: Report) -> str:
    return "".join(html.render(NamedReport(f"page {n}.txt", r) for n, r in enumerate(reports)))


def test_marks_cards_and_both_axes() -> None:
    page = written(kratom_report())
    assert Page(page).marks == ["Kratom potentiates antidepressants"]
    for words in (
        "page 0.txt",
        "kratom strengthens antidepressants",
        "not supported (evidence: insufficient)",
        "high risk: interaction",
        "No trial has tested it.",
        "Journal of Reviews, 2023-05 (read 2026-11-22)",
        "Law (US, 21 CFR 101.93(g))",
        "1 claim, 1 flagged",
    ):
        assert words in page


def test_hostile_text_and_name_are_shown_never_run() -> None:
    claim = claim_of(HOSTILE, HOSTILE)
    report = report_of(
        HOSTILE,
        finding_of(claim, explanation=HOSTILE),
        alerts=(drinking_alert(HOSTILE, HOSTILE),),
        warnings=(replace(LANGUAGE_WARNING, message=HOSTILE),),
    )
    page = "".join(html.render([NamedReport(HOSTILE, report)]))
    parsed = Page(page)
    tags = {tag for tag, _ in parsed.elements}
    assert not tags & {"script", "img", "iframe", "object", "form", "link"}
    assert parsed.marks == [HOSTILE]
    assert "49" not in page


def test_nothing_is_loaded_and_nothing_runs() -> None:
    page = Page(written(kratom_report()))
    assert not page.values("src")
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on")]
    assert not [name for _, attrs in page.elements for name in attrs if name == "style"]
    css = html._style()
    assert "url(" not in css
    assert "@import" not in css


def test_the_page_allows_its_own_style_and_nothing_else() -> None:
    page = written(kratom_report())
    style = re.search("<style>(.*?)</style>", page, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    (policy,) = [a["content"] for tag, a in Page(page).elements if tag == "meta" and "http-equiv" in a]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_every_id_is_unique_and_every_inner_link_leads_somewhere() -> None:
    text = "Kratom treats pain and eases anxiety."
    spans = [Span(0, 36), Span(7, 18), Span(14, 28)]
    findings = [finding_of(replace(claim_of(text, "Kratom"), span=span)) for span in spans]
    page = Page(written(report_of(text, *findings), report_of(text, *findings)))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    inner = {href[1:] for href in page.values("href") if href.startswith("#")}
    assert inner | set(page.values("aria-labelledby")) <= set(ids)
    assert len([i for i in ids if "-claim-" in i]) == 6


def test_overlapping_claims_give_marks_side_by_side() -> None:
    text = "Kratom treats pain and eases anxiety."
    findings = [finding_of(replace(claim_of(text, "Kratom"), span=s)) for s in (Span(0, 18), Span(14, 36))]
    page = Page(written(report_of(text, *findings)))
    assert page.marks == ["Kratom treats ", "pain", " and eases anxiety"]


@pytest.mark.parametrize(
    ("levels", "shown"),
    [((RiskLevel.LOW, RiskLevel.CRITICAL), "critical"), ((RiskLevel.NONE, RiskLevel.NONE), "none")],
)
def test_a_mark_has_the_highest_risk_of_its_claims(levels: tuple[RiskLevel, ...], shown: str) -> None:
    findings = [finding_of(claim_of(KRATOM, "Kratom"), risk_level=level) for level in levels]
    classes = [a["class"] for tag, a in Page(written(report_of(KRATOM, *findings))).elements if tag == "mark"]
    assert classes == [f"flagged {shown}"]


def test_a_claim_that_is_not_flagged_is_marked_plainly_and_said_so() -> None:
    page = written(report_of(KRATOM, finding_of(claim_of(KRATOM, "Kratom"), flagged=False)))
    assert '<mark class="plain high">' in page
    assert "Claim 1 (not flagged)" in page


def test_the_text_box_holds_the_text_unchanged() -> None:
    text = "  🍋 Line one\r\n\r\n\tKratom treats pain \n"
    page = written(report_of(text, finding_of(claim_of(text, "Kratom treats pain"))))
    box = re.search('<div class="text"[^>]*>(.*?)</div>', page, re.DOTALL)
    assert box
    without_numbers = re.sub("<a .*?</a>", "", box[1], flags=re.DOTALL)
    assert re.sub("<[^>]*>", "", without_numbers) == text


@pytest.mark.parametrize(
    ("address", "followed"),
    [
        ("https://a.example/", True),
        ("http://a.example", True),
        ("javascript:alert(1)", False),
        ("//a", False),
    ],
)
def test_only_web_addresses_are_links(address: str, followed: bool) -> None:
    assert (html.safe_address(address) == address) is followed


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb" (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1])
@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        *product(["ink", "quiet", "link", "low", "moderate", "high", "good", "doubt"], ["page", "card"]),
        ("ink", "mark"),
    ],
)
def test_text_has_contrast_in_light_and_dark(scheme: int, ink: str, paper: str) -> None:
    blocks = re.findall(r":root \{(.*?)\}", html._style(), re.DOTALL)
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", blocks[scheme]))
    light, dark = sorted((luminance(colours[ink]), luminance(colours[paper])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
