"""Files of every format, whole and damaged."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from claimcheck.bulk import records
from claimcheck.bulk.records import BadRow, Columns, Format, Record, find, format_of
from claimcheck.errors import InputError

ROWS = [("1", "🍋 Lemon cures colds."), ("2", "Two\nlines, with a comma"), ("3", 'A "quote"')]


def _read(path: Path | str, *, columns: Columns | None = None) -> list[Record | BadRow]:
    return list(find(str(path)).records(columns or Columns()))


def _expected() -> list[Record]:
    return [Record(row, name, text) for row, (name, text) in enumerate(ROWS)]


def _jsonl() -> bytes:
    return b"".join(json.dumps({"id": i, "text": t, "more": [1]}).encode() + b"\n" for i, t in ROWS)


def test_json_lines(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + _jsonl() + b"\n  \n")
    assert _read(tmp_path / "a.jsonl") == _expected()


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_compressed(tmp_path: Path, name: str) -> None:
    data = gzip.compress(_jsonl()) if name.endswith("gz") else pa.compress(_jsonl(), "zstd", asbytes=True)
    (tmp_path / name).write_bytes(data)
    assert _read(tmp_path / name) == _expected()


def test_a_damaged_archive_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(_jsonl())[:20] + b"garbage" * 9)
    with pytest.raises(InputError, match="damaged"):
        _read(tmp_path / "a.jsonl.gz")


def test_csv(tmp_path: Path) -> None:
    text = 'text,other,id\r\n🍋 Lemon cures colds.,,1\r\n"Two\nlines, with a comma",x,2\r\n\r\n'
    text += '"A ""quote""",,3\r\n'
    (tmp_path / "a.csv").write_text("\ufeff" + text, encoding="utf-8", newline="")
    assert _read(tmp_path / "a.csv") == _expected()


def test_parquet(tmp_path: Path) -> None:
    table = pa.table({"id": [i for i, _ in ROWS], "text": [t for _, t in ROWS], "n": [1, 2, 3]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=2)
    assert _read(tmp_path / "a.parquet") == _expected()


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_parquet_whose_strings_are_not_utf_8(tmp_path: Path, kind: pa.DataType) -> None:
    raw = pa.array([b"good \xf0\x9f\x8d\x8b", b"caf\xe9", None], pa.binary())
    texts = (raw.cast(pa.large_binary()) if kind == pa.large_string() else raw).view(kind)
    pq.write_table(pa.table({"text": texts, "id": raw.view(pa.string())}), tmp_path / "a.parquet")
    first, broken, none = _read(tmp_path / "a.parquet")
    assert first == Record(0, "good 🍋", "good 🍋")
    assert broken == BadRow(1, "not_text", "caf?")
    assert none == BadRow(2, "there is no text", None)


def test_parquet_with_a_dictionary_and_with_no_text_at_all(tmp_path: Path) -> None:
    words = pa.array(["a", "b", "a"]).dictionary_encode()
    pq.write_table(pa.table({"text": words, "n": [1, 2, 3]}), tmp_path / "a.parquet")
    assert [r.text for r in _read(tmp_path / "a.parquet") if isinstance(r, Record)] == ["a", "b", "a"]
    found = _read(tmp_path / "a.parquet", columns=Columns(text="n"))
    assert found == [BadRow(row, "there is no text") for row in range(3)]


def test_several_files_count_on(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text('{"text": "x"}\n', encoding="utf-8")
    assert _read(tmp_path / "*.jsonl") == [Record(0, None, "x"), Record(1, None, "x")]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class Piped:
        buffer = io.BytesIO(_jsonl())

    monkeypatch.setattr(sys, "stdin", Piped)
    assert _read("-") == _expected()


def test_other_columns(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"body": "x", "key": 7}\n', encoding="utf-8")
    assert _read(tmp_path / "a.jsonl", columns=Columns(text="body", id="key")) == [Record(0, "7", "x")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": ', "not one JSON value in UTF-8"),
        (b'{"text": "\xff"}', "not one JSON value in UTF-8"),
        (b"[" * 100_000, "not one JSON value in UTF-8"),
        (b'["text"]', "not a JSON object"),
        (b'{"id": "x"}', "there is no text"),
        (b'{"text": null}', "there is no text"),
        (b'{"text": 5}', "there is no text"),
        (b'{"text": "\\ud800"}', "not one JSON value in UTF-8"),
    ],
)
def test_a_bad_line_is_told_of_and_passed(tmp_path: Path, line: bytes, reason: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "a"}\n' + line + b'\n{"text": "b"}\n')
    first, bad, last = _read(tmp_path / "a.jsonl")
    assert (first, last) == (Record(0, None, "a"), Record(2, None, "b"))
    assert isinstance(bad, BadRow)
    assert (bad.row, bad.reason) == (1, reason)


def test_a_line_without_end_is_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LONGEST_LINE", 100)
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "' + b"x" * 1_000 + b'"}\n{"text": "b"}\n')
    assert _read(tmp_path / "a.jsonl") == [BadRow(0, "the line is too long"), Record(1, None, "b")]


def test_csv_lines_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LONGEST_LINE", 100)
    lines = b"id,text\n1\n2,ok\n3,\xff\xfe\n4," + b"x" * 500 + b"\n5,last\n"
    (tmp_path / "a.csv").write_bytes(lines)
    found = _read(tmp_path / "a.csv")
    assert found[:3] == [
        BadRow(0, "the line has too few cells"),
        Record(1, "2", "ok"),
        BadRow(2, "not_text", "3"),
    ]
    assert found[3] == BadRow(3, "not a line of CSV")
    assert found[-1] == Record(found[-1].row, "5", "last")


@pytest.mark.parametrize("name", ["a.txt", "a", "a.gz", "a.xlsx"])
def test_a_name_that_tells_no_format(name: str) -> None:
    with pytest.raises(InputError, match="must end in"):
        format_of(Path(name))


def test_a_name_that_tells_its_format() -> None:
    assert [format_of(Path(n)) for n in ("a.b.csv.gz", "a.jsonl", "a.parquet")] == [
        Format.CSV,
        Format.JSONL,
        Format.PARQUET,
    ]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", b"x,y\n1,2\n", "no column 'text'"),
        ("a.csv", b"", "no column 'text'"),
        ("a.parquet", b"no such thing", "not Parquet"),
    ],
)
def test_a_file_that_is_not_what_it_says(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=message):
        _read(tmp_path / name)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        find(str(tmp_path / "none.jsonl"))
