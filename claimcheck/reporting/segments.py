"""A text cut where claims begin and end, so that claims may overlap or nest and marks never do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from claimcheck.types import Span


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text covered by the same claims throughout.

    ``covering`` and ``ending`` hold positions in the sequence of spans that
    was given: those that cover the segment, and those that end with it.
    """

    span: Span
    covering: tuple[int, ...]
    ending: tuple[int, ...]


def segments(length: int, spans: Sequence[Span]) -> tuple[Segment, ...]:
    """Cut a text of ``length`` code points at every border of ``spans``.

    The segments follow one another without a gap and cover the whole text;
    empty spans cover nothing and are left out.

    Raises:
        ValueError: a span ends beyond the text.
    """
    starting: dict[int, list[int]] = {}
    ending: dict[int, list[int]] = {}
    for index, span in enumerate(spans):
        if span.end > length:
            raise ValueError("a span ends beyond the text")
        if span.start < span.end:
            starting.setdefault(span.start, []).append(index)
            ending.setdefault(span.end, []).append(index)
    borders = sorted({0, length, *starting, *ending})
    cut: list[Segment] = []
    active: dict[int, None] = {}
    for start, end in pairwise(borders):
        active.update(dict.fromkeys(starting.get(start, ())))
        cut.append(Segment(Span(start, end), tuple(active), tuple(ending.get(end, ()))))
        for index in ending.get(end, ()):
            del active[index]
    return tuple(cut)
