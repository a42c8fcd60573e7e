"""Prints load time, latency, throughput and memory of the whole pipeline on one core.

Usage: python -m benchmarks.speed.measure [--rounds 30]

Texts are the project's own samples, so anyone can repeat it; nothing here is
asserted by a test.  Load time is that of a fresh process.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from importlib.resources import files

import claimcheck
from claimcheck.checker import Checker

ORDINARY = (
    "The council met on Tuesday to discuss the new bridge. Traffic has grown since the mill closed, and the "
    "old road floods each spring. Members asked for a second estimate before the vote in June. The library "
    "will open on Sundays from next month, and the choir is looking for tenors. "
)


def words_of(text: str, count: int) -> str:
    """Return ``text`` repeated and cut to about ``count`` words, ending with a sentence."""
    words = text.split()
    repeated = (words * (count // len(words) + 1))[:count]
    return " ".join(repeated) + "."


def latency(checker: Checker, text: str, rounds: int) -> tuple[float, float]:
    """Return p50 and p95 in milliseconds."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        checker.check(text)
        times.append((time.perf_counter() - started) * 1000)
    ordered = sorted(times)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def load_seconds() -> float:
    """Return the seconds a fresh process takes to import, load and check a first sentence."""
    code = (
        "import time; t = time.perf_counter(); import claimcheck; c = claimcheck.load(); "
        "c.check('Ginger eases nausea.'); print(time.perf_counter() - t)"
    )
    runs = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)
        for _ in range(3)
    ]
    return min(runs)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(f"load (fresh process, to the first report): {load_seconds():.2f} s")
    checker = claimcheck.load()
    dense = (files("claimcheck") / "samples" / "kratom.txt").read_text(encoding="utf-8")
    for label, text in (("claim-dense", dense), ("ordinary", ORDINARY)):
        for count in (30, 300, 5000):
            sample = words_of(text, count)
            p50, p95 = latency(checker, sample, rounds if count < 5000 else max(3, rounds // 6))
            rate = count / (p50 / 1000)
            print(f"{label:>11}, {count:>5} words: p50 {p50:7.1f} ms, p95 {p95:7.1f} ms, {rate:8.0f} words/s")
    print(f"resident memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
