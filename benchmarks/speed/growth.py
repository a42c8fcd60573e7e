"""Time against length of text and against size of the knowledge base, with the slope of each.

Usage: python -m benchmarks.speed.growth [--quick] [--json FILE] [--write]

A text holds at most 1,000,000 bytes, so that lengths above 100,000 words are
read as several texts of 100,000 words each, through ``pipe``.  The larger knowledge
bases are the packaged one with invented substances and conditions beside it,
compiled in a temporary folder; each is loaded in a fresh process.
Times are processor time, so that a busy machine does not bend the line; only
the load is told by the clock.  The slope is that of a line through the
logarithms: 1 is linear, 0 is constant.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

import claimcheck
from benchmarks.quality.figures import interval
from benchmarks.speed import plots
from benchmarks.speed.machine import Machine, machine, pin_to_one_core
from benchmarks.speed.pages import replace_between
from benchmarks.speed.texts import dense, ordinary, take, written
from benchmarks.speed.worker import memory
from claimcheck.checker import Checker

PAGE = Path("docs/speed.md")
PICTURES = Path("docs/img")
RESULT = Path("build/speed-growth.json")
KINDS: dict[str, Callable[[int], Iterator[str]]] = {
    "dense": lambda seed: dense(written(), seed=seed),
    "ordinary": lambda seed: ordinary(seed=seed),
}
LENGTHS = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
LONGEST_TEXT = 100_000
# Below this, what every call costs outweighs the words.
LINEAR_FROM = 300
SIZES = (1, 2, 5, 10, 20)
BASE_SECONDS = 400
_SYLLABLES = (
    "bra",
    "cor",
    "dul",
    "fen",
    "gri",
    "hol",
    "jas",
    "kem",
    "lup",
    "mor",
    "nax",
    "pel",
    "quo",
    "rin",
    "sev",
)
_ENDINGS = ("ine", "ol", "ate", "itis", "osis", "wort", "ide", "emia", "ase", "root")


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement: how much there was, and the seconds of each try."""

    size: int
    seconds: tuple[float, ...]

    @property
    def middle(self) -> float:
        """Return the median of the seconds."""
        return statistics.median(self.seconds)


@dataclass(frozen=True, slots=True)
class Base:
    """What was measured with one size of the knowledge base: load, memory, seconds of texts of 300 words."""

    times: int
    concepts: int
    load_seconds: float
    resident: float
    dense: tuple[float, ...]
    ordinary: tuple[float, ...]

    def points(self, kind: str) -> Point:
        """Return the seconds of one kind of text against the number of concepts."""
        return Point(self.concepts, tuple(self.dense if kind == "dense" else self.ordinary))


def slope(points: Sequence[Point]) -> tuple[float, float, float]:
    """Return the slope on logarithmic axes with its 95% interval over the points.

    Raises:
        ValueError: there are fewer than two sizes.
    """
    if len({p.size for p in points}) < 2:
        raise ValueError("a slope needs two sizes")

    def fitted(some: Sequence[Point]) -> float:
        sizes = np.log([p.size for p in some])
        if np.ptp(sizes) == 0.0:  # a draw of one and the same point has no slope
            return fitted(points)
        return float(np.polyfit(sizes, np.log([p.middle for p in some]), 1)[0])

    return fitted(points), *interval(points, fitted)


def lengths_of(words: int) -> list[int]:
    """Return the lengths of the texts that so many words are read as."""
    whole, rest = divmod(words, LONGEST_TEXT)
    return [LONGEST_TEXT] * whole + ([rest] if rest else [])


def by_length(checker: Checker, kind: str, lengths: Sequence[int]) -> list[Point]:
    """Measure texts of each length; each try has sentences that no other had."""
    stream = KINDS[kind](0)
    checker.check(take(stream, 300))
    points = []
    for words in lengths:
        seconds = []
        for _ in range(_tries(words)):
            texts = [take(stream, part) for part in lengths_of(words)]
            started = time.process_time()
            for _report in checker.pipe(texts):
                pass
            seconds.append(time.process_time() - started)
        points.append(Point(words, tuple(seconds)))
        print(
            f"{kind:>9} {words:>9,} words: {points[-1].middle * 1000:12.2f} ms", file=sys.stderr, flush=True
        )
    return points


def _tries(words: int) -> int:
    return 15 if words <= 300 else 5 if words <= 3_000 else 3 if words <= 10_000 else 1


def invented(number: int, *, seed: int = 5) -> Iterator[dict[str, object]]:
    """Yield so many substances and conditions that do not exist, with one or two further names each."""
    chance = random.Random(seed)
    seen: set[str] = set()

    def word() -> str:
        while True:
            made = "".join(chance.choice(_SYLLABLES) for _ in range(chance.randint(3, 5))) + chance.choice(
                _ENDINGS
            )
            if made not in seen:
                seen.add(made)
                return made

    for _ in range(number):
        name = word() if chance.random() < 0.5 else f"{word()} {word()}"
        aliases = [word() for _ in range(chance.randint(0, 3))]
        kind = chance.choice(("drug", "supplement", "condition"))
        yield {"id": f"invented-{name.replace(' ', '-')}", "name": name, "kind": kind, "aliases": aliases}


def enlarged(folder: Path, times: int) -> Path:
    """Copy the packaged knowledge base into ``folder`` and add invented names to so many times its own."""
    source = Path(str(files("claimcheck") / "kb" / "data"))
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("compiled.msgpack", "*.part"))
    own = sum(len(path.read_bytes().splitlines()) for path in (folder / "names").glob("*.jsonl"))
    own += len(list((folder / "monographs").glob("*.yaml")))
    if times > 1:
        with (folder / "names" / "invented.jsonl").open("w", encoding="utf-8") as lines:
            lines.writelines(json.dumps(row) + "\n" for row in invented(own * (times - 1)))
    return folder


