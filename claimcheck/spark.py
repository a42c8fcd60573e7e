"""The texts of a Spark table, checked on all cores of a cluster.

For those who outgrow one machine.  Every partition goes through the core that
``claimcheck bulk`` uses, so a text gets the same row, byte for byte; what Spark
does here is hand out the partitions and collect them.  A worker process of
Spark's loads the checker once and keeps it from partition to partition.

Nothing of pyspark is imported before it is used: it comes with the extra ``spark``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

import claimcheck
from claimcheck.bulk.core import ID, OUTPUT_SCHEMA, TEXT, Options, TextChecker, score_batches
from claimcheck.bulk.records import BadRow, Record, as_batch, from_columns
from claimcheck.bulk.shards import BYTES, ROWS
from claimcheck.errors import ConfigError, InputError, UnknownOption
from claimcheck.types import Jurisdiction

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

INSTALL: Final = "Spark needs the extra 'spark': pip install 'claimcheck-health[spark]'"
# The class files of Spark 4 are of version 61, which is Java 17's.
OLDEST_JAVA: Final = 17
SETTINGS: Final[Mapping[str, str]] = {
    # Without it each partition would load the models again.
    "spark.python.worker.reuse": "true",
    # What a worker holds at once, as a shard of `claimcheck bulk`; else it were 10,000 texts of up to 1 MB.
    "spark.sql.execution.arrow.maxRecordsPerBatch": str(ROWS),
    "spark.sql.execution.arrow.maxBytesPerBatch": str(BYTES),
    # One thread a worker: there is a worker for each core already.
    "spark.executorEnv.OMP_NUM_THREADS": "1",
}
# A session on one machine needs nothing of the network, so it opens nothing to it.
_LOCAL: Final[Mapping[str, str]] = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
}
_SQL_TYPES = {pa.string(): "string", pa.float64(): "double", pa.int32(): "int"}
SCHEMA: Final = ", ".join(f"{field.name} {_SQL_TYPES[field.type]}" for field in OUTPUT_SCHEMA)
_JAVA_VERSION = re.compile(r'version "(\d{1,4})')
_JAVA_SECONDS = 60


def score(
    texts: DataFrame,
    *,
    text_column: str = "text",
    id_column: str = "id",
    options: Options | None = None,
    partitions: int | None = None,
    load: Callable[[], TextChecker] = claimcheck.load,
) -> DataFrame:
    """Return a table with one row for each row of ``texts``: its id, scores, report or error.

    The columns are those of :data:`SCHEMA`.  ``error`` is null except where a text cannot be read; then it
    holds the reason that ``claimcheck bulk`` writes into its file of bad rows, and the scores are null.
    Nothing is computed before Spark is asked for rows.

    Args:
        texts: a table with a column of texts.
        text_column: which one.
        id_column: the column that names a row, of text or whole numbers; ids are null where there is none.
        options: how texts are checked.
        partitions: spread the rows over so many partitions first.  A file of one row group is one
            partition, which one core alone would read.
        load: returns the checker, once in each worker; a function of a module that the executors have.

    Raises:
        InputError: ``texts`` has no such column, or it is of another type; ``load`` cannot be found by name;
            ``partitions`` is not positive.
        UnknownOption: an option has a value that does not exist.
        ConfigError: the session throws its worker processes away after each partition.
    """
    chosen = options or Options()
    _require_known(chosen)
    _require_importable(load)
    if partitions is not None and partitions < 1:
        raise InputError("the number of partitions must be positive")
    reuse = texts.sparkSession.conf.get("spark.python.worker.reuse", "true")
    if reuse is not None and reuse.lower() != "true":
        raise ConfigError("spark.python.worker.reuse is off: the models would be loaded for each partition")
    rows = _two_columns(texts, text_column=text_column, id_column=id_column)
    if partitions is not None:
        rows = rows.repartition(partitions)

    def task(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return scored(batches, load=load, options=chosen)

    return rows.mapInArrow(task, SCHEMA)


def session(
    *, name: str = "claimcheck", master: str | None = None, settings: Mapping[str, str] | None = None
) -> SparkSession:
    """Return a session with :data:`SETTINGS`, or the one that is there.

    Args:
        name: what Spark calls the job.
        master: where it runs, ``local[2]`` for two cores of this machine; None leaves it to ``spark-submit``.
        settings: further settings, or others.

    Raises:
        ImportError: pyspark is not installed.
        ConfigError: there is no Java, or one that is too old for Spark.
    """
    if find_spec("pyspark") is None:
        raise ImportError(INSTALL, name="pyspark")
    require_java()
    from pyspark.sql import SparkSession

    wanted = {**SETTINGS, **(settings or {})}
    builder = SparkSession.builder.appName(name)
    if master is not None:
        builder = builder.master(master)
        if master.startswith("local"):
            wanted = {**_LOCAL, **wanted}
            # Else the workers would be of the first python3 in the path, which knows nothing of claimcheck.
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    for key, value in wanted.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def require_java() -> None:
    """Check for the Java that Spark would start.

    Raises:
        ConfigError: there is none, or it is older than :data:`OLDEST_JAVA`.
    """
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    need = f"Spark needs Java {OLDEST_JAVA} or newer"
    if java is None:
        where = "under JAVA_HOME" if home else "in the path"
        raise ConfigError(f"{need}, and there is none {where}: install one (on Debian default-jre-headless)")
    found = _java_version(java)
    if found is None:
        raise ConfigError(f"{need}, and what is found does not say which version it is")
    if found < OLDEST_JAVA:
        raise ConfigError(f"{need}, and this one is older: set JAVA_HOME to another")


def _java_version(java: str) -> int | None:
    try:
        done = subprocess.run(  # noqa: S603 -- the same program that Spark is about to start
            [java, "-version"], capture_output=True, text=True, check=False, timeout=_JAVA_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _JAVA_VERSION.search(done.stderr)
    return int(found[1]) if found else None


def _require_known(options: Options) -> None:
    known = {jurisdiction.value for jurisdiction in Jurisdiction}
    if not set(options.jurisdictions) <= known:
        raise UnknownOption(f"a jurisdiction is one of {', '.join(sorted(known))}")
    if options.min_probability is not None and not 0 <= options.min_probability <= 1:
        raise UnknownOption("min_probability is a number from 0 to 1")


def _require_importable(load: Callable[[], TextChecker]) -> None:
    """Refuse what would reach each partition as another copy, so that the models were loaded for each."""
    module, name = getattr(load, "__module__", None), getattr(load, "__qualname__", "<")
    if module in (None, "__main__") or "<" in name:
        raise InputError("load must be a function of a module that the executors can import")


def _two_columns(texts: DataFrame, *, text_column: str, id_column: str) -> DataFrame:
    from pyspark.sql import functions
    from pyspark.sql.types import IntegralType, StringType

    types = {field.name: field.dataType for field in texts.schema.fields}
    if text_column not in types:
        raise InputError(f"the table has no column {text_column!r}")
    if not isinstance(types[text_column], StringType):
        raise InputError(f"the column {text_column!r} is not of strings")
    if not isinstance(types.get(id_column, StringType()), StringType | IntegralType):
        raise InputError(f"the column {id_column!r} is of neither strings nor whole numbers")
    named = functions.col(_quoted(id_column)) if id_column in types else functions.lit(None)
    return texts.select(named.cast("string").alias(ID), functions.col(_quoted(text_column)).alias(TEXT))


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


# What follows runs in the workers.
def scored(
    batches: Iterable[pa.RecordBatch], *, load: Callable[[], TextChecker], options: Options
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of :data:`SCHEMA` for batches with the columns ``id`` and ``text``."""
    for batch in batches:
        # The session need not be ours, nor have our settings.
        for start in range(0, batch.num_rows, ROWS):
            yield _scored(batch.slice(start, ROWS), checker=_loaded(load), options=options)


@lru_cache(maxsize=1)
def _loaded(load: Callable[[], TextChecker]) -> TextChecker:
    return load()


def _scored(batch: pa.RecordBatch, *, checker: TextChecker, options: Options) -> pa.RecordBatch:
    rows = list(from_columns(batch.column(TEXT), batch.column(ID)))
    good = [row for row in rows if isinstance(row, Record)]
    bad = [row for row in rows if isinstance(row, BadRow)]
    found = next(score_batches([as_batch(good)], checker=checker, options=options))
    if not bad:
        return found
    both = pa.concat_batches([found, _refused(bad)])
    places = [*(row.row for row in good), *(row.row for row in bad)]
    return both.take(pa.array(sorted(range(len(rows)), key=places.__getitem__), pa.int64()))


def _refused(rows: list[BadRow]) -> pa.RecordBatch:
    given = {ID: [row.id for row in rows], "error": [row.reason for row in rows]}
    columns = [pa.array(given.get(field.name, [None] * len(rows)), field.type) for field in OUTPUT_SCHEMA]
    return pa.RecordBatch.from_arrays(columns, schema=OUTPUT_SCHEMA)
