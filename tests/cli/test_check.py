"""``claimcheck check``."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from typer.testing import CliRunner

from claimcheck.cli import check, loading
from claimcheck.cli.app import app
from claimcheck.cli.inputs import MAXIMUM_BYTES
from claimcheck.errors import ConfigError
from tests.cli.fakes import FakeChecker

pytestmark = pytest.mark.usefixtures("checker")

FLAGGED, PLAIN, SECRET = "try kratom now", "drink water", "a secret remark"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a text that is flagged, one that is not, and one that is no text."""
    (tmp_path / "flagged.txt").write_text(FLAGGED)
    (tmp_path / "plain.txt").write_text(PLAIN)
    (tmp_path / "binary.dat").write_bytes(SECRET.encode() + b"\xff\xfe\x00")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("files", "status"),
    [
        (["plain.txt"], 0),
        (["flagged.txt"], 1),
        (["plain.txt", "flagged.txt"], 1),
        (["flagged.txt", "plain.txt"], 1),
        (["binary.dat"], 2),
        (["flagged.txt", "binary.dat"], 2),
        (["plain.txt", "missing.txt"], 2),
    ],
)
def test_exit_status(runner: CliRunner, files: list[str], status: int) -> None:
    assert runner.invoke(app, ["check", *files]).exit_code == status


@pytest.mark.usefixtures("folder")
def test_others_are_reported_where_one_is_unreadable(runner: CliRunner) -> None:
    result = runner.invoke(
        app, ["check", "missing.txt", "flagged.txt", "binary.dat", "plain.txt", "--format", "jsonl"]
    )
    assert [json.loads(line)["file"] for line in result.stdout.splitlines()] == ["flagged.txt", "plain.txt"]
    assert result.stderr.splitlines() == [
        "claimcheck: missing.txt: cannot be read: No such file or directory",
        "claimcheck: binary.dat: is not text: not UTF-8 at byte 15",
    ]
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff" + SECRET.encode(), "is not text: not UTF-8 at byte 0"),
        (b"a\0" + SECRET.encode(), "is not text: it holds NUL characters"),
        (b"", "there is nothing to read"),
        (b"a" * (MAXIMUM_BYTES + 1), "is longer than 1,000,000 bytes"),
    ],
)
def test_an_unreadable_file_is_named_with_the_reason_on_one_line(
    runner: CliRunner, folder: Path, data: bytes, reason: str
) -> None:
    (folder / "input.txt").write_bytes(data)
    result = runner.invoke(app, ["check", "input.txt"])
    assert (result.stdout, result.stderr) == ("", f"claimcheck: input.txt: {reason}\n")
    assert SECRET not in result.output


def test_a_folder_is_refused(runner: CliRunner, folder: Path) -> None:
    (folder / "inner").mkdir()
    result = runner.invoke(app, ["check", "inner"])
    assert (result.exit_code, result.stderr) == (2, "claimcheck: inner: is a directory, not a file\n")


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_standard_input(runner: CliRunner, arguments: list[str]) -> None:
    result = runner.invoke(app, ["check", *arguments], input=FLAGGED)
    assert result.exit_code == 1
    assert result.stdout.startswith("stdin\n\n1. “kratom”\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["-", "-"],
        ["--format", "xml"],
        ["--min-probability", "1.1"],
        ["--min-probability", "nan"],
        ["--jurisdiction", "fr"],
        ["--no-such-option"],
    ],
)
def test_wrong_use(runner: CliRunner, arguments: list[str]) -> None:
    result = runner.invoke(app, ["check", *arguments], input=FLAGGED)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr


def test_options_reach_the_checker(runner: CliRunner, checker: FakeChecker) -> None:
    runner.invoke(app, ["check", "-"], input=FLAGGED)
    options = ["--jurisdiction", "eu", "--jurisdiction", "uk", "--min-probability", "0.25"]
    runner.invoke(app, ["check", "-", *options], input=FLAGGED)
    assert checker.calls == [(("us",), None), (("eu", "uk"), 0.25)]


