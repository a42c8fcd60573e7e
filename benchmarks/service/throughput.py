"""Prints requests a second and how long each took, for 1, 8 and 32 clients at the same time.

Usage: python -m benchmarks.service.throughput [--seconds 10] [--processes 0 1 2] [--address http://…]

Every client sends its next text as soon as the last is answered, and no two
texts are equal, so that nothing is answered twice by one reading.  Only the
rows "equal texts" send the same text from everyone.  With ``--address`` a
server that runs already is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from itertools import count

import httpx

from benchmarks.service.serving import processor_seconds, served

CLIENTS = (1, 8, 32)
_BUSY = 503


@dataclass
class Tally:
    """What happened in one measurement."""

    milliseconds: list[float] = field(default_factory=list)
    refused: int = 0

    def line(self, label: str, seconds: float, *, processor: float | None = None) -> str:
        """Return the figures as one line, with the processor time of the server where it is known."""
        taken = sorted(self.milliseconds)
        p95 = taken[int(0.95 * (len(taken) - 1))]
        return (
            f"{label}: {len(taken) / seconds:7.1f} requests/s, p50 {statistics.median(taken):7.1f} ms, "
            f"p95 {p95:7.1f} ms, {self.refused} refused"
            + ("" if processor is None else f", {processor * 1000 / len(taken):5.1f} ms of processor each")
        )


def paragraphs() -> list[str]:
    """Return the paragraphs of the sample article that have some length."""
    text = (files("claimcheck") / "samples" / "kratom.txt").read_text(encoding="utf-8")
    return [part.strip() for part in text.split("\n\n") if len(part) > 80]


async def measure(address: str, *, clients: int, seconds: float, equal: bool) -> Tally:
    """Send texts from so many clients for so long."""
    tally, texts, numbers = Tally(), paragraphs(), count()
    end = time.monotonic() + seconds

    async def client(http: httpx.AsyncClient) -> None:
        while time.monotonic() < end:
            number = next(numbers)
            own = texts[0] if equal else f"{texts[number % len(texts)]} Note {number}."
            started = time.perf_counter()
            reply = await http.post("/v1/check", json={"text": own})
            if reply.status_code == _BUSY:
                tally.refused += 1
                await asyncio.sleep(0.05)
                continue
            reply.raise_for_status()
            tally.milliseconds.append((time.perf_counter() - started) * 1000)

    limits = httpx.Limits(max_connections=clients)
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=60) as http:
        await asyncio.gather(*(client(http) for _ in range(clients)))
    return tally


def measure_all(
    address: str, *, label: str, seconds: float, processor: Callable[[], float] | None = None
) -> None:
    """Print one line for each number of clients, and one for equal texts."""
    asyncio.run(measure(address, clients=2, seconds=1, equal=False))
    for clients, equal in (*((clients, False) for clients in CLIENTS), (CLIENTS[-1], True)):
        before = processor() if processor else 0.0
        tally = asyncio.run(measure(address, clients=clients, seconds=seconds, equal=equal))
        used = processor() - before if processor else None
        texts = ", equal texts" if equal else ""
        print(tally.line(f"{label}, {clients:>2} clients{texts}", seconds, processor=used), flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--processes", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--address", help="measure a server that runs already")
    parser.add_argument("--pid", type=int, help="the process of that server, for its processor time")
    asked = parser.parse_args()
    if asked.address:
        processor = partial(processor_seconds, asked.pid) if asked.pid else None
        measure_all(asked.address, label="server", seconds=asked.seconds, processor=processor)
        return
    for processes in asked.processes:
        with served(settings={"CHECK_PROCESSES": str(processes)}) as server:
            processor = partial(processor_seconds, server.process.pid)
            label = f"{processes} processes"
            measure_all(server.address, label=label, seconds=asked.seconds, processor=processor)
            print(f"    resident: {server.resident_megabytes():.0f} MB", flush=True)


if __name__ == "__main__":
    main()
