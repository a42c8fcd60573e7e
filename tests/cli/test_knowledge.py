"""``claimcheck kb``."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from claimcheck.cli import knowledge
from claimcheck.cli.app import app
from claimcheck.cli.statistics import statistics
from claimcheck.kb.validate import Problem
from tests.reporting.builders import small_kb

pytestmark = pytest.mark.usefixtures("small_base")


def test_search_lists_concepts(runner: CliRunner) -> None:
    result = runner.invoke(app, ["kb", "search", "krat"])
    assert result.exit_code == 0
    assert "│ kratom │ kratom │ herb │ yes      │" in result.stdout


def test_search_as_json(runner: CliRunner) -> None:
    result = runner.invoke(app, ["kb", "search", "sertraline", "--format", "json"])
    (found,) = json.loads(result.stdout)["concepts"]
    assert (found["name"], found["reviewed"]) == ("sertraline", False)
    assert list(found) == ["id", "name", "kind", "aliases", "reviewed"]


def test_search_keeps_to_the_limit(runner: CliRunner) -> None:
    for options, number in ((["--limit", "1"], 1), ([], 2)):
        result = runner.invoke(app, ["kb", "search", "ser", "--format", "json", *options])
        assert len(json.loads(result.stdout)["concepts"]) == number


def test_search_without_a_match(runner: CliRunner) -> None:
    result = runner.invoke(app, ["kb", "search", "xyzzy"])
    assert (result.exit_code, result.stdout) == (0, "Nothing of that name.\n")


@pytest.mark.parametrize("name", ["kratom", "Kratom", "Mitragynine"])
def test_show_a_concept_by_id_name_or_alias(runner: CliRunner, name: str) -> None:
    result = runner.invoke(app, ["kb", "show", name])
    assert result.stdout == SHOWN
    assert result.exit_code == 0


SHOWN = """\
kratom  herb  (kratom)
Also called: mitragynine

Statements (2)
potentiates antidepressants: insufficient, grade very low, as of 2026-11
   No trial has tested kratom together with antidepressants.
   · Kratom & mood: a review. Journal of Reviews, 2023-05 (read 2026-11-22)
     https://example.org/review?a=1&b=2
treats depression: insufficient, grade low, as of 2026-11
   No trial shows that kratom treats depression.
   Holds for: Regular users only.
   · Kratom & mood: a review. Journal of Reviews, 2023-05 (read 2026-11-22)
     https://example.org/review?a=1&b=2
   · Notice on kratom. Food and Drug Administration, undated (read 2026-11-22;
   not opened)
     https://example.org/notice

Risks (2)
interaction: high
   Serotonin may rise too far.
   Concerns: antidepressants
   · Notice on kratom. Food and Drug Administration, undated (read 2026-11-22;
   not opened)
     https://example.org/notice
dosage: moderate
   Large amounts cause seizures.
   Above 5000 mg a day
   · Notice on kratom. Food and Drug Administration, undated (read 2026-11-22;
   not opened)
     https://example.org/notice
