"""The answer to one text: what is claimed, what is known of it, what can happen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from claimcheck.kb.store import KnowledgeBase
from claimcheck.reporting.wire import report_dict, warnings_of
from claimcheck.types import Action, Finding, ReportWarning, RiskFlag, RiskLevel, Scores, Verdict, Versions


@dataclass(frozen=True, repr=False)
class Report:
    """Everything claimcheck says of one text.

    Built by :class:`claimcheck.Checker`; two reports are equal when they say
    the same of the same text.  ``repr`` shows counts, never words of the text.

    Attributes:
        verdict: the judged text that this report puts into words.
        kb: the knowledge base that names and references are looked up in.
    """

    verdict: Verdict
    kb: KnowledgeBase = field(compare=False)

    @property
    def text(self) -> str:
        """The text exactly as it was sent, to quote it back to the sender."""
        return self.verdict.text

    @property
    def claims(self) -> tuple[Finding, ...]:
        """Every judged claim, in the order of the text."""
        return self.verdict.findings

    @property
    def alerts(self) -> tuple[RiskFlag, ...]:
        """Risks that need no therapeutic claim: an unsafe dose, a swallowed disinfectant."""
        return self.verdict.alerts

    @property
    def scores(self) -> Scores:
        """Maxima over the claims that are asserted, each from 0 to 1."""
        return self.verdict.scores

    @property
    def action(self) -> Action:
        """What the policy suggests to a moderator; never a removal."""
        return self.verdict.action

    @property
    def warnings(self) -> tuple[ReportWarning, ...]:
        """What the caller should know of this report."""
        return warnings_of(self.verdict)

    @property
    def versions(self) -> Versions:
        """The versions that this report was made with."""
        return self.verdict.versions

    @property
    def text_sha256(self) -> str:
        """The sha256 of the text's UTF-8 bytes, in hexadecimal."""
        return self.verdict.text_sha256

    @property
    def language(self) -> str:
        """The language the text was read as, an ISO 639-1 code."""
        return self.verdict.language

    @property
    def length(self) -> int:
        """The length of the text in code points."""
        return len(self.verdict.text)

    @property
    def flagged(self) -> bool:
        """Whether any claim is flagged, or any alert is of moderate risk or more."""
        return any(finding.flagged for finding in self.claims) or any(
            alert.level.rank >= RiskLevel.MODERATE.rank for alert in self.alerts
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values, keys in the order of the contract.

        Offsets are half-open and count code points; ``start_utf16`` and
        ``end_utf16`` say the same in UTF-16 code units.  The caller owns the
        result: each call builds a new one.
        """
        return dict(report_dict(self.verdict, self.kb))

    def to_json(self, *, indent: int | None = None) -> str:
        """Return :meth:`to_dict` as JSON, the same bytes each time.

        Args:
            indent: spaces a level; None writes one compact line.
        """
        encoded = msgspec.json.encode(report_dict(self.verdict, self.kb))
        if indent is not None:
            encoded = msgspec.json.format(encoded, indent=indent)
        return encoded.decode()

    def __repr__(self) -> str:
        flagged = sum(finding.flagged for finding in self.claims)
        return (
            f"<Report: {self.length} characters, {len(self.claims)} claims ({flagged} flagged), "
            f"{len(self.alerts)} alerts, action {self.action.value}>"
        )


@dataclass(frozen=True, slots=True)
class NamedReport:
    """A report and the name of what it was made from, as a reader should see it."""

    name: str
    report: Report
