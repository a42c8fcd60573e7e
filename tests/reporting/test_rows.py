"""Reports as lines and rows: CSV, JSON lines, JSON."""

from __future__ import annotations

import csv
import json
from io import StringIO

import pytest

from claimcheck.reporting import csv as claim_csv
from claimcheck.reporting import json as claim_json
from claimcheck.reporting import jsonl
from claimcheck.reporting.report import NamedReport, Report
from tests.reporting.builders import KRATOM, claim_of, drinking_alert, finding_of, kratom_report, report_of


def documents(*reports: Report) -> list[NamedReport]:
    return [NamedReport(f"{number}.txt", report) for number, report in enumerate(reports)]


def rows_of(*reports: Report) -> list[dict[str, str]]:
    written = "".join(claim_csv.render(documents(*reports)))
    return list(csv.DictReader(StringIO(written, newline="")))


def test_one_row_a_claim() -> None:
    (row,) = rows_of(kratom_report())
    assert tuple(row) == claim_csv.COLUMNS
    assert row == {
        "file": "0.txt",
        "row": "claim",
        "claim_id": "c-0-34",
        "start": "0",
        "end": "34",
        "start_utf16": "0",
        "end_utf16": "34",
        "exact": "Kratom potentiates antidepressants",
        "relation": "potentiates",
        "intervention": "Kratom",
        "intervention_concept": "kratom",
        "target": "antidepressants",
        "target_concept": "antidepressants",
        "polarity": "affirmed",
        "certainty": "certain",
        "stance": "asserted",
        "source": "author",
        "probability": "0.97",
        "evidence": "insufficient",
        "basis": "pair",
        "assessment": "unsupported",
        "risk_level": "high",
        "risk_codes": "interaction",
        "flagged": "true",
        "priority": "0.94",
        "explanation": "The text says that kratom strengthens antidepressants. No trial has tested it.",
        "references": "https://example.org/review?a=1&b=2 https://example.org/notice",
    }


def test_alerts_have_rows_of_their_own() -> None:
    text = "Drink bleach."
    (row,) = rows_of(report_of(text, alerts=(drinking_alert(text, "bleach"),)))
    assert (row["row"], row["exact"], row["risk_level"]) == ("alert", "bleach", "critical")
    assert (row["claim_id"], row["flagged"], row["relation"]) == ("", "", "")


def test_no_text_gives_the_header_alone() -> None:
    assert "".join(claim_csv.render([])) == ",".join(claim_csv.COLUMNS) + "\r\n"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_a_spreadsheet_would_run_is_quoted(start: str) -> None:
    text = f"{start}HYPERLINK(1) cures flu"
    (row,) = rows_of(report_of(text, finding_of(claim_of(text, text))))
    assert row["exact"] == f"'{text}"


@pytest.mark.parametrize("cell", ["plain", "a=b", " =x", "", "'=x", "1"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert claim_csv.guarded(cell) == cell


def test_a_file_name_is_guarded_too() -> None:
    written = "".join(claim_csv.render([NamedReport("=cmd.txt", kratom_report())]))
    assert "\r\n'=cmd.txt,claim," in written


def test_commas_quotes_and_line_ends_survive() -> None:
    text = 'Say "ginger, \r\nlemon" cures\nflu'
    (row,) = rows_of(report_of(text, finding_of(claim_of(text, text))))
    assert row["exact"] == text


def test_jsonl_is_one_compact_report_a_line() -> None:
    lines = "".join(jsonl.render(documents(kratom_report(), report_of(KRATOM)))).splitlines()
    assert [json.loads(line) for line in lines] == [
        {"file": "0.txt", **kratom_report().to_dict()},
        {"file": "1.txt", **report_of(KRATOM).to_dict()},
    ]
    assert lines[0].startswith('{"file":"0.txt","report_version":"1",')


def test_json_of_one_text_is_the_report_itself() -> None:
    written = "".join(claim_json.render(documents(kratom_report())))
    assert written == kratom_report().to_json(indent=2) + "\n"


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_json_of_several_texts_is_an_array_that_names_files(number: int) -> None:
    reports = [kratom_report()] * number
    written = json.loads("".join(claim_json.render(documents(*reports), several=True)))
    assert written == [{"file": f"{n}.txt", **r.to_dict()} for n, r in enumerate(reports)]
