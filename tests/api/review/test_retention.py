"""What is past its time goes, what waits stays, and one item can be deleted with its traces."""

from __future__ import annotations

import json
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.access.actors import SYSTEM, Actor
from api.review import correcting, deciding, feedback, retention, settings
from api.review.errors import UnknownItem, UnusableValue
from api.review.settings import Keyboard, Retention
from api.storage.columns import new_id, now
from api.storage.tables import (
    ApiKey,
    AuditEntry,
    Base,
    Correction,
    CorrectionKind,
    Decision,
    DecisionAction,
    Feedback,
    IdempotencyRecord,
    Item,
    ItemClaim,
    Job,
    JobRow,
    LoginSession,
    User,
    Webhook,
    WebhookDelivery,
)
from tests.api.review.conftest import KRATOM, Submit


def _count(session: Session, table: type[Base]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def _brought(item: Item) -> dict[str, dict[str, str]]:
    return {"item": {"id": item.id}}


def test_purging_keeps_what_waits(session: Session, submit: Submit, ada: Actor, lead: Actor) -> None:
    old = now() - timedelta(days=31)
    retention.set_policy(
        session,
        Retention(decided_items=30, job_results=30, feedback=30, audit=None, sessions=30),
        actor=lead,
    )
    gone, fresh, waiting, escalated = (submit(session) for _ in range(4))
    for item, action in (
        (gone, DecisionAction.ALLOW),
        (fresh, DecisionAction.ALLOW),
        (escalated, DecisionAction.ESCALATE),
    ):
        deciding.decide(session, item.id, actor=ada, action=action, expected_version=1)
    gone.decided_at = escalated.decided_at = waiting.created_at = old
    correcting.correct(session, gone.id, actor=ada, kind=CorrectionKind.OTHER)
    feedback.send(session, actor=ada, kind=CorrectionKind.OTHER, words={}).created_at = old
    feedback.send(session, actor=ada, kind=CorrectionKind.OTHER, words={})
    user = User(name="ada", password_hash="x", role="moderator")
    session.add_all(
        [
            Job(kind="check", created_by="ada", finished_at=old),
            Job(kind="check", created_by="ada", created_at=old),
            user,
            IdempotencyRecord(actor="a", key="old", request_hash="x", created_at=old),
        ]
    )
    session.flush()
    session.add(LoginSession(token_hash="t", user_id=user.id, csrf_token="c", expires_at=old))
    session.flush()
    counts = retention.purge(session, actor=SYSTEM, today=now().date())
    assert counts == {
        "decided_items": 1,
        "jobs": 1,
        "deliveries": 0,
        "feedback": 1,
        "sessions": 1,
        "replies": 1,
    }
    session.expire_all()
    assert set(session.scalars(select(Item.id))) == {fresh.id, waiting.id, escalated.id}
    assert (_count(session, Decision), _count(session, Correction), _count(session, Feedback)) == (2, 0, 1)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "retention.purged")).one()
    assert entry.details["deleted"] == counts


def test_nothing_is_kept_for_ever_unless_told(session: Session) -> None:
    policy = retention.policy(session)
    assert policy == Retention()
    assert None not in policy.model_dump().values()


