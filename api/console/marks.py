"""The text of a report with its flagged claims marked: cut so that no two marks overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claimcheck.reporting.segments import segments
from claimcheck.types import RiskLevel, Span


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text to show.

    Attributes:
        text: the words themselves.
        level: highest risk level of the flagged claims that cover it; None where there is none.
        claim: number of the claim that a click leads to, the one of highest risk.
        begins: numbers of the flagged claims whose first piece this is.
        ends: numbers of the flagged claims whose last piece this is.
    """

    text: str
    level: RiskLevel | None = None
    claim: int | None = None
    begins: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()


def pieces(text: str, claims: Sequence[Mapping[str, Any]]) -> list[Piece]:
    """Return ``text`` in pieces, in order and without a gap; claims are numbered from 1."""
    flagged = [(number, claim) for number, claim in enumerate(claims, 1) if claim["flagged"]]
    spans = [Span(claim["span"]["start"], claim["span"]["end"]) for _, claim in flagged]
    cut: list[Piece] = []
    seen: set[int] = set()
    for segment in segments(len(text), spans):
        words = segment.span.of(text)
        if not segment.covering:
            cut.append(Piece(words))
            continue
        covering = [(RiskLevel(flagged[i][1]["risk"]["level"]), flagged[i][0]) for i in segment.covering]
        level, number = max(covering, key=lambda pair: (pair[0].rank, -pair[1]))
        begins = tuple(n for _, n in covering if n not in seen)
        seen.update(begins)
        cut.append(Piece(words, level, number, begins, tuple(flagged[i][0] for i in segment.ending)))
    return cut
