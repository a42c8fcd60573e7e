"""A large job whose workers are killed again and again: every row must have exactly one result.

Usage: python -m benchmarks.service.killed_workers [--items 5000] [--every 30] [--workers 2] [--database URL]

Real texts, the real model, ``claimcheck worker`` as processes.  After every
so many seconds of reading (time in which no worker reads, since all load the model, does not count) one that
holds leases is killed (SIGKILL) and another started in its place.  The
job is an import, so that a row read twice would show as an item stored twice.
Prints one JSON object and ends with status 1 where a row is lost or repeated.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from api.access.actors import SYSTEM
from api.jobs import queueing
from api.jobs.queueing import Row
from api.settings import Settings
from api.storage.columns import now
from api.storage.database import Database
from api.storage.migrating import opened
from api.storage.tables import Item, Job, JobKind, JobRow, RowState
from benchmarks.service.throughput import paragraphs

_LOOK_SECONDS = 0.5


def main() -> int:
    """Run the benchmark and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=5_000)
    parser.add_argument("--every", type=float, default=30.0, help="seconds of reading between two kills")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=120.0, help="give up after so long")
    parser.add_argument("--database", help="an empty database; a SQLite file of its own without")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = asked.database or f"sqlite:///{Path(folder) / 'jobs.db'}"
        database = opened(Settings(database_url=url))
        try:
            found = measure(
                database,
                url,
                items=asked.items,
                every=asked.every,
                workers=asked.workers,
                minutes=asked.minutes,
            )
        finally:
            database.close()
    print(json.dumps(found, indent=2))
    return 0 if found["exactly_once"] else 1


def measure(
    database: Database, url: str, *, items: int, every: float, workers: int, minutes: float
) -> dict[str, Any]:
    """Make the job, kill its workers until it is over, and count."""
    texts = cycle(paragraphs())
    began = time.monotonic()
    rows = (
        Row({"text": f"{text} Note {n}."}, external_id=f"t{n}", line=n + 1)
        for n, text in enumerate(islice(texts, items))
    )
    job = queueing.receive(database, kind=JobKind.IMPORT, rows=rows, options={}, actor=SYSTEM)
    accepted = time.monotonic() - began
    with working(url, workers) as running:
        kills = _kill_until_over(database, job.id, url, running, every=every, minutes=minutes)
    seconds = time.monotonic() - began
    with database.read() as session:
        ended = session.get_one(Job, job.id)
        states = dict(session.execute(select(JobRow.state, func.count()).group_by(JobRow.state)).all())
        attempts = Counter(session.scalars(select(JobRow.attempts)))
        stored = Counter(session.scalars(select(Item.external_id)))
        named = Counter(
            result["item"]["id"] for result in session.scalars(select(JobRow.result)) if result is not None
        )
        kept_texts = session.scalar(select(func.count()).where(JobRow.payload.is_not(None)))
    lost = items - states.get(RowState.DONE.value, 0)
    repeated = sum(count - 1 for count in stored.values()) + sum(count - 1 for count in named.values())
    return {
        "database": database.dialect,
        "items": items,
        "workers": workers,
        "killed": kills,
        "seconds_to_accept": round(accepted, 2),
        "seconds": round(seconds, 1),
        "items_per_second": round(items / seconds, 2),
        "job_state": ended.state,
        "row_states": states,
        "rows_by_times_begun": dict(sorted(attempts.items())),
        "items_stored": len(stored),
        "rows_with_a_text_left": kept_texts,
        "lost": lost,
        "repeated": repeated,
        "exactly_once": lost == repeated == 0 and len(stored) == items == len(named),
    }


def _kill_until_over(
    database: Database,
    job_id: str,
    url: str,
    running: list[subprocess.Popen[bytes]],
    *,
    every: float,
    minutes: float,
) -> int:
    kills = 0
    chance = random.Random(1)
    end = time.monotonic() + minutes * 60
    read_for = 0.0
    while time.monotonic() < end:
        time.sleep(_LOOK_SECONDS)
        with database.read() as session:
            counted, state = queueing.progress(session, job_id), session.get_one(Job, job_id).state
        if state not in queueing.OPEN_JOBS:
            break
        reading = _in_the_middle(database, running)
        read_for += _LOOK_SECONDS if reading else 0.0
        if reading and read_for >= every:
            victim = chance.choice(reading)
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            running[running.index(victim)] = _started(url)
            kills += 1
            read_for = 0.0
            print(f"{now():%H:%M:%S} killed {kills}: {counted}", file=sys.stderr)
    return kills


def _in_the_middle(
    database: Database, running: list[subprocess.Popen[bytes]]
) -> list[subprocess.Popen[bytes]]:
    """Return the workers that hold leases; to kill one that still loads the model would prove nothing."""
    with database.read() as session:
        holders = session.scalars(
            select(JobRow.lease_holder).where(JobRow.state == RowState.LEASED.value).distinct()
        ).all()
    # A worker calls itself machine:process:random.
    reading = {int(holder.split(":")[1]) for holder in holders if holder}
    return [process for process in running if process.pid in reading]


@contextmanager
def working(url: str, number: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run workers, and end those that are left."""
    running = [_started(url) for _ in range(number)]
    try:
        yield running
    finally:
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _started(url: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "CLAIMCHECK_DATABASE_URL": url, "CLAIMCHECK_MIGRATE_AT_START": "false"}
    return subprocess.Popen([sys.executable, "-m", "claimcheck.cli", "worker"], env=environment)


if __name__ == "__main__":
    sys.exit(main())
