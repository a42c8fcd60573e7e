"""A text cut where claims begin and end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimcheck.reporting.segments import Segment, segments
from claimcheck.types import Span

LENGTH = 12
offsets = st.integers(0, LENGTH)
spans = st.lists(st.tuples(offsets, offsets).map(lambda ends: Span(min(ends), max(ends))), max_size=8)


@given(spans)
def test_segments_cover_the_text_and_know_their_claims(marked: list[Span]) -> None:
    cut = segments(LENGTH, marked)
    assert [s.span.start for s in cut] == [0, *(s.span.end for s in cut[:-1])]
    assert cut[-1].span.end == LENGTH
    for segment in cut:
        covering = [
            i for i, span in enumerate(marked) if span.start < span.end and span.overlaps(segment.span)
        ]
        assert sorted(segment.covering) == covering
        inside = [i for i in covering if marked[i].end == segment.span.end]
        assert sorted(segment.ending) == inside


def test_overlapping_and_nested_spans() -> None:
    assert segments(10, [Span(0, 6), Span(2, 4), Span(4, 8)]) == (
        Segment(Span(0, 2), (0,), ()),
        Segment(Span(2, 4), (0, 1), (1,)),
        Segment(Span(4, 6), (0, 2), (0,)),
        Segment(Span(6, 8), (2,), (2,)),
        Segment(Span(8, 10), (), ()),
    )


def test_an_empty_text_has_no_segment() -> None:
    assert segments(0, []) == ()


def test_a_span_beyond_the_text_is_refused() -> None:
    with pytest.raises(ValueError, match="beyond the text"):
        segments(3, [Span(1, 4)])
