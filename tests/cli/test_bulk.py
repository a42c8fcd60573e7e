"""``claimcheck bulk``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from claimcheck.cli import bulk
from claimcheck.cli.app import app
from tests.cli.fakes import FakeChecker

pytestmark = pytest.mark.usefixtures("checker")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text('{"id": "a", "text": "Kratom treats pain."}\n{"id": "b", "text": ""}\n')
    return path


def test_rows_in_rows_out(runner: CliRunner, source: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    source.write_text('{"id": "a", "text": "Kratom treats pain."}\n')
    result = runner.invoke(app, ["bulk", str(source), str(output), "--workers", "0"])
    assert result.exit_code == 0, result.stderr
    (row,) = [json.loads(line) for line in output.read_text().splitlines()]
    assert (row["id"], row["row"]) == ("a", 0)
    assert row["report"]["report_version"] == "1"
    assert "1 rows written, 0 set aside" in result.stderr


def test_a_bad_row_gives_status_1_and_its_place(runner: CliRunner, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("id,text\na,Kratom treats pain.\nb\n")
    output = tmp_path / "out.csv"
    result = runner.invoke(app, ["bulk", str(source), str(output), "--workers", "0"])
    assert result.exit_code == 1
    assert str(tmp_path / "out.csv.bad.jsonl") in result.stderr


def test_options_reach_the_checker(
    runner: CliRunner, source: Path, tmp_path: Path, checker: FakeChecker
) -> None:
    arguments = ["bulk", str(source), str(tmp_path / "out.parquet"), "--workers", "0", "--scores-only"]
    runner.invoke(app, [*arguments, "--jurisdiction", "eu", "--min-probability", "0.7"])
    assert set(checker.calls) == {(("eu",), 0.7)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.jsonl", "out.jsonl"], "no such file"),
        (["in.jsonl", "in.jsonl"], "overwrite the input"),
        (["in.jsonl", "out.txt"], "must end in"),
        (["in.jsonl", "none/out.jsonl"], "no such folder"),
        (["in.jsonl", "out.jsonl", "--input-format", "xml"], "jsonl, csv or parquet"),
    ],
)
def test_wrong_use(
    runner: CliRunner,
    source: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(source.parent)
    result = runner.invoke(app, ["bulk", *arguments, "--workers", "0"])
    assert result.exit_code == 2
    assert message in result.stderr


def test_without_its_extra_it_says_what_to_install(
    runner: CliRunner, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "find_spec", lambda _: None)
    result = runner.invoke(app, ["bulk", str(source), str(tmp_path / "out.jsonl")])
    assert result.exit_code == 2
    assert "claimcheck-health[bulk]" in result.stderr
