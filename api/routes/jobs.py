"""Jobs: a file of many texts in, results out once workers have read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from api import errors
from api.access.actors import Actor, Permission
from api.access.callers import Scorer
from api.bodies import JSON, validated
from api.deps import Services, ServicesDep
from api.errors import Problem
from api.idempotency import IdempotencyKey, run_once
from api.jobs import queueing, writing
from api.jobs.receiving import CSV, FILE_FIELD, MULTIPART, NDJSON, Upload, received
from api.jobs.uploads import Columns, Encoding, digest, read_rows
from api.openapi import problems
from api.pinning import pinned
from api.review.errors import FilterError
from api.schemas import jobs as schemas
from api.storage.tables import Job, JobKind

router = APIRouter(prefix="/v1", tags=["jobs"])

_ALWAYS = (errors.UNAUTHORIZED, errors.FORBIDDEN, errors.RATE_LIMITED, errors.NOT_READY)
_OF_ONE = (*_ALWAYS, errors.NOT_FOUND, errors.INVALID_REQUEST)
_Id = Annotated[str, Path(alias="id", max_length=64)]

_EXAMPLE = '{"id": "post-17", "text": "Kratom potentiates antidepressants."}\n'
_UPLOAD = {
    "requestBody": {
        "required": True,
        "description": "A file of texts: the body itself, or the field `file` of a form, whose other "
        "fields are the options.",
        "content": {
            NDJSON: {"schema": {"type": "string"}, "example": _EXAMPLE},
            CSV: {"schema": {"type": "string"}, "example": "id,text\npost-17,Kratom cures anxiety.\n"},
            MULTIPART: {
                "schema": {
                    "type": "object",
                    "required": [FILE_FIELD],
                    "properties": {
                        FILE_FIELD: {"type": "string", "contentMediaType": "application/octet-stream"}
                    },
                    "additionalProperties": {"type": "string"},
                }
            },
        },
    }
}


def _lines(model: type[BaseModel], description: str) -> dict[int | str, dict[str, Any]]:
    line = {"schema": {"type": "string", "description": f"One `{model.__name__}` a line."}}
    return {200: {"description": description, "content": {NDJSON: line, CSV: {"schema": {"type": "string"}}}}}


@router.post(
    "/jobs",
    operation_id="createJob",
    status_code=202,
    summary="Have a file of many texts read",
    dependencies=[Depends(pinned)],
    response_model=schemas.JobReply,
    openapi_extra=_UPLOAD,
    responses=problems(
        *_ALWAYS,
        errors.MALFORMED_FORM,
        errors.BAD_REQUEST,
        errors.SLOW_REQUEST,
        errors.REQUEST_TOO_LARGE,
        errors.UNSUPPORTED_MEDIA_TYPE,
        errors.INVALID_REQUEST,
        errors.EMPTY_TEXT,
        errors.TOO_MANY_ITEMS,
        errors.TOO_MANY_JOBS,
        errors.IDEMPOTENCY_IN_PROGRESS,
        errors.IDEMPOTENCY_MISMATCH,
        errors.VERSION_PIN_REFUSED,
    ),
)
async def create_job(
    request: Request,
    options: Annotated[schemas.JobOptions, Query()],
    services: ServicesDep,
    actor: Scorer,
    key: IdempotencyKey = None,
) -> Response:
    """Take in a JSONL or CSV file of up to a million texts; workers read them afterwards.

    A row that cannot be used becomes an error of its own and spoils no other. Texts are kept until
    they are read; a `check` then keeps the reports alone.
    """
    async with received(request, seconds=services.settings.time_limit_seconds) as upload:
        wanted = _with_fields(options, upload)
        if wanted.kind is schemas.UploadKind.IMPORT and not actor.may(Permission.REVIEW):
            raise Problem(errors.FORBIDDEN)
        sent = await run_in_threadpool(digest, upload.file)

        async def work() -> Response:
            job = await run_in_threadpool(_created, upload, options=wanted, actor=actor, services=services)
            return Response(job.model_dump_json(), 202, {"Location": job.url}, media_type=JSON)

        return await run_once(
            services, actor, key, sent, work, scope=f"POST /v1/jobs {wanted.model_dump_json()}"
        )


def _with_fields(options: schemas.JobOptions, upload: Upload) -> schemas.JobOptions:
    """Return the options with those of the form, which go before the address's."""
    fields: dict[str, Any] = {
        name: values if name == "jurisdictions" else values[-1] for name, values in upload.fields.items()
    }
    if not fields:
        return options
    return validated(schemas.JobOptions, {**options.model_dump(exclude_unset=True), **fields})


def _created(
    upload: Upload, *, options: schemas.JobOptions, actor: Actor, services: Services
) -> schemas.JobReply:
    written_as = options.format or upload.written_as
    if written_as is None:
        detail = "Say how the file is written."
        raise Problem(errors.INVALID_REQUEST, errors=[{"pointer": "/format", "detail": detail}])
    if options.kind is schemas.UploadKind.CHECK:
        with services.database.read() as session:
            if queueing.open_checks(session, actor) >= queueing.MOST_OPEN_CHECKS:
                raise Problem(errors.TOO_MANY_JOBS)
    rows = read_rows(
        upload.file,
        written_as=written_as,
        encoding=options.encoding or upload.encoding or Encoding.UTF8,
        columns=Columns(
            text=options.text_column,
            id=options.id_column,
            source=options.source_column,
            source_url=options.source_url_column,
        ),
        max_text_bytes=services.settings.max_text_bytes,
    )
    kept = {
        "jurisdictions": [one.value for one in dict.fromkeys(options.jurisdictions)],
        "min_probability": options.min_probability,
    }
    try:
        job = queueing.receive(
            services.database, kind=JobKind(options.kind.value), rows=rows, options=kept, actor=actor
        )
    except queueing.NoRows:
        raise Problem(
            errors.EMPTY_TEXT, errors=[{"pointer": "", "detail": "The file has no rows."}]
        ) from None
    except queueing.TooManyRows:
        detail = f"A file may have at most {queueing.ROWS_CAP:,} rows."
        raise Problem(errors.TOO_MANY_ITEMS, errors=[{"pointer": "", "detail": detail}]) from None
    with services.database.read() as session:
        return _reply(session, job)


