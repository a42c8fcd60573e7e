"""Webhooks: signed, sent until accepted, never to where only this server can reach."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, update
from standardwebhooks import Webhook as Signer

from api.access.actors import Actor, of_user
from api.jobs import outbox, queueing, webhooks
from api.jobs.addresses import AddressRefused, checked_url, is_public, reachable
from api.jobs.outbox import Event
from api.jobs.queueing import Row
from api.jobs.webhooks import TRIES, WAITS, NewWebhook, Sender
from api.jobs.worker import Worker
from api.review import deciding, intake
from api.settings import Settings
from api.storage.columns import now
from api.storage.database import Database
from api.storage.tables import (
    AuditEntry,
    DecisionAction,
    DeliveryState,
    Job,
    JobKind,
    Role,
    Webhook,
    WebhookDelivery,
)
from tests.api.conftest import PhraseChecker
from tests.api.jobs.receiver import Receiver, listening

CLAIM = "Kratom potentiates antidepressants."


@pytest.fixture
def admin() -> Actor:
    return of_user(user_id="a" * 32, name="ada", role=Role.ADMIN)


@pytest.fixture
def settings() -> Settings:
    return Settings(log_format="off", webhook_private_hosts=("localhost",))


@pytest.fixture
def sender(database: Database, settings: Settings) -> Sender:
    return Sender(database, settings)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as made:
        yield made


@pytest.fixture
def webhook(database: Database, admin: Actor, settings: Settings, receiver: Receiver) -> NewWebhook:
    with database.begin() as session:
        made = webhooks.create(session, url=receiver.url, events=list(Event), actor=admin, settings=settings)
    receiver.secret = made.secret
    return made


def emit(database: Database, **payload: str) -> None:
    with database.begin() as session:
        outbox.emit(session, Event.JOB_FINISHED, payload)


def delivery(database: Database) -> WebhookDelivery:
    with database.read() as session:
        return session.scalars(select(WebhookDelivery)).one()


def due_now(database: Database) -> None:
    with database.begin() as session:
        session.execute(update(WebhookDelivery).values(next_attempt_at=now() - timedelta(seconds=1)))


@pytest.mark.usefixtures("webhook")
def test_a_delivery_is_signed_and_believed(database: Database, receiver: Receiver, sender: Sender) -> None:
    emit(database, id="j1", state="succeeded")
    assert sender.send_due() == 1
    ((headers, body),) = receiver.calls
    sent = delivery(database)
    assert (sent.state, sent.last_status, sent.attempts) == (DeliveryState.DELIVERED, 204, 1)
    assert headers["webhook-id"] == sent.id
    assert headers["host"] == f"localhost:{receiver.port}"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 10
    assert receiver.believed == [json.loads(body)]
    assert receiver.believed[0]["type"] == "job.finished"
    assert receiver.believed[0]["data"] == {"id": "j1", "state": "succeeded"}
    assert sender.send_due() == 0


@pytest.mark.parametrize("what", ["body", "secret", "time", "id"])
def test_a_forged_call_is_refused(webhook: NewWebhook, receiver: Receiver, what: str) -> None:
    moment = now() - timedelta(hours=1) if what == "time" else now()
    secret = "whsec_" + "A" * 43 + "=" if what == "secret" else webhook.secret
    body = '{"type":"decision.made"}'
    headers = {
        "webhook-id": "other" if what == "id" else "m1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Signer(secret).sign("m1", moment, body),
    }
    content = body.replace("made", "undone") if what == "body" else body
    reply = httpx.post(receiver.url, content=content, headers=headers, trust_env=False)
    assert reply.status_code == 401
    assert receiver.believed == []


@pytest.mark.usefixtures("webhook")
def test_it_is_tried_again_and_then_accepted_under_the_same_id(
    database: Database, receiver: Receiver, sender: Sender
) -> None:
    receiver.statuses = [500, 503, 200]
    emit(database, id="j1")
    before = now()
    sender.send_due()
    waiting = delivery(database)
    assert (waiting.state, waiting.last_status, waiting.last_error) == (DeliveryState.PENDING, 500, "status")
    assert WAITS[0] * 0.9 <= waiting.next_attempt_at - before <= WAITS[0] * 1.1 + timedelta(seconds=10)
    assert sender.send_due() == 0
    for _ in range(2):
        due_now(database)
        sender.send_due()
    sent = delivery(database)
    assert (sent.state, sent.attempts, sent.last_error) == (DeliveryState.DELIVERED, 3, None)
    assert {headers["webhook-id"] for headers, _ in receiver.calls} == {sent.id}
    assert len({body for _, body in receiver.calls}) == 1


@pytest.mark.usefixtures("webhook")
def test_it_is_given_up_after_a_day_and_can_be_sent_again(
    database: Database, receiver: Receiver, sender: Sender, admin: Actor
) -> None:
    receiver.statuses = [500]
    emit(database, id="j1")
    for _ in range(TRIES):
        due_now(database)
        assert sender.send_due() == 1
    due_now(database)
    assert sender.send_due() == 0
    assert (delivery(database).state, len(receiver.calls)) == (DeliveryState.DEAD, TRIES)
    assert TRIES == 8
    assert timedelta(hours=22) < sum(WAITS, timedelta()) < timedelta(hours=26)
    receiver.statuses = [200]
    with database.begin() as session:
        again = session.scalars(select(WebhookDelivery)).one()
        webhooks.replay(session, again, actor=admin)
    assert sender.send_due() == 1
    sent = delivery(database)
    assert (sent.state, sent.attempts) == (DeliveryState.DELIVERED, 1)
    assert {headers["webhook-id"] for headers, _ in receiver.calls} == {sent.id}
    with database.read() as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.at)).all()
    assert actions == ["webhook.created", "webhook.replayed"]


@pytest.mark.usefixtures("webhook")
def test_a_redirect_is_not_followed(database: Database, receiver: Receiver, sender: Sender) -> None:
    with listening() as elsewhere:
        receiver.statuses, receiver.location = [307], elsewhere.url
        emit(database, id="j1")
        sender.send_due()
        assert elsewhere.calls == []
    assert (delivery(database).last_status, delivery(database).last_error) == (307, "redirect")


@pytest.mark.usefixtures("webhook")
def test_a_receiver_that_never_answers_costs_ten_seconds_at_most(
    database: Database, receiver: Receiver, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "SECONDS", 0.2)
    receiver.hold = threading.Event()
    emit(database, id="j1")
    began = time.monotonic()
    sender.send_due()
    assert time.monotonic() - began < 5
    assert (delivery(database).state, delivery(database).last_error) == (DeliveryState.PENDING, "timeout")


def test_nobody_listens(database: Database, admin: Actor, settings: Settings, sender: Sender) -> None:
    with listening() as gone:
        url = gone.url
    with database.begin() as session:
        webhooks.create(session, url=url, events=[Event.JOB_FINISHED], actor=admin, settings=settings)
    emit(database, id="j1")
    sender.send_due()
    assert delivery(database).last_error == "connection"


def test_only_what_was_asked_for_is_told_and_only_while_active(
    database: Database, admin: Actor, settings: Settings
) -> None:
    with database.begin() as session:
        url = "https://platform.example/hook"
        made = webhooks.create(session, url=url, events=[Event.DECISION_MADE], actor=admin, settings=settings)
        assert outbox.emit(session, Event.JOB_FINISHED, {}) == 0
        assert outbox.emit(session, "decision.made", {}) == 1
        made.record.active = False
        session.flush()
        assert outbox.emit(session, Event.DECISION_MADE, {}) == 0
        with pytest.raises(ValueError, match="job begun"):
            outbox.emit(session, "job begun", {})


@pytest.mark.usefixtures("webhook")
def test_an_event_is_told_only_if_what_it_tells_of_happened(database: Database) -> None:
    with pytest.raises(RuntimeError), database.begin() as session:
        outbox.emit(session, Event.JOB_FINISHED, {"id": "j1"})
        raise RuntimeError
    with database.read() as session:
        assert session.scalars(select(WebhookDelivery)).all() == []


@pytest.mark.usefixtures("webhook")
def test_ended_jobs_are_told_once_and_without_texts(
    database: Database, receiver: Receiver, worker: Worker, crawler: Actor
) -> None:
    with database.begin() as session:
        rows = [Row({"text": CLAIM}), Row({"text": "refuse me"})]
        job = queueing.create(session, kind=JobKind.CHECK, rows=rows, options={}, actor=crawler)
    while worker.run_once():
        pass
    (told,) = receiver.believed
    assert told["data"] == {
        "id": job.id,
        "kind": "check",
        "state": "succeeded",
        "total": 2,
        "done": 1,
        "failed": 1,
        "dead": 0,
    }
    assert b"Kratom" not in receiver.calls[0][1]


@pytest.mark.usefixtures("webhook")
def test_a_cancelled_job_is_told(database: Database, crawler: Actor) -> None:
    with database.begin() as session:
        rows = [Row({"text": CLAIM})]
        job = queueing.create(session, kind=JobKind.CHECK, rows=rows, options={}, actor=crawler)
        queueing.cancel(session, session.get_one(Job, job.id), actor=crawler)
    assert delivery(database).payload["data"]["state"] == "cancelled"


@pytest.mark.usefixtures("webhook")
def test_decisions_are_told_without_texts(
    database: Database, receiver: Receiver, sender: Sender, admin: Actor, checker: PhraseChecker
) -> None:
    with database.begin() as session:
        report = checker.check(CLAIM).to_dict()
        item = intake.submit(session, text=CLAIM, report=report, submitted_by=admin)
        made = deciding.decide(
            session,
            item.id,
            actor=admin,
            action=DecisionAction.ALLOW,
            note="a private note",
            expected_version=1,
        )
    with database.begin() as session:
        deciding.undo(session, made.id, actor=admin)
    sender.send_due()
    assert sorted(told["type"] for told in receiver.believed) == ["decision.made", "decision.undone"]
    for _, body in receiver.calls:
        assert b"Kratom" not in body
        assert b"private" not in body


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://platform.example/x", "not_https"),
        ("ftp://platform.example/x", "not_https"),
        ("https://user:secret@platform.example/x", "bad_url"),
        ("https://platform.example/x#part", "bad_url"),
        ("https://", "bad_url"),
        ("nonsense", "bad_url"),
        ("https://exämple.org/", "bad_url"),
        ("https://" + "x" * 2_000, "bad_url"),
        ("https://10.0.0.1/x", "private_address"),
        ("https://169.254.169.254/latest/meta-data", "private_address"),
        ("https://[fd00::1]/x", "private_address"),
        ("https://[::ffff:10.0.0.1]/x", "private_address"),
        ("https://0.0.0.0/x", "private_address"),
        ("http://192.168.1.1/x", "not_https"),
    ],
)
def test_addresses_that_are_refused_at_once(url: str, reason: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        checked_url(url, private_hosts=())
    assert refused.value.reason == reason
    assert "secret" not in str(refused.value) + refused.value.detail


@pytest.mark.parametrize(
    "url", ["https://platform.example/x", "http://localhost:1/x", "http://127.0.0.1/x", "http://[::1]:5/x"]
)
def test_addresses_that_are_taken(url: str) -> None:
    assert str(checked_url(url, private_hosts=("localhost", "127.0.0.1", "::1"))) == url


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://localhost:1/x", "not_https"),
        ("http://127.0.0.1/x", "not_https"),
        ("http://hooks.internal/x", "not_https"),
        ("https://127.0.0.1/x", "private_address"),
        ("https://[::1]:5/x", "private_address"),
    ],
)
def test_this_machine_is_called_only_where_the_operator_names_it(url: str, reason: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        checked_url(url, private_hosts=("hooks.internal",))
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("100.64.0.1", False),
        ("172.16.5.5", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("fe80::1", False),
        ("::", False),
        ("::ffff:169.254.169.254", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("2002:0a00:0001::", False),
    ],
)
def test_what_is_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


def resolved(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    async def getaddrinfo(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", (address, 443)) for address in found]

    class Loop:
        def __init__(self) -> None:
            self.getaddrinfo = getaddrinfo

    monkeypatch.setattr(asyncio, "get_running_loop", Loop)


def look_up(url: str, *private_hosts: str) -> str:
    return str(asyncio.run(reachable(httpx.URL(url), private_hosts=private_hosts)))


def test_a_name_must_lead_to_public_addresses_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved(monkeypatch, "93.184.216.34")
    assert look_up("https://platform.example/") == "93.184.216.34"
    for hidden in ("10.0.0.5", "127.0.0.1", "::1", "fe80::1%eth0"):
        resolved(monkeypatch, "93.184.216.34", hidden)
        with pytest.raises(AddressRefused) as refused:
            look_up("https://platform.example/")
        assert refused.value.reason == "private_address"


def test_an_operator_may_name_a_private_host(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved(monkeypatch, "10.0.0.5")
    assert look_up("https://hooks.internal/", "hooks.internal") == "10.0.0.5"
    with pytest.raises(AddressRefused):
        look_up("https://other.internal/", "hooks.internal")
    resolved(monkeypatch, "127.0.0.1")
    assert look_up("https://localhost/", "localhost") == "127.0.0.1"
    with pytest.raises(AddressRefused):
        look_up("https://localhost/", "hooks.internal")


def test_a_webhook_that_was_stored_is_looked_at_again(
    database: Database, admin: Actor, settings: Settings, sender: Sender
) -> None:
    with database.begin() as session:
        made = webhooks.create(
            session, url="https://x.example/", events=list(Event), actor=admin, settings=settings
        )
        made.record.url = "https://10.0.0.1/"
        outbox.emit(session, Event.JOB_FINISHED, {})
    sender.send_due()
    assert delivery(database).last_error == "private_address"


def test_over_tls_the_certificate_must_be_the_names(
    database: Database,
    admin: Actor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "localhost.pem"))
    for name, error in (("localhost", None), ("elsewhere.example", "connection")):
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
                *("-nodes", "-days", "1", "-subj", f"/CN={name}"),
                *("-addext", f"subjectAltName=DNS:{name}", "-keyout", f"{name}.key", "-out", f"{name}.pem"),
            ],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(tmp_path / f"{name}.pem", tmp_path / f"{name}.key")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / f"{name}.pem"))
        settings = Settings(log_format="off", webhook_private_hosts=("localhost",))
        with listening(tls) as receiver, database.begin() as session:
            made = webhooks.create(
                session, url=receiver.url, events=list(Event), actor=admin, settings=settings
            )
            session.commit()
            receiver.secret = made.secret
            emit(database, id="j1")
            Sender(database, settings).send_due()
            assert len(receiver.believed) == (1 if error is None else 0)
        assert delivery(database).last_error == error
        with database.begin() as session:
            webhooks.remove(session, session.get_one(Webhook, made.record.id), actor=admin)


@pytest.mark.usefixtures("webhook")
def test_a_worker_that_ended_while_sending_leaves_it_due(database: Database, sender: Sender) -> None:
    emit(database, id="j1")
    with database.begin() as session:
        taken = webhooks._take(session)
    assert len(taken) == 1
    assert sender.send_due() == 0
    due_now(database)
    assert sender.send_due() == 1
    assert delivery(database).state == DeliveryState.DELIVERED


@pytest.mark.usefixtures("webhook")
def test_old_deliveries_are_dropped(database: Database, sender: Sender) -> None:
    for _ in range(2):
        emit(database, id="j1")
    sender.send_due()
    with database.begin() as session:
        first = session.scalars(select(WebhookDelivery)).first()
        assert first is not None
        first.created_at = now() - timedelta(days=31)
        session.flush()
        webhooks.drop_old_deliveries(session)
    delivery(database)
