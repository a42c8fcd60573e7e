"""Spark on two cores of this machine: the same rows as ``claimcheck bulk`` writes, and models loaded once."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession

from claimcheck import spark
from claimcheck.bulk.core import Options
from claimcheck.bulk.records import Columns, find, format_of
from claimcheck.bulk.runner import Run, run
from claimcheck.checker import Checker
from claimcheck.cli.loading import get_checker
from claimcheck.errors import ConfigError, InputError, UnknownOption
from tests.bulk.counting import CountingChecker
from tests.bulk.counting import load as load_counting
from tests.spark import loading

ROOT = Path(__file__).parents[2]
TEXTS = [
    "Kratom potentiates antidepressants.",
    "🍋 Lemon cures cancer! 👩‍👩‍👧",
    "The council met on Tuesday.",
    "",
    " \n\t",
    None,
    "a\0b\x01\x02\x03",
    "Knoblauch senkt den Blutdruck und heilt Erkältungen, sagt die Werbung.",
    "Ginger eases nausea. It does not cure cancer, my doctor said.",
    "The council met on Tuesday.",
    "e\u0301" * 50,
    "Stop your chemotherapy and drink bleach.",
]


@pytest.fixture(scope="module", autouse=True)
def _java() -> None:
    try:
        spark.require_java()
    except ConfigError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def loads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each load of a checker leaves a line."""
    return tmp_path_factory.mktemp("loads") / "loads.txt"


@pytest.fixture(scope="module")
def session(loads: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """Two cores of this machine; the processes that Spark starts find the tests' modules."""
    folder = tmp_path_factory.mktemp("spark")
    settings = {"spark.local.dir": str(folder), "spark.sql.warehouse.dir": str(folder)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv(loading.LOADS, str(loads))
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        made = spark.session(name="claimcheck-tests", master="local[2]", settings=settings)
        yield made
        made.stop()


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows of every kind, and one whose bytes are not UTF-8."""
    path = tmp_path_factory.mktemp("texts") / "in.parquet"
    broken = pa.array([None if t is None else t.encode() for t in TEXTS] + [b"caf\xe9"], pa.binary())
    table = {"id": pa.array(range(len(broken)), pa.int64()), "text": broken.view(pa.string())}
    pq.write_table(pa.table(table), path)
    return path


def _bulk(source: Path, output: Path, *, checker: Checker) -> tuple[list[Any], dict[str | None, str]]:
    """Return the rows that bulk writes, and the reasons in its file of bad rows."""
    job = Run(
        source=find(str(source)),
        output=output,
        format=format_of(output),
        columns=Columns(),
        options=Options(),
        workers=0,
        load=lambda: checker,
        versions=checker.versions,
    )
    run(job)
    rows = pq.read_table(output).drop_columns(["row"]).to_pylist()
    bad = [json.loads(line) for line in job.bad.read_text(encoding="utf-8").splitlines()]
    return rows, {row["id"]: row["reason"] for row in bad}


def _rows(scored: DataFrame) -> list[dict[str, Any]]:
    return sorted((row.asDict() for row in scored.collect()), key=lambda row: int(row["id"]))


def test_the_same_rows_as_bulk(session: SparkSession, texts: Path, tmp_path: Path, checker: Checker) -> None:
    good, bad = _bulk(texts, tmp_path / "out.parquet", checker=checker)
    found = _rows(spark.score(session.read.parquet(str(texts)), partitions=3))
    assert [row["id"] for row in found] == [str(n) for n in range(len(TEXTS) + 1)]
    assert {row["id"]: row["error"] for row in found if row["error"] is not None} == bad
    readable = [row for row in found if row.pop("error") is None]
    assert readable == good
    assert len(good) + len(bad) == len(found)
    assert set(bad.values()) == {"empty_text", "not_text", "there is no text"}
    assert any(json.loads(row["report"])["claims"] for row in readable)


def test_each_worker_loads_once(session: SparkSession, loads: Path) -> None:
    table = session.range(4_000).selectExpr("id", "concat('text ', id) as text")
    for _ in range(2):
        found = spark.score(table, partitions=8, load=loading.load).count()
        assert found == 4_000
    pids = loads.read_text(encoding="utf-8").split()
    assert 1 <= len(pids) <= 2
    assert len(pids) == len(set(pids))


def test_columns_by_other_names(session: SparkSession) -> None:
    table = session.createDataFrame([(7, "x", "no")], "`post.id` short, `the text` string, text string")
    (row,) = spark.score(table, text_column="the text", id_column="post.id", load=load_counting).collect()
    assert (row["id"], row["error"]) == ("7", None)
    assert row["report"] == json.dumps({"length": len("x('us',)None")})


def test_without_ids_and_with_options(session: SparkSession) -> None:
    table = session.createDataFrame([("x",)], "text string")
    options = Options(jurisdictions=("uk",), min_probability=0.25, reports=False)
    (row,) = spark.score(table, options=options, load=load_counting).collect()
    assert (row["id"], row["report"]) == (None, None)
    assert row["unsupported"] == round(len("x('uk',)0.25") / 1000, 4)


def test_a_table_without_rows(session: SparkSession) -> None:
    assert spark.score(session.createDataFrame([], "text string"), load=load_counting).collect() == []


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("body string", "no column 'text'"),
        ("text int", "strings"),
        ("text string, id double", "whole numbers"),
    ],
)
def test_a_table_that_cannot_be_read(session: SparkSession, schema: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        spark.score(session.createDataFrame([], schema))


@pytest.mark.parametrize("options", [Options(jurisdictions=("mars",)), Options(min_probability=2.0)])
def test_an_option_that_does_not_exist(session: SparkSession, options: Options) -> None:
    with pytest.raises(UnknownOption):
        spark.score(session.createDataFrame([], "text string"), options=options)


def test_no_partitions(session: SparkSession) -> None:
    with pytest.raises(InputError, match="positive"):
        spark.score(session.createDataFrame([], "text string"), partitions=0)


def test_a_loader_that_would_be_another_in_each_partition(session: SparkSession) -> None:
    with pytest.raises(InputError, match="function of a module"):
        spark.score(session.createDataFrame([], "text string"), load=lambda: CountingChecker())


def test_a_session_that_throws_its_workers_away(
    session: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = session.createDataFrame([], "text string")
    monkeypatch.setattr(type(table.sparkSession.conf), "get", lambda *_: "false")
    with pytest.raises(ConfigError, match="reuse"):
        spark.score(table)


def test_it_opens_nothing_to_the_network(session: SparkSession) -> None:
    context = session.sparkContext
    assert context.uiWebUrl is None
    assert context.getConf().get("spark.driver.host") == "127.0.0.1"


def test_the_loader_of_the_command_line_can_be_used() -> None:
    spark._require_importable(get_checker)
