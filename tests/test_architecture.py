"""Who may import whom: the contracts of pyproject.toml, kept."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LIBRARY = ROOT / "claimcheck"
STANDARD_ONLY = ("types.py", "errors.py", "version.py")


def contracts() -> list[dict[str, object]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, object]] = project["tool"]["importlinter"]["contracts"]
    return found


def imports(path: Path) -> set[str]:
    """Return the modules a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_the_contracts_are_kept() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(command), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(contracts())} kept, 0 broken" in done.stdout


def test_there_are_contracts_of_each_kind() -> None:
    assert {str(c["type"]) for c in contracts()} >= {"layers", "independence", "forbidden"}


@pytest.mark.parametrize("name", STANDARD_ONLY)
def test_the_shared_words_need_the_standard_library_alone(name: str) -> None:
    tops = {module.split(".")[0] for module in imports(LIBRARY / name)}
    assert tops <= sys.stdlib_module_names


def test_only_the_reading_room_imports_spacy() -> None:
    users = {
        p.relative_to(LIBRARY).parts[0]
        for p in LIBRARY.rglob("*.py")
        if any(m.split(".")[0] == "spacy" for m in imports(p))
    }
    assert users == {"reading"}


def test_nothing_unpickles_and_nothing_trains_at_run_time() -> None:
    """Weights are plain arrays; importing what fits them takes longer than all the rest."""
    users = [
        p.name
        for p in LIBRARY.rglob("*.py")
        if {"skops", "pickle", "joblib", "sklearn", "scipy"} & {m.split(".")[0] for m in imports(p)}
    ]
    assert users == []


def test_there_is_no_utils() -> None:
    bad = [
        p
        for folder in ("claimcheck", "api", "models", "benchmarks", "tests")
        for p in (ROOT / folder).rglob("util*.py")
    ]
    assert bad == []


def test_every_package_of_tests_is_collected() -> None:
    folders = {p.parent for p in (ROOT / "tests").rglob("test_*.py")}
    assert [f for f in folders if not (f / "__init__.py").is_file()] == []
