"""``claimcheck kb new``: the file it leaves, the steps it names, what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from claimcheck.cli.app import app
from tests.kb.support import write

NETTLE = ("nettle", "--name", "stinging nettle", "--kind", "herb")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write(tmp_path / "base")


def test_a_scaffold_and_the_next_steps(runner: CliRunner, base: Path) -> None:
    result = runner.invoke(app, ["kb", "new", *NETTLE, "--folder", str(base)])
    path = base / "monographs" / "nettle.yaml"
    assert result.exit_code == 0
    assert path.read_text(encoding="utf-8").count('name: "stinging nettle"') == 1
    first, *steps = result.stdout.splitlines()
    assert first == f"written: {path}"
    assert f"3. claimcheck kb validate {base}" in steps
    assert "4. claimcheck kb show nettle" in steps


def test_left_as_it_is_it_fails_validation(runner: CliRunner, base: Path) -> None:
    runner.invoke(app, ["kb", "new", *NETTLE, "--folder", str(base)])
    result = runner.invoke(app, ["kb", "validate", str(base)])
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0].endswith(": still to be filled in: aliases")
    assert result.stdout.count("nettle.yaml: line ") == len(result.stdout.splitlines()) == 12


def test_the_folder_of_a_checkout_is_taken_if_none_is_named(
    runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = write(tmp_path / "claimcheck" / "kb" / "data")
    monkeypatch.chdir(tmp_path)
    assert runner.invoke(app, ["kb", "new", *NETTLE]).exit_code == 0
    assert (base / "monographs" / "nettle.yaml").is_file()


def test_elsewhere_a_folder_must_be_named(
    runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package's own folder is never written to."""
    monkeypatch.chdir(tmp_path)
    result = runner.invoke(app, ["kb", "new", *NETTLE])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "claimcheck: no knowledge base in 'data'\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("Nettle", "--name", "nettle", "--kind", "herb"), "an id is lower-case words joined by hyphens"),
        (("nettle", "--name", " ", "--kind", "herb"), "a name is one line of 1 to 200 printable characters"),
        (("nettle", "--name", "ketum", "--kind", "herb"), "that id or name is a name of kratom already"),
        (("pain", "--name", "nettle", "--kind", "herb"), "that id is taken already"),
        (
            ("nettle", "--name", "nettle", "--kind", "symptom"),
            "a symptom is no monograph: enter it in a file of conditions/",
        ),
    ],
)
def test_what_is_refused(runner: CliRunner, base: Path, arguments: tuple[str, ...], message: str) -> None:
    result = runner.invoke(app, ["kb", "new", *arguments, "--folder", str(base)])
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"claimcheck: {message}\n")
    assert [path.name for path in (base / "monographs").iterdir()] == ["kratom.yaml"]


def test_a_file_is_never_overwritten(runner: CliRunner, base: Path) -> None:
    path = base / "monographs" / "kratom.yaml"
    before = path.read_bytes()
    arguments = ["kb", "new", "kratom", "--name", "kratom", "--kind", "herb", "--folder", str(base)]
    result = runner.invoke(app, arguments)
    assert result.exit_code == 2
    assert result.stderr.endswith("kratom.yaml: is there already\n")
    assert path.read_bytes() == before


@pytest.mark.parametrize("missing", ["--name", "--kind"])
def test_name_and_kind_are_needed(runner: CliRunner, base: Path, missing: str) -> None:
    options = {"--name": "nettle", "--kind": "herb", "--folder": str(base)}
    del options[missing]
    result = runner.invoke(app, ["kb", "new", "nettle", *(part for o in options.items() for part in o)])
    assert result.exit_code == 2
    assert missing in result.stderr