def test_the_policy_reaches_the_loader(runner: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path | None] = []

    def get_checker(*, policy: Path | None = None) -> FakeChecker:
        asked.append(policy)
        return FakeChecker()

    monkeypatch.setattr(loading, "get_checker", get_checker)
    runner.invoke(app, ["check", "-"], input=PLAIN)
    runner.invoke(app, ["check", "-", "--policy", "team.toml"], input=PLAIN)
    assert asked == [None, Path("team.toml")]


def test_a_bad_policy_is_wrong_use(runner: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    def get_checker(*, policy: Path | None = None) -> FakeChecker:
        raise ConfigError(f"{policy}: unknown key 'colour'")

    monkeypatch.setattr(loading, "get_checker", get_checker)
    result = runner.invoke(app, ["check", "-", "--policy", "team.toml"], input=PLAIN)
    assert (result.exit_code, result.stderr) == (2, "claimcheck: team.toml: unknown key 'colour'\n")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("chosen", "begins"),
    [
        ("text", "flagged.txt\n"),
        ("json", '{\n  "report_version": "1",'),
        ("jsonl", '{"file":"flagged.txt","report_version":"1"'),
        ("html", "<!doctype html>\n"),
        ("sarif", '{\n  "$schema": '),
        ("csv", "file,row,claim_id,"),
    ],
)
def test_each_format(runner: CliRunner, chosen: str, begins: str) -> None:
    result = runner.invoke(app, ["check", "flagged.txt", "--format", chosen])
    assert result.stdout.startswith(begins)
    assert result.exit_code == 1


def test_every_format_is_tested_above() -> None:
    assert set(check.Format) == {"text", "json", "jsonl", "html", "sarif", "csv"}


@pytest.mark.usefixtures("folder")
def test_json_of_several_files_is_an_array(runner: CliRunner) -> None:
    result = runner.invoke(app, ["check", "flagged.txt", "missing.txt", "--format", "json"])
    assert [item["file"] for item in json.loads(result.stdout)] == ["flagged.txt"]


def test_the_report_is_written_to_a_file(runner: CliRunner, folder: Path) -> None:
    result = runner.invoke(app, ["check", "flagged.txt", "--format", "csv", "--output", "claims.csv"])
    assert (result.stdout, result.exit_code) == ("", 1)
    rows = list(csv.DictReader(StringIO((folder / "claims.csv").read_bytes().decode(), newline="")))
    assert [row["exact"] for row in rows] == ["kratom"]


def test_a_file_keeps_its_content_where_nothing_could_be_read(runner: CliRunner, folder: Path) -> None:
    (folder / "old.json").write_text("old")
    result = runner.invoke(app, ["check", "missing.txt", "--output", "old.json"])
    assert ((folder / "old.json").read_text(), result.exit_code) == ("old", 2)


def test_an_input_is_never_overwritten(runner: CliRunner, folder: Path) -> None:
    result = runner.invoke(app, ["check", "plain.txt", "--output", "./plain.txt"])
    assert (folder / "plain.txt").read_text() == PLAIN
    assert (result.exit_code, result.stderr) == (2, "claimcheck: plain.txt: is both input and output\n")


@pytest.mark.usefixtures("folder")
def test_an_output_that_cannot_be_written(runner: CliRunner) -> None:
    result = runner.invoke(app, ["check", "plain.txt", "--output", "no/such/folder.txt"])
    assert result.exit_code == 2
    assert result.stderr == "claimcheck: no/such/folder.txt: cannot be written: No such file or directory\n"


def test_a_file_name_cannot_steer_the_terminal(runner: CliRunner, folder: Path) -> None:
    name = "evil\x1b[2J\n.txt"
    (folder / name).write_text(FLAGGED)
    result = runner.invoke(app, ["check", name, f"missing {name}"])
    assert result.stdout.startswith("evil�[2J .txt\n")
    assert result.stderr == ("claimcheck: missing evil�[2J .txt: cannot be read: No such file or directory\n")
