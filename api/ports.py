"""What the service needs of the library, and no more: tests may hand in anything of this shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from claimcheck.kb.store import KnowledgeBase
from claimcheck.types import Action, Jurisdiction, ReportWarning, Scores, Versions


class CheckedText(Protocol):
    """The part of :class:`claimcheck.Report` that is sent over the wire."""

    @property
    def scores(self) -> Scores:
        """Maxima over the claims."""

    @property
    def action(self) -> Action:
        """What the policy suggests."""

    @property
    def warnings(self) -> tuple[ReportWarning, ...]:
        """What the caller should know of this report."""

    def to_dict(self) -> dict[str, Any]:
        """Return the report as the contract writes it."""


class TextChecker(Protocol):
    """The part of :class:`claimcheck.Checker` that the service calls, from several threads."""

    @property
    def kb(self) -> KnowledgeBase:
        """The knowledge base that decides."""

    @property
    def versions(self) -> Versions:
        """The versions named in every report."""

    @property
    def warnings(self) -> tuple[ReportWarning, ...]:
        """What every report warns of: a part that could not be loaded."""

    def check(
        self,
        text: str,
        *,
        jurisdictions: Sequence[Jurisdiction | str] = ("us",),
        min_probability: float | None = None,
    ) -> CheckedText:
        """Judge one text.

        Raises:
            InputError: the text or an option cannot be used.
        """
