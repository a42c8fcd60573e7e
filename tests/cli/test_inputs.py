"""From bytes, files and addresses to text."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from claimcheck.checker import MAX_TEXT_BYTES
from claimcheck.cli.app import app
from claimcheck.cli.inputs import MAXIMUM_BYTES, decoded, read_input, shown_name
from claimcheck.errors import InputError, NotText, TextTooLong

TEXT = "🍋 cures\r\nflu — שלום\n"
without_nul = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"))


@given(without_nul)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_text_survives_with_its_line_ends(encoding: str, text: str) -> None:
    assert decoded(text.encode(encoding)) == text


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_utf16_of_either_byte_order(mark: bytes) -> None:
    order = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"
    assert decoded(mark + TEXT.encode(order)) == TEXT


@given(st.binary(max_size=200))
def test_any_bytes_give_text_or_a_clear_error(data: bytes) -> None:
    try:
        text = decoded(data)
    except NotText as error:
        assert str(error).startswith("is not text: ")
        assert error.__cause__ is None
    else:
        assert "\0" not in text
        text.encode()


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode("utf-16-le"),  # no byte order mark: nothing says what it is
        TEXT.encode("utf-32"),
        "café".encode("latin-1"),
        b"\xed\xa0\x80",  # a lone surrogate
        b"\xff\xfe\x00\xd8",  # the same in UTF-16
    ],
)
def test_what_is_not_text(data: bytes) -> None:
    with pytest.raises(NotText):
        decoded(data)


def test_the_limit_is_that_of_the_library() -> None:
    assert MAXIMUM_BYTES == MAX_TEXT_BYTES


def test_the_limit_is_exact(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_bytes(b"a" * MAXIMUM_BYTES)
    assert len(read_input(str(path))) == MAXIMUM_BYTES
    path.write_bytes(b"a" * (MAXIMUM_BYTES + 1))
    with pytest.raises(TextTooLong):
        read_input(str(path))


def test_an_endless_file_is_left_after_the_limit() -> None:
    with pytest.raises(TextTooLong):
        read_input("/dev/zero")


@pytest.mark.parametrize("path", ["", "a\0b", "x" * 5000])
def test_an_impossible_path_is_an_input_error(path: str) -> None:
    with pytest.raises(InputError):
        read_input(path)


@pytest.mark.parametrize(
    ("argument", "name"),
    [
        ("-", "stdin"),
        ("a/b.txt", "a/b.txt"),
        ("caf\udce9.txt", "caf�.txt"),  # a name that is not UTF-8, as the system hands it over
        ("https://me:secret@example.org/a?b=c", "https://example.org/a?b=c"),
        ("https://example.org/@a", "https://example.org/@a"),
    ],
)
def test_names_as_they_are_shown(argument: str, name: str) -> None:
    assert shown_name(argument) == name


class FakeExtractor(ModuleType):
    """Stands for the package that the extra ``web`` installs."""

    def __init__(self, page: str | None, text: str | None) -> None:
        super().__init__("trafilatura")
        self.page = page
        self.text = text

    def fetch_url(self, address: str) -> str | None:
        assert address == "https://example.org/page"
        return self.page

    def extract(self, page: str, *, url: str, include_comments: bool) -> str | None:
        assert (page, url, include_comments) == (self.page, "https://example.org/page", False)
        return self.text


def test_the_text_of_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", FakeExtractor("<p>x</p>", TEXT))
    assert read_input("https://example.org/page") == TEXT


@pytest.mark.parametrize(
    ("page", "text", "reason"),
    [
        (None, None, "cannot be fetched"),
        ("<p></p>", None, "no text was found on the page"),
        ("<p>x</p>", "a" * (MAXIMUM_BYTES + 1), "is longer than"),
    ],
)
def test_a_page_without_usable_text(
    monkeypatch: pytest.MonkeyPatch, page: str | None, text: str | None, reason: str
) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", FakeExtractor(page, text))
    with pytest.raises(InputError, match=reason):
        read_input("https://example.org/page")


def test_without_the_extra_the_message_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, runner: CliRunner
) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    result = runner.invoke(app, ["check", "https://example.org/page"])
    assert result.exit_code == 2
    assert result.stderr == (
        "claimcheck: https://example.org/page: reading an address needs the extra 'web': "
        "pip install 'claimcheck-health[web]'\n"
    )
