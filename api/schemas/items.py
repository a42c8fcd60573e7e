"""The moderators' queue over the wire: items, decisions, corrections, the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from api.examples import REPORT_EXAMPLE
from api.schemas.base import Name, Reply, Request, Words
from api.schemas.checks import (
    Jurisdictions,
    MinProbability,
    OptionalName,
    Problem,
    ReportReply,
    SourceUrl,
    Text,
)
from api.storage.tables import CorrectionKind, DecisionAction, ItemState
from claimcheck.types import Action, Assessment, Jurisdiction, Relation, RiskLevel

_ID = "0f8fad5bd9cb469fa16570867728950e"
ITEM_EXAMPLE: dict[str, Any] = {
    "text": "Kratom potentiates antidepressants.",
    "id": "post-17",
    "source": "forum",
    "source_url": "https://example.org/posts/17",
    "jurisdictions": ["eu"],
}
DECISION_EXAMPLE: dict[str, Any] = {
    "action": "remove",
    "reason_code": "dangerous_advice",
    "note": "Names a dose.",
}
CORRECTION_EXAMPLE: dict[str, Any] = {
    "kind": "wrong_assessment",
    "claim_id": "c-9f2c41d07be1",
    "value": "overstated",
}
DECISION_REPLY_EXAMPLE: dict[str, Any] = {
    "id": "7c9e6679742540de944be07fc1f90ae7",
    "item_id": _ID,
    "action": "remove",
    "reason_code": "dangerous_advice",
    "suggested_action": "review",
    "by": "key:forum",
    "created_at": "2026-11-22T12:00:00Z",
    "state": "decided",
    "version": 2,
}

_BRIEF_EXAMPLE: dict[str, Any] = {
    "id": _ID,
    "url": f"/v1/items/{_ID}",
    "version": 1,
    "external_id": "post-17",
    "state": "pending",
    "risk_level": "high",
    "priority": 0.94,
    "action": "review",
    "language": "en",
    "source": "forum",
    "source_url": "https://example.org/posts/17",
    "submitted_by": "key:forum",
    "created_at": "2026-11-22T11:50:00Z",
    "topic": "kratom",
    "group": "potentiates|kratom|antidepressants",
    "claim_count": 1,
    "flagged_count": 1,
    "assigned_to": None,
    "lease": None,
    "decided_by": None,
    "decided_at": None,
}
_NEW = ("id", "url", "external_id", "state", "version", "risk_level", "priority", "action", "created_at")
NEW_ITEM_EXAMPLE: dict[str, Any] = {
    **{name: _BRIEF_EXAMPLE[name] for name in _NEW},
    "report": {name: value for name, value in REPORT_EXAMPLE.items() if name != "id"},
}
LEASE_EXAMPLE: dict[str, Any] = {"holder": "ada", "until": "2026-11-22T12:10:00Z", "mine": False}
CREATED_EXAMPLE: dict[str, Any] = {
    "id": "3d813cbb47fb4e12b7e2ba4b0b7d6e11",
    "created_at": "2026-11-22T12:00:00Z",
}
QUEUE_EXAMPLE: dict[str, Any] = {
    "items": [
        {
            **_BRIEF_EXAMPLE,
            "excerpt": "Kratom potentiates antidepressants.",
            "length": 35,
            "claims": [
                {
                    "id": "c-9f2c41d07be1",
                    "relation": "potentiates",
                    "intervention": "kratom",
                    "target": "antidepressants",
                    "assessment": "unsupported",
                    "risk_level": "high",
                    "flagged": True,
                }
            ],
        }
    ],
    "next": "WyJuIiwtMzA5NDAwXQ",
    "previous": None,
}
_ENTRY_EXAMPLE: dict[str, Any] = {
    "id": DECISION_REPLY_EXAMPLE["id"],
    "item_id": _ID,
    "action": "remove",
    "reason_code": "dangerous_advice",
    "note": "Names a dose.",
    "statement": None,
    "suggested_action": "review",
    "by": "ada",
    "by_kind": "user",
    "created_at": "2026-11-22T12:00:00Z",
    "undone_at": None,
    "undone_by": None,
    "job_id": None,
    "shown": {
        "versions": {"kb": "2026.11.22+0a1b2c3d"},
        "claims": [
            {
                "id": "c-9f2c41d07be1",
                "relation": "potentiates",
                "assessment": "unsupported",
                "risk_level": "high",
                "evidence": "insufficient",
                "statements": ["kratom.potentiates.antidepressants"],
                "references": [],
            }
        ],
        "alerts": [],
    },
}
DECISIONS_EXAMPLE: dict[str, Any] = {"decisions": [_ENTRY_EXAMPLE], "next": None}
_DECIDED_EXAMPLE: dict[str, Any] = {
    "state": "decided",
    "version": 2,
    "decided_by": "ada",
    "decided_at": "2026-11-22T12:00:00Z",
}
ITEM_REPLY_EXAMPLE: dict[str, Any] = {
    **_BRIEF_EXAMPLE,
    **_DECIDED_EXAMPLE,
    "text": "Kratom potentiates antidepressants.",
    "report": NEW_ITEM_EXAMPLE["report"],
    "decisions": [_ENTRY_EXAMPLE],
    "corrections": [],
}
AUDIT_EXAMPLE: dict[str, Any] = {
    "entries": [
        {
            "id": "5b0a3c1f6d0f4f8d9c55b1a3f64c2f10",
            "at": "2026-11-22T11:50:00Z",
            "by": "key:forum",
            "by_kind": "key",
            "action": "item.submitted",
            "object_kind": "item",
            "object_id": _ID,
            "details": {},
        }
    ],
    "next": None,
}

Moment = Annotated[datetime, Field(description="In UTC.")]
Source = Annotated[
    Name | None, Field(max_length=80, description="Where the text comes from, to filter the queue by.")
]
Cursor = Annotated[str | None, Field(max_length=400, description="`next` or `previous` of an earlier page.")]
Limit = Annotated[int, Field(ge=1, le=200, strict=False, description="Most rows of a page.")]
Since = Annotated[
    AwareDatetime | None, Field(strict=False, description="Not before this time, with its zone.")
]
Until = Annotated[AwareDatetime | None, Field(strict=False, description="Before this time, with its zone.")]
Filter = Words | None
Next = Annotated[str | None, Field(description="The cursor of the next page; null on the last.")]


class ItemRequest(Request):
    """A text to check and to put into the queue."""

    model_config = ConfigDict(json_schema_extra={"examples": [ITEM_EXAMPLE]})

    text: Text
    id: OptionalName = None
    source: Source = None
    source_url: SourceUrl = None
    jurisdictions: Jurisdictions = [Jurisdiction.US]
    min_probability: MinProbability = None


class LeaseReply(Reply):
    """Who has an item open, and until when; nobody can take it from them before."""

    model_config = ConfigDict(json_schema_extra={"examples": [LEASE_EXAMPLE]})

    holder: str
    until: Moment
    mine: Annotated[bool, Field(description="True where it is the caller's.")]


class ClaimBrief(Reply):
    """One claim, as a list shows it: the two axes apart."""

    id: str
    relation: Relation
    intervention: Annotated[str | None, Field(description="A concept's id, or the text's own words.")]
    target: str | None
    assessment: Assessment
    risk_level: RiskLevel
    flagged: bool


class ItemBrief(Reply):
    """What the queue says of an item."""

    id: str
    url: str
    version: Annotated[int, Field(description="Its `ETag`, without the quotation marks.")]
    external_id: Annotated[str | None, Field(description="The submitter's own name for the text.")]
    state: ItemState
    risk_level: RiskLevel
    priority: float
    action: Annotated[Action, Field(description="What the machine suggests; no more than that.")]
    language: str | None
    source: str | None
    source_url: str | None
    submitted_by: str
    created_at: Moment
    topic: Annotated[str | None, Field(description="Concept id of the gravest claim's intervention.")]
    group: Annotated[str | None, Field(description="Near duplicates share it.")]
    claim_count: int
    flagged_count: int
    assigned_to: str | None
    lease: LeaseReply | None
    decided_by: str | None
    decided_at: Moment | None


class NewItemReply(Reply):
    """The item that a text became."""

    model_config = ConfigDict(json_schema_extra={"examples": [NEW_ITEM_EXAMPLE]})

    id: str
    url: str
    external_id: str | None
    state: ItemState
    version: int
    risk_level: RiskLevel
    priority: float
    action: Action
    created_at: Moment
    report: Annotated[
        ReportReply | None,
        Field(description="Null only in a replayed reply whose item was deleted meanwhile."),
    ]


class QueueItem(ItemBrief):
    """An item of the queue, without its whole text."""

    excerpt: Annotated[str, Field(description="The first 200 characters.")]
    length: Annotated[int, Field(description="Of the whole text, in code points.")]
    claims: Annotated[list[ClaimBrief], Field(description="The first 20.")]


class QueueQuery(Request):
    """What part of the queue is wanted."""

    state: Annotated[
        Literal["pending", "decided", "escalated", "any"], Field(description="Pending unless told.")
    ] = "pending"
    risk: Annotated[RiskLevel | None, Field(strict=False, description="The least risk level.")] = None
    topic: Filter = None
    language: Filter = None
    source: Filter = None
    assigned: Annotated[Filter, Field(description="Whose items, by name.")] = None
    action: Annotated[Action | None, Field(strict=False, description="What the machine suggests.")] = None
    relation: Annotated[Relation | None, Field(strict=False)] = None
    assessment: Annotated[
        Assessment | None, Field(strict=False, description="With `relation`, the same claim has both.")
    ] = None
    group: Filter = None
    query: Annotated[
        Filter,
        Field(
            description="An external id or its beginning, a topic, the beginning of an item's id, the "
            "SHA-256 of a text, or words in the names that claims are about."
        ),
    ] = None
    job: Filter = None
    decided_by: Filter = None
    cursor: Cursor = None
    limit: Limit = 50


class QueueReply(Reply):
    """A page of the queue, the most urgent first: by risk level, then priority, then age."""

    model_config = ConfigDict(json_schema_extra={"examples": [QUEUE_EXAMPLE]})

    items: list[QueueItem]
    next: Next
    previous: Annotated[str | None, Field(description="The cursor of the page before; null on the first.")]


class Shown(Reply):
    """What stood before whoever decided; evidence is named, texts are not repeated."""

    model_config = ConfigDict(extra="allow")

    versions: dict[str, str]
    claims: list[dict[str, Any]]


class DecisionEntry(Reply):
    """A decision, and what became of it."""

    id: str
    item_id: str
    action: DecisionAction
    reason_code: str | None
    note: str | None
    statement: Annotated[str | None, Field(description="The statement of reasons, where one was saved.")]
    suggested_action: Action
    by: str
    by_kind: Literal["user", "key", "open", "system"]
    created_at: Moment
    undone_at: Moment | None
    undone_by: str | None
    job_id: str | None
    shown: Shown


class CorrectionEntry(Reply):
    """What somebody found wrong with one claim."""

    id: str
    kind: CorrectionKind
    claim_id: str | None
    start: int | None
    end: int | None
    value: str | None
    note: str | None
    by: str
    created_at: Moment


class ItemReply(ItemBrief):
    """An item with everything that is kept of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [ITEM_REPLY_EXAMPLE]})

    text: str
    report: ReportReply
    decisions: Annotated[list[DecisionEntry], Field(description="Oldest first, undone ones too.")]
    corrections: list[CorrectionEntry]


