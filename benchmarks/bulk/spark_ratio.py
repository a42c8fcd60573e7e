"""Times Spark on two cores against ``claimcheck bulk --workers 2`` on the same file; fails above 1.3.

Usage: python -m benchmarks.bulk.spark_ratio [--rows 20000] [--rounds 3] [--cores 2] [--mark 1.3]

Both write Parquet, in turns, several rounds.  Spark is warm: its session is
there and its workers hold the models.  ``claimcheck bulk`` starts anew each
time, so its time for a file of two rows is taken off before the ratio is
taken; what the ratio were without that is printed beside it.  So is the ratio
of processor seconds, all processes of each together, which says what Spark
costs above bulk even on a machine that others use meanwhile.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pyarrow.parquet as pq

from benchmarks.bulk.million import command
from benchmarks.bulk.posts import write

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MARK = 1.3
_WARM_ROWS = 400
_ROWS_A_PARTITION = 5_000
_PARTITIONS_A_CORE = 2
_BAD_ROWS = 1


@dataclass(frozen=True, slots=True)
class Files:
    """What is read, and where the outputs go."""

    folder: Path
    posts: Path
    warm: Path
    two: Path


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds on the clock, and of all processors."""

    clock: float
    processor: float


@dataclass(frozen=True, slots=True)
class Round:
    """What one round took."""

    bulk: Spent
    start: Spent
    spark: Spent

    @property
    def ratio(self) -> float:
        """Spark to bulk without its start, on the clock."""
        return self.spark.clock / (self.bulk.clock - self.start.clock)

    @property
    def processor_ratio(self) -> float:
        """Spark to bulk without its start, in processor seconds."""
        return self.spark.processor / (self.bulk.processor - self.start.processor)


def prepared(folder: Path, rows: int) -> Files:
    """Write the posts to be scored."""
    files = Files(folder, folder / "posts.parquet", folder / "warm.parquet", folder / "two.parquet")
    for path, count in ((files.posts, rows), (files.warm, _WARM_ROWS), (files.two, 2)):
        write(path, count)
    return files


def spent(call: Callable[[], object], processor: Callable[[], float]) -> Spent:
    """Return what a call took; ``processor`` tells the processor seconds so far."""
    clock, before = time.perf_counter(), processor()
    call()
    return Spent(clock=time.perf_counter() - clock, processor=processor() - before)


def of_ended() -> float:
    """Return the processor seconds of children that have ended, which is how bulk is run here."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def of_running() -> float:
    """Return the processor seconds of children that run: Spark's, which stay between two calls."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def by_bulk(source: Path, output: Path, cores: int) -> None:
    """Score with ``claimcheck bulk``."""
    done = subprocess.run(command(source, output, cores), capture_output=True, check=False)
    if done.returncode not in (0, _BAD_ROWS):
        raise RuntimeError(f"bulk ended with {done.returncode}: {done.stderr.decode()[-2000:]}")


def by_spark(session: SparkSession, source: Path, output: Path, partitions: int) -> None:
    """Score with Spark."""
    from claimcheck.spark import score

    scored = score(session.read.parquet(str(source)), partitions=partitions)
    scored.write.mode("overwrite").parquet(str(output))


def measured(session: SparkSession, files: Files, *, cores: int, partitions: int) -> Round:
    """Return the seconds of one round."""
    start = spent(lambda: by_bulk(files.two, files.folder / "two-bulk.parquet", cores), of_ended)
    bulk = spent(lambda: by_bulk(files.posts, files.folder / "bulk.parquet", cores), of_ended)
    # Spark ends workers that were idle for a minute, as they are while bulk has its turn.
    by_spark(session, files.warm, files.folder / "warm-spark.parquet", cores)
    spark = spent(
        lambda: by_spark(session, files.posts, files.folder / "spark.parquet", partitions), of_running
    )
    return Round(bulk=bulk, start=start, spark=spark)


def same_rows(files: Files) -> bool:
    """Return whether both wrote the same of every row that could be read."""
    bulk = pq.read_table(files.folder / "bulk.parquet").drop_columns(["row"]).sort_by("id")
    spark = pq.read_table(files.folder / "spark.parquet").sort_by("id")
    readable = spark.filter(spark.column("error").is_null()).drop_columns(["error"])
    return bool(readable.cast(bulk.schema).equals(bulk))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--partitions", type=int, help="of Spark; some for each core if not given")
    parser.add_argument("--mark", type=float, default=MARK)
    chosen = parser.parse_args()
    partitions = chosen.partitions or max(chosen.cores * _PARTITIONS_A_CORE, chosen.rows // _ROWS_A_PARTITION)
    from claimcheck.spark import session as started

    with tempfile.TemporaryDirectory(prefix="ratio-") as name:
        files = prepared(Path(name), chosen.rows)
        session = started(
            master=f"local[{chosen.cores}]",
            settings={"spark.local.dir": name, "spark.ui.showConsoleProgress": "false"},
        )
        try:
            # The first pass also compiles what the machine of Java compiles.
            by_spark(session, files.posts, files.folder / "spark.parquet", partitions)
            rounds = []
            for _ in range(chosen.rounds):
                rounds.append(measured(session, files, cores=chosen.cores, partitions=partitions))
                tell(rounds[-1], chosen.rows)
            same = same_rows(files)
        finally:
            session.stop()
    ratio = statistics.median(round_.ratio for round_ in rounds)
    whole = statistics.median(round_.spark.clock / round_.bulk.clock for round_ in rounds)
    processor = statistics.median(round_.processor_ratio for round_ in rounds)
    print(f"median ratio {ratio:.2f} (mark {chosen.mark}); of processor seconds {processor:.2f}", end="; ")
    print(f"with the start of bulk {whole:.2f}", end="; ")
    print(f"rows {'equal' if same else 'DIFFERENT'}")
    sys.exit(0 if same and ratio <= chosen.mark else 1)


def tell(round_: Round, rows: int) -> None:
    """Print one round."""
    for name, one in (("bulk", round_.bulk), ("its start", round_.start), ("Spark", round_.spark)):
        print(f"{name} {one.clock:.1f} s, {one.processor:.1f} of processors", end="; ")
    print(f"Spark {rows / round_.spark.clock:,.0f} rows/s; ratio {round_.ratio:.2f}", end=", ")
    print(f"of processor seconds {round_.processor_ratio:.2f}", flush=True)


if __name__ == "__main__":
    main()
