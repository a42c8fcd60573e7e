"""Cutting text into words, and the form in which two words are compared."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimcheck import surface

# What cutters trip over: emoji with joiners, accents that combine, right-to-left, tags, entities, numbers.
TRICKY = st.sampled_from(
    [
        "👩‍⚕️",
        "e\u0301",
        "שלום",
        "\r\n",
        "\u00a0",
        "\t",
        "<b>",
        "</",
        "&amp;",
        "&#0;",
        "1,2.3",
        "'s",
        "’s",
        "...",
        "…",
        "\u00ad",
        "\u200b",
        "ﬁ",
        "Å",
        "-",
        "mg",
        "https://a.b/c",
        "\U0001f34b",
        "\u2028",
        "\ufdfa",
        "<!--",
        "St. John's",
    ]
)
ANY_TEXT = st.text() | st.lists(TRICKY | st.text(max_size=4), max_size=30).map("".join)
MEGABYTE = 1_000_000


def covered(text: str) -> list[surface.Token]:
    tokens = list(surface.cut(text))
    assert "".join(text[t.start : t.end] for t in tokens) == text
    assert all(one.end == other.start for one, other in pairwise(tokens))
    assert all(t.start < t.end for t in tokens)
    return tokens


@given(ANY_TEXT)
def test_tokens_cover_any_text_without_gaps(text: str) -> None:
    covered(text)


@pytest.mark.parametrize(
    "unit", ["(", "<a", "&a", "1,", "'s", "</", "&#", "www.", "a'", ".", "-", "<!", "\u0301", "é’"]
)
def test_a_megabyte_made_to_hurt_is_cut(unit: str) -> None:
    covered(unit * (MEGABYTE // len(unit)))


@pytest.mark.parametrize("text", ["a" * MEGABYTE, "9" * MEGABYTE, " " * MEGABYTE, "<" + "a" * MEGABYTE])
def test_a_run_without_end_is_cut_into_bounded_tokens(text: str) -> None:
    assert max(t.end - t.start for t in covered(text)) <= 2_010


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("St. John's wort", ["St", ".", "John", "'s", "wort"]),
        ("It doesn't cure", ["It", "doesn't", "cure"]),
        ("500 mg. daily", ["500", "mg", ".", "daily"]),
        ("500mg daily", ["500", "mg", "daily"]),
        ("1,200.50 IU", ["1,200.50", "IU"]),
        ("omega-3", ["omega", "-", "3"]),
        ("5-HTP", ["5", "-", "HTP"]),
        ("a&nbsp;b", ["a", "&nbsp;", "b"]),
        ("<b>kratom</b>", ["<b>", "kratom", "</b>"]),
        ("wait... what", ["wait", "...", "what"]),
        ("see https://a.org/x?y=1 now", ["see", "https://a.org/x?y=1", "now"]),
        ("soft\u00adhyphen", ["soft\u00adhyphen"]),
        ("p<0.05", ["p", "<", "0.05"]),
        ("🍋lemon", ["🍋", "lemon"]),
        ("B12", ["B12"]),
    ],
)
def test_cut(text: str, expected: list[str]) -> None:
    assert [text[t.start : t.end] for t in surface.cut(text) if t.kind != "space"] == expected


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("Kratom", "kratom"),
        ("Ménière", "meniere"),
        ("me\u0301nie\u0300re", "meniere"),
        ("Ｖｉｔａｍｉｎ", "vitamin"),
        ("ﬁbre", "fibre"),
        ("soft\u00adhyphen", "softhyphen"),
        ("zero\u200bwidth", "zerowidth"),
        ("doesn’t", "doesn't"),
        ("&amp;", "&"),
        ("&nbsp;", " "),
        ("&eacute;", "e"),
        ("\u03bcg", "μg"),
    ],
)
def test_plain(token: str, expected: str) -> None:
    assert surface.plain(token) == expected


@given(ANY_TEXT)
def test_comparable_forms_are_stable(text: str) -> None:
    """No white space, nothing empty, and comparing the forms again changes none of them."""
    forms = surface.comparable(text)
    assert all(form and form == form.strip() for form in forms)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("omega-3", "Omega 3"),
        ("omega 3", "omega&nbsp;3"),
        ("omega‑3", "omega–3"),
        ("St. John's wort", "st. john’s WORT"),
        ("<i>Panax</i> ginseng", "panax ginseng"),
        ("cafe\u0301", "café"),
        ("co\u00adenzyme", "coenzyme"),
    ],
)
def test_spellings_of_one_name_compare_equal(one: str, other: str) -> None:
    assert surface.comparable(one) == surface.comparable(other)


@pytest.mark.parametrize(
    ("one", "other"), [("ginger", "gingers"), ("vitamin b6", "vitamin b12"), ("a b", "ab")]
)
def test_different_names_do_not_compare_equal(one: str, other: str) -> None:
    assert surface.comparable(one) != surface.comparable(other)


def test_a_free_standing_hyphen_is_no_part_of_a_word() -> None:
    assert surface.comparable("ginger - tea") == ("ginger", "-", "tea")
    assert surface.comparable("-ginger") == ("-", "ginger")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("herb", {"herb", "herbs"}),
        ("herbs", {"herbs", "herb"}),
        ("remedy", {"remedy", "remedies"}),
        ("remedies", {"remedies", "remedy"}),
        ("inflammatories", {"inflammatories"}),
        ("box", {"box", "boxes"}),
        ("rash", {"rash", "rashes"}),
        ("key", {"key", "keys"}),
        ("arthritis", {"arthritis"}),
        ("virus", {"virus"}),
        ("illness", {"illness"}),
        ("b12", {"b12"}),
        ("ms", {"ms"}),
    ],
)
def test_inflections(name: str, expected: set[str]) -> None:
    assert surface.inflections((name,)) == {(form,) for form in expected}


def test_only_the_last_word_is_inflected() -> None:
    assert surface.inflections(("black", "seed")) == {("black", "seed"), ("black", "seeds")}


def test_neighbouring_patterns_share_no_character() -> None:
    assert surface.pattern(("a", "b")) == " a  b "
    assert surface.pattern(("a",)) + surface.pattern(("b",)) == surface.pattern(("a", "b"))


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("<p>", "p"),
        ("</P>", "p"),
        ("<br/>", "br"),
        ("<h1 class='x'>", "h1"),
        ("<li\n>", "li"),
        ("<!-- x -->", ""),
    ],
)
def test_tag_name(tag: str, expected: str) -> None:
    assert surface.tag_name(tag) == expected
