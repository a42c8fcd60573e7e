"""Holds a server under load and prints how it bears it; fails on any error that was not intended.

Usage: python -m benchmarks.service.soak [--minutes 10] [--clients 20] [--processes 0] [--workers 1]

Clients send real and hostile texts, checks, scores and batches, and read pages
of the knowledge base between.  Each call says beforehand which statuses are
right for it; 429 and 503 with ``Retry-After`` are always right.  The server's
resident memory, all of its processes together, is printed every 15 seconds,
and at the end its slope over the second half, when caches are warm.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from benchmarks.service.serving import Served, served
from benchmarks.service.throughput import paragraphs

SAMPLE_SECONDS = 15.0
_INTENDED = frozenset({429, 503})
_ORDINARY = (
    "The council met on Tuesday to discuss the new bridge, and the library will open on Sundays.",
    "My grandmother swears by garlic for colds. I take vitamin D in winter, because my doctor said so.",
    "Doctors do not want you to know that baking soda cures cancer. Stop your chemotherapy today!",
    "St John's wort treats mild depression about as well as some medicines, but it interacts with many.",
    "Knoblauch senkt den Blutdruck und heilt Erkältungen, sagt die Werbung.",
)
_HOSTILE = (
    "",
    " \n\t ",
    "a\0b",
    "\ud800",
    "\x01\x02\x03" * 50,
    "<script>alert(1)</script> garlic cures cancer {{7*7}} ${7*7} %s %n ' OR 1=1 --",
    "\u202e" + "cures cancer " * 40,
    "🍋" * 3_000,
    "kratom " * 4_000,
    "(" * 20_000,
    "e\u0301" * 5_000 + " eases pain",
    "ginger eases nausea " * 2_000,
    "x" * 300_000,
)


@dataclass(frozen=True, slots=True)
class Call:
    """One request and the statuses that are right for it."""

    method: str
    path: str
    body: Any = None
    right: frozenset[int] = frozenset({200})


@dataclass
class Tally:
    """What happened so far."""

    milliseconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[float, float]] = field(default_factory=list)


def next_call(choice: random.Random, texts: list[str]) -> Call:
    """Return what a client sends next: mostly checks of ordinary texts."""
    kind = choice.random()
    number = choice.randrange(10_000)
    if kind < 0.55:
        return Call("POST", "/v1/check", {"text": f"{choice.choice(texts)} Note {number}."})
    if kind < 0.65:
        return Call("POST", "/v1/check", {"text": choice.choice(texts)})
    if kind < 0.75:
        chosen = [f"{text} {number}" for text in choice.sample(texts, 3)]
        return Call("POST", "/v1/score", {"texts": chosen})
    if kind < 0.80:
        items = [{"id": str(i), "text": text} for i, text in enumerate([*texts[:3], "", "a\0b"])]
        return Call("POST", "/v1/check/batch", {"items": items})
    if kind < 0.90:
        right = frozenset({200, 413, 422})
        return Call("POST", "/v1/check", {"text": choice.choice(_HOSTILE)}, right)
    if kind < 0.93:
        body = choice.choice(("{", "[" * 50_000, '{"text": NaN}', '{"text": 3}', '{"txet": "a"}'))
        return Call("POST", "/v1/check", body.encode(), frozenset({400, 422}))
    if kind < 0.97:
        return Call("GET", f"/v1/concepts?q={choice.choice(('garlic', 'ginger', 'x' * 50))}")
    return Call("GET", choice.choice(("/v1/rules", "/v1/version", "/livez", "/metrics")))


async def send(http: httpx.AsyncClient, call: Call, tally: Tally) -> None:
    """Send one call and note what came of it."""
    started = time.perf_counter()
    content = call.body if isinstance(call.body, bytes) else None
    # httpx cannot encode a lone surrogate as UTF-8; JSON's own escapes can.
    data = content if content is not None or call.body is None else _json(call.body)
    try:
        reply = await http.request(
            call.method, call.path, content=data, headers={"content-type": "application/json"}
        )
    except httpx.HTTPError as error:
        tally.wrong[f"{call.method} {call.path.partition('?')[0]}: {type(error).__name__}"] += 1
        return
    tally.milliseconds.append((time.perf_counter() - started) * 1000)
    tally.statuses[reply.status_code] += 1
    if reply.status_code in _INTENDED and "retry-after" in reply.headers:
        await asyncio.sleep(0.2)
    elif reply.status_code not in call.right:
        tally.wrong[f"{call.method} {call.path.partition('?')[0]}: {reply.status_code}"] += 1


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


async def soak(server: Served, *, clients: int, seconds: float) -> Tally:
    """Let the clients send for so long, and look at the memory meanwhile."""
    tally, texts = Tally(), [*paragraphs(), *_ORDINARY]
    began = time.monotonic()
    limits = httpx.Limits(max_connections=clients)

    async def client(http: httpx.AsyncClient, seed: int) -> None:
        choice = random.Random(seed)
        while time.monotonic() - began < seconds:
            await send(http, next_call(choice, texts), tally)

    async def watch() -> None:
        while time.monotonic() - began < seconds:
            megabytes = await asyncio.to_thread(server.resident_megabytes)
            at = time.monotonic() - began
            tally.memory.append((at, megabytes))
            print(f"{at:6.0f} s  {len(tally.milliseconds):>7} replies  {megabytes:7.1f} MB", flush=True)
            await asyncio.sleep(min(SAMPLE_SECONDS, max(0.0, seconds - at)))

    async with httpx.AsyncClient(base_url=server.address, limits=limits, timeout=90) as http:
        await asyncio.gather(watch(), *(client(http, seed) for seed in range(clients)))
    return tally


def slope(samples: list[tuple[float, float]]) -> float:
    """Return megabytes a minute over the second half of the samples."""
    half = samples[len(samples) // 2 :]
    if len(half) < 2:
        return 0.0
    return statistics.linear_regression(*zip(*half, strict=True)).slope * 60


def summary(tally: Tally, *, seconds: float, say: Callable[[str], None] = print) -> None:
    """Print what came of it."""
    taken = sorted(tally.milliseconds)
    say(f"replies: {len(taken)} ({len(taken) / seconds:.1f}/s)")
    say("by status: " + ", ".join(f"{status}: {n}" for status, n in sorted(tally.statuses.items())))
    for share in (0.5, 0.95, 0.99):
        say(f"p{share * 100:.0f}: {taken[int(share * (len(taken) - 1))]:.0f} ms")
    say(f"memory: {tally.memory[0][1]:.0f} MB at first, {tally.memory[-1][1]:.0f} MB at last")
    say(f"slope over the second half: {slope(tally.memory):+.2f} MB/minute")
    say(f"not intended: {sum(tally.wrong.values())}")
    for what, count in tally.wrong.most_common():
        say(f"    {count} x {what}")


def main() -> int:
    """Soak and print; return 1 where anything happened that was not intended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--processes", type=int, default=0, help="processes that check texts")
    parser.add_argument("--workers", type=int, default=1, help="server processes")
    asked = parser.parse_args()
    seconds = asked.minutes * 60
    settings = {"CHECK_PROCESSES": str(asked.processes)}
    with served("--workers", str(asked.workers), settings=settings) as server:
        tally = asyncio.run(soak(server, clients=asked.clients, seconds=seconds))
        broken = [line for line in server.log.read_text().splitlines() if "unexpected" in line]
    summary(tally, seconds=seconds)
    for line in broken[:10]:
        print(f"    log: {line}")
    return 1 if tally.wrong or broken else 0


if __name__ == "__main__":
    sys.exit(main())