def test_an_item_is_deleted_with_its_traces(
    session: Session, submit: Submit, ada: Actor, lead: Actor
) -> None:
    job = Job(kind="import", created_by="ada")
    session.add(job)
    session.flush()
    item, other = submit(session, job_id=job.id, external_id="post-1"), submit(session)
    bulk = Job(kind="bulk_decision", created_by="ada")
    hook = Webhook(url="https://example.org", secret="s", events=["decision.made"], created_by="ada")
    session.add_all([bulk, hook])
    session.flush()
    session.add_all(
        [
            JobRow(job_id=job.id, position=0, external_id="post-1", state="done", result=_brought(item)),
            JobRow(job_id=job.id, position=1, external_id="post-1", state="done", result=_brought(other)),
            JobRow(job_id=job.id, position=2, state="done", result=_brought(item)),
            JobRow(job_id=bulk.id, position=0, external_id=item.id, payload={"item": item.id}),
            JobRow(job_id=bulk.id, position=1, external_id=other.id, payload={"item": other.id}),
            IdempotencyRecord(actor="a", key="1", request_hash="x", status=201, body=json.dumps(item.id)),
            IdempotencyRecord(actor="a", key="2", request_hash="x", status=201, body=json.dumps(other.id)),
        ]
    )
    for one in (item, other):
        deciding.decide(session, one.id, actor=ada, action=DecisionAction.ALLOW, expected_version=1)
        correcting.correct(session, one.id, actor=ada, kind=CorrectionKind.OTHER, note="note")
    retention.delete_item(session, item.id, actor=lead)
    session.expire_all()
    for table in (Item, ItemClaim, Decision, Correction):
        assert _count(session, table) == 1
    about = session.scalars(select(AuditEntry).where(AuditEntry.object_id == item.id)).all()
    assert [(entry.action, entry.actor, entry.details) for entry in about] == [("item.deleted", "lea", {})]
    rows = session.scalars(select(JobRow).order_by(JobRow.job_id == bulk.id, JobRow.position)).all()
    gone = (None, None, None, "unknown_item")
    assert [(row.result, row.payload, row.external_id, row.error) for row in rows] == [
        gone,
        (_brought(other), None, "post-1", None),
        gone,
        gone,
        (None, {"item": other.id}, other.id, None),
    ]
    assert [row.state for row in rows] == ["done", "done", "done", "failed", "queued"]
    assert [one.key for one in session.scalars(select(IdempotencyRecord))] == ["2"]
    deliveries = session.scalars(select(WebhookDelivery)).all()
    assert [one.payload["data"]["item_id"] for one in deliveries] == [other.id]
    with pytest.raises(UnknownItem):
        retention.delete_item(session, new_id(), actor=lead)


def test_everything_is_handed_out_but_secrets(session: Session, submit: Submit, ada: Actor) -> None:
    item = submit(session)
    deciding.decide(session, item.id, actor=ada, action=DecisionAction.LABEL, expected_version=1)
    session.add_all(
        [
            User(name="ada", password_hash="secret-1", role="moderator"),
            ApiKey(name="k", prefix="cck_x", key_hash="secret-2", scope="score", created_by="ada"),
            Webhook(url="https://example.org", secret="secret-3", events=[], created_by="ada"),
        ]
    )
    session.flush()
    lines = [json.loads(msgspec.json.encode(row)) for row in retention.export_all(session)]
    assert {line["table"] for line in lines} >= {
        "users",
        "api_keys",
        "items",
        "item_claims",
        "decisions",
        "webhooks",
        "audit_entries",
    }
    assert "secret-" not in json.dumps(lines)
    (exported,) = [line["row"] for line in lines if line["table"] == "items"]
    assert (exported["text"], exported["id"]) == (KRATOM, item.id)


def test_settings_are_checked_and_audited(session: Session, lead: Actor) -> None:
    keys = settings.get(session, settings.KEYBOARD)
    assert keys.keys["allow"] == "1"
    changed = keys.model_copy(update={"enabled": False})
    settings.put(session, settings.KEYBOARD, changed, actor=lead)
    settings.put(session, settings.KEYBOARD, keys, actor=lead)
    assert settings.get(session, settings.KEYBOARD) == keys
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.at)).all()
    assert [entry.details["after"]["enabled"] for entry in entries] == [False, True]
    assert entries[1].details["before"]["enabled"] is False
    for wrong in (
        {"keys": {**Keyboard().keys, "allow": "2"}},
        {"keys": {"allow": "1"}},
        {"keys": {**Keyboard().keys, "allow": "ab"}},
        {"colour": 1},
    ):
        with pytest.raises(UnusableValue):
            settings.read(settings.KEYBOARD, wrong)
    with pytest.raises(UnusableValue) as caught:
        settings.read(settings.RETENTION, {"audit": 0})
    assert caught.value.field == "audit"
