"""A checker that needs no reader: it knows the word "kratom" and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from claimcheck.errors import EmptyText
from claimcheck.kb.store import KnowledgeBase
from claimcheck.reporting.report import Report
from claimcheck.types import Jurisdiction, Versions
from tests.reporting.builders import VERSIONS, claim_of, finding_of, report_of, small_kb


@dataclass
class FakeChecker:
    """Flags each text that names kratom; remembers the options it was asked with."""

    kb: KnowledgeBase = field(default_factory=small_kb)
    versions: Versions = VERSIONS
    calls: list[tuple[tuple[str, ...], float | None]] = field(default_factory=list)

    def check(
        self,
        text: str,
        *,
        jurisdictions: Sequence[Jurisdiction | str] = ("us",),
        min_probability: float | None = None,
    ) -> Report:
        self.calls.append((tuple(map(str, jurisdictions)), min_probability))
        if not text.strip():
            raise EmptyText("there is nothing to read")
        if "kratom" not in text:
            return report_of(text)
        return report_of(text, finding_of(claim_of(text, "kratom")))
