"""``claimcheck serve``."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from claimcheck.cli import serve
from claimcheck.cli.app import app
from claimcheck.errors import ConfigError


class FakeServer:
    """Stands for uvicorn; remembers what it was asked to run."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.error = error

    def run(self, application: str, **options: object) -> None:
        self.asked.append((application, options))
        if self.error:
            raise self.error


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    fake = FakeServer()
    monkeypatch.setattr(serve, "import_module", lambda _: fake)
    monkeypatch.setattr(serve, "find_spec", lambda _: object())
    return fake


def test_defaults_stay_on_this_machine(runner: CliRunner, server: FakeServer) -> None:
    result = runner.invoke(app, ["serve"])
    assert (result.exit_code, result.stderr) == (0, "")
    options = {"factory": True, "host": "127.0.0.1", "port": 8000, "reload": False, "access_log": False}
    assert server.asked == [("api.main:create_app", options)]


def test_other_machines_are_warned_of(runner: CliRunner, server: FakeServer) -> None:
    result = runner.invoke(app, ["serve", "--host", "0.0.0.0", "--port", "9000", "--reload"])
    assert result.stderr.startswith("claimcheck: warning: at 0.0.0.0 other machines can reach this server")
    (_, options) = server.asked[0]
    assert (options["host"], options["port"], options["reload"]) == ("0.0.0.0", 9000, True)


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_an_impossible_port_is_wrong_use(runner: CliRunner, server: FakeServer, port: str) -> None:
    assert runner.invoke(app, ["serve", "--port", port]).exit_code == 2
    assert server.asked == []


@pytest.mark.parametrize("missing", ["uvicorn", "fastapi", "api"])
def test_without_the_extra_the_message_says_how_to_install_it(
    runner: CliRunner, server: FakeServer, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setattr(serve, "find_spec", lambda module: None if module == missing else object())
    result = runner.invoke(app, ["serve"])
    assert (result.exit_code, server.asked) == (2, [])
    assert result.stderr == (
        "claimcheck: serving needs the extra 'api': pip install 'claimcheck-health[api]'\n"
    )


def test_a_wrong_setting_is_wrong_use(runner: CliRunner, server: FakeServer) -> None:
    server.error = ConfigError("CLAIMCHECK_WORKERS: not a number")
    result = runner.invoke(app, ["serve"])
    assert (result.exit_code, result.stderr) == (2, "claimcheck: CLAIMCHECK_WORKERS: not a number\n")
