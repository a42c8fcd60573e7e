"""One reader in a process of its own, asked over standard input and output, a line of JSON each.

Usage: python -m benchmarks.speed.worker MODULE:FUNCTION FOLDER [DISTRIBUTION…]

Answers on its first line how long import and load took, to the first text
read.  Then, for each line asked: ``one`` (seconds of each text), ``many`` (seconds
of all, by the clock and of processor), ``holds`` (of each sentence), ``memory``,
``size``.  Runs in the peers' environments: needs nothing but the standard
library, ``packaging`` and what the reader needs.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from benchmarks.speed.sizes import installed

if TYPE_CHECKING:
    from benchmarks.speed.readers import Reader

FIRST = "Ginger eases nausea, and the bus leaves at nine."


def load(entry: str, folder: Path) -> Reader:
    """Return the reader that ``module:function`` loads."""
    module, _, function = entry.partition(":")
    reader: Reader = getattr(import_module(module), function)(folder)
    return reader


def answer(reader: Reader, question: dict[str, Any], distributions: Sequence[str] = ()) -> dict[str, Any]:
    """Do what one line asks.

    Raises:
        ValueError: it asks for something that this reader cannot do.
    """
    match question["do"]:
        case "one":
            return {"seconds": [_seconds(reader, text) for text in question["texts"]]}
        case "many":
            started, used = time.perf_counter(), time.process_time()
            reader.many(question["texts"])
            return {"seconds": time.perf_counter() - started, "processor": time.process_time() - used}
        case "holds" if reader.holds is not None:
            return {"holds": reader.holds(question["texts"])}
        case "memory":
            return memory()
        case "size":
            return dict(installed(distributions))
        case other:
            raise ValueError(f"this reader cannot do {other!r}")


def _seconds(reader: Reader, text: str) -> float:
    started = time.perf_counter()
    reader.one(text)
    return time.perf_counter() - started


def memory() -> dict[str, float]:
    """Return resident megabytes, now and at most, of this process image alone.

    ``getrusage`` would begin with what the parent held when it started us.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kilobytes = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if line.startswith("Vm")}
    return {"resident": int(kilobytes["VmRSS"]) * 1024 / 1e6, "peak": int(kilobytes["VmHWM"]) * 1024 / 1e6}


def main() -> None:
    """Load, say so, and answer until the input ends."""
    started = time.perf_counter()
    # What a library prints must not stand between our lines.
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    entry, folder, *distributions = sys.argv[1:]
    reader = load(entry, Path(folder))
    reader.one(FIRST)
    _say(lines, {"load_seconds": time.perf_counter() - started})
    for line in sys.stdin:
        _say(lines, answer(reader, json.loads(line), distributions))


def _say(lines: IO[str], what: dict[str, Any]) -> None:
    lines.write(json.dumps(what) + "\n")
    lines.flush()


if __name__ == "__main__":
    main()
