"""``claimcheck serve``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from claimcheck.cli import serve
from claimcheck.cli.app import app
from claimcheck.errors import ConfigError


class FakeServing:
    """Stands for the service; remembers what it was asked to run."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.error: Exception | None = None

    def Listening(self, **options: object) -> dict[str, object]:  # noqa: N802 -- named as the service names it
        return options

    def run(self, listening: dict[str, object], *, say: Callable[[str], None]) -> None:
        self.asked.append(listening)
        if self.error:
            raise self.error
        say("API and console: http://127.0.0.1:8000/")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeServing:
    fake = FakeServing()
    monkeypatch.setattr(serve, "import_module", lambda _: fake)
    monkeypatch.setattr(serve, "find_spec", lambda _: object())
    return fake


def test_defaults_stay_on_this_machine(runner: CliRunner, server: FakeServing) -> None:
    result = runner.invoke(app, ["serve"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "API and console: http://127.0.0.1:8000/\n"
    assert server.asked == [
        {
            "host": "127.0.0.1",
            "port": 8000,
            "workers": 1,
            "tls_cert": None,
            "tls_key": None,
            "proxy_headers": False,
            "reload": False,
        }
    ]


def test_options_are_handed_on(runner: CliRunner, server: FakeServing) -> None:
    options = [
        "--host",
        "0.0.0.0",
        "--port",
        "0",
        "--workers",
        "4",
        "--tls-cert",
        "c.pem",
        "--tls-key",
        "k.pem",
        "--proxy-headers",
    ]
    assert runner.invoke(app, ["serve", *options]).exit_code == 0
    assert server.asked == [
        {
            "host": "0.0.0.0",
            "port": 0,
            "workers": 4,
            "tls_cert": Path("c.pem"),
            "tls_key": Path("k.pem"),
            "proxy_headers": True,
            "reload": False,
        }
    ]


@pytest.mark.parametrize(
    "options", [["--port", "-1"], ["--port", "65536"], ["--port", "http"], ["--workers", "0"]]
)
def test_an_impossible_option_is_wrong_use(
    runner: CliRunner, server: FakeServing, options: list[str]
) -> None:
    assert runner.invoke(app, ["serve", *options]).exit_code == 2
    assert server.asked == []


def test_reload_serves_with_one_process(runner: CliRunner, server: FakeServing) -> None:
    result = runner.invoke(app, ["serve", "--reload", "--workers", "2"])
    assert (result.exit_code, server.asked) == (2, [])
    assert "leave out --workers" in result.stderr


@pytest.mark.parametrize("missing", ["uvicorn", "fastapi", "api"])
def test_without_the_extra_the_message_says_how_to_install_it(
    runner: CliRunner, server: FakeServing, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setattr(serve, "find_spec", lambda module: None if module == missing else object())
    result = runner.invoke(app, ["serve"])
    assert (result.exit_code, server.asked) == (2, [])
    assert result.stderr == (
        "claimcheck: serving needs the extra 'api': pip install 'claimcheck-health[api]'\n"
    )


def test_a_wrong_setting_is_wrong_use(runner: CliRunner, server: FakeServing) -> None:
    server.error = ConfigError("CLAIMCHECK_WORKERS: not a number")
    result = runner.invoke(app, ["serve"])
    assert (result.exit_code, result.stderr) == (2, "claimcheck: CLAIMCHECK_WORKERS: not a number\n")
