"""Requests a second and latency of ``claimcheck serve`` on loopback, asked by wrk with a key.

Usage: python -m benchmarks.speed.http [--seconds 15] [--processes 0] [--quick] [--json FILE] [--write]

Needs ``wrk`` (Debian's package of that name).  Each row sends texts that no
other row sends; where a row needed more than were made, it says so.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.service.serving import served
from benchmarks.speed.machine import Machine, machine
from benchmarks.speed.pages import replace_between
from benchmarks.speed.texts import dense, take, written

PAGE = Path("docs/speed.md")
RESULT = Path("build/speed-http.json")
SCRIPT = Path(__file__).with_name("wrk.lua")
CLIENTS = (1, 8, 32)
LENGTHS = (30, 300)
LONGEST_ROW = 15
# Texts made for a second of a row: more than one core can read.
_WORDS_A_SECOND = 40_000
_GRACE_SECONDS = 30
_TIMEOUT = "20s"


@dataclass(frozen=True, slots=True)
class Row:
    """What wrk counted: how many were answered, how fast, and how many were not answered well."""

    words: int
    clients: int
    requests: int
    seconds: float
    p50: float
    p95: float
    p99: float
    refused: int
    failed: int
    texts: int

    @property
    def rate(self) -> float:
        """Return good answers a second."""
        return (self.requests - self.refused) / self.seconds


def bodies(stream: Iterator[str], words: int, number: int) -> Iterator[str]:
    """Yield request bodies with different texts."""
    for _ in range(number):
        yield json.dumps({"text": take(stream, words)})


def parsed(output: str, *, words: int, clients: int, texts: int) -> Row:
    """Read what ``wrk.lua`` printed last; milliseconds from its microseconds.

    Raises:
        ValueError: there is no such line.
    """
    lines = [line for line in output.splitlines() if line.startswith("{")]
    if not lines:
        raise ValueError("wrk printed no figures")
    found = json.loads(lines[-1])
    return Row(
        words=words,
        clients=clients,
        requests=found["requests"],
        seconds=found["microseconds"] / 1e6,
        p50=found["p50"] / 1000,
        p95=found["p95"] / 1000,
        p99=found["p99"] / 1000,
        refused=found["refused"],
        failed=found["failed"],
        texts=texts,
    )


def measure(address: str, key: str, *, words: int, clients: int, seconds: int, stream: Iterator[str]) -> Row:
    """Have wrk ask for so long."""
    number = max(clients, seconds * _WORDS_A_SECOND // words)
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(f"{body}\n" for body in bodies(stream, words, number))
        file.flush()
        command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", _TIMEOUT, "-s", str(SCRIPT)]
        done = subprocess.run(
            [*command, f"{address}/v1/check", "--", file.name, key],
            check=True,
            capture_output=True,
            text=True,
            timeout=seconds + _GRACE_SECONDS,
        )
    return parsed(done.stdout, words=words, clients=clients, texts=number)


def new_key(database: str) -> str:
    """Make a key with the command that a team uses."""
    done = subprocess.run(
        [sys.executable, "-m", "claimcheck.cli", "admin", "keys", "create", "measurement"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "CLAIMCHECK_DATABASE_URL": database},
    )
    return done.stdout.split()[-1]


def page(rows: Sequence[Row], facts: Machine, processes: int) -> str:
    """Return the measured part of ``docs/speed.md``."""
    reading = "in the server's own process" if processes == 0 else f"in {processes} processes beside it"
    lines = [
        facts.sentence().replace("of which one was used, ", "shared by server and wrk, ") + "\n",
        f"Texts are read {reading}; each row took {rows[0].seconds:.0f} s.\n",
        "| words | clients | requests/s | p50, ms | p95, ms | p99, ms | refused | failed |",
        "| --- " * 8 + "|",
    ]
    for row in rows:
        times = " | ".join(f"{value:,.1f}" for value in (row.p50, row.p95, row.p99))
        again = " (some texts twice)" if row.requests > row.texts else ""
        lines.append(
            f"| {row.words} | {row.clients} | {row.rate:,.1f}{again} | {times} "
            f"| {row.refused} | {row.failed} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seconds", type=int, default=LONGEST_ROW, help=f"for each row, at most {LONGEST_ROW}"
    )
    parser.add_argument(
        "--processes", type=int, default=0, help="processes that read texts beside the server"
    )
    parser.add_argument("--quick", action="store_true", help="2 seconds a row: to try the command")
    parser.add_argument("--json", type=Path, default=RESULT)
    parser.add_argument("--write", action="store_true", help=f"write the table into {PAGE}")
    asked = parser.parse_args()
    if asked.quick and asked.write:
        parser.error("figures of --quick are not for the documentation")
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: install Debian's package wrk (apt-get install wrk) and try again")
    seconds = 2 if asked.quick else max(1, min(asked.seconds, LONGEST_ROW))
    facts, stream = machine(), dense(written())
    rows = []
    with tempfile.TemporaryDirectory(prefix="claimcheck-http-") as folder:
        database = f"sqlite:///{folder}/claimcheck.db"
        settings = {
            "DATABASE_URL": database,
            "REQUIRE_KEY": "true",
            "CHECK_PROCESSES": str(asked.processes),
            "LOG_FORMAT": "json",
        }
        with served(settings=settings) as server:
            key = new_key(database)
            measure(server.address, key, words=LENGTHS[0], clients=1, seconds=1, stream=stream)
            for words in LENGTHS:
                for clients in CLIENTS:
                    rows.append(
                        measure(
                            server.address, key, words=words, clients=clients, seconds=seconds, stream=stream
                        )
                    )
                    print(f"{words} words, {clients} clients: done", file=sys.stderr, flush=True)
    record = {"machine": facts.record(), "processes": asked.processes, "rows": [asdict(row) for row in rows]}
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    text = page(rows, facts, asked.processes)
    print(text)
    if asked.write:
        replace_between(PAGE, "http", text)


if __name__ == "__main__":
    main()
