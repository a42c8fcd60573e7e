"""One item, one decision; who may change or take back which; what stays written."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access.actors import Actor
from api.review import deciding, leases, reasons
from api.review.deciding import decide, undo
from api.review.errors import (
    Conflict,
    NotAllowed,
    NotStanding,
    ReasonRequired,
    ReviewError,
    UnknownDecision,
    UnknownItem,
    UnknownReason,
    UnusableValue,
)
from api.storage.columns import new_id
from api.storage.database import Database
from api.storage.tables import AuditEntry, Decision, DecisionAction, ItemState, Webhook, WebhookDelivery
from tests.api.review.conftest import Submit

ALLOW, LABEL, REMOVE, ESCALATE = (
    DecisionAction.ALLOW,
    DecisionAction.LABEL,
    DecisionAction.REMOVE,
    DecisionAction.ESCALATE,
)


def test_a_decision_keeps_what_was_shown(session: Session, submit: Submit, ada: Actor) -> None:
    item = submit(session)
    leases.take(session, item, actor=ada)
    made = decide(
        session,
        item.id,
        actor=ada,
        action=REMOVE,
        reason_code="dangerous_advice",
        note=" look ",
        expected_version=1,
    )
    assert (item.state, item.version, item.decided_by, item.decision_id) == (
        ItemState.DECIDED,
        2,
        "ada",
        made.id,
    )
    assert (item.lease_holder, item.decided_at) == (None, made.created_at)
    assert (made.suggested_action, made.actor, made.actor_kind) == ("review", "ada", "user")
    (claim,) = made.shown["claims"]
    assert made.shown["versions"] == item.report["versions"]
    assert claim["statements"] == ["kratom.potentiates.antidepressants"]
    assert claim["references"][0]["url"] == "https://example.org/kratom?a=1&b=2"
    assert (claim["assessment"], claim["risk_level"], claim["evidence"]) == (
        "unsupported",
        "high",
        "insufficient",
    )
    assert "Kratom potentiates" not in str(made.shown)


def test_of_two_who_decide_at_once_one_is_told(
    database: Database, submit: Submit, ada: Actor, ben: Actor
) -> None:
    with database.begin() as session:
        item_id = submit(session).id
    together = threading.Barrier(2)

    def attempt(actor: Actor) -> str:
        together.wait(timeout=10)
        try:
            with database.begin() as session:
                decide(session, item_id, actor=actor, action=ALLOW, expected_version=1)
        except Conflict as conflict:
            # The transaction is over, and what stood in the way can still be shown.
            assert conflict.decision is not None and conflict.decision.action == ALLOW
            return f"{actor.name} is told of {conflict.by}"
        return actor.name

    with ThreadPoolExecutor(2) as threads:
        outcomes = sorted(threads.map(attempt, (ada, ben)))
    assert outcomes in (["ada", "ben is told of ada"], ["ada is told of ben", "ben"])
    with database.read() as session:
        assert len(session.scalars(select(Decision)).all()) == 1


def test_a_late_decision_overwrites_nothing(session: Session, submit: Submit, ada: Actor, ben: Actor) -> None:
    item = submit(session)
    first = decide(session, item.id, actor=ada, action=LABEL, expected_version=1)
    for version in (1, 2):
        with pytest.raises(Conflict) as caught:
            decide(session, item.id, actor=ben, action=ALLOW, expected_version=version)
        assert (caught.value.by, caught.value.at) == ("ada", first.created_at)
        assert caught.value.decision is not None and caught.value.decision.id == first.id
    undo(session, first.id, actor=ada)
    with pytest.raises(Conflict) as caught:
        decide(session, item.id, actor=ben, action=ALLOW, expected_version=2)
    assert (caught.value.decision, caught.value.version) == (None, 3)


def test_ones_own_decision_can_be_changed(session: Session, submit: Submit, ada: Actor) -> None:
    item = submit(session)
    first = decide(session, item.id, actor=ada, action=LABEL, expected_version=1)
    second = decide(session, item.id, actor=ada, action=ALLOW, expected_version=2)
    assert (first.undone_by, second.undone_at, item.decision_id) == ("ada", None, second.id)
    undo(session, second.id, actor=ada)
    assert (item.state, item.decision_id, item.version) == (ItemState.PENDING, None, 4)


def test_a_lead_may_overrule_with_the_version_they_saw(
    session: Session, submit: Submit, ada: Actor, lead: Actor
) -> None:
    item = submit(session)
    first = decide(session, item.id, actor=ada, action=LABEL, expected_version=1)
    with pytest.raises(Conflict):
        decide(session, item.id, actor=lead, action=ALLOW, expected_version=1)
    decide(session, item.id, actor=lead, action=ALLOW, expected_version=2)
    assert (first.undone_by, item.decided_by) == ("lea", "lea")


def test_an_escalation_is_for_leads_and_comes_back(
    session: Session, submit: Submit, ada: Actor, ben: Actor, lead: Actor
) -> None:
    item = submit(session)
    up = decide(session, item.id, actor=ada, action=ESCALATE, expected_version=1)
    assert item.state == ItemState.ESCALATED
    with pytest.raises(Conflict):
        decide(session, item.id, actor=ben, action=ALLOW, expected_version=2)
    made = decide(session, item.id, actor=lead, action=ALLOW, expected_version=2)
    assert (up.undone_at, item.state) == (None, ItemState.DECIDED)
    undo(session, made.id, actor=lead)
    assert (item.state, item.decision_id) == (ItemState.ESCALATED, up.id)
    undo(session, up.id, actor=ada)
    assert item.state == ItemState.PENDING


def test_only_the_own_recent_decisions_are_undone(
    session: Session, submit: Submit, ada: Actor, ben: Actor, lead: Actor
) -> None:
    items = [submit(session) for _ in range(deciding.UNDOABLE + 1)]
    made = [decide(session, item.id, actor=ada, action=ALLOW, expected_version=1) for item in items]
    assert deciding.recent(session, actor=ada)[0].id in {one.id for one in made}
    assert len(deciding.recent(session, actor=ada)) == deciding.UNDOABLE
    with pytest.raises(NotAllowed):
        undo(session, made[-1].id, actor=ben)
    with pytest.raises(NotAllowed):
        undo(session, made[0].id, actor=ada)
    undo(session, made[0].id, actor=lead)
    undo(session, made[1].id, actor=ada)
    with pytest.raises(NotStanding):
        undo(session, made[1].id, actor=ada)
    with pytest.raises(UnknownDecision):
        undo(session, new_id(), actor=lead)


def test_a_job_is_undone_as_one(
    session: Session, submit: Submit, ada: Actor, ben: Actor, lead: Actor
) -> None:
    job_id = new_id()
    items = [submit(session) for _ in range(4)]
    for item in items:
        decide(session, item.id, actor=ada, action=ALLOW, expected_version=1, job_id=job_id)
    decide(session, items[0].id, actor=ada, action=LABEL, expected_version=2)
    assert len(deciding.recent(session, actor=ada)) == 1
    with pytest.raises(NotAllowed):
        deciding.undo_job(session, job_id, actor=ben)
    assert deciding.undo_job(session, job_id, actor=ada, limit=2) == 2
    assert deciding.undo_job(session, job_id, actor=ada, limit=2) == 1
    assert [item.state for item in items] == [ItemState.DECIDED] + [ItemState.PENDING] * 3
    assert deciding.undo_job(session, job_id, actor=lead) == 0


@pytest.mark.parametrize(
    ("action", "reason", "error"),
    [
        (REMOVE, None, ReasonRequired),
        (REMOVE, "no_such_reason", UnknownReason),
        (REMOVE, "claim_holds", UnknownReason),
        (ALLOW, "dangerous_advice", UnknownReason),
    ],
)
def test_reasons_are_checked_here(
    session: Session,
    submit: Submit,
    ada: Actor,
    action: DecisionAction,
    reason: str | None,
    error: type[ReviewError],
) -> None:
    item = submit(session)
    with pytest.raises(error):
        decide(session, item.id, actor=ada, action=action, reason_code=reason, expected_version=1)
    assert (item.state, item.version) == (ItemState.PENDING, 1)


def test_the_policy_of_reasons_can_be_changed(
    session: Session, submit: Submit, ada: Actor, lead: Actor
) -> None:
    policy = reasons.policy(session)
    assert policy is reasons.DEFAULT
    reasons.set_policy(session, replace(policy, required=frozenset({ALLOW})), actor=lead)
    assert reasons.policy(session) == replace(policy, required=frozenset({ALLOW}))
    item = submit(session)
    with pytest.raises(ReasonRequired):
        decide(session, item.id, actor=ada, action=ALLOW, expected_version=1)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "setting.changed")).one()
    assert (entry.actor, entry.object_id, entry.details["before"]) == ("lea", "reasons", None)


@pytest.mark.parametrize(
    "change",
    [
        {"offered": {ALLOW: ("no_such_reason",)}},
        {"reasons": reasons.DEFAULT.reasons * 2},
        {"reasons": ()},
        {"required": frozenset({ALLOW}), "offered": {ALLOW: ()}},
    ],
)
def test_a_policy_that_fits_nothing_is_refused(
    session: Session, lead: Actor, change: dict[str, object]
) -> None:
    with pytest.raises(UnusableValue):
        reasons.set_policy(session, replace(reasons.DEFAULT, **change), actor=lead)  # type: ignore[arg-type]
    assert reasons.policy(session) is reasons.DEFAULT


@pytest.mark.parametrize("note", ["x" * 2_001, "a\0b", "a\ud800"])
def test_a_note_that_cannot_be_kept(session: Session, submit: Submit, ada: Actor, note: str) -> None:
    item = submit(session)
    with pytest.raises(UnusableValue) as caught:
        decide(session, item.id, actor=ada, action=ALLOW, note=note, expected_version=1)
    assert caught.value.field == "note"
    assert "xx" not in str(caught.value)


def test_an_item_that_is_not_there(session: Session, ada: Actor) -> None:
    with pytest.raises(UnknownItem):
        decide(session, new_id(), actor=ada, action=ALLOW, expected_version=1)


def test_history_tells_everything_in_order(session: Session, submit: Submit, ada: Actor, lead: Actor) -> None:
    item = submit(session)
    leases.take(session, item, actor=ada)
    made = decide(session, item.id, actor=ada, action=LABEL, note="secret note", expected_version=1)
    undo(session, made.id, actor=lead)
    events = deciding.history(session, item.id)
    assert [(event.kind, event.actor) for event in events] == [
        ("item.submitted", "key:shop"),
        ("lease.taken", "ada"),
        ("decided", "ada"),
        ("undone", "lea"),
    ]
    assert events[2].decision is made
    audited = session.scalars(select(AuditEntry)).all()
    assert {"decision.made", "decision.undone"} <= {entry.action for entry in audited}
    assert "secret note" not in str([entry.details for entry in audited])


def test_decisions_are_told_to_webhooks_without_texts(session: Session, submit: Submit, ada: Actor) -> None:
    session.add(Webhook(url="https://example.org", secret="s", events=["decision.made"], created_by="x"))
    item = submit(session, external_id="post-1")
    made = decide(session, item.id, actor=ada, action=LABEL, note="secret note", expected_version=1)
    undo(session, made.id, actor=ada)
    delivery = session.scalars(select(WebhookDelivery)).one()
    assert delivery.event == "decision.made"
    data = delivery.payload["data"]
    assert (data["item_id"], data["external_id"], data["action"], data["state"]) == (
        item.id,
        "post-1",
        "label",
        "decided",
    )
    assert "secret" not in str(delivery.payload) and "Kratom" not in str(delivery.payload)
