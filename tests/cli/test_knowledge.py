"""``claimcheck kb``."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from claimcheck.cli import knowledge, loading
from claimcheck.cli.app import app
from claimcheck.kb.statistics import statistics
from claimcheck.kb.store import KnowledgeBase
from claimcheck.kb.validate import Problem
from tests.kb.support import small_sources
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

Evidence: insufficient (2)
potentiates antidepressants: grade very low, as of 2026-11
   No trial has tested kratom together with antidepressants.
   · Kratom & mood: a review. Journal of Reviews, 2023-05 (read 2026-11-22)
     https://example.org/review?a=1&b=2
treats depression: grade low, as of 2026-11
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


def test_show_groups_statements_by_evidence(runner: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    found = small_sources()
    found.monographs[0].statements.reverse()
    monkeypatch.setattr(loading, "get_knowledge_base", lambda: KnowledgeBase.build(found))
    shown = runner.invoke(app, ["kb", "show", "kratom"]).stdout.splitlines()
    told = ("Evidence:", "treats", "potentiates", "is safe", "harms")
    assert [line for line in shown if line.startswith(told)] == [
        "Evidence: supported (1)",
        "harms pain: grade low, as of 2026-11",
        "Evidence: insufficient (2)",
        "potentiates SSRIs: grade low, as of 2026-11",
        "treats depression: grade low, as of 2026-11",
        "Evidence: refuted (1)",
        "is safe (any target): grade low, as of 2026-11",
    ]


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


def test_stats_as_tables_and_as_json(runner: CliRunner) -> None:
    shown = runner.invoke(app, ["kb", "stats"]).stdout
    assert "2 references, 50% opened by somebody" in shown
    assert "│ interventions │        1 │          1 │" in shown
    figures = json.loads(runner.invoke(app, ["kb", "stats", "--format", "json"]).stdout)
    assert figures == statistics(small_kb(), today=date.today())


def test_stats_as_a_page(runner: CliRunner, tmp_path: Path) -> None:
    result = runner.invoke(app, ["kb", "stats", "--html", str(tmp_path / "page.html")])
    assert (result.exit_code, result.stdout) == (0, f"written: {tmp_path / 'page.html'}\n")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert small_kb().version in page


def test_stats_are_written_in_one_way_at_a_time(runner: CliRunner, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    result = runner.invoke(app, ["kb", "stats", "--html", str(page), "--format", "json"])
    assert (result.exit_code, result.stdout, page.exists()) == (2, "", False)
    assert result.stderr.startswith("claimcheck: --html and --format json")


def test_stats_that_cannot_be_written(runner: CliRunner, tmp_path: Path) -> None:
    result = runner.invoke(app, ["kb", "stats", "--html", str(tmp_path / "none" / "page.html")])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith("page.html: cannot be written: No such file or directory\n")


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
