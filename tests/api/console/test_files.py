"""What a dropped file says: encodings, tags, and pages that are broken on purpose."""

from __future__ import annotations

import html
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.console.files import ENDINGS, read, words_of_page
from api.errors import NOT_TEXT, Problem


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("Thé für €5".encode(), "UTF-8"),
        ("Thé für €5".encode("utf-8-sig"), "UTF-8"),
        ("Thé für €5".encode("utf-16"), "UTF-16"),
        (b"\xfe\xff" + "Thé für €5".encode("utf-16-be"), "UTF-16"),
        ("Thé für €5".encode("cp1252"), "Windows-1252"),
    ],
)
def test_encoding_is_found(content: bytes, encoding: str) -> None:
    found = read("notes.txt", content)
    assert (found.text, found.encoding) == ("Thé für €5", encoding)


@pytest.mark.parametrize("content", [b"\x81\x8d", b"\xff\xfea"])
def test_what_is_in_no_encoding_is_no_text(content: bytes) -> None:
    with pytest.raises(Problem) as refused:
        read("notes.txt", content)
    assert refused.value.kind is NOT_TEXT


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<p>One<p>two", "One\ntwo"),
        ("<!doctype html><head><title>No</title><body>Yes", "Yes"),
        ("a<script>if (1 < 2) evil()</script>b<style>p{}</style>c", "abc"),
        ("a<SCRIPT>x</Script>b", "ab"),
        ("a<script>never closed <p>b", "a"),
        ("a<!-- <p>hidden</p> -->b", "ab"),
        ("a<!-- never closed", "a"),
        ("1 < 2 and <3", "1 < 2 and <3"),
        ("fish &amp; chips &lt;b&gt;", "fish & chips <b>"),
        ("one<br>two<li>three</li>", "one\ntwo\nthree"),
        ("one\n  line of   <b>words</b>\n", "one line of words"),
        ("İ<script>x</script>ok", "İok"),
        ("<a href=x>link</a> <unknown>tag</unknown>", "link tag"),
        ("", ""),
    ],
)
def test_page_is_read_as_its_visible_words(page: str, words: str) -> None:
    assert words_of_page(page) == words


def test_only_pages_lose_their_tags() -> None:
    assert read("a.md", b"<b>kept</b>").text == "<b>kept</b>"
    assert read("A.HTML", b"<b>lost</b>").text == "lost"
    assert ".html" in ENDINGS


def test_line_breaks_become_one_kind() -> None:
    assert read("a.txt", b"a\r\nb\rc\n").text == "a\nb\nc\n"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_words_of_an_escaped_page_come_back(words: str) -> None:
    page = f"<p>{html.escape(words)}</p>"
    # Control characters and the like have meanings of their own as references; plain words do not.
    assert words_of_page(page).split() == " ".join(line for line in words.splitlines()).split()


@pytest.mark.parametrize("piece", ["<", "<script>", "<!--", "<a ", "</", "<a href='", "&#", "<p", "</script"])
def test_broken_pages_are_read_in_linear_time(piece: str) -> None:
    begun = time.perf_counter()
    words_of_page(piece * (500_000 // len(piece)))
    assert time.perf_counter() - begun < 8
