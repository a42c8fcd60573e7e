"""Files of texts, read as a stream: JSON lines, CSV or Parquet, plain or compressed.

Memory stays within one shard whatever the size of the file.  A row that cannot
be read becomes a :class:`BadRow` with its place and the reason, never with its
words, and the reading goes on.
"""

from __future__ import annotations

import csv
import glob
import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from claimcheck.bulk.core import ID, TEXT
from claimcheck.errors import InputError

STANDARD_INPUT = "-"
# A text has at most 1,000,000 bytes; escaped and with other fields beside it, a line may be longer.
LONGEST_LINE = 16_000_000
_LONGEST_ID = 1_000
_COMPRESSED = {".gz": "gzip", ".zst": "zstd"}
_DECODER = msgspec.json.Decoder()


class Format(StrEnum):
    """How texts lie in a file."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds the text, and which the id (left out where a row has none)."""

    text: str = "text"
    id: str = "id"


@dataclass(frozen=True, slots=True)
class Record:
    """One readable row; ``row`` counts from 0 over all files."""

    row: int
    id: str | None
    text: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that cannot be read, and why."""

    row: int
    reason: str
    id: str | None = None


@dataclass(slots=True)
class Progress:
    """How far the reading is, in bytes of the files as they lie on disk."""

    read: int = 0
    total: int | None = 0


@dataclass(frozen=True, slots=True)
class Source:
    """The files to read, in order, all of one format.

    Attributes:
        paths: the files; empty for standard input.
        format: what all of them are.
        progress: filled while reading.
    """

    paths: tuple[Path, ...]
    format: Format
    progress: Progress = field(default_factory=Progress, compare=False)

    def records(self, columns: Columns) -> Iterator[Record | BadRow]:
        """Yield every row of every file, in order.

        Raises:
            InputError: a file cannot be opened, or lacks the column of the text.
        """
        row = 0
        done = 0
        self.progress.total = sum(path.stat().st_size for path in self.paths) if self.paths else None
        for path in self.paths or (None,):
            with _opened(path) as (stream, raw):
                for record in _READERS[self.format](stream, columns, row):
                    row = record.row + 1
                    self.progress.read = done + _position(raw)
                    yield record
            done += path.stat().st_size if path is not None else 0
            self.progress.read = done


def find(argument: str, *, format_: Format | None = None) -> Source:
    """Return the source that ``argument`` names: a path, a pattern with ``*``, or ``-``.

    Raises:
        InputError: there is no such file, or its format cannot be told.
    """
    if argument == STANDARD_INPUT:
        return Source(paths=(), format=format_ or Format.JSONL)
    # Path.glob takes no absolute pattern
    paths = tuple(map(Path, sorted(glob.glob(argument)))) if _is_pattern(argument) else ()  # noqa: PTH207
    paths = paths or (Path(argument),)
    if missing := [path for path in paths if not path.is_file()]:
        raise InputError(f"{missing[0]}: there is no such file")
    formats = {format_ or format_of(path) for path in paths}
    if len(formats) > 1:
        raise InputError("the files are of several formats: give one of them at a time")
    return Source(paths=paths, format=formats.pop())


def format_of(path: Path) -> Format:
    """Return the format that the name of ``path`` tells.

    Raises:
        InputError: it tells none.
    """
    endings = [ending for ending in path.suffixes if ending not in _COMPRESSED]
    try:
        return Format(endings[-1].removeprefix(".")) if endings else Format("")
    except ValueError:
        raise InputError(
            f"{path.name}: the name must end in .jsonl, .csv or .parquet, with or without .gz or .zst"
        ) from None


def compression_of(path: Path) -> str | None:
    """Return what ``path`` is compressed with, by its name; None where it is plain."""
    return _COMPRESSED.get(path.suffix)


def _is_pattern(argument: str) -> bool:
    return any(character in argument for character in "*?[") and not Path(argument).exists()


@contextmanager
def _opened(path: Path | None) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Yield the readable stream and, for the progress, the file beneath it."""
    with ExitStack() as stack:
        if path is None:
            yield sys.stdin.buffer, sys.stdin.buffer
            return
        try:
            raw = stack.enter_context(path.open("rb"))
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror}") from None
        codec = compression_of(path)
        if codec is None:
            yield raw, raw
            return
        stream = stack.enter_context(pa.CompressedInputStream(raw, codec))
        yield io.BufferedReader(_Raw(stream), buffer_size=1 << 20), raw


