"""Webhooks over HTTP: for admins alone, with a secret that is shown once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import httpx
import pytest

from api.access import keys
from api.jobs.webhooks import Sender
from api.settings import Settings
from api.storage.database import Database
from api.storage.tables import Scope
from tests.api.jobs.receiver import listening

HOOK = {"url": "https://platform.example/hook?token=t0k", "events": ["job.finished", "decision.made"]}
Clients = Callable[[Settings], AbstractContextManager[httpx.Client]]


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(
        database_url=database_url,
        embedded_worker=False,
        log_format="off",
        require_key=True,
        webhook_private_hosts=("localhost",),
    )


@pytest.fixture
def client(settings: Settings, client_with: Clients) -> Iterator[httpx.Client]:
    with client_with(settings) as made:
        yield made


def key_of(database: Database, scope: Scope) -> dict[str, str]:
    with database.begin() as session:
        secret = keys.create(session, name=scope.value, scope=scope, created_by="ada").secret
    return {"authorization": f"Bearer {secret}"}


@pytest.fixture
def admin(database: Database) -> dict[str, str]:
    return key_of(database, Scope.ADMIN)


def test_the_secret_is_shown_once(client: httpx.Client, admin: dict[str, str]) -> None:
    made = client.post("/v1/webhooks", json=HOOK, headers=admin)
    assert made.status_code == 201
    shown = made.json()
    assert shown["secret"].startswith("whsec_")
    assert made.headers["location"] == f"/v1/webhooks/{shown['id']}"
    (listed,) = client.get("/v1/webhooks", headers=admin).json()["webhooks"]
    assert listed == {name: value for name, value in shown.items() if name != "secret"}
    assert (listed["url"], listed["events"]) == (HOOK["url"], ["decision.made", "job.finished"])


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"url": "https://10.0.0.1/"}, "/url"),
        ({"url": "http://platform.example/"}, "/url"),
        ({"url": 5}, "/url"),
        ({"events": []}, "/events"),
        ({"events": ["webhook.test"]}, "/events/0"),
        ({"secret": "mine"}, "/secret"),
    ],
)
def test_what_is_refused(
    client: httpx.Client, admin: dict[str, str], change: dict[str, object], pointer: str
) -> None:
    reply = client.post("/v1/webhooks", json={**HOOK, **change}, headers=admin)
    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, pointer)
    assert client.get("/v1/webhooks", headers=admin).json() == {"webhooks": []}


def test_only_admins_reach_them(client: httpx.Client, admin: dict[str, str], database: Database) -> None:
    webhook = client.post("/v1/webhooks", json=HOOK, headers=admin).json()
    url = f"/v1/webhooks/{webhook['id']}"
    calls = (
        ("GET", "/v1/webhooks"),
        ("POST", "/v1/webhooks"),
        ("DELETE", url),
        ("POST", f"{url}/test"),
        ("GET", f"{url}/deliveries"),
        ("POST", f"{url}/deliveries/x/replay"),
    )
    for scope in (Scope.SCORE, Scope.REVIEW):
        theirs = key_of(database, scope)
        for method, path in calls:
            assert client.request(method, path, headers=theirs).status_code == 403
    assert all(client.request(method, path).status_code == 401 for method, path in calls)


def test_try_out_look_replay_and_remove(
    client: httpx.Client, admin: dict[str, str], database: Database, settings: Settings
) -> None:
    with listening() as receiver:
        hook = {"url": receiver.url, "events": ["job.finished"]}
        webhook = client.post("/v1/webhooks", json=hook, headers=admin).json()
        receiver.secret = webhook["secret"]
        url = f"/v1/webhooks/{webhook['id']}"
        sent = client.post(f"{url}/test", headers=admin)
        assert (sent.status_code, sent.json()["state"]) == (202, "pending")
        Sender(database, settings).send_due()
        (delivery,) = client.get(f"{url}/deliveries", headers=admin).json()["deliveries"]
        assert (delivery["state"], delivery["last_status"], delivery["next_attempt_at"]) == (
            "delivered",
            204,
            None,
        )
        again = client.post(f"{url}/deliveries/{delivery['id']}/replay", headers=admin)
        assert (again.status_code, again.json()["state"], again.json()["attempts"]) == (202, "pending", 0)
        Sender(database, settings).send_due()
        assert [told["type"] for told in receiver.believed] == ["webhook.test"] * 2
    other = client.post("/v1/webhooks", json=HOOK, headers=admin).json()["id"]
    for path in (f"/v1/webhooks/{other}/deliveries/{delivery['id']}/replay", f"{url}/deliveries/x/replay"):
        assert client.post(path, headers=admin).status_code == 404
    assert client.delete(url, headers=admin).status_code == 204
    assert client.get(f"{url}/deliveries", headers=admin).status_code == 404
    assert [w["id"] for w in client.get("/v1/webhooks", headers=admin).json()["webhooks"]] == [other]


def test_what_cannot_be_an_id_is_not_found(client: httpx.Client, admin: dict[str, str]) -> None:
    assert client.get("/v1/webhooks/a%00b/deliveries", headers=admin).status_code == 404
    path = f"/v1/webhooks/{'0' * 32}/deliveries/a%00b/replay"
    assert client.post(path, headers=admin).status_code == 404
