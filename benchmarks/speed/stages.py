"""Where each microsecond of a word goes, and how far the encoder is from what the processor can do.

Usage: python -m benchmarks.speed.stages [--words 9000] [--rounds 5] [--write]

Each stage of :func:`claimcheck.load`'s checker is called as it calls it, on
texts of 300 words without a repeated sentence; of the rounds, the one with the
least time in all counts.  The detector is shown with the encoder's arithmetic
taken out.  Word pieces and multiplications are counted, not estimated.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

import claimcheck
from benchmarks.speed import texts
from benchmarks.speed.machine import machine, pin_to_one_core
from benchmarks.speed.pages import replace_between
from claimcheck.artefacts import find
from claimcheck.checker import DEFAULT_MIN_PROBABILITY, Checker
from claimcheck.judging.judge import judge
from claimcheck.reading.extract import extract
from claimcheck.reading.language import language
from claimcheck.reporting.explain import explain
from claimcheck.types import Jurisdiction

PAGE = Path("docs/speed.md")
WORDS_A_TEXT = 300
MINILM = {"hidden": 384, "width": 1536, "heads": 12}
# Numbers of one attention head.
HEAD = 32
# One run that is as good for a processor as runs of this model get: many long inputs, none padded.
FULL_RUN = (16, 64)
T = TypeVar("T")


@dataclass
class Clock:
    """Seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    def time(self, stage: str, call: Callable[[], T]) -> T:
        """Call and add the time it took to a stage."""
        started = time.perf_counter()
        result = call()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started
        return result

    @property
    def total(self) -> float:
        """All stages."""
        return sum(self.seconds.values())


def read(checker: Checker, passages: Sequence[str]) -> tuple[Clock, int]:
    """Check every text once, stage by stage; return the times, and the word pieces that the encoder read."""
    clock = Clock()
    nlp: Any = checker._nlp
    encoder = checker._parts[1]
    pieces = 0
    run = type(encoder).run if encoder is not None else None

    def counted(self: Any, inputs: Any) -> Any:  # noqa: ANN401 - stands for the model's own method
        nonlocal pieces
        pieces += sum(len(ids) for ids, _ in inputs)
        return clock.time("encoder: arithmetic", lambda: run(self, inputs))  # type: ignore[misc]

    if encoder is not None:
        type(encoder).run = counted  # type: ignore[method-assign]
    try:
        for text in passages:
            with nlp.memory_zone():
                _one(checker, nlp, text, clock)
    finally:
        if encoder is not None:
            type(encoder).run = run  # type: ignore[method-assign, assignment]
    inside = clock.seconds.get("encoder: arithmetic", 0.0)
    clock.seconds["claimcheck_detector"] -= inside
    return clock, pieces


def _one(checker: Checker, nlp: Any, text: str, clock: Clock) -> None:  # noqa: ANN401 - spaCy is untyped here
    doc = clock.time("tokens", lambda: nlp.make_doc(text))
    clock.time("language", lambda: language(text, zip(doc._.words, doc._.kinds, strict=True)))
    for name, stage in nlp.pipeline:
        doc = clock.time(name, lambda stage=stage, doc=doc: stage(doc))  # type: ignore[misc]
    reading = clock.time(
        "claims out of the Doc", lambda: extract(doc, min_probability=DEFAULT_MIN_PROBABILITY)
    )
    clock.time(
        "judging and explaining",
        lambda: judge(
            reading,
            checker.kb,
            jurisdictions=(Jurisdiction.US,),
            policy=checker.policy,
            today=checker._today,
            explain=explain,
            prior=checker._prior,
            calibrate=checker.calibrate,
        ),
    )


def best(checker: Checker, passages: Sequence[str], rounds: int) -> tuple[Clock, int]:
    """Return the fastest of several rounds."""
    return min((read(checker, passages) for _ in range(rounds)), key=lambda found: found[0].total)


def multiplications(figures: dict[str, Any]) -> int:
    """Return the int8 multiplications that the layers take for a word piece, attention itself left out."""
    hidden, width = MINILM["hidden"], figures.get("width") or MINILM["width"]
    attended = (figures.get("attention_heads") or MINILM["heads"]) * HEAD
    return int(figures["layers"] * (4 * hidden * attended + 2 * hidden * width))


def full_run(checker: Checker, rounds: int = 20) -> float:
    """Return the seconds a word piece takes where nothing is padded and a run is large."""
    encoder: Any = checker._parts[1]
    rows, length = FULL_RUN
    ids = np.random.default_rng(0).integers(1000, 20000, (rows, length))
    shown = {"ids": ids, "mask": np.ones_like(ids), "types": np.zeros_like(ids)}
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        encoder.session.run(None, shown)
        times.append(time.perf_counter() - started)
    return min(times) / (rows * length)


def table(clock: Clock, words: int) -> str:
    """Return the stages as a Markdown table, largest first."""
    lines = ["| stage | µs a word | share |", "| --- | --- | --- |"]
    for stage, seconds in sorted(clock.seconds.items(), key=lambda item: -item[1]):
        name = stage.removeprefix("claimcheck_").replace("_", " ")
        lines.append(f"| {name} | {seconds / words * 1e6:.1f} | {seconds / clock.total:.0%} |")
    lines.append(f"| all | {clock.total / words * 1e6:.1f} | |")
    return "\n".join(lines)


def limit(clock: Clock, pieces: int, words: int, each: float, work: int) -> str:
    """Return in words how close the encoder comes to the processor's limit."""
    spent = clock.seconds["encoder: arithmetic"]
    reached, full = pieces * work / spent / 1e9, work / each / 1e9
    rows, length = FULL_RUN
    return (
        f"The encoder reads {pieces / words:.2f} word pieces a word (markers of sentences counted) and "
        f"multiplies {work / 1e6:.1f} million int8 numbers for each: {reached:.0f} billion a second. "
        f"In one run of {rows} inputs of {length} pieces, with nothing padded, the same model reaches "
        f"{full:.0f} billion. A core with two 512-bit VNNI units can begin 128 a cycle, some 380 billion a "
        "second at 3 GHz, if it did nothing else."
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=9000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help=f"into {PAGE}")
    arguments = parser.parse_args()
    pin_to_one_core()
    source = texts.dense(texts.written())
    passages = [texts.take(source, WORDS_A_TEXT) for _ in range(max(1, arguments.words // WORDS_A_TEXT))]
    words = sum(len(p.split()) for p in passages)
    checker = claimcheck.load()
    clock, pieces = best(checker, passages, arguments.rounds)
    work = multiplications(json.loads((find("claim-encoder").path / "meta.json").read_text())["figures"])
    told = "\n\n".join(
        (
            machine().sentence(),
            table(clock, words),
            limit(clock, pieces, words, full_run(checker), work),
        )
    )
    print(told)
    if arguments.write:
        replace_between(PAGE, "stages", told)


if __name__ == "__main__":
    main()
