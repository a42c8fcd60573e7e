"""Jobs and webhooks as they go over the wire."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from api.jobs.addresses import LONGEST_URL
from api.jobs.outbox import Event
from api.jobs.queueing import ROWS_CAP
from api.jobs.uploads import Encoding, Format
from api.schemas.base import Name, Reply, Request
from api.schemas.checks import Jurisdictions, ReportReply
from api.storage.tables import DeliveryState, JobKind
from claimcheck.types import Jurisdiction

JobId = Annotated[str, Field(min_length=1, max_length=64, description="The job's identifier.")]
Position = Annotated[int, Field(ge=0, description="Place among the rows of the file, from 0.")]
Line = Annotated[int | None, Field(description="The line of the file that the row begins in, from 1.")]


class UploadKind(StrEnum):
    """What is done with a file's texts."""

    CHECK = JobKind.CHECK.value
    IMPORT = JobKind.IMPORT.value


class JobOptions(Request):
    """How to read a file and its texts: parameters of the address, or fields of the form."""

    kind: Annotated[
        UploadKind,
        Field(
            strict=False,
            description="`check` keeps reports only; `import` puts the texts into the moderators' queue, "
            "which takes a key that may review.",
        ),
    ] = UploadKind.CHECK
    format: Annotated[
        Annotated[Format, Field(strict=False)] | None,
        Field(description="Needed only where neither media type nor file name tells."),
    ] = None
    encoding: Annotated[
        Annotated[Encoding, Field(strict=False)] | None,
        Field(description="Of a CSV file without a byte order mark; `utf-8` unless told."),
    ] = None
    text_column: Annotated[Name, Field(description="Column, or member of a line, that holds the text.")] = (
        "text"
    )
    id_column: Annotated[
        Name | None, Field(description="Column of your own ids; `id` unless told, where there is one.")
    ] = None
    source_column: Annotated[Name | None, Field(description="Only an import keeps it.")] = None
    source_url_column: Annotated[Name | None, Field(description="Only an import keeps it.")] = None
    jurisdictions: Jurisdictions = [Jurisdiction.US]
    min_probability: Annotated[
        Annotated[float, Field(strict=False, ge=0, le=1, allow_inf_nan=False)] | None,
        Field(description="Leave out claims less probable than this; 0.5 where it is left out."),
    ] = None


class JobProgress(Reply):
    """How many rows stand where."""

    total: Annotated[int, Field(le=ROWS_CAP)]
    done: int
    failed: Annotated[int, Field(description="Rows that cannot succeed: see the job's errors.")]
    dead: Annotated[int, Field(description="Rows that were tried too often.")]
    queued: int
    running: int
    cancelled: int


class JobReply(Reply):
    """A job: many texts to be read by whichever worker is free."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "3f0c7f1b9a5e4c0f8f6b2d1e0a9c8b7d",
                    "kind": "check",
                    "state": "running",
                    "progress": {
                        "total": 5000,
                        "done": 1240,
                        "failed": 3,
                        "dead": 0,
                        "queued": 3737,
                        "running": 20,
                        "cancelled": 0,
                    },
                    "created_at": "2026-11-22T12:00:00Z",
                    "started_at": "2026-11-22T12:00:01Z",
                    "finished_at": None,
                    "created_by": "key:crawler",
                    "url": "/v1/jobs/3f0c7f1b9a5e4c0f8f6b2d1e0a9c8b7d",
                    "results_url": "/v1/jobs/3f0c7f1b9a5e4c0f8f6b2d1e0a9c8b7d/results",
                    "errors_url": "/v1/jobs/3f0c7f1b9a5e4c0f8f6b2d1e0a9c8b7d/errors",
                }
            ]
        }
    )

    id: str
    kind: JobKind
    state: Annotated[
        Literal["queued", "running", "succeeded", "failed", "cancelled"],
        Field(description="`succeeded` where at least one row has a result, `failed` where none has."),
    ]
    progress: JobProgress
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    created_by: str
    url: str
    results_url: str
    errors_url: str


class JobsReply(Reply):
    """Jobs, newest first."""

    jobs: list[JobReply]
    next: Annotated[str | None, Field(description="Send it as `cursor` for the next page; null at the end.")]


class JobsQuery(Request):
    """Which page of the list."""

    cursor: Annotated[str | None, Field(min_length=1, max_length=400)] = None
    # Each of them is counted row by row.
    limit: Annotated[int, Field(ge=1, le=20, strict=False)] = 20


class DeliveriesQuery(Request):
    """Which page of the deliveries."""

    cursor: Annotated[str | None, Field(min_length=1, max_length=400)] = None
    limit: Annotated[int, Field(ge=1, le=200, strict=False)] = 50


class ResultsQuery(Request):
    """How to write results, and where to go on."""

    format: Annotated[Literal["ndjson", "csv"], Field(description="One line a row, either way.")] = "ndjson"
    after: Annotated[
        int, Field(ge=-1, lt=2**31, strict=False, description="Leave out rows up to this position.")
    ] = -1


class RowProblem(Reply):
    """Why a row has no result; never the row's words."""

    code: Annotated[str, Field(description="Stable.")]
    detail: str


class JobResult(Reply):
    """How one row ended: a line of the results."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": [name]} for name in ("report", "item", "error")],
        }
    )

    id: Annotated[str | None, Field(description="Your own id of the row, where it has one.")]
    position: Position
    report: Annotated[ReportReply | None, Field(description="Of a check.")] = None
    item: Annotated[dict[str, Any] | None, Field(description="Of an import or a bulk decision.")] = None
    decision: Annotated[dict[str, Any] | None, Field(description="Of a bulk decision.")] = None
    error: RowProblem | None = None


class JobError(Reply):
    """One row that has no result: a line of the errors."""

    id: str | None
    position: Position
    line: Line
    error: RowProblem


class WebhookRequest(Request):
    """Where to tell of what."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": "https://platform.example/hooks/claimcheck", "events": ["job.finished"]}]
        }
    )

    url: Annotated[
        str,
        Field(
            min_length=1,
            max_length=LONGEST_URL,
            description="https, on the public internet; or a host that the operator named.",
        ),
    ]
    events: Annotated[list[Annotated[Event, Field(strict=False)]], Field(min_length=1, max_length=len(Event))]


class WebhookReply(Reply):
    """A webhook."""

    id: str
    url: str
    events: list[Event]
    active: bool
    created_at: datetime
    created_by: str


class NewWebhookReply(WebhookReply):
    """A webhook that was just made."""

    secret: Annotated[
        str, Field(description="Shown this once: with it a receiver tells our calls from forged ones.")
    ]


class WebhooksReply(Reply):
    """All webhooks."""

    webhooks: list[WebhookReply]


class DeliveryReply(Reply):
    """One event on its way to one webhook."""

    id: Annotated[str, Field(description="The same on every try: `webhook-id`.")]
    event: str
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime | None
    last_status: int | None
    last_error: Annotated[
        str | None,
        Field(
            description="`timeout`, `connection`, `redirect`, `status`, `unknown_host`, `private_address`, "
            "`not_https` or `bad_url`."
        ),
    ]
    created_at: datetime
    delivered_at: datetime | None
    payload: dict[str, Any]


class DeliveriesReply(Reply):
    """Deliveries, newest first."""

    deliveries: list[DeliveryReply]
    next: Annotated[str | None, Field(description="Send it as `cursor` for the next page; null at the end.")]
