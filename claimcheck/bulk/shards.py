"""A run cut into shards that are done or not: what a run that was killed goes on from.

The manifest is a file of JSON lines beside the output.  Its first line says
what the run reads and how; each further line names one finished shard, written
after the shard's files are safely on disk.  A line cut off by a crash is a
shard that is not done.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from claimcheck.bulk.core import Options
from claimcheck.bulk.records import BadRow, Columns, Record, Source
from claimcheck.errors import InputError
from claimcheck.types import Versions

ROWS = 2_000
BYTES = 4_000_000
_EDGE = 1_000_000


@dataclass(frozen=True, slots=True)
class Shard:
    """Consecutive rows, so many that a worker has something to do and little is lost with it."""

    number: int
    records: tuple[Record, ...]
    bad: tuple[BadRow, ...]


class Done(msgspec.Struct, frozen=True):
    """A finished shard: rows written, and rows set aside as bad."""

    shard: int
    rows: int
    bad: int


class Plan(msgspec.Struct, frozen=True):
    """What must be the same for a run to go on: the input, the options, the versions."""

    fingerprint: str
    options: str
    versions: dict[str, str]


def cut(source: Source, columns: Columns, *, rows: int = ROWS) -> Iterator[Shard]:
    """Yield the rows of ``source`` in shards of at most ``rows`` rows and about :data:`BYTES`.

    The same files give the same shards each time.

    Raises:
        InputError: as :meth:`Source.records`.
    """
    records: list[Record] = []
    bad: list[BadRow] = []
    size = number = 0
    for record in source.records(columns):
        if isinstance(record, BadRow):
            bad.append(record)
        else:
            records.append(record)
            size += len(record.text)
        if len(records) + len(bad) >= rows or size >= BYTES:
            yield Shard(number, tuple(records), tuple(bad))
            records, bad, size, number = [], [], 0, number + 1
    if records or bad:
        yield Shard(number, tuple(records), tuple(bad))


def plan(source: Source, *, columns: Columns, options: Options, versions: Versions, rows: int) -> Plan:
    """Return what identifies a run.

    Raises:
        InputError: the input is standard input, which cannot be read twice.
    """
    if not source.paths:
        raise InputError("standard input cannot be read again: a run from it cannot be resumed")
    digest = hashlib.sha256()
    for path in source.paths:
        digest.update(f"{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            digest.update(file.read(_EDGE))
            if path.stat().st_size > 2 * _EDGE:
                file.seek(-_EDGE, os.SEEK_END)
            digest.update(file.read(_EDGE))
    return Plan(
        fingerprint=digest.hexdigest(),
        options=msgspec.json.encode(
            {"columns": columns, "options": options, "rows": rows, "bytes": BYTES}
        ).decode(),
        versions=msgspec.to_builtins(versions),
    )


class Manifest:
    """The finished shards of one run, on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self.done: dict[int, Done] = {}

    def begin(self, wanted: Plan | None, *, resume: bool) -> None:
        """Start a manifest, or go on with the one that is there.

        Raises:
            InputError: the one that is there is of another input, other options or other versions.
        """
        found = list(self._lines()) if resume else []
        if found:
            if wanted is None or msgspec.convert(found[0], Plan) != wanted:
                raise InputError(
                    "the unfinished run read another input, with other options or other versions of "
                    "claimcheck; start anew without --resume"
                )
            self.done = {d.shard: d for d in (msgspec.convert(line, Done) for line in found[1:])}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        first = msgspec.to_builtins(wanted) if wanted is not None else {}
        kept = [first, *(msgspec.to_builtins(done) for done in self.done.values())]
        # Written anew: a line cut off by a crash must not run into the next one.
        replace(self._path, b"".join(msgspec.json.encode(line) + b"\n" for line in kept))
        self._file = self._path.open("ab")

    def add(self, done: Done) -> None:
        """Note that a shard is finished; its files must be on disk already."""
        if self._file is None:
            raise AssertionError("the manifest was not begun")
        self._file.write(msgspec.json.encode(done) + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.done[done.shard] = done

    def close(self) -> None:
        """Close the file, which stays where it is."""
        if self._file is not None:
            self._file.close()

    def _lines(self) -> Iterator[Any]:
        with suppress(FileNotFoundError), self._path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    return
                try:
                    yield msgspec.json.decode(line)
                except msgspec.DecodeError:
                    return


def replace(path: Path, data: bytes | Sequence[bytes]) -> None:
    """Write a file whole or not at all, and have it on disk before returning."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        file.writelines([data] if isinstance(data, bytes) else data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
