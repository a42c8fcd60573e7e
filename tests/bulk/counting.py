"""A checker without models that worker processes can load; some words make it die or wait."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from claimcheck.errors import EmptyText
from claimcheck.reporting.report import Report
from claimcheck.types import Action, Jurisdiction, Scores, Versions

VERSIONS = Versions(claimcheck="0.1.0", model="m1", kb="k1", rules="r1", policy="p1")


@dataclass(frozen=True)
class CountedReport:
    """What the core reads of a report."""

    text: str
    claims: tuple[()] = ()
    action: Action = Action.ALLOW

    @property
    def scores(self) -> Scores:
        return Scores(unsupported=len(self.text) / 1000, risk=0.123456, priority=0.5)

    def to_json(self) -> str:
        return json.dumps({"length": len(self.text)})


class CountingChecker:
    """Counts letters instead of judging claims."""

    calls = 0

    def check(
        self, text: str, *, jurisdictions: Sequence[Jurisdiction | str], min_probability: float | None
    ) -> Report:
        self.calls += 1
        if not text.strip():
            raise EmptyText("the text is empty")
        if "kill me" in text:
            os.kill(os.getpid(), signal.SIGKILL)
        if "slowly" in text:
            time.sleep(0.02)
        return cast("Report", CountedReport(f"{text}{jurisdictions}{min_probability}"))


def load() -> CountingChecker:
    """Return a checker; named by its module, so that a spawned process finds it."""
    return CountingChecker()
