"""``claimcheck worker``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from claimcheck.cli import worker
from claimcheck.cli.app import app
from claimcheck.errors import ConfigError


class FakeRunner:
    """Stands for the service's workers; remembers what it was asked to run."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked: list[int] = []
        self.error = error

    def run(self, *, processes: int) -> None:
        self.asked.append(processes)
        if self.error:
            raise self.error


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> FakeRunner:
    fake = FakeRunner()
    monkeypatch.setattr(worker, "import_module", lambda _: fake)
    monkeypatch.setattr(worker, "find_spec", lambda _: object())
    return fake


def test_one_worker_unless_told(runner: CliRunner, running: FakeRunner) -> None:
    assert runner.invoke(app, ["worker"]).exit_code == 0
    assert runner.invoke(app, ["worker", "--processes", "3"]).exit_code == 0
    assert running.asked == [1, 3]


@pytest.mark.parametrize("processes", ["0", "65", "many"])
def test_an_impossible_number_is_wrong_use(runner: CliRunner, running: FakeRunner, processes: str) -> None:
    assert runner.invoke(app, ["worker", "--processes", processes]).exit_code == 2
    assert running.asked == []


def test_without_the_extra_the_message_says_how_to_install_it(
    runner: CliRunner, running: FakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "find_spec", lambda _: None)
    result = runner.invoke(app, ["worker"])
    assert (result.exit_code, running.asked) == (2, [])
    assert result.stderr.startswith("claimcheck: a worker needs the extra 'api'")


def test_a_wrong_setting_is_wrong_use(runner: CliRunner, running: FakeRunner) -> None:
    running.error = ConfigError("CLAIMCHECK_DATABASE_URL: not an address")
    result = runner.invoke(app, ["worker"])
    assert (result.exit_code, result.stderr) == (2, "claimcheck: CLAIMCHECK_DATABASE_URL: not an address\n")


_TOLD = """
import threading, types
import claimcheck
from api.jobs import running
from api.jobs.worker import Worker

begun = Worker.run_forever
def run_forever(self):
    print("ready", flush=True)
    begun(self)
Worker.run_forever = run_forever
claimcheck.load = lambda: types.SimpleNamespace()
running.run(processes={processes})
print("ended", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_ends_when_told(tmp_path: Path, number: signal.Signals) -> None:
    environment = {**os.environ, "CLAIMCHECK_DATABASE_URL": f"sqlite:///{tmp_path / 'w.db'}"}
    command = [sys.executable, "-c", _TOLD.format(processes=1)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        try:
            assert process.stdout.readline() == "ended\n"
            assert process.wait(timeout=20) == 0
        finally:
            process.kill()
