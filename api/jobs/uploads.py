"""Files of many texts: from what arrives to rows, in bounded memory.

A file is spooled to disk while it arrives and then read row by row.  A row
that cannot be used becomes a failed row with its line and the reason, never
with its words; what is wrong with the file as a whole is a problem of the
request.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Any

import httpx

from api.errors import EMPTY_TEXT, INVALID_REQUEST, Fault, Problem
from api.jobs.queueing import Row
from api.jobs.row_errors import RowError, RowFailed
from api.settings import TEXT_BYTES_CAP

NAME_LENGTH = 200
_SOURCE_LENGTH = 80
_URL_LENGTH = 2_000
# A character may be written as six bytes (\u0041); names and other members of a line come on top.
_LINE_BYTES = 6 * TEXT_BYTES_CAP + 65_536
_LINE_CHARACTERS = TEXT_BYTES_CAP + 65_536
# All lines of one CSV row together: beyond this, a quoted cell was most likely never closed.
_ROW_CHARACTERS = 2 * _LINE_CHARACTERS
_COLUMNS_CAP = 1_000
_DELIMITERS = ",;\t"
_BLOCK = 65_536
csv.field_size_limit(_LINE_CHARACTERS)


class Format(StrEnum):
    """How a file is written."""

    JSONL = "jsonl"
    CSV = "csv"


class Encoding(StrEnum):
    """How a CSV file's letters are written; JSONL is always UTF-8."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    CP1252 = "cp1252"


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns (or members) of a file hold what.

    Attributes:
        text: the text to read.
        id: the caller's own name for it; None for the column ``id`` where there is one.
        source: where it comes from, in a word; only imports keep it.
        source_url: its address; only imports keep it.
    """

    text: str = "text"
    id: str | None = None
    source: str | None = None
    source_url: str | None = None

    @property
    def identifying(self) -> str:
        """The name of the column of ids."""
        return self.id or "id"


def read_rows(
    file: IO[bytes],
    *,
    written_as: Format,
    encoding: Encoding = Encoding.UTF8,
    columns: Columns = Columns(),
    max_text_bytes: int = TEXT_BYTES_CAP,
) -> Iterator[Row]:
    """Return the rows of ``file``, read as they are asked for.

    Raises:
        Problem: the file as a whole cannot be read: it has no header, or not the columns named.
    """
    if written_as is Format.JSONL:
        return _jsonl_rows(file, columns=columns, max_text_bytes=max_text_bytes)
    table = _Table(file, encoding=encoding)
    table.require(columns)
    return table.rows(columns=columns, max_text_bytes=max_text_bytes)


def column_names(
    file: IO[bytes], *, written_as: Format, encoding: Encoding = Encoding.UTF8
) -> tuple[str, ...]:
    """Return the names of the columns (of JSONL: of the members of its first line), and rewind.

    Raises:
        Problem: the file has no header.
    """
    try:
        if written_as is Format.CSV:
            return tuple(_Table(file, encoding=encoding).header)
        for _, line in _byte_lines(file):
            value = None if line is None else _json_object(line)
            return tuple(str(name) for name in list(value or ())[:_COLUMNS_CAP])
        raise Problem(EMPTY_TEXT, errors=[_fault("", "The file is empty.")])
    except RowFailed:
        return ()
    finally:
        file.seek(0)


def digest(file: IO[bytes]) -> bytes:
    """Return the SHA-256 of a file, and rewind it."""
    file.seek(0)
    hashed = hashlib.sha256()
    while block := file.read(_BLOCK):
        hashed.update(block)
    file.seek(0)
    return hashed.digest()


def _jsonl_rows(file: IO[bytes], *, columns: Columns, max_text_bytes: int) -> Iterator[Row]:
    for number, line in _byte_lines(file):
        if line is None:
            yield Row(None, line=number, error=RowError.LINE_TOO_LONG)
            continue
        if line.isspace():
            continue
        try:
            value = _json_object(line)
        except RowFailed as failed:
            yield Row(None, line=number, error=failed.error)
            continue
        yield _row(value, number=number, columns=columns, max_text_bytes=max_text_bytes)


def _byte_lines(file: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Yield numbered lines without a byte order mark; None for one that is too long."""
    file.seek(0)
    number = 0
    while line := file.readline(_LINE_BYTES):
        number += 1
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        whole = line.endswith(b"\n") or len(line) < _LINE_BYTES
        if not whole:
            while (rest := file.readline(_BLOCK)) and not rest.endswith(b"\n"):
                pass
        yield number, line if whole else None