def base(folder: Path, times: int, tries: int) -> Base:
    """Measure one knowledge base in this process."""
    started = time.perf_counter()
    checker = claimcheck.load(knowledge_base=folder)
    checker.check("Ginger eases nausea.")
    load = time.perf_counter() - started
    seconds = {kind: _seconds(checker, begin(0), tries) for kind, begin in KINDS.items()}
    concepts = sum(1 for _ in checker.kb.concepts())
    return Base(times, concepts, load, memory()["resident"], seconds["dense"], seconds["ordinary"])


def _seconds(checker: Checker, stream: Iterator[str], tries: int) -> tuple[float, ...]:
    for _ in range(3):
        checker.check(take(stream, 300))
    found = []
    for _ in range(tries):
        text = take(stream, 300)
        begun = time.process_time()
        checker.check(text)
        found.append(time.process_time() - begun)
    return tuple(found)


def by_size(sizes: Sequence[int], tries: int) -> list[Base]:
    """Measure knowledge bases of each size, each in a fresh process."""
    found = []
    for times in sizes:
        with tempfile.TemporaryDirectory(prefix="claimcheck-growth-") as temporary:
            folder = enlarged(Path(temporary) / "kb", times)
            _in_a_fresh_process(folder, times, 1)  # compiles it; what a first start takes is not the question
            found.append(_in_a_fresh_process(folder, times, tries))
        print(f"knowledge base {times:>2}x: {found[-1].concepts:,} concepts", file=sys.stderr, flush=True)
    return found


def _in_a_fresh_process(folder: Path, times: int, tries: int) -> Base:
    command = [sys.executable, "-m", "benchmarks.speed.growth", "--base", str(folder), str(times), str(tries)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=BASE_SECONDS)
    return Base(**json.loads(done.stdout))


def page(lengths: Mapping[str, Sequence[Point]], bases: Sequence[Base], facts: Machine) -> str:
    """Return the measured part of ``docs/speed.md``."""
    parts = [facts.sentence() + "\n"]
    parts.append("| words | dense, ms | ordinary, ms |\n| --- | --- | --- |")
    for one, other in zip(lengths["dense"], lengths["ordinary"], strict=True):
        parts.append(f"| {one.size:,} | {1000 * one.middle:,.1f} | {1000 * other.middle:,.1f} |")
    parts.append("\n![Time against length of text](img/speed-text-length.svg)\n")
    for kind, points in lengths.items():
        middle, low, high = slope([p for p in points if p.size >= LINEAR_FROM])
        parts.append(
            f"- {kind}: slope {middle:.2f} on logarithmic axes from {LINEAR_FROM} words on "
            f"({low:.2f} to {high:.2f}); 1 is linear"
        )
    parts.append(
        "\n| knowledge base | concepts | 300 dense words, ms | 300 ordinary words, ms | load, s | MB |"
    )
    parts.append("| --- " * 6 + "|")
    for row in bases:
        dense_ms, ordinary_ms = (1000 * row.points(kind).middle for kind in KINDS)
        parts.append(
            f"| {row.times}x | {row.concepts:,} | {dense_ms:.1f} | {ordinary_ms:.1f} "
            f"| {row.load_seconds:.2f} | {row.resident:.0f} |"
        )
    parts.append("\n![Time against size of the knowledge base](img/speed-knowledge-base.svg)\n")
    for kind in KINDS:
        middle, low, high = slope([row.points(kind) for row in bases])
        parts.append(f"- {kind}: slope {middle:.2f} ({low:.2f} to {high:.2f}); 0 is no growth")
    return "\n".join(parts) + "\n"


def main() -> None:
    """Measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short texts, small bases: to try the command")
    parser.add_argument("--json", type=Path, default=RESULT)
    parser.add_argument("--pictures", type=Path, help=f"where to draw; with --write {PICTURES}")
    parser.add_argument("--write", action="store_true", help=f"write figures and pictures into {PAGE}")
    parser.add_argument("--base", nargs=3, metavar=("FOLDER", "TIMES", "TRIES"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.base:
        print(json.dumps(asdict(base(Path(asked.base[0]), int(asked.base[1]), int(asked.base[2])))))
        return
    if asked.quick and asked.write:
        parser.error("figures of --quick are not for the documentation")
    facts = machine()
    pin_to_one_core()
    checker = claimcheck.load()
    chosen = [words for words in LENGTHS if words <= 10_000 or not asked.quick]
    lengths = {kind: by_length(checker, kind, chosen) for kind in KINDS}
    bases = by_size(SIZES[:2] if asked.quick else SIZES, 5 if asked.quick else 40)
    record = {
        "machine": facts.record(),
        "lengths": {kind: [asdict(p) for p in points] for kind, points in lengths.items()},
        "bases": [asdict(row) for row in bases],
    }
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    text = page(lengths, bases, facts)
    print(text)
    pictures = asked.pictures or (PICTURES if asked.write else None)
    if pictures is not None:
        plots.lengths(
            {kind: [(p.size, p.middle) for p in points] for kind, points in lengths.items()},
            pictures / "speed-text-length.svg",
        )
        plots.bases(
            {kind: [(row.concepts, row.points(kind).middle) for row in bases] for kind in KINDS},
            pictures / "speed-knowledge-base.svg",
        )
    if asked.write:
        replace_between(PAGE, "growth", text)


if __name__ == "__main__":
    main()
