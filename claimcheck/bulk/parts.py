"""What a shard leaves on disk, and how the parts become one output.

A part is written in the output's own format, so that putting the parts
together copies bytes: JSON lines and CSV are joined as they are (gzip and
Zstandard both allow it), Parquet part by part as row groups.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from claimcheck.bulk.core import OUTPUT_SCHEMA
from claimcheck.bulk.records import BadRow, Format, Record, compression_of
from claimcheck.bulk.shards import replace
from claimcheck.errors import InputError
from claimcheck.reporting.csv import guarded

_SCORED = OUTPUT_SCHEMA.remove(OUTPUT_SCHEMA.get_field_index("error"))
PART_SCHEMA = _SCORED.insert(0, pa.field("row", pa.int64()))
_CSV_COLUMNS = [name for name in PART_SCHEMA.names if name != "report"]
_COPY = 1 << 20


def part_path(folder: Path, shard: int) -> Path:
    """Return where the readable rows of a shard lie."""
    return folder / f"{shard:08d}.part"


def bad_path(folder: Path, shard: int) -> Path:
    """Return where the bad rows of a shard lie."""
    return folder / f"{shard:08d}.bad"


def write_part(
    path: Path, scored: pa.RecordBatch, records: Sequence[Record], *, output: Path, format_: Format
) -> list[BadRow]:
    """Write the scored rows of one shard; return those that turned out to be no readable text."""
    errors = scored.column("error").to_pylist()
    bad = [BadRow(r.row, error, r.id) for r, error in zip(records, errors, strict=True) if error is not None]
    good = [index for index, error in enumerate(errors) if error is None]
    rows = pa.array([records[index].row for index in good], pa.int64())
    columns = [scored.column(name).take(pa.array(good, pa.int64())) for name in _SCORED.names]
    batch = pa.RecordBatch.from_arrays([rows, *columns], schema=PART_SCHEMA)
    replace(path, _compressed(_encoded(batch, format_), output))
    return bad


def write_bad(path: Path, rows: Iterable[BadRow]) -> None:
    """Write the bad rows of one shard as JSON lines."""
    replace(path, [msgspec.json.encode(row) + b"\n" for row in rows])


def _encoded(batch: pa.RecordBatch, format_: Format) -> bytes:
    match format_:
        case Format.JSONL:
            return b"".join(_json_lines(batch))
        case Format.CSV:
            return _csv_lines(batch).encode()
        case Format.PARQUET:
            sink = pa.BufferOutputStream()
            with pq.ParquetWriter(sink, PART_SCHEMA, compression="zstd") as writer:
                writer.write_batch(batch)
            return bytes(sink.getvalue().to_pybytes())


def _json_lines(batch: pa.RecordBatch) -> Iterable[bytes]:
    for row in batch.to_pylist():
        report = row.pop("report")
        if report is not None:
            row["report"] = msgspec.Raw(report.encode())
        yield msgspec.json.encode(row) + b"\n"


def _csv_lines(batch: pa.RecordBatch) -> str:
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    for row in batch.select(_CSV_COLUMNS).to_pylist():
        writer.writerow([guarded(v) if isinstance(v, str) else "" if v is None else v for v in row.values()])
    return lines.getvalue()


def _compressed(data: bytes, output: Path) -> bytes:
    codec = compression_of(output)
    if codec is None or not data:
        return data
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, codec) as stream:
        stream.write(data)
    return bytes(sink.getvalue().to_pybytes())


def require_writable(output: Path, format_: Format) -> None:
    """Refuse an output that cannot be made.

    Raises:
        InputError: its folder is not there, or Parquet is asked to be compressed once more.
    """
    if not output.parent.is_dir():
        raise InputError(f"{output.parent}: there is no such folder")
    if format_ is Format.PARQUET and compression_of(output):
        raise InputError("Parquet is compressed inside: name the output without .gz or .zst")


def assemble(folder: Path, shards: Sequence[int], output: Path, *, format_: Format) -> None:
    """Put the parts together in the order of their rows; the output appears whole or not at all."""
    temporary = output.with_name(f"{output.name}.tmp")
    if format_ is Format.PARQUET:
        with pq.ParquetWriter(temporary, PART_SCHEMA, compression="zstd") as writer:
            for shard in shards:
                writer.write_table(pq.read_table(part_path(folder, shard), schema=PART_SCHEMA))
    else:
        with temporary.open("wb") as file:
            if format_ is Format.CSV:
                file.write(_compressed((",".join(_CSV_COLUMNS) + "\r\n").encode(), output))
            _copy((part_path(folder, shard) for shard in shards), file)
    temporary.replace(output)


def assemble_bad(folder: Path, shards: Sequence[int], path: Path) -> None:
    """Put the bad rows together; without any there is no file."""
    temporary = path.with_name(f"{path.name}.tmp")
    with temporary.open("wb") as file:
        _copy((bad_path(folder, shard) for shard in shards), file)
    if temporary.stat().st_size:
        temporary.replace(path)
    else:
        temporary.unlink()
        path.unlink(missing_ok=True)


def _copy(paths: Iterable[Path], file: io.BufferedWriter) -> None:
    for path in paths:
        if path.exists():
            with path.open("rb") as part:
                shutil.copyfileobj(part, file, _COPY)
