"""Prints load time, latency, throughput and memory of the whole pipeline on one core.

Usage: python -m benchmarks.speed.measure [--rounds 30]

Every text is another, and no sentence comes twice (``benchmarks.speed.texts``);
nothing here is asserted by a test.  Load time is that of a fresh process.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

import claimcheck
from benchmarks.speed import texts
from claimcheck.checker import Checker

WARM_UP = 5


def latency(checker: Checker, samples: Sequence[str]) -> tuple[float, float]:
    """Return p50 and p95 in milliseconds."""
    times = []
    for text in samples:
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
    for label, stream in (("claim-dense", texts.dense(texts.written())), ("ordinary", texts.ordinary())):
        latency(checker, [texts.take(stream, 300) for _ in range(WARM_UP)])
        for count in (30, 300, 5000):
            times = rounds if count < 5000 else max(3, rounds // 6)
            p50, p95 = latency(checker, [texts.take(stream, count) for _ in range(times)])
            rate = count / (p50 / 1000)
            print(f"{label:>11}, {count:>5} words: p50 {p50:7.1f} ms, p95 {p95:7.1f} ms, {rate:8.0f} words/s")
    print(f"resident memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
