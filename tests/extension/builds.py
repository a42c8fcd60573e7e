"""The extension as it ships, built once a test session from what stands in the tree."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "extension"
DIST = EXTENSION / "dist"
_NODE_SECONDS = 120
_INSTALL_SECONDS = 300


def missing(what: str) -> None:
    """Skip and say so; in CI, where everything must be there, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing")
    pytest.skip(f"{what.upper()} IS MISSING: the extension was not tried")


def require_program(name: str) -> str:
    """Return the path of a program, or end the test as ``missing`` does."""
    found = shutil.which(name)
    if found is None:
        missing(name)
    return str(found)


def installed(folder: Path) -> Path:
    """Return the folder's ``node_modules``, brought in line with its lock file where it is not."""
    modules = folder / "node_modules"
    stamp = modules / ".claimcheck-lock"
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != wanted:
        npm = require_program("npm")
        done = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_INSTALL_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        stamp.write_text(wanted)
    return modules


def node(*arguments: str, folder: Path = EXTENSION, settings: Mapping[str, str] | None = None) -> str:
    """Run node in a folder, with further settings in its environment, and return what it printed."""
    done = subprocess.run(
        [require_program("node"), *arguments],
        cwd=folder,
        env={**_without_addon_id(), **(settings or {})},
        capture_output=True,
        text=True,
        timeout=_NODE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout


def _without_addon_id() -> dict[str, str]:
    """Whoever publishes may have named the add-on; the tests know it by its placeholder."""
    return {name: value for name, value in os.environ.items() if name != "CLAIMCHECK_ADDON_ID"}


def build_all() -> Path:
    """Build what the tests load, releases and test builds, and return the folder they are in."""
    require_program("node")
    installed(EXTENSION)
    node("build.mjs", "pack")
    for target in ("chrome", "firefox"):
        node("build.mjs", target, "--test")
    return DIST
