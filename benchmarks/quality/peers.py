"""Asks claimcheck and its peers one question: does this sentence hold a claim? And what does asking cost?

Usage: python -m benchmarks.quality.peers DEV.jsonl [--price 0.05] [--quick] [--json FILE] [--write]

The sentences, and what counts as holding a claim, are those of
``benchmarks.quality.evaluate``.  The peers that learn were trained on the
passages that train our own parts and took their thresholds from sites held out
of that (``benchmarks/speed/train_peers.py``); nothing here is fitted on the
passages that are scored.  Cost is processor time of bulk reading, on the same
texts for all, and what it comes to at a price for an hour of one core.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import claimcheck
from benchmarks.quality.evaluate import degraded, score
from benchmarks.quality.figures import Counts, interval
from benchmarks.quality.matching import ASSERTIVE, overlap
from benchmarks.speed.machine import Machine, machine, pin_to_one_core
from benchmarks.speed.pages import replace_between
from benchmarks.speed.peers import KINDS, PAGE, PEERS, Peer, started
from benchmarks.speed.prepare_peers import MAIN, prepare
from benchmarks.speed.texts import dense, ordinary, take, written
from claimcheck.checker import Checker
from claimcheck.reading.pipeline import build_surface
from models.training.gold import Passage, characters, passages

RESULT = Path("build/peers/quality.json")
CUE_WORDS = Peer("cue-words", "list of our cue words", "benchmarks.speed.readers:cue_words", MAIN, ())
OURS = "claimcheck"
WITHOUT = "claimcheck-without-encoder"
ASKED = (CUE_WORDS, *(peer for peer in PEERS if peer.name in ("tfidf", "healthsea-like")))
TITLES = {
    **{peer.name: peer.title for peer in (CUE_WORDS, *PEERS)},
    WITHOUT: "claimcheck without its encoder (the degraded reader)",
}
PRICE = 0.05  # dollars for an hour of one core: an assumption, to be replaced by what a team pays
TEXTS = 1000
TEXT_WORDS = 300
COST_ROUNDS = 3
COST_TEXTS = 40
_QUICK_PASSAGES, _QUICK_TEXTS = 20, 4
Spans = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Sentences:
    """A passage with its sentences."""

    passage: Passage
    spans: tuple[tuple[int, int], ...]

    def texts(self) -> list[str]:
        """Return the sentences."""
        return [self.passage.text[start:end] for start, end in self.spans]

    def gold(self) -> set[int]:
        """Return which sentences hold a claim; each claim belongs to the one it shares most with."""
        claims = [(c.start, c.end) for c in self.passage.claims if c.labels["stance"] in ASSERTIVE]
        homes = (
            max(range(len(self.spans)), key=lambda i: overlap(c, self.spans[i]), default=-1) for c in claims
        )
        return {
            home for home, c in zip(homes, claims, strict=True) if home >= 0 and overlap(c, self.spans[home])
        }


@dataclass(frozen=True, slots=True)
class Cost:
    """Core-seconds for a thousand texts of 300 words, for each kind of text."""

    dense: float
    ordinary: float


def read(rows: Sequence[Passage], checker: Checker) -> list[Sentences]:
    """Cut passages into the sentences that claimcheck sees."""
    nlp = build_surface(checker.kb)
    found = []
    for passage in rows:
        doc = nlp(passage.text)
        spans = tuple(characters(doc, s.start, s.end) for s in doc._.sentences)
        found.append(Sentences(passage, spans))
    return found


class Asked(Protocol):
    """The part of a worker that is used here."""

    def ask(self, what: str, texts: Sequence[str] = ()) -> dict[str, Any]:
        """Ask one thing and wait for the answer."""


def judged(rows: Sequence[Sentences], holds: Callable[[Sequence[str]], Sequence[bool]]) -> list[Counts]:
    """Ask about every sentence of all passages and count, passage by passage.

    Raises:
        ValueError: there are not as many answers as sentences.
    """
    sentences = [text for row in rows for text in row.texts()]
    answers = holds(sentences)
    if len(answers) != len(sentences):
        raise ValueError("there are not as many answers as sentences")
    left = iter(answers)
    counts = []
    for row in rows:
        found = {i for i, answer in enumerate(islice(left, len(row.spans))) if answer}
        gold = row.gold()
        counts.append(Counts(len(found & gold), len(found - gold), len(gold - found)))
    return counts


def ours(rows: Sequence[Sentences], checker: Checker) -> list[Counts]:
    """Count what claimcheck finds, by the same code as ``docs/quality.md``."""
    return [score(row.passage, checker, row.spans).holds for row in rows]


def costs(workers: Mapping[str, Asked], *, rounds: int, number: int) -> dict[str, Cost]:
    """Measure processor time of bulk reading, the peers in turn, on the same new texts."""
    streams: dict[str, Iterator[str]] = {"dense": dense(written(), seed=1), "ordinary": ordinary(seed=1)}
    used = {name: dict.fromkeys(KINDS, 0.0) for name in workers}
    for turn in range(rounds + 1):
        for kind in KINDS:
            texts = [take(streams[kind], TEXT_WORDS) for _ in range(number)]
            for name, worker in workers.items():
                seconds = worker.ask("many", texts)["processor"]
                used[name][kind] += seconds if turn else 0.0  # the first turn warms up
    scale = TEXTS / (rounds * number)
    return {
        name: Cost(**{kind: seconds * scale for kind, seconds in row.items()}) for name, row in used.items()
    }


def page(
    counts: Mapping[str, Sequence[Counts]], spent: Mapping[str, Cost], facts: Machine, *, price: float
) -> str:
    """Return the measured part of ``docs/peers.md``."""
    first = next(iter(counts.values()))
    gold = sum(c.true + c.missed for c in first)
    lines = [
        facts.sentence() + "\n",
        f"{len(first)} passages, {gold} sentences that hold a claim. Cost is for {TEXTS:,} texts of "
        f"{TEXT_WORDS} words, at an assumed ${price:.2f} for an hour of one core.\n",
        "| | precision | recall | F1 | 95% interval of F1 | core-seconds, dense | ordinary "
        "| cost, dense | ordinary |",
        "| --- " * 9 + "|",
    ]
    for name, some in counts.items():
        whole = sum(some, Counts())
        low, high = interval(some, lambda chosen: sum(chosen, Counts()).f1)
        numbers = " | ".join(f"{value:.3f}" for value in (whole.precision, whole.recall, whole.f1))
        lines.append(
            f"| {TITLES[name]} | {numbers} | {low:.3f} to {high:.3f} | {_money(spent.get(name), price)} |"
        )
    return "\n".join(lines) + "\n"


def _money(cost: Cost | None, price: float) -> str:
    if cost is None:
        return "not measured | | | "
    seconds = (cost.dense, cost.ordinary)
    return " | ".join(
        [
            *(f"{s:.0f}" if s >= 100 else f"{s:.1f}" for s in seconds),
            *(f"${s / 3600 * price:.6f}" for s in seconds),
        ]
    )


def main() -> None:
    """Ask, count, print, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("passages", type=Path)
    parser.add_argument("--price", type=float, default=PRICE, help="dollars for an hour of one core")
    parser.add_argument("--quick", action="store_true", help="20 passages: to try the command")
    parser.add_argument("--json", type=Path, default=RESULT)
    parser.add_argument("--write", action="store_true", help=f"write the table into {PAGE}")
    asked = parser.parse_args()
    if asked.quick and asked.write:
        parser.error("figures of --quick are not for the documentation")
    folder = prepare(quick=asked.quick)
    facts = machine()
    pin_to_one_core()
    checker = claimcheck.load()
    chosen = islice(passages(asked.passages), _QUICK_PASSAGES if asked.quick else None)
    rows = read(list(chosen), checker)
    counts: dict[str, list[Counts]] = {}
    with ExitStack() as stack:
        workers = {
            peer.name: stack.enter_context(started(peer, folder))[0]
            for peer in (*ASKED, next(p for p in PEERS if p.name == OURS))
        }
        for peer in ASKED:
            ask = workers[peer.name].ask
            counts[peer.name] = judged(rows, lambda texts, ask=ask: ask("holds", texts)["holds"])  # type: ignore[misc]
            print(f"{peer.name}: done", file=sys.stderr, flush=True)
        number = _QUICK_TEXTS if asked.quick else COST_TEXTS
        spent = costs(workers, rounds=1 if asked.quick else COST_ROUNDS, number=number)
    counts[WITHOUT] = ours(rows, degraded())
    counts[OURS] = ours(rows, checker)
    record = {
        "machine": facts.record(),
        "price": asked.price,
        "counts": {name: asdict(sum(some, Counts())) for name, some in counts.items()},
        "core_seconds": {name: asdict(cost) for name, cost in spent.items()},
    }
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    text = page(counts, spent, facts, price=asked.price)
    print(text)
    if asked.write:
        replace_between(PAGE, "quality", text)


if __name__ == "__main__":
    main()
