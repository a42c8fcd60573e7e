"""The tables.  Texts live in ``items`` and, while a job has not read them, in ``job_rows``; nowhere else.

Enumerations are stored as their words.  A column of JSON holds what is read
whole and never searched; what a page sorts or filters by has its own column.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, MetaData, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from api.storage.columns import ID_LENGTH, Moment, new_id, now

# Constraints carry names, so that a migration can drop them on both databases.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
JsonValue = JSON().with_variant(JSONB(), "postgresql")
# Where nothing is there, NULL is written and not JSON's own null.
OptionalJson = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
Id = String(ID_LENGTH)


class Role(StrEnum):
    """What a console account may do; each role may do what the ones before it may."""

    READER = "reader"
    MODERATOR = "moderator"
    LEAD = "lead"
    ADMIN = "admin"


class Scope(StrEnum):
    """What an API key may do."""

    SCORE = "score"
    REVIEW = "review"
    ADMIN = "admin"


class ItemState(StrEnum):
    """Where an item stands in the queue."""

    PENDING = "pending"
    DECIDED = "decided"
    ESCALATED = "escalated"


class DecisionAction(StrEnum):
    """What a moderator decides; the service carries nothing of it out, the platform does."""

    ALLOW = "allow"
    LABEL = "label"
    LIMIT = "limit"
    REMOVE = "remove"
    ESCALATE = "escalate"


class CorrectionKind(StrEnum):
    """What a moderator or reader finds wrong with what the machine said."""

    WRONG_SPAN = "wrong_span"
    NOT_A_CLAIM = "not_a_claim"
    WRONG_ASSESSMENT = "wrong_assessment"
    EVIDENCE_DOES_NOT_FIT = "evidence_does_not_fit"
    MISSED_CLAIM = "missed_claim"
    OTHER = "other"


class JobKind(StrEnum):
    """What a job does with its rows."""

    CHECK = "check"
    IMPORT = "import"
    BULK_DECISION = "bulk_decision"


class JobState(StrEnum):
    """Where a job stands; a ``receiving`` one is still arriving and is shown to nobody."""

    RECEIVING = "receiving"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RowState(StrEnum):
    """Where one row of a job stands; ``dead`` rows have failed too often and are tried no more."""

    QUEUED = "queued"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"
    DEAD = "dead"
    CANCELLED = "cancelled"


class DeliveryState(StrEnum):
    """Where one delivery of a webhook stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


class Base(DeclarativeBase):
    """What every table shares."""

    metadata = MetaData(naming_convention=NAMES)


class User(Base):
    """A console account."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Moment)
    last_login_at: Mapped[datetime | None] = mapped_column(Moment)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    preferences: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)


class LoginSession(Base):
    """A signed-in browser; only a hash of its cookie is kept."""

    __tablename__ = "login_sessions"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    last_seen_at: Mapped[datetime] = mapped_column(Moment, default=now)
    # What the next page says of the form that was just carried out; identifiers and our own words only.
    told: Mapped[dict[str, Any] | None] = mapped_column(JsonValue)


class ApiKey(Base):
    """A key of the API; only a hash of it is kept, and its first letters to recognise it by."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80))
    prefix: Mapped[str] = mapped_column(String(16))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[str] = mapped_column(String(16))
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)
    replaced_by: Mapped[str | None] = mapped_column(Id)