"""


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        (
            "depression",
            ["Effective treatments: antidepressants", "A serious condition: its treatment must not be left."],
        ),
        (
            "antidepressants",
            ["Includes: sertraline", "Prescribed for: depression", "Dangerous to stop without a doctor."],
        ),
        ("sertraline", ["Known by name only: nobody has reviewed it.", "Belongs to: antidepressants"]),
    ],
)
def test_show_says_what_a_reader_must_know(runner: CliRunner, name: str, lines: list[str]) -> None:
    shown = runner.invoke(app, ["kb", "show", name]).stdout.splitlines()
    assert [line for line in lines if line not in shown] == []


def test_show_as_json(runner: CliRunner) -> None:
    page = json.loads(runner.invoke(app, ["kb", "show", "kratom", "--format", "json"]).stdout)
    assert [s["target"]["id"] for s in page["statements"]] == ["antidepressants", "depression"]
    assert [r["max_daily_mg"] for r in page["risks"]] == [None, 5000.0]
    assert page["risks"][0]["interacts_with"] == [
        {"id": "antidepressants", "name": "antidepressants", "kind": "drug_class"}
    ]
    assert [d["checked"] for d in page["statements"][1]["references"]] == [True, False]


@pytest.mark.parametrize(
    ("name", "message"),
    [("krat", "no concept of that name; nearest: kratom"), ("xyzzy", "no concept of that name")],
)
def test_show_of_nothing_known(runner: CliRunner, name: str, message: str) -> None:
    result = runner.invoke(app, ["kb", "show", name])
    assert (result.exit_code, result.stderr) == (2, f"claimcheck: {message}\n")


def test_figures() -> None:
    figures = statistics(small_kb(), today=date(2026, 11, 22))
    assert figures["interventions"] == {"reviewed": 1, "names_only": 1}
    assert figures["conditions"] == {"reviewed": 1, "names_only": 0}
    assert figures["classes"] == {"reviewed": 1, "names_only": 0}
    assert figures["statements"] == {
        "reviewed": 2,
        "generated": 1,
        "by_evidence": {
            "supported": 0,
            "limited": 0,
            "mixed": 0,
            "insufficient": 2,
            "refuted": 0,
            "unknown": 0,
        },
        "by_grade": {"very_low": 1, "low": 1, "moderate": 0, "high": 0},
    }
    assert {code: n for code, n in figures["risks"].items() if n} == {"interaction": 1, "dosage": 1}
    assert len(figures["risks"]) == 12
    assert (figures["principles"], figures["regulations"]) == (1, 0)
    assert figures["references"] == {
        "total": 2,
        "share_checked": 0.5,
        "by_publisher": {"Food and Drug Administration": 1, "Journal of Reviews": 1},
        "by_kind": {"regulator": 1, "systematic_review": 1},
        "by_age": {
            "up to 1 year": 0,
            "2 to 3 years": 1,
            "4 to 5 years": 0,
            "6 to 10 years": 0,
            "older": 0,
            "undated": 1,
        },
    }


@pytest.mark.parametrize(
    ("year", "age"),
    [
        (2023, "up to 1 year"),
        (2024, "up to 1 year"),
        (2025, "2 to 3 years"),
        (2027, "4 to 5 years"),
        (2029, "6 to 10 years"),
        (2033, "6 to 10 years"),
        (2034, "older"),
    ],
)
def test_age_is_counted_in_years_from_publication(year: int, age: str) -> None:
    by_age = statistics(small_kb(), today=date(year, 1, 1))["references"]["by_age"]
    assert by_age[age] == 1


def test_stats_as_tables_and_as_json(runner: CliRunner) -> None:
    shown = runner.invoke(app, ["kb", "stats"]).stdout
    assert "2 references, 50% opened by somebody" in shown
    assert "│ interventions │        1 │          1 │" in shown
    figures = json.loads(runner.invoke(app, ["kb", "stats", "--format", "json"]).stdout)
    assert figures == statistics(small_kb(), today=date.today())


def test_validate_without_problems(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[Path] = []

    def no_problems(directory: Path) -> list[Problem]:
        asked.append(directory)
        return []

    monkeypatch.setattr(knowledge, "problems_of", no_problems)
    result = runner.invoke(app, ["kb", "validate", str(tmp_path)])
    assert (result.exit_code, result.stdout, asked) == (0, "no problem found\n", [tmp_path])


def test_validate_names_each_problem(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    problem = Problem("kratom.yaml", "treats pain", "no reference")
    monkeypatch.setattr(knowledge, "problems_of", lambda _: [problem, problem])
    result = runner.invoke(app, ["kb", "validate", str(tmp_path)])
    assert result.exit_code == 1
    assert result.stdout == "kratom.yaml: treats pain: no reference\n" * 2
    assert result.stderr == "claimcheck: 2 problems\n"


def test_validate_reads_a_real_folder(runner: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "meta.yaml").write_text("colour: red\n")
    result = runner.invoke(app, ["kb", "validate", str(tmp_path)])
    assert result.exit_code == 1
    assert "meta.yaml" in result.stdout


def test_validate_of_no_folder(runner: CliRunner, tmp_path: Path) -> None:
    result = runner.invoke(app, ["kb", "validate", str(tmp_path / "none")])
    assert result.exit_code == 2
    assert result.stderr.endswith("none: no such folder\n")