@router.get(
    "/jobs",
    operation_id="listJobs",
    summary="Your jobs, newest first",
    responses=problems(*_ALWAYS, errors.INVALID_REQUEST),
)
def list_jobs(
    query: Annotated[schemas.JobsQuery, Query()], services: ServicesDep, actor: Scorer
) -> schemas.JobsReply:
    """List your own jobs; who may lead sees everybody's."""
    with services.database.read() as session:
        try:
            page = queueing.listing(session, actor=actor, after=query.cursor, limit=query.limit)
        except FilterError as error:
            fault: errors.Fault = {"pointer": "/query/cursor", "detail": error.detail}
            raise Problem(errors.INVALID_REQUEST, errors=[fault]) from None
        return schemas.JobsReply(jobs=[_reply(session, job) for job in page.rows], next=page.next)


@router.get(
    "/jobs/{id}",
    operation_id="getJob",
    summary="How far a job is",
    responses=problems(*_OF_ONE),
)
def get_job(job_id: _Id, services: ServicesDep, actor: Scorer) -> schemas.JobReply:
    """Show one job and how many of its rows stand where."""
    with services.database.read() as session:
        return _reply(session, _found(session, job_id, actor=actor))


@router.get(
    "/jobs/{id}/results",
    operation_id="getJobResults",
    summary="What came of a job's rows",
    response_class=StreamingResponse,
    responses={**_lines(schemas.JobResult, "Results, in the order of the file."), **problems(*_OF_ONE)},
)
def get_job_results(
    job_id: _Id,
    query: Annotated[schemas.ResultsQuery, Query()],
    services: ServicesDep,
    actor: Scorer,
) -> StreamingResponse:
    """Stream results in the order of the file, up to the first row that has not ended.

    Ask again with `after`, the last position you saw, for what was added since.
    """
    as_lines = writing.results_as_csv if query.format == "csv" else writing.results_as_ndjson
    with services.database.read() as session:
        _found(session, job_id, actor=actor)
    return _streamed(as_lines(queueing.every_result(services.database, job_id, after=query.after)), query)


@router.get(
    "/jobs/{id}/errors",
    operation_id="getJobErrors",
    summary="The rows of a job that have no result",
    response_class=StreamingResponse,
    responses={**_lines(schemas.JobError, "Errors, in the order of the file."), **problems(*_OF_ONE)},
)
def get_job_errors(
    job_id: _Id,
    query: Annotated[schemas.ResultsQuery, Query()],
    services: ServicesDep,
    actor: Scorer,
) -> StreamingResponse:
    """Stream the rows that failed so far, each with its line in the file and the reason."""
    as_lines = writing.errors_as_csv if query.format == "csv" else writing.errors_as_ndjson
    with services.database.read() as session:
        _found(session, job_id, actor=actor)
    rows = queueing.every_result(services.database, job_id, after=query.after, only_errors=True)
    return _streamed(as_lines(rows), query)


@router.post(
    "/jobs/{id}/cancel",
    operation_id="cancelJob",
    summary="Stop a job and keep its results",
    responses=problems(*_OF_ONE),
)
def cancel_job(job_id: _Id, services: ServicesDep, actor: Scorer) -> schemas.JobReply:
    """Drop what was not read yet, with its texts; a job that has ended stays as it is."""
    with services.database.begin() as session:
        job = _found(session, job_id, actor=actor)
        queueing.cancel(session, job, actor=actor)
        return _reply(session, job)


@router.delete(
    "/jobs/{id}",
    operation_id="deleteJob",
    status_code=204,
    summary="Cancel a job and remove it with its results",
    responses=problems(*_OF_ONE),
)
def delete_job(job_id: _Id, services: ServicesDep, actor: Scorer) -> None:
    """Remove a job, its texts and its results; what an import put into the queue stays there."""
    with services.database.begin() as session:
        queueing.remove(session, _found(session, job_id, actor=actor), actor=actor)


def _found(session: Session, job_id: str, *, actor: Actor) -> Job:
    # What cannot be an id is not looked up: PostgreSQL refuses NUL.
    is_id = job_id.isalnum() and job_id.isascii()
    job = queueing.find(session, job_id, actor=actor) if is_id else None
    if job is None:
        # Another's job is not told from one that does not exist.
        raise Problem(errors.NOT_FOUND)
    return job


def _reply(session: Session, job: Job) -> schemas.JobReply:
    url = f"/v1/jobs/{job.id}"
    counted = queueing.progress(session, job.id)
    return schemas.JobReply.model_validate(
        {
            "id": job.id,
            "kind": job.kind,
            "state": job.state,
            "progress": {name: getattr(counted, name) for name in schemas.JobProgress.model_fields},
            "created_at": job.created_at,
            "started_at": job.started_at,
            "finished_at": job.finished_at,
            "created_by": queueing.actor_of(job.options).name,
            "url": url,
            "results_url": f"{url}/results",
            "errors_url": f"{url}/errors",
        }
    )


def _streamed(lines: Iterator[bytes] | Iterator[str], query: schemas.ResultsQuery) -> StreamingResponse:
    media_type = NDJSON if query.format == "ndjson" else f"{CSV}; charset=utf-8"
    return StreamingResponse(lines, media_type=media_type)