class DecisionRequest(Request):
    """What is decided.  The service carries nothing of it out."""

    model_config = ConfigDict(json_schema_extra={"examples": [DECISION_EXAMPLE]})

    action: Annotated[DecisionAction, Field(strict=False)]
    reason_code: Annotated[str | None, Field(min_length=1, max_length=60)] = None
    note: Annotated[str | None, Field(max_length=2_000, description="For colleagues.")] = None


class DecisionReply(Reply):
    """The decision that was made."""

    model_config = ConfigDict(json_schema_extra={"examples": [DECISION_REPLY_EXAMPLE]})

    id: str
    item_id: str
    action: DecisionAction
    reason_code: str | None
    suggested_action: Action
    by: str
    created_at: Moment
    state: ItemState
    version: Annotated[int, Field(description="Of the item, now; the reply's `ETag`.")]


class Decided(Reply):
    """Who decided an item meanwhile, when, and what."""

    id: str
    by: str
    at: Moment
    action: DecisionAction
    reason_code: str | None


class ConflictProblem(Problem):
    """A problem after RFC 9457; ``already-decided`` says what was decided."""

    decided: Decided | None = None


class DecisionsQuery(Request):
    """Which decisions."""

    by: Annotated[Filter, Field(description="Whose; others' than the caller's own are for leads.")] = None
    item: Filter = None
    action: Annotated[DecisionAction | None, Field(strict=False)] = None
    since: Since = None
    until: Until = None
    cursor: Cursor = None
    limit: Limit = 50


