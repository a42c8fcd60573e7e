"""Where commands get the checker and the knowledge base; tests put their own in its place.

Both are loaded when first asked for, so that ``--help`` waits for neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import claimcheck
from claimcheck.kb.store import KnowledgeBase
from claimcheck.reporting.report import Report
from claimcheck.types import Jurisdiction, Versions


class TextChecker(Protocol):
    """The part of :class:`claimcheck.Checker` that the commands use."""

    @property
    def kb(self) -> KnowledgeBase:
        """The knowledge base that decides."""

    @property
    def versions(self) -> Versions:
        """The versions named in every report."""

    def check(
        self,
        text: str,
        *,
        jurisdictions: Sequence[Jurisdiction | str] = ("us",),
        min_probability: float | None = None,
    ) -> Report:
        """Judge one text.

        Raises:
            InputError: the text or an option cannot be used.
        """


def get_checker(*, policy: Path | None = None) -> TextChecker:
    """Return a checker, with the policy in ``policy`` instead of the packaged one.

    Raises:
        ClaimcheckError: the policy, the knowledge base or a trained part cannot be used.
    """
    return claimcheck.load(policy=policy)


def get_knowledge_base() -> KnowledgeBase:
    """Return the packaged knowledge base, without the trained parts.

    Raises:
        KnowledgeBaseError: it is missing or damaged.
    """
    return KnowledgeBase.load()


def artefact_root() -> Path:
    """Return the folder of trained parts."""
    from claimcheck import artefacts

    return artefacts.root()
