"""A reader's or moderator's word that a claim is wrong or missed, over the wire."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from api.schemas.base import Reply, Request, WebAddress
from api.schemas.items import Cursor, Filter, Limit, Moment, Next
from api.storage.tables import CorrectionKind

FEEDBACK_EXAMPLE: dict[str, Any] = {
    "kind": "not_a_claim",
    "claim_id": "c-9f2c41d07be1",
    "rule": "interaction.knowledge_base",
    "quote": "Kratom potentiates antidepressants",
    "prefix": "",
    "suffix": ".",
    "comment": "The page quotes this to refute it.",
    "versions": {"claimcheck": "0.1.0", "kb": "2026.11.22+0a1b2c3d"},
}
FEEDBACK_REPLY_EXAMPLE: dict[str, Any] = {
    "feedback": [
        {
            **FEEDBACK_EXAMPLE,
            "id": "3d813cbb47fb4e12b7e2ba4b0b7d6e11",
            "source_url": None,
            "sent_by": "key:extension",
            "created_at": "2026-11-22T12:00:00Z",
            "handled_at": None,
            "handled_by": None,
        }
    ],
    "next": None,
}
_Version = Annotated[str, Field(max_length=200, pattern=r"^[\x20-\x7e]*$")]
_VersionName = Annotated[str, Field(pattern="^[a-z]{1,20}$")]


class FeedbackRequest(Request):
    """What is wrong, and as much of the text as the sender wants to show: none at all is fine."""

    model_config = ConfigDict(json_schema_extra={"examples": [FEEDBACK_EXAMPLE]})

    kind: Annotated[CorrectionKind, Field(strict=False)]
    claim_id: Annotated[str | None, Field(min_length=1, max_length=80)] = None
    rule: Annotated[str | None, Field(min_length=1, max_length=120)] = None
    quote: Annotated[str | None, Field(max_length=2_000, description="Stored: send it only if you may.")] = (
        None
    )
    prefix: Annotated[str | None, Field(max_length=32)] = None
    suffix: Annotated[str | None, Field(max_length=32)] = None
    comment: Annotated[str | None, Field(max_length=2_000)] = None
    source_url: Annotated[WebAddress | None, Field(description="Recorded, never fetched.")] = None
    versions: Annotated[
        dict[_VersionName, _Version] | None,
        Field(max_length=10, description="`versions` of the report that is spoken of."),
    ] = None


class FeedbackQuery(Request):
    """Which feedback."""

    kind: Annotated[CorrectionKind | None, Field(strict=False)] = None
    rule: Filter = None
    handled: Annotated[bool | None, Field(strict=False, description="Whether somebody has seen to it.")] = (
        None
    )
    cursor: Cursor = None
    limit: Limit = 50


class FeedbackEntry(Reply):
    """What somebody sent."""

    id: str
    kind: CorrectionKind
    claim_id: str | None
    rule: str | None
    quote: str | None
    prefix: str | None
    suffix: str | None
    comment: str | None
    source_url: str | None
    versions: dict[str, str]
    sent_by: str
    created_at: Moment
    handled_at: Moment | None
    handled_by: str | None


class FeedbackReply(Reply):
    """Feedback, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [FEEDBACK_REPLY_EXAMPLE]})

    feedback: list[FeedbackEntry]
    next: Next
