"""The tokenizer changes nothing, and forms leave out what no reader sees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc

from tests.test_surface import ANY_TEXT


@given(ANY_TEXT)
def test_a_doc_holds_its_text_unchanged(reader: Language, text: str) -> None:
    doc = reader.make_doc(text)
    assert doc.text == text
    assert all(text[token.idx : token.idx + len(token)] == token.text for token in doc)
    assert len(doc._.kinds) == len(doc)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "  two  spaces ",
        "\r\nGinger\r\n\r\neases\tnausea\r",
        "👩‍⚕️ says: 🍋 cures 🤢",
        "e\u0301 \u0301 \u200d",
        "שלום kratom עולם",
        "a\u00a0b\u2028c\u2029d\x85e\x1cf",
        "\ufeffGinger",
        "x" * 250 + " " * 2_500,
    ],
)
def test_tricky_white_space_and_signs_stay(reader: Language, text: str) -> None:
    assert reader.make_doc(text).text == text


def forms(reader: Language, text: str) -> list[str]:
    doc: Doc = reader(text)
    assert len(doc._.forms) == len(doc)
    return [form for form in doc._.forms if form]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ginger&nbsp;tea", ["ginger", "tea"]),
        ("omega-3", ["omega", "3"]),
        ("ginger - tea", ["ginger", "-", "tea"]),
        ("<b>Ginger</b> tea", ["ginger", "tea"]),
        ("a<script>ginger cures</script>b", ["a", "b"]),
        ("a<style>ginger</style>b<noscript>c</noscript>d", ["a", "b", "d"]),
        ("a<script>if (x < 3) { y('</b>') }</script>b", ["a", "b"]),
        ("a<svg/>b", ["a", "b"]),
        ("<head><title>x</title></head><body>y</body>", ["y"]),
        ("</script>a", ["a"]),
    ],
)
def test_forms(reader: Language, text: str, expected: list[str]) -> None:
    assert forms(reader, text) == expected


def test_a_silent_element_that_never_closes_hides_the_rest(reader: Language) -> None:
    assert forms(reader, "ginger <script> cures cancer") == ["ginger"]


@given(st.text(alphabet=" \t\r\n\u00a0\u2003\u200b", max_size=30))
def test_white_space_has_no_form(reader: Language, text: str) -> None:
    assert forms(reader, text) == []
