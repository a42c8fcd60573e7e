"""Taking a file in: spooled to disk while it arrives, never held in memory whole."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Any, cast

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message

from api.errors import BAD_REQUEST, MALFORMED_FORM, SLOW_REQUEST, UNSUPPORTED_MEDIA_TYPE, Fault, Problem
from api.jobs.uploads import Encoding, Format

NDJSON = "application/x-ndjson"
CSV = "text/csv"
MULTIPART = "multipart/form-data"
FILE_FIELD = "file"

_FORMATS = {
    NDJSON: Format.JSONL,
    "application/jsonl": Format.JSONL,
    "application/jsonlines": Format.JSONL,
    CSV: Format.CSV,
}
_SUFFIXES = {".jsonl": Format.JSONL, ".ndjson": Format.JSONL, ".csv": Format.CSV}
_CHARSETS = {
    "": None,
    "utf-8": Encoding.UTF8,
    "utf8": Encoding.UTF8,
    "utf-16": Encoding.UTF16,
    "windows-1252": Encoding.CP1252,
    "cp1252": Encoding.CP1252,
}
_IN_MEMORY = 1_000_000
_MOST_FIELDS = 32
_FIELD_BYTES = 10_000
# However steadily a file trickles in, it is not waited for longer than this.
_LONGEST_SECONDS = 1_800.0
_WHAT_TO_SEND: Fault = {
    "pointer": "",
    "detail": f"Send {NDJSON}, {CSV} or {MULTIPART} with a field 'file', without a content encoding.",
}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has arrived.

    Attributes:
        file: at its start; it is gone once the context that gave it is left.
        written_as: how it is written, as far as its media type or name says.
        encoding: what its media type says of its letters.
        fields: the other fields of the form it came in; of a field sent several times, all values.
    """

    file: IO[bytes]
    written_as: Format | None
    encoding: Encoding | None
    fields: Mapping[str, list[str]]


@asynccontextmanager
async def received(request: Request, *, seconds: float) -> AsyncIterator[Upload]:
    """Yield the file that a request brings, as its body or as the field ``file`` of a form.

    Its size is bounded by the middleware.

    Args:
        request: what was sent.
        seconds: how long the next piece of it is waited for.

    Raises:
        Problem: ``unsupported-media-type``, ``malformed-form``, ``request-too-large``,
            ``slow-request`` or, where the caller hung up, ``bad-request``.
    """
    media_type, charset = _content_type(request)
    patient = Request(request.scope, _with_patience(request, seconds))
    if media_type == MULTIPART:
        async with _form_file(patient) as upload:
            yield upload
        return
    if media_type not in _FORMATS or charset not in _CHARSETS:
        raise Problem(UNSUPPORTED_MEDIA_TYPE, errors=[_WHAT_TO_SEND])
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        try:
            async for block in patient.stream():
                # A block is what one read of the network brings: too little to keep the loop waiting.
                file.write(block)
        except ClientDisconnect:
            raise Problem(BAD_REQUEST) from None
        file.seek(0)
        yield Upload(
            file=cast(IO[bytes], file),
            written_as=_FORMATS[media_type],
            encoding=_CHARSETS[charset],
            fields={},
        )


def _content_type(request: Request) -> tuple[str, str]:
    given, _, parameters = request.headers.get("content-type", "").partition(";")
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise Problem(UNSUPPORTED_MEDIA_TYPE, errors=[_WHAT_TO_SEND])
    charset = ""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return given.strip().lower(), charset


def _with_patience(request: Request, seconds: float) -> Any:  # noqa: ANN401 -- ASGI's receive
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _LONGEST_SECONDS

    async def receive() -> Message:
        try:
            async with asyncio.timeout_at(min(loop.time() + seconds, deadline)):
                return await request.receive()
        except TimeoutError:
            raise Problem(SLOW_REQUEST) from None

    return receive


@asynccontextmanager
async def _form_file(request: Request) -> AsyncIterator[Upload]:
    try:
        form = await request.form(max_files=1, max_fields=_MOST_FIELDS, max_part_size=_FIELD_BYTES)
    except ClientDisconnect:
        raise Problem(BAD_REQUEST) from None
    except (HTTPException, ValueError):
        # Besides what it says itself, the parser lets codecs fail that a charset names.
        raise Problem(MALFORMED_FORM) from None
    try:
        file = form.get(FILE_FIELD)
        if not isinstance(file, UploadFile):
            detail = "The form has no file in its field 'file'."
            raise Problem(MALFORMED_FORM, errors=[{"pointer": f"/{FILE_FIELD}", "detail": detail}])
        media_type = (file.content_type or "").partition(";")[0].strip().lower()
        # The name says how the file is written and nothing else: it is no path, and it is not kept.
        suffix = f".{(file.filename or '').rpartition('.')[2].lower()}"
        fields: dict[str, list[str]] = {}
        for name, value in form.multi_items():
            if isinstance(value, str):
                fields.setdefault(name, []).append(value)
        yield Upload(
            file=cast(IO[bytes], file.file),
            written_as=_SUFFIXES.get(suffix) or _FORMATS.get(media_type),
            encoding=None,
            fields=fields,
        )
    finally:
        await form.close()
