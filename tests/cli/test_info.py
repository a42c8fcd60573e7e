"""``claimcheck info`` and ``--version``."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from claimcheck.cli import loading
from claimcheck.cli.app import app
from claimcheck.version import __version__

pytestmark = pytest.mark.usefixtures("checker")


@pytest.fixture(autouse=True)
def artefacts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One trained part of one file."""
    (tmp_path / "detector").mkdir()
    (tmp_path / "detector" / "model.npz").write_bytes(b"weights")
    monkeypatch.setattr(loading, "artefact_root", lambda: tmp_path)
    return tmp_path


def test_versions_hashes_licences_and_limits(runner: CliRunner) -> None:
    information = json.loads(runner.invoke(app, ["info", "--format", "json"]).stdout)
    assert information["versions"] == {
        "claimcheck": "0.1.0",
        "model": "rules-1",
        "kb": "2026.11.22+00000000",
        "rules": "1",
        "policy": "2026.11.22",
    }
    assert information["artefacts"] == {"detector/model.npz": hashlib.sha256(b"weights").hexdigest()}
    assert information["licence"] == "Apache-2.0"
    assert information["data"] == []
    assert information["reference_licences"] == {"CC BY 4.0": 1, "all rights reserved; facts only": 1}
    assert information["limits"]["text"] == "at most 1,000,000 bytes a text"


def test_info_for_people(runner: CliRunner) -> None:
    result = runner.invoke(app, ["info"])
    assert result.exit_code == 0
    digest = hashlib.sha256(b"weights").hexdigest()
    assert f"{digest}  detector/model.npz\n" in result.stdout
    for words in ("rules-1", "detector/model.npz", "Apache-2.0", "CC BY 4.0", "no medical advice"):
        assert words in result.stdout


def test_a_missing_folder_of_artefacts_is_said(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(loading, "artefact_root", lambda: tmp_path / "none")
    assert "Trained parts: none\n" in runner.invoke(app, ["info"]).stdout


def test_version(runner: CliRunner) -> None:
    result = runner.invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"claimcheck {__version__}\n")
