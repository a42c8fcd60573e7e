"""``claimcheck admin``."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from claimcheck.cli import admin
from claimcheck.cli.app import app


@pytest.fixture(autouse=True)
def own_database(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test touches the user's own database."""
    monkeypatch.setenv("CLAIMCHECK_DATABASE_URL", sqlite_url)


def test_accounts(runner: CliRunner) -> None:
    made = runner.invoke(app, ["admin", "users", "create", "Ada", "--role", "admin"])
    assert (made.exit_code, made.stderr) == (0, "password of ada, shown this once:\n")
    assert re.fullmatch(r"[\w-]{20}\n", made.stdout)
    assert runner.invoke(app, ["admin", "users", "create", "grace"]).exit_code == 0
    assert runner.invoke(app, ["admin", "users", "role", "grace", "reader"]).exit_code == 0
    assert runner.invoke(app, ["admin", "users", "deactivate", "grace"]).exit_code == 0
    listed = runner.invoke(app, ["admin", "users", "list"]).stdout.splitlines()
    assert [line.split()[:3] for line in listed[1:]] == [
        ["ada", "admin", "must"],
        ["grace", "reader", "closed"],
    ]
    assert runner.invoke(app, ["admin", "users", "reactivate", "grace"]).exit_code == 0
    assert runner.invoke(app, ["admin", "users", "reset", "grace"]).stdout != made.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["users", "role", "nobody", "lead"], "claimcheck: there is no account of this name\n"),
        (["users", "create", "ada", "--role", "god"], "claimcheck: a role is one of reader, "),
        (["users", "create", "a b"], "claimcheck: name: 2 to 80 signs"),
        (["keys", "create", "bot", "--scope", "god"], "claimcheck: a scope is one of score, review, admin\n"),
        (["keys", "revoke", "nothing"], "claimcheck: there is no key of this id"),
    ],
)
def test_wrong_use_is_one_line(runner: CliRunner, arguments: list[str], message: str) -> None:
    result = runner.invoke(app, ["admin", *arguments])
    assert (result.exit_code, result.stderr.startswith(message)) == (2, True), result.stderr
    assert result.stderr.count("\n") == 1


def test_keys(runner: CliRunner) -> None:
    made = runner.invoke(app, ["admin", "keys", "create", "bot", "--scope", "review", "--days", "9"])
    assert re.fullmatch(r"cck_[\w-]{43}\n", made.stdout)
    listed = runner.invoke(app, ["admin", "keys", "list"]).stdout
    key_id = listed.splitlines()[1].split()[0]
    rotated = runner.invoke(app, ["admin", "keys", "rotate", key_id, "--overlap-hours", "1"])
    assert re.fullmatch(r"cck_[\w-]{43}\n", rotated.stdout)
    assert runner.invoke(app, ["admin", "keys", "revoke", key_id]).exit_code == 0
    states = [
        line.split()[4] for line in runner.invoke(app, ["admin", "keys", "list"]).stdout.splitlines()[1:]
    ]
    assert sorted(states) == ["no", "yes"]


def test_going_back_is_asked_for(runner: CliRunner) -> None:
    runner.invoke(app, ["admin", "users", "create", "ada"])
    refused = runner.invoke(app, ["admin", "migrate", "--to", "base"], input="n\n")
    assert refused.exit_code == 1
    assert "ada" in runner.invoke(app, ["admin", "users", "list"]).stdout
    done = runner.invoke(app, ["admin", "migrate", "--to", "base", "--yes"])
    assert re.fullmatch(r"\w+ -> empty\n", done.stdout)
    assert re.fullmatch(r"empty -> \w+\n", runner.invoke(app, ["admin", "migrate"]).stdout)
    assert "ada" not in runner.invoke(app, ["admin", "users", "list"]).stdout


def test_purge_backup_export(runner: CliRunner, tmp_path: Path) -> None:
    assert "decided items: 0 deleted\n" in runner.invoke(app, ["admin", "purge"]).stdout
    copy = tmp_path / "copy.db"
    assert runner.invoke(app, ["admin", "backup", str(copy)]).stdout == f"written and checked: {copy}\n"
    assert runner.invoke(app, ["admin", "backup", str(copy)]).exit_code == 2
    to_screen = runner.invoke(app, ["admin", "export"]).stdout
    done = sorted(json.loads(line)["row"]["action"] for line in to_screen.splitlines())
    assert done == ["backup.exported", "everything.exported", "retention.purged"]
    file = tmp_path / "all.ndjson"
    assert runner.invoke(app, ["admin", "export", str(file)]).exit_code == 0
    # Each export leaves its own line in the audit.
    assert set(file.read_text("utf-8").splitlines()) > set(to_screen.splitlines())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert runner.invoke(app, ["admin", "export", str(file)]).exit_code == 2


@pytest.mark.parametrize("missing", ["sqlalchemy", "argon2", "api"])
def test_without_the_extra_the_message_says_how_to_install_it(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setattr(admin, "find_spec", lambda module: None if module == missing else object())
    result = runner.invoke(app, ["admin", "users", "list"])
    assert (result.exit_code, result.stderr) == (
        2,
        "claimcheck: this needs the extra 'api': pip install 'claimcheck-health[api]'\n",
    )


def test_a_wrong_setting_is_wrong_use(runner: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAIMCHECK_DATABASE_URL", "mysql://ada:geheim@db/claims")
    result = runner.invoke(app, ["admin", "users", "list"])
    assert result.exit_code == 2
    assert "database_url must begin with" in result.stderr
    assert "geheim" not in result.stderr
