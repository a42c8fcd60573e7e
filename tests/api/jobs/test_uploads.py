"""Files become rows, in bounded memory; what cannot be used says where and why, never what."""

from __future__ import annotations

import io
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import Problem
from api.jobs.queueing import Row
from api.jobs.row_errors import RowError
from api.jobs.uploads import Columns, Encoding, Format, column_names, read_rows
from api.settings import TEXT_BYTES_CAP

JSONL, CSV = Format.JSONL, Format.CSV


def rows(
    content: bytes,
    written_as: Format = JSONL,
    *,
    encoding: Encoding = Encoding.UTF8,
    columns: Columns | None = None,
    max_text_bytes: int = 1_000,
) -> list[Row]:
    return list(
        read_rows(
            io.BytesIO(content),
            written_as=written_as,
            encoding=encoding,
            columns=columns or Columns(),
            max_text_bytes=max_text_bytes,
        )
    )


def read(*args: object, **options: object) -> list[tuple[str | None, str | None]]:
    """Return id and text of each row."""
    return [(r.external_id, (r.payload or {}).get("text")) for r in rows(*args, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"{", RowError.NOT_JSON),
        (b"[1]", RowError.NOT_JSON),
        (b"[" * 100_000, RowError.NOT_JSON),
        (b'{"text": "caf\xe9"}', RowError.UNDECODABLE),
        (b'{"text": "\\ud800"}', RowError.UNDECODABLE),
        (b"{}", RowError.NO_TEXT),
        (b'{"text": 5}', RowError.NO_TEXT),
        (b'{"text": null}', RowError.NO_TEXT),
        (b'{"text": " \\n"}', RowError.EMPTY_TEXT),
        (b'{"text": "a\\u0000b"}', RowError.NOT_TEXT),
        (b'{"text": "' + b"x" * 1_001 + b'"}', RowError.TEXT_TOO_LONG),
        (b'{"text": "secret", "id": "' + b"x" * 201 + b'"}', RowError.BAD_ID),
        (b'{"text": "secret", "id": "a\\nb"}', RowError.BAD_ID),
        (b'{"text": "secret", "id": [1]}', RowError.BAD_ID),
        (b'{"text": "secret", "id": true}', RowError.BAD_ID),
    ],
)
def test_a_bad_line_fails_alone_and_says_where(line: bytes, error: RowError) -> None:
    good = b'{"id": "g", "text": "good"}\n'
    first, bad, last = rows(good + line + b"\n" + good)
    assert (bad.line, bad.error, bad.payload) == (2, error, None)
    assert [first.payload, last.payload] == [{"text": "good"}] * 2
    assert "secret" not in repr(bad)


def test_ids_are_kept_where_the_text_is_bad() -> None:
    (bad,) = rows(b'{"id": 17, "text": ""}')
    assert (bad.external_id, bad.error) == ("17", RowError.EMPTY_TEXT)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_jsonl_with_and_without_mark(mark: bytes, end: bytes) -> None:
    content = mark + end.join(['{"id": "1", "text": "thé"}'.encode(), b"", b'{"text": "b"}'])
    assert read(content) == [("1", "thé"), (None, "b")]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("id,text\n1,thé €\n".encode(), Encoding.UTF8),
        ("id,text\n1,thé €\n".encode("utf-8-sig"), Encoding.UTF8),
        ("id,text\n1,thé €\n".encode("utf-8-sig"), Encoding.CP1252),
        ("id,text\n1,thé €\n".encode("utf-16"), Encoding.UTF8),
        (b"\xfe\xff" + "id,text\n1,thé €\n".encode("utf-16-be"), Encoding.UTF8),
        ("id,text\n1,thé €\n".encode("cp1252"), Encoding.CP1252),
        ("id;text\r\n1;thé €\r\n".encode("cp1252"), Encoding.CP1252),
        ("id\ttext\r1\tthé €\r".encode(), Encoding.UTF8),
    ],
)
def test_csv_in_the_encodings_that_spreadsheets_write(content: bytes, encoding: Encoding) -> None:
    assert read(content, CSV, encoding=encoding) == [("1", "thé €")]


def test_bytes_of_another_encoding_fail_their_row_alone() -> None:
    content = b"id,text\n1,caf\xe9\n2,fine\n"
    first, second = rows(content, CSV)
    assert (first.error, first.line, first.external_id) == (RowError.UNDECODABLE, 2, "1")
    assert second.payload == {"text": "fine"}


def test_broken_utf_16_ends_the_file_with_an_error() -> None:
    content = "id,text\n1,fine\n".encode("utf-16") + b"\x00\xd8\x00"
    *good, last = rows(content, CSV)
    assert [r.payload for r in good] == [{"text": "fine"}]
    assert last.error is RowError.UNDECODABLE


