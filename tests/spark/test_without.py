"""What needs no Spark: its absence told of, and the rest of the package in peace."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from claimcheck import spark
from claimcheck.bulk.core import OUTPUT_SCHEMA, Options
from claimcheck.errors import ConfigError
from tests.bulk.counting import CountingChecker

ROOT = Path(__file__).parents[2]


def _java(folder: Path, says: str) -> None:
    program = folder / "bin" / "java"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    program.chmod(0o755)


@pytest.mark.parametrize("module", ["claimcheck", "claimcheck.spark", "claimcheck.cli.app"])
def test_importing_brings_no_pyspark(module: str) -> None:
    program = f"import {module}, sys; assert 'pyspark' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_only_one_module_knows_pyspark() -> None:
    users = [
        path.name
        for path in (ROOT / "claimcheck").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "pyspark"
    ]
    assert set(users) == {"spark.py"}


def test_without_pyspark_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda _: None)
    with pytest.raises(ImportError, match="pip install 'claimcheck-health"):
        spark.session()


@pytest.mark.parametrize("says", ['openjdk version "17.0.15" 2025-04-15', 'openjdk version "21" 2023-09-19'])
def test_a_java_that_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str) -> None:
    _java(tmp_path, says)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    spark.require_java()


@pytest.mark.parametrize(
    ("says", "message"),
    [('java version "1.8.0_402"', "older"), ('openjdk version "11.0.2"', "older"), ("?", "does not say")],
)
def test_a_java_that_will_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, message: str
) -> None:
    _java(tmp_path, says)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ConfigError, match=message):
        spark.require_java()


@pytest.mark.parametrize(("variable", "message"), [("JAVA_HOME", "under JAVA_HOME"), ("PATH", "in the path")])
def test_no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, message: str) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    with pytest.raises(ConfigError, match=message):
        spark.session()


def test_the_schema_is_that_of_bulk() -> None:
    assert [part.split()[0] for part in spark.SCHEMA.split(", ")] == OUTPUT_SCHEMA.names


def test_large_batches_of_other_sessions_are_read_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "ROWS", 2)
    batch = pa.RecordBatch.from_pydict({"id": pa.array(["1", "2", "3"]), "text": pa.array([None, "b", "c"])})
    found = list(spark.scored([batch], load=CountingChecker, options=Options()))
    assert [b.num_rows for b in found] == [2, 1]
    assert [i for b in found for i in b.column("id").to_pylist()] == ["1", "2", "3"]
    assert [e for b in found for e in b.column("error").to_pylist()] == ["there is no text", None, None]


def test_an_empty_partition_loads_nothing() -> None:
    def load() -> CountingChecker:
        raise AssertionError("loaded")

    assert list(spark.scored([], load=load, options=Options())) == []
