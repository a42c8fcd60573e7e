"""Runs ``claimcheck bulk`` over a million posts, then again killed twice, and compares the outputs.

Usage: python -m benchmarks.bulk.million [--rows 1000000] [--workers 2] [--folder FOLDER]

The second run is ended by ``kill -9`` of its whole process group at about a
third and two thirds of the rows, and goes on with ``--resume``.  Both outputs
and files of bad rows must be equal byte for byte after sorting; the exit status
is 1 where they are not.  Resident memory of all processes of a run is looked at
once a second.  The folder needs about 3 GB for a million rows.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from benchmarks.bulk.memory import Memory
from benchmarks.bulk.posts import SEED, write
from claimcheck.bulk.shards import ROWS as SHARD_ROWS

KILLS = (1 / 3, 2 / 3)
_LOOK_SECONDS = 0.05
_BAD_ROWS = 1  # the exit status of a run that set rows aside


class Listed(msgspec.Struct):
    """A line of the manifest."""

    shard: int
    rows: int
    bad: int


@dataclass
class Outcome:
    """What was seen of one run, its killed beginnings included."""

    seconds: float = 0.0
    memories: list[Memory] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    unlisted: int = 0
    rewritten: int = 0

    @property
    def peak(self) -> float:
        """The most resident memory of any of its beginnings, in MB."""
        return max(memory.peak for memory in self.memories)


def command(source: Path, output: Path, workers: int) -> list[str]:
    """Return the call of ``claimcheck bulk``."""
    program = [sys.executable, "-m", "claimcheck.cli"]
    return [*program, "bulk", str(source), str(output), "--workers", str(workers)]


def run(arguments: list[str], outcome: Outcome, *, until: int | None = None, output: Path) -> None:
    """Run to the end, or kill the run and all its processes once the manifest lists ``until`` rows."""
    started = time.monotonic()
    process = subprocess.Popen(arguments, start_new_session=True, stderr=subprocess.PIPE)
    try:
        with Memory(process.pid) as memory:
            outcome.memories.append(memory)
            if until is not None:
                wait_for(output, until, process)
                kill(process)
            _, said = process.communicate()
    finally:
        kill(process)
        process.wait()
    outcome.seconds += time.monotonic() - started
    if process.returncode not in ((-signal.SIGKILL,) if until is not None else (0, _BAD_ROWS)):
        raise RuntimeError(f"bulk ended with {process.returncode}: {said.decode()[-2000:]}")


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a run and all its processes with no chance to tidy up."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def folder_of(output: Path) -> Path:
    """Return where the parts of an unfinished run lie."""
    return output.with_name(f"{output.name}.parts")


def listed(output: Path) -> list[Listed]:
    """Return the finished shards that the manifest of an unfinished run names."""
    manifest = folder_of(output) / "manifest.jsonl"
    if not manifest.exists():
        return []
    lines = [line for line in manifest.read_bytes().splitlines(keepends=True)[1:] if line.endswith(b"\n")]
    return [msgspec.json.decode(line, type=Listed) for line in lines]


def rows_of(shards: list[Listed]) -> int:
    """Return how many rows the shards hold, bad ones included."""
    return sum(shard.rows + shard.bad for shard in shards)


def wait_for(output: Path, rows: int, process: subprocess.Popen[bytes]) -> None:
    """Return once ``rows`` rows are finished, or the run is over."""
    while rows_of(listed(output)) < rows and process.poll() is None:
        time.sleep(_LOOK_SECONDS)


def parts(output: Path) -> dict[int, int]:
    """Return each part on disk and when it was written."""
    return {int(path.stem): path.stat().st_mtime_ns for path in folder_of(output).glob("*.part")}


def killed_twice(source: Path, output: Path, *, rows: int, workers: int) -> Outcome:
    """Run, kill, resume, kill, resume; see that nothing finished is done again."""
    outcome = Outcome()
    arguments = command(source, output, workers)
    before: dict[int, int] = {}
    for share in KILLS:
        run(arguments, outcome, until=int(rows * share), output=output)
        found = listed(output)
        now = parts(output)
        outcome.kept.append(rows_of(found))
        outcome.rewritten += sum(now.get(shard) != written for shard, written in before.items())
        before = {shard.shard: now[shard.shard] for shard in found if shard.shard in now}
        outcome.unlisted += sum(shard not in {line.shard for line in found} for shard in now)
        arguments = [*command(source, output, workers), "--resume"]
    run(arguments, outcome, output=output)
    return outcome


def digest(path: Path) -> str:
    """Return a hash of the sorted lines, which may be more than memory holds."""
    if not path.exists():
        return "no file"
    environment = {**os.environ, "LC_ALL": "C"}
    arguments = ["sort", "-S", "256M", "-T", str(path.parent), str(path)]
    hashed = hashlib.sha256()
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        while block := process.stdout.read(1 << 20):
            hashed.update(block)
    if process.returncode:
        raise RuntimeError("sort failed")
    return hashed.hexdigest()


def bad_of(output: Path) -> Path:
    """Return where a run tells of bad rows."""
    return output.with_name(f"{output.name}.bad.jsonl")


def lines_of(path: Path) -> int:
    """Return how many lines a file has."""
    if not path.exists():
        return 0
    with path.open("rb") as file:
        return sum(1 for _ in file)


def tell(name: str, outcome: Outcome, *, rows: int, words: int) -> None:
    """Print the figures of one run."""
    print(f"{name}: {outcome.seconds:,.1f} s, {rows / outcome.seconds:,.0f} rows/s", end=", ")
    print(f"{words / outcome.seconds:,.0f} words/s, peak {outcome.peak:,.0f} MB resident", end="")
    slope = outcome.memories[-1].slope
    print("" if slope is None else f", slope from half-way {slope:+,.1f} MB a minute")


def compare(whole: Path, resumed: Path, *, rows: int) -> bool:
    """Print whether both runs say the same of every row; return it."""
    same = True
    for name, one, other in (
        ("output", whole, resumed),
        ("bad rows", bad_of(whole), bad_of(resumed)),
    ):
        equal = digest(one) == digest(other)
        same &= equal
        verdict = "equal" if equal else "DIFFERENT"
        print(f"{name}: {lines_of(one):,} and {lines_of(other):,} lines, sorted {verdict}")
    told = lines_of(resumed) + lines_of(bad_of(resumed))
    print(f"rows read {rows:,}, rows told of {told:,}")
    return same and told == rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--folder", type=Path, help="where the files lie meanwhile; a temporary one if not given"
    )
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder, prefix="million-") as name:
        folder = Path(name)
        source = folder / "posts.parquet"
        words = write(source, chosen.rows)
        size = source.stat().st_size / 1e6
        print(f"{chosen.rows:,} rows, {words:,} words, {size:,.1f} MB of Parquet, seed {SEED}", flush=True)
        whole, resumed = folder / "whole.jsonl", folder / "resumed.jsonl"
        undisturbed = Outcome()
        run(command(source, whole, chosen.workers), undisturbed, output=whole)
        tell("undisturbed", undisturbed, rows=chosen.rows, words=words)
        sys.stdout.flush()
        killed = killed_twice(source, resumed, rows=chosen.rows, workers=chosen.workers)
        tell("killed twice", killed, rows=chosen.rows, words=words)
        print(f"kills: {len(KILLS)}, after {' and '.join(f'{kept:,}' for kept in killed.kept)} finished rows")
        most = len(KILLS) * chosen.workers * SHARD_ROWS
        print(
            f"finished shards done again: {killed.rewritten}; written but not yet listed, so done again: ",
            end="",
        )
        print(f"{killed.unlisted}; rows in workers' hands when killed: at most {most:,}")
        if not compare(whole, resumed, rows=chosen.rows):
            sys.exit(1)


if __name__ == "__main__":
    main()
