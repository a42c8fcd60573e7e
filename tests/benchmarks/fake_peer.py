"""A peer that needs no package: the measuring itself is tested with it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.speed.readers import Reader

SLOW_SECONDS = 0.02


def quick(folder: Path) -> Reader:
    """Load a reader that prints, notes what it was asked, and takes a sentence with "cures" for a claim."""
    notes = folder / f"asked-{os.getpid()}.txt"

    def one(text: str) -> None:
        sys.stdout.write("a library that prints\n")
        with notes.open("a", encoding="utf-8") as lines:
            lines.write(text + "\n")

    def many(texts: Sequence[str]) -> None:
        for text in texts:
            one(text)

    return Reader(one=one, many=many, holds=lambda texts: ["cures" in text for text in texts])


def slow(folder: Path) -> Reader:  # noqa: ARG001 - all readers are loaded alike
    """Load a reader that takes its time and has no opinion."""
    return Reader(
        one=lambda text: time.sleep(SLOW_SECONDS),  # noqa: ARG005
        many=lambda texts: time.sleep(SLOW_SECONDS * len(texts)),
    )


def dying(folder: Path) -> Reader:
    """Load a reader that ends its process at the second text."""
    left = iter((None,))

    def one(text: str) -> None:  # noqa: ARG001
        if next(left, folder) is not None:
            os._exit(3)

    return Reader(one=one, many=lambda texts: None)  # noqa: ARG005