class Item(Base):
    """A text in the moderators' queue, with the report it was given when it came."""

    __tablename__ = "items"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    external_id: Mapped[str | None] = mapped_column(String(200), index=True)
    text: Mapped[str] = mapped_column(Text)
    text_sha256: Mapped[str] = mapped_column(String(64), index=True)
    length: Mapped[int] = mapped_column(Integer)
    language: Mapped[str | None] = mapped_column(String(16))
    source: Mapped[str | None] = mapped_column(String(80))
    source_url: Mapped[str | None] = mapped_column(String(2000))
    submitted_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    job_id: Mapped[str | None] = mapped_column(Id, index=True)

    state: Mapped[str] = mapped_column(String(16), default=ItemState.PENDING)
    version: Mapped[int] = mapped_column(default=1)
    assigned_to: Mapped[str | None] = mapped_column(String(80))
    lease_holder: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decision_id: Mapped[str | None] = mapped_column(Id)

    report: Mapped[dict[str, Any]] = mapped_column(JsonValue)
    report_versions: Mapped[dict[str, Any]] = mapped_column(JsonValue)
    risk_rank: Mapped[int] = mapped_column(default=0)
    risk_level: Mapped[str] = mapped_column(String(16), default="none")
    priority: Mapped[float] = mapped_column(default=0.0)
    suggested_action: Mapped[str] = mapped_column(String(16))
    claim_count: Mapped[int] = mapped_column(default=0)
    flagged_count: Mapped[int] = mapped_column(default=0)
    topic: Mapped[str | None] = mapped_column(String(120))
    group_key: Mapped[str | None] = mapped_column(String(300))
    # Risk level, then priority, as one number that grows the less urgent the item is: see api.review.facets.
    place: Mapped[int] = mapped_column(default=0)
    # One bit for each relation and assessment among the claims: see api.review.facets.
    facets: Mapped[int] = mapped_column(default=0)

    # The queue's index is in its order and holds whatever a page filters by, so that the rows that
    # a filter leaves out are never looked up.
    __table_args__ = (
        Index(
            "ix_items_queue",
            "state",
            "place",
            "created_at",
            "id",
            "facets",
            "topic",
            "language",
            "source",
            "suggested_action",
            "assigned_to",
            "decided_by",
            "job_id",
            "group_key",
        ),
        Index("ix_items_topic", "topic", "state", "place", "created_at", "id"),
        Index("ix_items_group", "group_key", "state", "place", "created_at", "id"),
        Index("ix_items_created", "created_at"),
        UniqueConstraint("submitted_by", "external_id", "text_sha256"),
    )


class ItemClaim(Base):
    """One claim of an item, as far as lists and dashboards need it."""

    __tablename__ = "item_claims"

    item_id: Mapped[str] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[str] = mapped_column(String(80))
    group_key: Mapped[str] = mapped_column(String(300), index=True)
    relation: Mapped[str] = mapped_column(String(16))
    intervention: Mapped[str | None] = mapped_column(String(120))
    target: Mapped[str | None] = mapped_column(String(120))
    assessment: Mapped[str] = mapped_column(String(16))
    risk_level: Mapped[str] = mapped_column(String(16))
    flagged: Mapped[bool] = mapped_column()
    probability: Mapped[float] = mapped_column()
    rules: Mapped[list[str]] = mapped_column(JsonValue, default=list)

    __table_args__ = (
        Index("ix_item_claims_intervention", "intervention", "item_id"),
        Index("ix_item_claims_target", "target", "item_id"),
    )


class Decision(Base):
    """What somebody decided of an item, and what stood before them when they did."""

    __tablename__ = "decisions"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    item_id: Mapped[str] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), index=True)
    action: Mapped[str] = mapped_column(String(16))
    reason_code: Mapped[str | None] = mapped_column(String(60))
    note: Mapped[str | None] = mapped_column(Text)
    statement: Mapped[str | None] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(80))
    actor_kind: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    undone_at: Mapped[datetime | None] = mapped_column(Moment)
    undone_by: Mapped[str | None] = mapped_column(String(80))
    suggested_action: Mapped[str] = mapped_column(String(16))
    shown: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)
    job_id: Mapped[str | None] = mapped_column(Id, index=True)

    __table_args__ = (Index("ix_decisions_actor", "actor", "created_at"),)


class Correction(Base):
    """What a moderator found wrong with one claim of an item, exported as training data."""

    __tablename__ = "corrections"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    item_id: Mapped[str] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    claim_id: Mapped[str | None] = mapped_column(String(80))
    start: Mapped[int | None] = mapped_column(Integer)
    end: Mapped[int | None] = mapped_column(Integer)
    value: Mapped[str | None] = mapped_column(String(60))
    note: Mapped[str | None] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    versions: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)


