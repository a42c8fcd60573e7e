"""What the documents show is run: Python blocks are executed, shell lines name commands that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pytest_examples import CodeExample, EvalExample, find_examples
from typer.testing import CliRunner

from claimcheck.cli.app import app

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("docs/how-to/*.md")])
SHELL = re.compile(r"^\.venv/bin/claimcheck ([a-z]+)", re.MULTILINE)


@pytest.mark.parametrize("example", list(find_examples(*map(str, PAGES))), ids=str)
def test_a_python_block_runs(example: CodeExample, eval_example: EvalExample) -> None:
    if example.prefix not in ("python", "py"):
        pytest.fail(f"unexpected block {example.prefix!r}")
    eval_example.run(example)


def test_the_readme_has_a_python_block() -> None:
    assert list(find_examples(str(ROOT / "README.md")))


def shown_commands() -> list[str]:
    return sorted({name for page in PAGES for name in SHELL.findall(page.read_text(encoding="utf-8"))})


def test_the_pages_show_commands() -> None:
    assert "check" in shown_commands()


@pytest.mark.parametrize("name", shown_commands())
def test_a_shown_command_exists(name: str) -> None:
    assert CliRunner().invoke(app, [name, "--help"]).exit_code == 0
