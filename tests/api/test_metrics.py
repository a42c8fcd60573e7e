"""``/metrics``: what is counted, who may see it, and that no word or id gets into it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from functools import partial

import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from api.access import keys
from api.metrics import Metrics, Stored
from api.runner import Runner
from api.storage.database import Database
from api.storage.tables import Item, Job, JobKind, JobState, Scope
from claimcheck.types import Versions

with warnings.catch_warnings():
    # The test client prefers another HTTP library and says so on import.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

CLAIM = "Kratom potentiates antidepressants."
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def here(application: FastAPI) -> Iterator[TestClient]:
    """A caller on this machine itself."""
    with TestClient(application, client=("127.0.0.1", 50000), raise_server_exceptions=False) as made:
        yield made


def _samples(client: TestClient) -> Samples:
    reply = client.get("/metrics")
    assert reply.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(reply.text)
        for sample in family.samples
    }


def _value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, tuple(sorted(labels.items()))]


def test_requests_texts_and_flagged_claims_are_counted(here: TestClient) -> None:
    for _ in range(3):
        here.post("/v1/check", json={"text": CLAIM})
    here.post("/v1/check", json={"text": ""})
    here.post("/v1/score", json={"texts": [CLAIM, "Nothing."]})
    here.get("/v1/concepts/secretword")
    here.get("/secretword")
    samples = _samples(here)
    route = {"method": "POST", "route": "/v1/check"}
    assert _value(samples, "claimcheck_http_requests_total", status="2xx", **route) == 3
    assert _value(samples, "claimcheck_http_requests_total", status="4xx", **route) == 1
    assert _value(samples, "claimcheck_http_request_seconds_count", **route) == 4
    concept = {"method": "GET", "route": "/v1/concepts/{id}", "status": "4xx"}
    assert _value(samples, "claimcheck_http_requests_total", **concept) == 1
    assert _value(samples, "claimcheck_texts_total") == 5
    assert _value(samples, "claimcheck_check_seconds_count") == 5
    flagged = {"relation": "potentiates", "risk_level": "high"}
    assert _value(samples, "claimcheck_flagged_claims_total", **flagged) == 4
    assert _value(samples, "claimcheck_database_up") == 1
    assert _value(samples, "claimcheck_queue_items", state="pending") == 0
    assert _value(samples, "claimcheck_readers") == 4
    assert _value(samples, "claimcheck_requests_inside") == 0
    versions = {"claimcheck": "0.1.0", "model": "m1", "kb": "k1", "rules": "r1", "policy": "p1"}
    assert _value(samples, "claimcheck_build_info", **versions) == 1


def test_labels_take_few_values(here: TestClient) -> None:
    for number in range(40):
        here.get(f"/secretword/{number}?q=secretword")
        here.get(f"/v1/concepts/secretword{number}")
        here.request("SECRETWORD", "/v1/check")
        here.request(f"X{number}", "/livez")
    page = here.get("/metrics").text
    assert "secretword" not in page.lower()
    assert len(re.findall("^claimcheck_http_requests_total", page, re.MULTILINE)) < 8


def test_a_full_server_is_counted(application: FastAPI, here: TestClient) -> None:
    runner: Runner = application.state.services.runner
    runner._most = 0
    assert here.post("/v1/check", json={"text": CLAIM}).status_code == 503
    assert _value(_samples(here), "claimcheck_busy_refusals_total") == 1


@pytest.mark.parametrize("address", ["192.0.2.1", "testclient", "::ffff:192.0.2.1", "2001:db8::1"])
def test_nobody_else_sees_it(application: FastAPI, address: str) -> None:
    with TestClient(application, client=(address, 50000)) as client:
        assert client.get("/metrics").status_code == 403
        assert client.get("/metrics", headers={"authorization": "Bearer cck_wrong"}).status_code == 401


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_a_proxy_on_this_machine_is_not_this_machine(here: TestClient, header: str) -> None:
    assert here.get("/metrics").status_code == 200
    assert here.get("/metrics", headers={header: "192.0.2.1"}).status_code == 403


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_sees_it(application: FastAPI, address: str) -> None:
    with TestClient(application, client=(address, 50000)) as client:
        assert client.get("/metrics").status_code == 200


@pytest.mark.parametrize(("scope", "status"), [(Scope.ADMIN, 200), (Scope.REVIEW, 403), (Scope.SCORE, 403)])
def test_an_admin_key_sees_it(application: FastAPI, sqlite_url: str, scope: Scope, status: int) -> None:
    database = Database(sqlite_url)
    with database.begin() as session:
        secret = keys.create(session, name="prometheus", scope=scope, created_by="test").secret
    database.close()
    with TestClient(application, client=("192.0.2.1", 50000)) as client:
        reply = client.get("/metrics", headers={"authorization": f"Bearer {secret}"})
    assert reply.status_code == status


def _family(stored: Stored, name: str) -> dict[str, float]:
    (family,) = (family for family in stored.collect() if family.name == f"claimcheck_{name}")
    return {sample.labels.get("state", ""): sample.value for sample in family.samples}


def test_rows_are_counted_by_state_and_not_each_time(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(database_url)
    with database.begin() as session:
        session.add(Job(kind=JobKind.CHECK.value, state=JobState.RUNNING.value, created_by="test"))
        for _ in range(3):
            session.add(
                Item(
                    text="x",
                    text_sha256="0",
                    length=1,
                    submitted_by="test",
                    report={},
                    report_versions={},
                    suggested_action="allow",
                )
            )
    stored = Stored(database)
    assert _family(stored, "jobs") == {**dict.fromkeys(map(str, JobState), 0), "running": 1}
    assert _family(stored, "queue_items") == {"pending": 3, "decided": 0, "escalated": 0}
    assert set(_family(stored, "webhook_deliveries")) == {"pending", "dead"}
    with database.begin() as session:
        session.query(Item).delete()
    assert _family(stored, "queue_items")["pending"] == 3, "counted 15 seconds ago at most"
    monkeypatch.setattr(stored, "_until", 0.0)
    assert _family(stored, "queue_items")["pending"] == 0
    database.close()


def test_without_a_database_the_rest_is_shown() -> None:
    metrics = Metrics()
    metrics.watch(
        database=Database("postgresql://claimcheck@127.0.0.1:1/none"),
        versions=Versions(claimcheck="1", model="m", kb="k", rules="r", policy="p"),
        inside=lambda: 3,
        readers=lambda: 2,
    )
    page = metrics.page().decode()
    assert "claimcheck_database_up 0.0" in page
    assert "claimcheck_requests_inside 3.0" in page
    assert "claimcheck_queue_items" not in page


def test_a_second_start_shows_the_new_parts(sqlite_url: str) -> None:
    metrics = Metrics()
    for inside in (1, 2):
        metrics.watch(
            database=Database(sqlite_url),
            versions=Versions(claimcheck="1", model="m", kb="k", rules="r", policy="p"),
            inside=partial(int, inside),
            readers=lambda: 1,
        )
    assert "claimcheck_requests_inside 2.0" in metrics.page().decode()
