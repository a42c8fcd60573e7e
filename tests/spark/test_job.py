"""The job that the how-to page shows is run as shown."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from claimcheck import spark
from claimcheck.errors import ConfigError

ROOT = Path(__file__).parents[2]
JOB = ROOT / "docs" / "how-to" / "spark_job.py"


def test_the_job_of_the_page_runs(tmp_path: Path) -> None:
    try:
        spark.require_java()
    except ConfigError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    texts = ["Kratom potentiates antidepressants. 🍋", "", "The council met on Tuesday."]
    pq.write_table(pa.table({"post": [1, 2, 3], "body": texts}), tmp_path / "posts.parquet")
    columns = ["--text-column", "body", "--id-column", "post", "--scores-only"]
    files = [str(tmp_path / "posts.parquet"), str(tmp_path / "scored")]
    local = ["--master", "local[2]", "--partitions", "2"]
    done = subprocess.run(
        [sys.executable, str(JOB), *files, *columns, *local],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    rows = pq.read_table(tmp_path / "scored").sort_by("id").to_pylist()
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert [row["error"] for row in rows] == [None, "empty_text", None]
    assert [row["claims"] for row in rows] == [1, None, 0]
    assert not any(text and text in done.stderr for text in texts)


def test_the_page_shows_the_job() -> None:
    page = (ROOT / "docs" / "how-to" / "run-on-spark.md").read_text(encoding="utf-8")
    assert JOB.name in page
    assert all(setting in page for setting in spark.SETTINGS)
