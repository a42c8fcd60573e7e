"""What every command's test needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from claimcheck.cli import loading
from tests.cli.fakes import FakeChecker
from tests.reporting.builders import small_kb


@pytest.fixture
def runner() -> CliRunner:
    return CliRunner()


@pytest.fixture
def checker(monkeypatch: pytest.MonkeyPatch) -> FakeChecker:
    """The checker that commands get, with the policy they ask for left out."""
    fake = FakeChecker()

    def get_checker(*, policy: Path | None = None) -> FakeChecker:  # noqa: ARG001 -- tested elsewhere
        return fake

    monkeypatch.setattr(loading, "get_checker", get_checker)
    return fake


@pytest.fixture
def small_base(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the small knowledge base in the place of the packaged one."""
    monkeypatch.setattr(loading, "get_knowledge_base", small_kb)