def test_quoted_cells_may_hold_lines() -> None:
    content = b'id,text\r\n1,"two\r\nlines, ""quoted"""\r\n2,next\r\n'
    assert [(r.line, r.payload) for r in rows(content, CSV)] == [
        (2, {"text": 'two\r\nlines, "quoted"'}),
        (4, {"text": "next"}),
    ]


def test_rows_with_other_numbers_of_cells() -> None:
    short, long, blank = b"id,text\n1\n", b"id,text\n1,a,b\n", b"id,text\n\n,\n1,a\n"
    assert [r.error for r in rows(short, CSV)] == [RowError.NO_TEXT]
    assert [r.error for r in rows(long, CSV)] == [RowError.WRONG_CELLS]
    assert read(blank, CSV) == [("1", "a")]


def test_a_quote_that_is_never_closed_ends_the_file() -> None:
    content = b'id,text\n1,fine\n2,"open\n' + b"3,line\n" * 400_000
    first, last = rows(content, CSV)
    assert (first.payload, last.error, last.line) == ({"text": "fine"}, RowError.UNCLOSED_QUOTE, 3)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"\xff\xfe\x00", b",,\n1,2,3\n"])
def test_a_table_without_a_header_is_refused(content: bytes) -> None:
    with pytest.raises(Problem) as refused:
        rows(content, CSV)
    assert refused.value.kind.slug == "empty-text"


def test_columns_are_chosen_and_missing_ones_named() -> None:
    content = b"nr,body,where,link\n7,words,forum,https://example.org/a\n8,words,,ftp://example.org\n"
    wanted = Columns(text="body", id="nr", source="where", source_url="link")
    first, second = rows(content, CSV, columns=wanted)
    assert (first.external_id, first.payload) == (
        "7",
        {"text": "words", "source": "forum", "source_url": "https://example.org/a"},
    )
    assert second.error is RowError.BAD_SOURCE_URL
    with pytest.raises(Problem) as refused:
        rows(content, CSV, columns=Columns(text="text", id="id"))
    assert [fault["pointer"] for fault in refused.value.errors] == ["/text_column", "/id_column"]
    assert [r.error for r in rows(b'{"body": "a"}', columns=Columns(text="other"))] == [RowError.NO_TEXT]


def test_names_of_columns_for_a_form() -> None:
    assert column_names(io.BytesIO(b"\xef\xbb\xbfid;text\n1;a\n"), written_as=CSV) == ("id", "text")
    assert column_names(io.BytesIO(b'{"a": 1, "b": 2}\n'), written_as=JSONL) == ("a", "b")
    assert column_names(io.BytesIO(b"nonsense"), written_as=JSONL) == ()


@pytest.mark.parametrize("written_as", [JSONL, CSV])
def test_a_line_without_end_is_never_held_whole(written_as: Format) -> None:
    header = b"text\n" if written_as is CSV else b""
    file = io.BytesIO(header + b"x" * 60_000_000 + b'\n{"text": "after"}\n')
    tracemalloc.start()
    try:
        found = list(read_rows(file, written_as=written_as))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found[0].error in (RowError.LINE_TOO_LONG, RowError.UNCLOSED_QUOTE)
    assert peak < 30_000_000
    if written_as is JSONL:
        assert found[1].payload == {"text": "after"}


def test_a_row_of_endless_quoted_lines_is_never_held_whole() -> None:
    file = io.BytesIO(b"text\n" + b'"a\n",' * 6_000_000)
    tracemalloc.start()
    try:
        (found,) = read_rows(file, written_as=CSV)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.error is RowError.UNCLOSED_QUOTE
    assert peak < 100_000_000


@given(st.binary(max_size=400))
def test_no_file_breaks_the_reader(content: bytes) -> None:
    for written_as in Format:
        for encoding in Encoding:
            try:
                found = rows(b"\xef\xbb\xbf"[: len(content) % 4] + content, written_as, encoding=encoding)
            except Problem:
                continue
            assert all((r.error is None) == (r.payload is not None) for r in found)


@given(st.lists(st.text(min_size=1, max_size=30), max_size=8))
def test_what_json_writes_is_read_back(texts: list[str]) -> None:
    content = "\n".join(json.dumps({"text": text}) for text in texts).encode()
    usable = [text for text in texts if text.strip() and "\0" not in text]
    found = [text for _, text in read(content) if text is not None]
    assert found == usable


def test_the_field_limit_lets_the_longest_text_through() -> None:
    text = b"x" * TEXT_BYTES_CAP
    assert rows(b'text\n"' + text + b'"\n', CSV, max_text_bytes=len(text))[0].error is None
    assert rows(b'text\n"' + text + b'x"\n', CSV, max_text_bytes=len(text))[0].error is RowError.TEXT_TOO_LONG