class Feedback(Base):
    """A caller's word that a claim is wrong or missed; a quote only where they sent one."""

    __tablename__ = "feedback"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(32), index=True)
    claim_id: Mapped[str | None] = mapped_column(String(80))
    rule: Mapped[str | None] = mapped_column(String(120), index=True)
    quote: Mapped[str | None] = mapped_column(Text)
    prefix: Mapped[str | None] = mapped_column(String(64))
    suffix: Mapped[str | None] = mapped_column(String(64))
    comment: Mapped[str | None] = mapped_column(Text)
    source_url: Mapped[str | None] = mapped_column(String(2000))
    versions: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)
    sent_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    handled_at: Mapped[datetime | None] = mapped_column(Moment)
    handled_by: Mapped[str | None] = mapped_column(String(80))


class Job(Base):
    """Many rows to be read, imported or decided, by whichever worker is free."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default=JobState.QUEUED, index=True)
    options: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)
    total: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    error: Mapped[str | None] = mapped_column(String(200))


class JobRow(Base):
    """One row of a job; its text is dropped in the transaction that writes its result."""

    __tablename__ = "job_rows"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[int | None] = mapped_column(Integer)
    external_id: Mapped[str | None] = mapped_column(String(200))
    payload: Mapped[dict[str, Any] | None] = mapped_column(OptionalJson)
    state: Mapped[str] = mapped_column(String(16), default=RowState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_holder: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
    not_before: Mapped[datetime | None] = mapped_column(Moment)
    result: Mapped[dict[str, Any] | None] = mapped_column(OptionalJson)
    error: Mapped[str | None] = mapped_column(String(300))
    finished_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (Index("ix_job_rows_work", "job_id", "state", "position"),)


class Webhook(Base):
    """Where to tell of ended jobs and of decisions."""

    __tablename__ = "webhooks"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    url: Mapped[str] = mapped_column(String(2000))
    # Needed in the clear to sign with; it authenticates this server to the receiver and opens nothing here.
    secret: Mapped[str] = mapped_column(String(120))
    events: Mapped[list[str]] = mapped_column(JsonValue, default=list)
    active: Mapped[bool] = mapped_column(default=True)
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class WebhookDelivery(Base):
    """One event on its way to one webhook."""

    __tablename__ = "webhook_deliveries"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"), index=True)
    event: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(JsonValue)
    state: Mapped[str] = mapped_column(String(16), default=DeliveryState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(Moment, default=now)
    last_status: Mapped[int | None] = mapped_column(Integer)
    last_error: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    delivered_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (Index("ix_webhook_deliveries_due", "state", "next_attempt_at"),)


class IdempotencyRecord(Base):
    """The reply to a creating post, so that the same key gets the same reply and creates nothing twice.

    Replies of creating posts hold identifiers and states, never texts.
    """

    __tablename__ = "idempotency_records"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    actor: Mapped[str] = mapped_column(String(120))
    key: Mapped[str] = mapped_column(String(200))
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None] = mapped_column(Integer)
    headers: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)
    body: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)

    __table_args__ = (UniqueConstraint("actor", "key"),)


class AuditEntry(Base):
    """Who did what, when; details hold identifiers and settings, never texts."""

    __tablename__ = "audit_entries"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    actor: Mapped[str] = mapped_column(String(80), index=True)
    actor_kind: Mapped[str] = mapped_column(String(8))
    action: Mapped[str] = mapped_column(String(60), index=True)
    object_kind: Mapped[str] = mapped_column(String(30))
    object_id: Mapped[str | None] = mapped_column(String(80), index=True)
    details: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)


class SettingValue(Base):
    """A setting that an admin changes in the console: reason codes, retention, keys of the keyboard."""

    __tablename__ = "setting_values"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(JsonValue)
    updated_at: Mapped[datetime] = mapped_column(Moment, default=now)
    updated_by: Mapped[str] = mapped_column(String(80))
