"""Import: a file is shown first, column by column, and becomes a job only when somebody confirms it."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from typing import IO, Annotated, cast

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

from api.access.sessions import SignedInModerator, Visitor, tell
from api.console.context import see_other, show
from api.console.rows import first_words
from api.console.waiting import NoRoom, WaitingRoom
from api.deps import Services, ServicesDep
from api.errors import INVALID_REQUEST, NOT_FOUND, Problem
from api.jobs import queueing, uploads
from api.jobs.queueing import OPEN_JOBS, Progress, Row, RowResult
from api.jobs.row_errors import DETAILS, RowError
from api.jobs.uploads import Columns, Encoding, Format
from api.review import audit
from api.storage.tables import Job, JobKind
from claimcheck.reporting.csv import guarded
from claimcheck.types import Jurisdiction

router = APIRouter(prefix="/import", include_in_schema=False, default_response_class=HTMLResponse)

PREVIEW_ROWS = 5
ERRORS_SHOWN = 50
JOBS_SHOWN = 10
CONFIRM, CANCEL = "import", "cancel"
ENCODINGS: tuple[tuple[Encoding, str], ...] = (
    (Encoding.UTF8, "UTF-8"),
    (Encoding.UTF16, "UTF-16"),
    (Encoding.CP1252, "Windows-1252"),
)
_SUFFIXES = {"csv": Format.CSV, "tsv": Format.CSV, "jsonl": Format.JSONL, "ndjson": Format.JSONL}
_BLOCK = 1 << 20
# What the columns are most often called; what fits none is chosen by hand.
_GUESSES: dict[str, tuple[str, ...]] = {
    "text": ("text", "body", "content", "message", "comment", "post"),
    "id": ("id", "external_id", "post_id", "comment_id"),
    "source": ("source", "channel", "platform"),
    "source_url": ("source_url", "url", "link", "permalink"),
}

JobId = Annotated[str, Path(max_length=64, pattern="^[0-9A-Za-z]+$")]
Name = Annotated[str, Path(max_length=64)]


@dataclass(frozen=True, slots=True)
class Mapping:
    """How a file is to be read: what the form says, or what was found where it says nothing.

    Attributes:
        written_as: CSV or JSON lines.
        encoding: of a CSV file; JSON lines are UTF-8.
        columns: which column holds what.
        jurisdictions: whose law the notes of the reports speak of.
    """

    written_as: Format
    encoding: Encoding
    columns: Columns
    jurisdictions: tuple[Jurisdiction, ...]


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """What one row would become."""

    line: int | None
    external_id: str | None
    words: str
    source: str | None
    source_url: str | None
    error: str | None


# --- choosing and looking


@router.get("")
def import_page(request: Request, services: ServicesDep, visitor: SignedInModerator) -> Response:
    """Offer a file field, and the imports of before."""
    return _first_page(request, services, visitor)


def _first_page(
    request: Request, services: Services, visitor: Visitor, *, fault: str | None = None, status: int = 200
) -> Response:
    with services.database.read() as session:
        found = queueing.listing(session, actor=visitor.actor, limit=100)
        imports = [job for job in found.rows if job.kind == JobKind.IMPORT][:JOBS_SHOWN]
        done = {job.id: queueing.progress(session, job.id) for job in imports}
    return show(
        request,
        "import.html",
        status=status,
        fault=fault,
        imports=imports,
        progress=done,
        most_bytes=services.settings.max_upload_bytes,
        most_rows=queueing.ROWS_CAP,
        open_jobs=OPEN_JOBS,
    )


@router.post("")
def take_upload(request: Request, services: ServicesDep, visitor: SignedInModerator) -> Response:
    """Keep a file aside for an hour and lead to its preview; nothing of it is stored."""
    upload = visitor.form.get("file")
    if not isinstance(upload, UploadFile) or not upload.filename:
        return _first_page(request, services, visitor, fault="Choose a file first.", status=422)
    # The ending says how the file is written; the name itself is not kept.
    written_as = _SUFFIXES.get(upload.filename.rpartition(".")[2].lower())
    if written_as is None:
        fault = "The name of the file does not end in .csv, .tsv, .jsonl or .ndjson."
        return _first_page(request, services, visitor, fault=fault, status=422)
    try:
        name = _room(services).keep(cast(IO[bytes], upload.file), session_id=visitor.session_id)
    except (NoRoom, OSError):
        fault = "This server has no room for another file now: import or drop one that waits, or try later."
        return _first_page(request, services, visitor, fault=fault, status=507)
    return see_other(f"/import/{name}?format={written_as.value}")


@router.get("/{name}")
def preview_page(
    request: Request,
    services: ServicesDep,
    visitor: SignedInModerator,
    name: Name,
    format: str = "",
) -> Response:
    """Show the columns that were found and the first rows as they would be stored."""
    written_as = Format(format) if format in tuple(Format) else Format.CSV
    with _room(services).opened(name, session_id=visitor.session_id) as file:
        if file is None:
            return _over(request, services, visitor)
        return _preview(request, name, file, _found(file, written_as), services)


@router.post("/{name}")
def decide_upload(
    request: Request, services: ServicesDep, visitor: SignedInModerator, name: Name
) -> Response:
    """Show the preview again with other columns, import the file, or drop it."""
    room, wish = _room(services), visitor.form.get("do")
    if wish == CANCEL:
        room.remove(name, session_id=visitor.session_id)
        with services.database.begin() as session:
            tell(session, visitor, "Nothing was imported; the file is gone.")
        return see_other("/import")
    mapping, fault = _asked(visitor.form), None
    if wish == CONFIRM:
        try:
            # Whoever presses twice imports once: the second finds no file.
            with room.claimed(name, session_id=visitor.session_id) as file:
                if file is None:
                    return _over(request, services, visitor)
                job = _imported(file, mapping, services=services, visitor=visitor)
            return see_other(f"/import/jobs/{job.id}")
        except Problem as problem:
            fault = _said(problem)
    with room.opened(name, session_id=visitor.session_id) as file:
        if file is None:
            return _over(request, services, visitor)
        return _preview(request, name, file, mapping, services, fault=fault)


def _room(services: Services) -> WaitingRoom:
    return WaitingRoom.of(services.settings.database_url)


def _over(request: Request, services: Services, visitor: Visitor) -> Response:
    fault = "This file is not waiting any more: it was imported or dropped, or its hour is over."
    return _first_page(request, services, visitor, fault=fault, status=404)


def _preview(
    request: Request,
    name: str,
    file: IO[bytes],
    mapping: Mapping,
    services: Services,
    *,
    fault: str | None = None,
) -> Response:
    rows: list[PreviewRow] = []
    columns: tuple[str, ...] = ()
    try:
        columns = uploads.column_names(file, written_as=mapping.written_as, encoding=mapping.encoding)
        rows = [_shown(row) for row in islice(_rows(file, mapping, services), PREVIEW_ROWS)]
    except Problem as problem:
        fault = fault or _said(problem)
    found, lines, size = _measured(file)
    return show(
        request,
        "import-preview.html",
        status=422 if fault else 200,
        name=name,
        mapping=mapping,
        columns=columns,
        rows=rows,
        fault=fault,
        found=found,
        lines=lines,
        size=size,
        encodings=ENCODINGS,
        formats=((Format.CSV, "CSV"), (Format.JSONL, "JSON lines")),
        jurisdictions=tuple(Jurisdiction),
        any_good=any(row.error is None for row in rows),
    )


def _rows(file: IO[bytes], mapping: Mapping, services: Services) -> Iterator[Row]:
    return uploads.read_rows(
        file,
        written_as=mapping.written_as,
        encoding=mapping.encoding,
        columns=mapping.columns,
        max_text_bytes=services.settings.max_text_bytes,
    )


def _shown(row: Row) -> PreviewRow:
    payload = row.payload or {}
    return PreviewRow(
        line=row.line,
        external_id=row.external_id,
        words=first_words(str(payload.get("text", ""))),
        source=payload.get("source"),
        source_url=payload.get("source_url"),
        error=DETAILS[row.error] if row.error else None,
    )


def _said(problem: Problem) -> str:
    return " ".join(dict.fromkeys(fault["detail"] for fault in problem.errors)) or problem.kind.detail


def _found(file: IO[bytes], written_as: Format) -> Mapping:
    """Return how a file is most likely to be read."""
    encoding = _measured(file)[0]
    try:
        names = uploads.column_names(file, written_as=written_as, encoding=encoding)
    except Problem:
        names = ()
    guessed = {part: _guess(names, part) for part in _GUESSES}
    columns = Columns(
        text=guessed["text"] or (names[0] if names else "text"),
        id=guessed["id"],
        source=guessed["source"],
        source_url=guessed["source_url"],
    )
    return Mapping(written_as, encoding, columns, (Jurisdiction.US,))


def _guess(names: Sequence[str], part: str) -> str | None:
    by_name = {name.strip().lower(): name for name in reversed(names)}
    return next((by_name[guess] for guess in _GUESSES[part] if guess in by_name), None)


def _measured(file: IO[bytes]) -> tuple[Encoding, int, int]:
    """Return the encoding of a file, its line breaks and its bytes, in one pass over it."""
    file.seek(0)
    start = file.read(2)
    utf16 = start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, lines, size = not utf16, 0, 0
    file.seek(0)
    while block := file.read(_BLOCK):
        lines += block.count(b"\n")
        size += len(block)
        if is_utf8:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                is_utf8 = False
    file.seek(0)
    if utf16:
        return Encoding.UTF16, lines, size
    return (Encoding.UTF8 if is_utf8 else Encoding.CP1252), lines, size


def _asked(form: FormData) -> Mapping:
    """Return the mapping that the form asks for."""
    written_as = str(form.get("format", ""))
    encoding = str(form.get("encoding", ""))
    chosen = tuple(one for one in Jurisdiction if one.value in form.getlist("jurisdiction"))
    return Mapping(
        written_as=Format(written_as) if written_as in tuple(Format) else Format.CSV,
        encoding=Encoding(encoding) if encoding in tuple(Encoding) else Encoding.UTF8,
        columns=Columns(
            text=_column(form, "text") or "text",
            id=_column(form, "id"),
            source=_column(form, "source"),
            source_url=_column(form, "source_url"),
        ),
        jurisdictions=chosen or (Jurisdiction.US,),
    )


def _column(form: FormData, part: str) -> str | None:
    return str(form.get(f"{part}_column", ""))[:1_000] or None


def _imported(file: IO[bytes], mapping: Mapping, *, services: Services, visitor: Visitor) -> Job:
    """Make the job.

    Raises:
        Problem: the file as a whole cannot be read.
    """
    options = {"jurisdictions": [one.value for one in mapping.jurisdictions], "min_probability": None}
    try:
        return queueing.receive(
            services.database,
            kind=JobKind.IMPORT,
            rows=_rows(file, mapping, services),
            options=options,
            actor=visitor.actor,
        )
    except queueing.NoRows:
        raise _fault("The file has no rows.") from None
    except queueing.TooManyRows:
        raise _fault(f"The file has more than {queueing.ROWS_CAP:,} rows.") from None


def _fault(detail: str) -> Problem:
    return Problem(INVALID_REQUEST, errors=[{"pointer": "", "detail": detail}])


# --- watching a job


@router.get("/jobs/{job_id}")
def job_page(
    request: Request, services: ServicesDep, visitor: SignedInModerator, job_id: JobId, part: bool = False
) -> Response:
    """Show how far an import is, and what could not be imported; ``part`` asks for what changes only."""
    with services.database.read() as session:
        job = _job(session, visitor, job_id)
        counted = queueing.progress(session, job.id)
        failed = queueing.errors(session, job.id, limit=ERRORS_SHOWN)
    return show(
        request,
        "import-progress.html" if part else "import-job.html",
        job=job,
        counted=counted,
        ended=_ended(counted),
        running=job.state in OPEN_JOBS,
        failed=[(row, _reason(row)) for row in failed],
        most=ERRORS_SHOWN,
    )


@router.post("/jobs/{job_id}/stop")
def stop_job(services: ServicesDep, visitor: SignedInModerator, job_id: JobId) -> Response:
    """Stop an import: what is in the queue stays there, the rest is dropped with its texts."""
    with services.database.begin() as session:
        job = _job(session, visitor, job_id)
        stopped = queueing.cancel(session, job, actor=visitor.actor)
        tell(session, visitor, "Stopped." if stopped else "It had ended already.", failed=not stopped)
    return see_other(f"/import/jobs/{job_id}")


@router.get("/jobs/{job_id}/errors.csv")
def job_errors(services: ServicesDep, visitor: SignedInModerator, job_id: JobId) -> Response:
    """Send what could not be imported: line, id and reason, never a text."""
    with services.database.begin() as session:
        job = _job(session, visitor, job_id)
        audit.record(
            session, actor=visitor.actor, action="import.errors_exported", object_kind="job", object_id=job.id
        )
    rows = queueing.every_result(services.database, job_id, only_errors=True)
    name = f"claimcheck-import-{job_id[:8]}-errors.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_as_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)


def _job(session: Session, visitor: Visitor, job_id: str) -> Job:
    job = queueing.find(session, job_id, actor=visitor.actor)
    if job is None or job.kind != JobKind.IMPORT:
        raise Problem(NOT_FOUND)
    return job


def _ended(counted: Progress) -> int:
    return counted.done + counted.failed + counted.dead + counted.cancelled


def _reason(row: RowResult) -> str:
    return DETAILS[RowError(row.error)] if row.error in tuple(RowError) else "Unknown."


def _as_csv(rows: Iterable[RowResult]) -> Iterator[str]:
    yield _line(("row", "line", "id", "error", "reason"))
    for row in rows:
        cells = (row.position + 1, row.line or "", row.external_id or "", row.error or "", _reason(row))
        yield _line(guarded(str(cell)) for cell in cells)


def _line(cells: Iterable[str]) -> str:
    buffer = StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()