class _Raw(io.RawIOBase):
    """An Arrow stream as a file of Python's, which reads lines."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401 -- an untyped class of pyarrow
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 -- any writable buffer
        try:
            data: bytes = self._stream.read(len(buffer))
        except OSError:
            raise InputError("a compressed file is damaged") from None
        buffer[: len(data)] = data
        return len(data)


def _position(raw: BinaryIO) -> int:
    try:
        return raw.tell()
    except (OSError, ValueError):
        return 0


def _jsonl(stream: BinaryIO, columns: Columns, first: int) -> Iterator[Record | BadRow]:
    row = first
    while line := stream.readline(LONGEST_LINE):
        if not line.endswith(b"\n") and len(line) == LONGEST_LINE:
            while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield BadRow(row, "the line is too long")
        elif line.strip(b"\xef\xbb\xbf \t\r\n"):
            yield _from_line(line.removeprefix(b"\xef\xbb\xbf"), columns, row)
        else:
            continue
        row += 1


def _from_line(line: bytes, columns: Columns, row: int) -> Record | BadRow:
    try:
        value = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return BadRow(row, "not one JSON value in UTF-8")
    if not isinstance(value, dict):
        return BadRow(row, "not a JSON object")
    return _from_values(value.get(columns.text), value.get(columns.id), row)


def _csv(stream: BinaryIO, columns: Columns, first: int) -> Iterator[Record | BadRow]:
    # What is not UTF-8 is kept as lone surrogates, which are refused as no text, row by row.
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    csv.field_size_limit(LONGEST_LINE)
    lines = csv.reader(text)
    row = first
    try:
        header = next(lines, None)
        if header is None or columns.text not in header:
            raise InputError(f"the first line names no column {columns.text!r}")
        place = header.index(columns.text)
        id_place = header.index(columns.id) if columns.id in header else None
        while True:
            try:
                cells = next(lines)
            except StopIteration:
                return
            except csv.Error:
                yield BadRow(row, "not a line of CSV")
                row += 1
                continue
            if not cells:
                continue
            if len(cells) <= max(place, id_place or 0):
                yield BadRow(row, "the line has too few cells")
            else:
                yield _from_values(cells[place], cells[id_place] if id_place is not None else None, row)
            row += 1
    finally:
        text.detach()


def _parquet(stream: BinaryIO, columns: Columns, first: int) -> Iterator[Record | BadRow]:
    try:
        file = pq.ParquetFile(stream)
    except (pa.ArrowException, OSError):
        raise InputError("a file is not Parquet (which is compressed inside, never by .gz or .zst)") from None
    names = file.schema_arrow.names
    if columns.text not in names:
        raise InputError(f"the file has no column {columns.text!r}")
    wanted = [columns.text, *([columns.id] if columns.id in names else [])]
    row = first
    for batch in file.iter_batches(batch_size=1_000, columns=wanted):
        ids = batch.column(columns.id) if columns.id in names else None
        yield from from_columns(batch.column(columns.text), ids, first=row)
        row += batch.num_rows


def from_columns(texts: pa.Array, ids: pa.Array | None, *, first: int = 0) -> Iterator[Record | BadRow]:
    """Yield the rows of two columns of Arrow, which may be of any type; only text is readable."""
    named = _values(ids) if ids is not None else [None] * len(texts)
    for row, (text, identifier) in enumerate(zip(_values(texts), named, strict=True), start=first):
        yield _from_values(text, identifier, row)


def as_batch(records: Sequence[Record]) -> pa.RecordBatch:
    """Return what :func:`claimcheck.bulk.core.score_batches` reads."""
    ids = pa.array([record.id for record in records], pa.string())
    texts = pa.array([record.text for record in records], pa.string())
    return pa.RecordBatch.from_arrays([ids, texts], names=[ID, TEXT])


def _values(column: pa.Array) -> list[Any]:
    plain = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    try:
        values: list[Any] = plain.to_pylist()
    except UnicodeDecodeError:
        # Nobody checks the strings of a Parquet file. As in CSV: what is not UTF-8 becomes lone surrogates.
        raw = plain.cast(pa.large_binary()).to_pylist()
        values = [None if value is None else value.decode(errors="surrogateescape") for value in raw]
    return values


_READERS = {Format.JSONL: _jsonl, Format.CSV: _csv, Format.PARQUET: _parquet}


def _from_values(text: object, identifier: object, row: int) -> Record | BadRow:
    known = str(identifier)[:_LONGEST_ID] if isinstance(identifier, str | int) else None
    if known is not None:
        known = known.encode("utf-8", "replace").decode()
    if not isinstance(text, str):
        return BadRow(row, "there is no text", known)
    try:
        text.encode()
    except UnicodeEncodeError:
        return BadRow(row, "not_text", known)
    return Record(row, known, text)
