"""Whole runs: every format, several workers, workers that die, runs that are killed and go on."""

from __future__ import annotations

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from claimcheck.bulk.core import Options
from claimcheck.bulk.records import Columns, find, format_of
from claimcheck.bulk.runner import Counts, Run, run
from claimcheck.errors import InputError
from tests.bulk.counting import VERSIONS, load

ROOT = Path(__file__).parents[2]


def _job(source: Path, output: Path, *, workers: int = 0, rows: int = 10, reports: bool = True) -> Run:
    return Run(
        source=find(str(source)),
        output=output,
        format=format_of(output),
        columns=Columns(),
        options=Options(reports=reports),
        workers=workers,
        load=load,
        versions=VERSIONS,
        shard_rows=rows,
    )


def _texts(path: Path, texts: list[str]) -> Path:
    path.write_text("".join(json.dumps({"id": f"r{i}", "text": t}) + "\n" for i, t in enumerate(texts)))
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """25 rows, of which one is empty."""
    return _texts(tmp_path / "in.jsonl", [" " if i == 12 else f"text {i} 🍋" for i in range(25)])


def test_json_lines(source: Path, tmp_path: Path) -> None:
    counts = run(_job(source, tmp_path / "out.jsonl"))
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert (counts.rows, counts.bad) == (24, 1)
    assert [row["row"] for row in rows] == [i for i in range(25) if i != 12]
    assert rows[0]["report"] == {"length": len("text 0 🍋('us',)None")}
    bad = (tmp_path / "out.jsonl.bad.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in bad] == [{"row": 12, "reason": "empty_text", "id": "r12"}]
    assert not (tmp_path / "out.jsonl.parts").exists()


def test_csv_and_compressed(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"id": "=1+1", "text": "a"}\n{"text": "b"}\n')
    run(_job(source, tmp_path / "out.csv.gz", rows=1))
    lines = gzip.decompress((tmp_path / "out.csv.gz").read_bytes()).decode()
    rows = list(csv.DictReader(lines.splitlines()))
    assert [(row["row"], row["id"]) for row in rows] == [("0", "'=1+1"), ("1", "")]
    assert "report" not in rows[0]


def test_parquet(source: Path, tmp_path: Path) -> None:
    run(_job(source, tmp_path / "out.parquet", reports=False))
    table = pq.read_table(tmp_path / "out.parquet").to_pydict()
    assert table["row"] == [i for i in range(25) if i != 12]
    assert set(table["report"]) == {None}


def test_workers_give_the_same_bytes(source: Path, tmp_path: Path) -> None:
    run(_job(source, tmp_path / "one.jsonl"))
    counts = run(_job(source, tmp_path / "two.jsonl", workers=2, rows=3))
    assert (tmp_path / "two.jsonl").read_bytes() == (tmp_path / "one.jsonl").read_bytes()
    assert counts.restarts == 0


def test_a_text_that_kills_its_worker_is_set_aside(tmp_path: Path) -> None:
    texts = [f"text {i}" for i in range(12)]
    texts[5] = "kill me"
    source = _texts(tmp_path / "in.jsonl", texts)
    counts = run(_job(source, tmp_path / "out.jsonl", workers=2, rows=2))
    rows = [json.loads(line)["row"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    bad = [json.loads(line) for line in (tmp_path / "out.jsonl.bad.jsonl").read_text().splitlines()]
    assert rows == [0, 1, 2, 3, 6, 7, 8, 9, 10, 11]
    assert [b["row"] for b in bad] == [4, 5]
    assert (counts.rows, counts.bad) == (10, 2)
    assert counts.restarts == 3


def test_an_interrupted_run_goes_on(source: Path, tmp_path: Path) -> None:
    def interrupt(counts: Counts) -> None:
        if counts.rows >= 10:
            raise KeyboardInterrupt

    run(_job(source, tmp_path / "whole.jsonl"))
    with pytest.raises(KeyboardInterrupt):
        run(_job(source, tmp_path / "out.jsonl"), on_shard=interrupt)
    assert not (tmp_path / "out.jsonl").exists()
    counts = run(_job(source, tmp_path / "out.jsonl"), resume=True)
    assert counts.resumed == 1
    assert (counts.rows, counts.bad) == (24, 1)
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_a_line_of_the_manifest_that_was_cut_off_is_not_believed(source: Path, tmp_path: Path) -> None:
    def interrupt(counts: Counts) -> None:
        if counts.rows >= 19:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(_job(source, tmp_path / "out.jsonl"), on_shard=interrupt)
    manifest = tmp_path / "out.jsonl.parts" / "manifest.jsonl"
    manifest.write_bytes(manifest.read_bytes()[:-3])
    counts = run(_job(source, tmp_path / "out.jsonl"), resume=True)
    assert counts.resumed == 1
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 24


@pytest.mark.parametrize("change", ["input", "options"])
def test_another_run_is_not_gone_on_with(source: Path, tmp_path: Path, change: str) -> None:
    def interrupt(_: Counts) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(_job(source, tmp_path / "out.jsonl"), on_shard=interrupt)
    if change == "input":
        source.write_text(source.read_text().replace("text 3", "TEXT 3"))
    with pytest.raises(InputError, match="another input"):
        run(_job(source, tmp_path / "out.jsonl", reports=change == "input"), resume=True)


_KILLED = """
import sys
from pathlib import Path
from claimcheck.bulk.runner import run
from tests.bulk.test_runner import _job

if __name__ == "__main__":
    run(_job(Path(sys.argv[1]), Path(sys.argv[2]), workers=2), resume=sys.argv[3] == "resume")
"""


def test_a_run_killed_twice_loses_and_repeats_nothing(tmp_path: Path) -> None:
    source = _texts(tmp_path / "in.jsonl", [f"slowly {i}" for i in range(300)])
    script = tmp_path / "killed.py"
    script.write_text(_KILLED)
    run(_job(source, tmp_path / "whole.jsonl"))
    output = tmp_path / "out.jsonl"
    finished = 0
    for round_ in ("begin", "resume"):
        process = subprocess.Popen(
            [sys.executable, str(script), str(source), str(output), round_],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        finished = _wait_for_shards(output, finished + 3, process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not output.exists()
    counts = run(_job(source, output), resume=True)
    assert counts.resumed >= 6
    assert output.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def _wait_for_shards(output: Path, wanted: int, process: subprocess.Popen[bytes]) -> int:
    manifest = output.with_name(f"{output.name}.parts") / "manifest.jsonl"
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if manifest.exists() and (lines := manifest.read_bytes().count(b"\n") - 1) >= wanted:
            return lines
        time.sleep(0.02)
    raise AssertionError("the run did not get that far")


@pytest.mark.parametrize(
    ("output", "message"), [("none/out.jsonl", "no such folder"), ("out.parquet.gz", "compressed inside")]
)
def test_an_output_that_cannot_be_made(source: Path, tmp_path: Path, output: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        run(_job(source, tmp_path / output))
