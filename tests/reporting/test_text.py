"""Reports for a terminal."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from claimcheck.reporting import text as terminal_text
from claimcheck.reporting.printable import printable
from claimcheck.reporting.report import NamedReport, Report
from claimcheck.types import Assessment, Risk, RiskLevel
from tests.reporting.builders import (
    KRATOM,
    LANGUAGE_WARNING,
    claim_of,
    drinking_alert,
    finding_of,
    interaction,
    kratom_report,
    report_of,
)

EXPECTED = """\
article.txt

1. “Kratom potentiates antidepressants”
   kratom strengthens antidepressants (said as certain, asserted, source: the
   author)
   not supported (evidence: insufficient) | high risk: interaction
   The text says that kratom strengthens antidepressants. No trial has tested
   it.
   Law (US, 21 CFR 101.93(g)): A disease claim needs approval.
   · Kratom & mood: a review. Journal of Reviews, 2023-05 (read 2026-11-22)
     https://example.org/review?a=1&b=2
   · Notice on kratom. Food and Drug Administration, undated (read 2026-11-22)
     https://example.org/notice

1 claim, 1 flagged. Suggested action: review.

"""


def written(*reports: Report, width: int = 80, colour: bool = False) -> str:
    documents = [NamedReport("article.txt", report) for report in reports]
    return "".join(terminal_text.render(documents, width=width, colour=colour))


def test_a_whole_page() -> None:
    assert written(kratom_report()) == EXPECTED


def test_colour_adds_escape_codes_and_no_words() -> None:
    coloured = written(kratom_report(), colour=True)
    assert "\x1b[" in coloured
    lines = re.sub(r"\x1b\[[0-9;]*m", "", coloured).split("\n")
    assert [line.rstrip() for line in lines] == EXPECTED.split("\n")


@pytest.mark.parametrize("variable", ["NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"])
def test_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    plain, coloured = written(kratom_report()), written(kratom_report(), colour=True)
    monkeypatch.setenv(variable, "1")
    monkeypatch.setenv("COLUMNS", "30")
    assert (written(kratom_report()), written(kratom_report(), colour=True)) == (plain, coloured)


def test_lines_keep_to_the_width_except_addresses() -> None:
    lines = written(kratom_report(), width=30).splitlines()
    assert max(len(line) for line in lines if "https://" not in line) <= 30
    assert "     https://example.org/review?a=1&b=2" in lines


def test_several_texts_end_with_one_line_of_counts() -> None:
    last = written(kratom_report(), kratom_report()).splitlines()[-1]
    assert last == "2 texts: 2 claims, 2 flagged"


def test_alerts_and_warnings_are_shown() -> None:
    text = "Drink bleach daily."
    page = written(
        report_of(text, alerts=(drinking_alert(text, "Drink bleach"),), warnings=(LANGUAGE_WARNING,))
    )
    assert "! critical risk: toxicity “Drink bleach”\n   Swallowing bleach can kill.\n" in page
    assert "Note (unsupported_language): The text is not in English.\n" in page
    assert "0 claims, 0 flagged, 1 alert." in page


def test_several_risks_have_a_line_of_their_own_and_sources_are_counted() -> None:
    risks = (interaction(), interaction(code=Risk.TOXICITY), interaction(code=Risk.ILLEGAL_OR_RECALLED))
    page = written(report_of(KRATOM, finding_of(claim_of(KRATOM, "Kratom"), risks=risks)))
    assert "   not supported (evidence: insufficient) | high risk\n" in page
    assert "   Risks: interaction, toxicity, illegal or recalled\n" in page


def test_a_long_list_of_sources_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal_text, "_SOURCES", 1)
    page = written(kratom_report())
    assert page.count("https://") == 1
    assert "   · and 1 more source; the other formats list all\n" in page


@pytest.mark.parametrize("assessment", Assessment)
@pytest.mark.parametrize("level", RiskLevel)
def test_every_label_has_words_and_a_style(assessment: Assessment, level: RiskLevel) -> None:
    finding = finding_of(claim_of(KRATOM, "Kratom"), assessment=assessment, risk_level=level)
    assert " | " in written(report_of(KRATOM, finding), width=200, colour=False)
    assert "\x1b[" in written(report_of(KRATOM, finding), colour=True)


def test_a_text_cannot_steer_the_terminal() -> None:
    text = "Gin\x1b[2J\x9b31mger [bold]cures[/bold] :smile:\u202e\r\nflu\x07"
    claim = replace(claim_of(text, text), intervention=None)
    page = written(report_of(text, finding_of(claim)))
    assert "“Gin�[2J�31mger [bold]cures[/bold] :smile: flu�”" in page
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", page)


def test_printable_cuts_what_is_long() -> None:
    assert printable("a" * 401) == "a" * 399 + "…"
    assert printable("a" * 400) == "a" * 400
    assert printable("a\n\n b\ud800") == "a b�"