def _json_object(line: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise RowFailed(RowError.UNDECODABLE) from None
    except (ValueError, RecursionError):
        raise RowFailed(RowError.NOT_JSON) from None
    if not isinstance(value, dict):
        raise RowFailed(RowError.NOT_JSON)
    return value


class _RowTooLong(Exception):
    """A quoted cell of a CSV file was most likely never closed."""


class _Table:
    """A CSV file: its header, and its rows in bounded memory."""

    def __init__(self, file: IO[bytes], *, encoding: Encoding) -> None:
        file.seek(0)
        # Bytes that do not belong become lone surrogates, which no text may hold: so a row with
        # such bytes fails alone, and the ones after it are still read.
        codec = _codec(file, encoding)
        self._text = io.TextIOWrapper(
            io.BufferedReader(_Borrowed(file)), encoding=codec, errors="surrogateescape", newline=""
        )
        self._handed_out = 0
        self._line = 0
        first = self._first_line()
        delimiter = max(_DELIMITERS, key=lambda one: (first.count(one), one == ","))
        self._pending: str | None = first
        self._reader = csv.reader(self._lines(), delimiter=delimiter, strict=False)
        self.header = self._read_header()

    def _first_line(self) -> str:
        try:
            return self._text.readline(_LINE_CHARACTERS)
        except UnicodeError:
            # No header, then.
            return ""

    def _read_header(self) -> list[str]:
        try:
            header = [name.strip() for name in next(self._reader)]
        except (StopIteration, csv.Error, UnicodeError, _RowTooLong):
            header = []
        if not any(header):
            raise Problem(EMPTY_TEXT, errors=[_fault("", "The file has no header.")])
        if len(header) > _COLUMNS_CAP:
            raise Problem(INVALID_REQUEST, errors=[_fault("", "The file has too many columns.")])
        return header

    def _lines(self) -> Iterator[str]:
        while line := self._pending if self._pending is not None else self._text.readline(_LINE_CHARACTERS):
            self._pending = None
            self._line += 1
            self._handed_out += len(line)
            if self._handed_out > _ROW_CHARACTERS or len(line) >= _LINE_CHARACTERS:
                raise _RowTooLong
            yield line

    def require(self, columns: Columns) -> None:
        """Check that the file has the columns that were named.

        Raises:
            Problem: ``invalid-request``, with the option that names a column which is not there.
        """
        wanted = {
            "text_column": columns.text,
            "id_column": columns.id,
            "source_column": columns.source,
            "source_url_column": columns.source_url,
        }
        missing = [option for option, name in wanted.items() if name and name not in self.header]
        if missing:
            detail = "The file has no column of this name."
            raise Problem(INVALID_REQUEST, errors=[_fault(option, detail) for option in missing])

    def rows(self, *, columns: Columns, max_text_bytes: int) -> Iterator[Row]:
        """Yield the rows below the header."""
        while True:
            number = self._line + 1
            self._handed_out = 0
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except UnicodeError:
                yield Row(None, line=number, error=RowError.UNDECODABLE)
                return
            except (csv.Error, _RowTooLong):
                # Where the next row begins can only be guessed, and a guess would be stored as a text.
                yield Row(None, line=number, error=RowError.UNCLOSED_QUOTE)
                return
            if not any(cells):
                continue
            if len(cells) > len(self.header):
                yield Row(None, line=number, error=RowError.WRONG_CELLS)
                continue
            value = dict(zip(self.header, cells, strict=False))
            yield _row(value, number=number, columns=columns, max_text_bytes=max_text_bytes)


class _Borrowed(io.RawIOBase):
    """Reads from a file without closing it when the reader around it goes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 -- any writable buffer, as the base class says
        block = self._file.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)


def _codec(file: IO[bytes], encoding: Encoding) -> str:
    """Return the codec; a byte order mark goes before what the caller said."""
    start = file.read(3)
    file.seek(0)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if start == b"\xef\xbb\xbf" or encoding is Encoding.UTF8:
        return "utf-8-sig"
    return encoding.value


def _row(value: Mapping[str, Any], *, number: int, columns: Columns, max_text_bytes: int) -> Row:
    identifier: str | None = None
    try:
        identifier = _named(value.get(columns.identifying), most=NAME_LENGTH, otherwise=RowError.BAD_ID)
        payload = {"text": _usable_text(value.get(columns.text), max_bytes=max_text_bytes)}
        if columns.source:
            found = _named(value.get(columns.source), most=_SOURCE_LENGTH, otherwise=RowError.BAD_SOURCE)
            payload |= {"source": found} if found else {}
        if columns.source_url:
            address = _address(value.get(columns.source_url))
            payload |= {"source_url": address} if address else {}
    except RowFailed as failed:
        return Row(None, external_id=identifier, line=number, error=failed.error)
    return Row(payload, external_id=identifier, line=number)


def _usable_text(value: object, *, max_bytes: int) -> str:
    if not isinstance(value, str):
        raise RowFailed(RowError.NO_TEXT)
    try:
        size = len(value.encode("utf-8"))
    except UnicodeEncodeError:
        raise RowFailed(RowError.UNDECODABLE) from None
    if "\0" in value:
        raise RowFailed(RowError.NOT_TEXT)
    if size > max_bytes:
        raise RowFailed(RowError.TEXT_TOO_LONG)
    if not value or value.isspace():
        raise RowFailed(RowError.EMPTY_TEXT)
    return value


def _named(value: object, *, most: int, otherwise: RowError) -> str | None:
    """Return a name; None where there is none."""
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        value = str(value)
    usable = isinstance(value, str) and len(value) <= most
    if not usable or any(unicodedata.category(one) in ("Cc", "Cs") for one in str(value)):
        raise RowFailed(otherwise)
    return str(value)


def _address(value: object) -> str | None:
    """Return an address of the web; None where there is none."""
    found = _named(value, most=_URL_LENGTH, otherwise=RowError.BAD_SOURCE_URL)
    if found is None:
        return None
    try:
        parsed = httpx.URL(found)
    except httpx.InvalidURL:
        raise RowFailed(RowError.BAD_SOURCE_URL) from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise RowFailed(RowError.BAD_SOURCE_URL)
    return found


def _fault(option: str, detail: str) -> Fault:
    return {"pointer": f"/{option}" if option else "", "detail": detail}
