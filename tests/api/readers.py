"""Checkers for the tests of what reads texts; at the top of a module, so that a process can load them."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from claimcheck.errors import NotText
from claimcheck.kb import schema
from claimcheck.kb.sources import Sources
from claimcheck.kb.store import KnowledgeBase
from claimcheck.reporting.report import Report
from claimcheck.types import Action, Jurisdiction, ReportWarning, Scores, Verdict, Versions

VERSIONS = Versions(claimcheck="0.1.0", model="m1", kb="k1", rules="r1", policy="p1")


def empty_kb() -> KnowledgeBase:
    """Return a knowledge base that holds a date."""
    return KnowledgeBase.build(Sources(meta=schema.Meta(date="2026.11.22")))


@dataclass
class EchoChecker:
    """Reports nothing of a text but that it was read; some words make it fail, wait or die."""

    kb: KnowledgeBase = field(default_factory=empty_kb)
    versions: Versions = VERSIONS
    warnings: tuple[ReportWarning, ...] = (ReportWarning("degraded_reader", "A simpler reader."),)
    read: list[str] = field(default_factory=list)

    def check(
        self,
        text: str,
        *,
        jurisdictions: Sequence[Jurisdiction | str] = ("us",),
        min_probability: float | None = None,
    ) -> Report:
        """Return an empty report whose priority is the least probability."""
        assert jurisdictions
        self.read.append(text)
        if text.startswith("wait"):
            time.sleep(float(text.split()[1]))
        if "refuse me" in text:
            raise NotText("not a text")
        if "break me" in text:
            raise RuntimeError(f"broken by {text!r}")
        if "die" in text:
            os.kill(os.getpid(), signal.SIGKILL)
        verdict = Verdict(
            text=text,
            text_sha256=hashlib.sha256(text.encode()).hexdigest(),
            language="en",
            findings=(),
            alerts=(),
            scores=Scores(priority=min_probability or 0.0),
            action=Action.ALLOW,
            warnings=self.warnings,
            versions=self.versions,
        )
        return Report(verdict, self.kb)


def load_echo() -> EchoChecker:
    """Return what a process reads with."""
    return EchoChecker()


def load_nothing() -> EchoChecker:
    """Fail, as where the model is missing."""
    raise SystemExit(3)
