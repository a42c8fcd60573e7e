"""The mark-up of examples: what is not understood is refused."""

from __future__ import annotations

import pytest

from claimcheck.types import Span
from tests.helpers import parse


def test_spans_are_offsets_of_the_text_without_mark_up() -> None:
    marked = parse("{i|Ginger} eases {t|nausea}.")
    assert marked.text == "Ginger eases nausea."
    assert marked.spans == {"i": (Span(0, 6),), "t": (Span(13, 19),)}
    assert marked.word("i") == "Ginger"
    assert marked.word("x") is None


def test_text_without_mark_up_is_itself() -> None:
    assert parse("Ginger | tea").text == "Ginger | tea"


@pytest.mark.parametrize(
    "source",
    [
        "{i|Ginger eases nausea.",
        "{i|Ginger eases {t|nausea}.",
        "Ginger} eases nausea",
        "{Ginger} eases",
        "{i|} eases",
        "{|Ginger} eases",
        "{i1|Ginger} eases",
    ],
)
def test_mark_up_that_is_not_understood_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="mark-up"):
        parse(source)


def test_a_label_outside_the_list_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown label 'x'"):
        parse("{x|Ginger}", labels=frozenset(("i", "t")))


def test_a_label_marked_twice_has_no_single_word() -> None:
    with pytest.raises(ValueError, match="marked 2 times"):
        parse("{i|Ginger} and {i|mint}").word("i")
