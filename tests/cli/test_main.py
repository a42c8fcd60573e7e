"""The program as a whole: start-up, help, pipes, unforeseen errors, documentation."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import claimcheck.cli
from claimcheck.cli import loading
from claimcheck.cli.app import app
from tests.cli.fakes import FakeChecker

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")


def commands_of(command: Any, names: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401 -- the library under typer has no public types
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands_of(inner, (*names, name))
    if names and not getattr(command, "commands", {}):
        yield names, command


COMMANDS = dict(commands_of(typer.main.get_command(app)))


def section_of(names: tuple[str, ...]) -> str:
    """Return the part of the page under the heading of a command."""
    found = re.search(
        rf"^## `claimcheck {' '.join(names)}`\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE
    )
    assert found, f"docs/cli.md has no section on {' '.join(names)}"
    return found[1]


def test_the_commands_are_these() -> None:
    assert {" ".join(names) for names in COMMANDS} == {
        "check",
        "bulk",
        "worker",
        "admin users create",
        "admin users list",
        "admin users role",
        "admin users reset",
        "admin users deactivate",
        "admin users reactivate",
        "admin keys create",
        "admin keys list",
        "admin keys rotate",
        "admin keys revoke",
        "admin migrate",
        "admin purge",
        "admin backup",
        "admin export",
        "serve",
        "info",
        "kb search",
        "kb show",
        "kb validate",
        "kb stats",
        "kb diff",
        "kb new",
    }


@pytest.mark.parametrize("names", COMMANDS)
def test_every_command_and_option_is_documented(names: tuple[str, ...]) -> None:
    section = section_of(names)
    for parameter in COMMANDS[names].params:
        if parameter.name == "help":
            continue
        shown = parameter.opts if parameter.param_type_name == "option" else [parameter.name.upper()]
        missing = [option for option in shown if f"`{option}" not in section]
        assert not missing, f"docs/cli.md, {' '.join(names)}: {missing}"


def test_the_page_documents_nothing_that_does_not_exist() -> None:
    headings = re.findall(r"^## `claimcheck (.*)`$", PAGE, re.MULTILINE)
    assert sorted(headings) == sorted(" ".join(names) for names in COMMANDS)
    for names, command in COMMANDS.items():
        options = {option for p in command.params for option in (*p.opts, *p.secondary_opts)}
        written = set(re.findall(r"^\| `(--[a-z-]+)", section_of(names), re.MULTILINE))
        assert written <= options


@pytest.mark.parametrize("names", [(), ("kb",), *COMMANDS])
def test_help(runner: CliRunner, names: tuple[str, ...]) -> None:
    result = runner.invoke(app, [*names, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def run(*arguments: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "claimcheck.cli", *arguments],
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        timeout=60,
        check=False,
    )


def test_help_waits_for_no_model() -> None:
    script = (
        "import sys; sys.argv = ['claimcheck', '--help']\n"
        "from claimcheck.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "slow = {'spacy', 'sklearn', 'numpy', 'trafilatura', 'fastapi', 'uvicorn', 'pydantic'}\n"
        "sys.exit(','.join(sorted(slow & set(sys.modules))) or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, cwd=ROOT, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_unreadable_input_fails_before_anything_is_loaded() -> None:
    done = run("check", "no such file.txt")
    assert done.returncode == 2
    assert done.stderr == b"claimcheck: no such file.txt: cannot be read: No such file or directory\n"


def test_output_is_utf8_whatever_the_terminal_says() -> None:
    done = run("kb", "search", "xyzzy", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout) == (0, b"Nothing of that name.\n")
    shown = run("kb", "show", "kratom", PYTHONIOENCODING="ascii")
    assert (shown.returncode, shown.stderr) == (0, b"")
    assert "· ".encode() in shown.stdout


@pytest.mark.parametrize("arguments", ["kb show kratom", "kb show kratom --format json"])
def test_a_reader_that_stops_early_is_no_error(arguments: str) -> None:
    # "true" is gone long before the first line is written.
    command = f"{sys.executable} -m claimcheck.cli {arguments} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, cwd=ROOT, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_unforeseen_error_shows_its_type_and_no_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken(FakeChecker):
        def check(self, text: str, **options: object) -> Any:  # noqa: ANN401, ARG002
            raise KeyError(text)

    monkeypatch.setattr(loading, "get_checker", lambda **_: Broken())
    monkeypatch.setattr(sys, "argv", ["claimcheck", "check", str(ROOT / "pyproject.toml")])
    with pytest.raises(SystemExit) as stop:
        claimcheck.cli.main()
    assert stop.value.code == 2
    message = capsys.readouterr().err
    assert message == "claimcheck: internal error (KeyError); CLAIMCHECK_DEBUG=1 shows where it arose\n"
    monkeypatch.setenv("CLAIMCHECK_DEBUG", "1")
    with pytest.raises(KeyError):
        claimcheck.cli.main()