class DecisionsReply(Reply):
    """Decisions, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [DECISIONS_EXAMPLE]})

    decisions: list[DecisionEntry]
    next: Next


class CorrectionRequest(Request):
    """What the machine got wrong."""

    model_config = ConfigDict(json_schema_extra={"examples": [CORRECTION_EXAMPLE]})

    kind: Annotated[CorrectionKind, Field(strict=False)]
    claim_id: Annotated[str | None, Field(min_length=1, max_length=80)] = None
    start: Annotated[
        int | None, Field(ge=0, le=2**31 - 1, description="In code points; of a wrong span, the right one.")
    ] = None
    end: Annotated[int | None, Field(ge=0, le=2**31 - 1)] = None
    value: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=60,
            description="The right assessment, or the relation of a missed claim.",
        ),
    ] = None
    note: Annotated[str | None, Field(max_length=2_000)] = None


class CreatedReply(Reply):
    """What was stored, by its id."""

    model_config = ConfigDict(json_schema_extra={"examples": [CREATED_EXAMPLE]})

    id: str
    created_at: Moment


class CorrectionExample(Reply):
    """One line of the export: the text, what was said of it, and what is right."""

    id: str
    kind: CorrectionKind
    text: str
    text_sha256: str
    language: str | None
    said: dict[str, Any] | None
    right: dict[str, Any]
    versions: dict[str, str]
    created_at: Moment


class AuditQuery(Request):
    """Which part of the audit."""

    by: Annotated[Filter, Field(description="Who did it.")] = None
    action: Filter = None
    object_kind: Filter = None
    object_id: Filter = None
    since: Since = None
    until: Until = None
    cursor: Cursor = None
    limit: Limit = 50


class AuditItem(Reply):
    """Something that somebody did."""

    id: str
    at: Moment
    by: str
    by_kind: Literal["user", "key", "open", "system"]
    action: str
    object_kind: str
    object_id: str | None
    details: dict[str, Any]


class AuditReply(Reply):
    """The audit, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [AUDIT_EXAMPLE]})

    entries: list[AuditItem]
    next: Next
