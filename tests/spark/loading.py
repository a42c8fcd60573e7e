"""A checker that leaves a line where it is loaded; worker processes find it by its module."""

from __future__ import annotations

import os
from pathlib import Path

from tests.bulk.counting import CountingChecker

LOADS = "CLAIMCHECK_TEST_LOADS"


def load() -> CountingChecker:
    """Return a checker, and note which process loaded it."""
    with Path(os.environ[LOADS]).open("a", encoding="utf-8") as file:
        file.write(f"{os.getpid()}\n")
    return CountingChecker()
