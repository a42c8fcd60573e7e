"""The queue over the wire, on both databases: texts in, pages out, leases, corrections, who may what."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api.schemas.items import ItemReply, NewItemReply, QueueReply
from api.storage.tables import AuditEntry, IdempotencyRecord, Item, Scope
from tests.api.reviewing import ITEM_ID, KRATOM, Bearer, Caller, problem

SERTRALINE = "We know that sertraline treats depression."


@pytest.fixture(autouse=True)
def both_databases(database_url: str, surroundings: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setenv("CLAIMCHECK_DATABASE_URL", database_url)


@pytest.fixture
def mod(client: httpx.Client, bearer: Bearer) -> Caller:
    return Caller(client, bearer(Scope.REVIEW, "mod"))


@pytest.fixture
def lead(client: httpx.Client, bearer: Bearer) -> Caller:
    return Caller(client, bearer(Scope.ADMIN, "lead"))


@pytest.fixture
def scorer(client: httpx.Client, bearer: Bearer) -> Caller:
    return Caller(client, bearer(Scope.SCORE))


def test_a_submitted_text_is_an_item(mod: Caller) -> None:
    body = {"text": KRATOM, "id": "post-1", "source": "forum", "source_url": "https://example.org/1"}
    reply = mod.post("/v1/items", body)
    item = reply.json()
    assert NewItemReply.model_validate(item)
    assert (reply.status_code, reply.headers["etag"]) == (201, '"1"')
    assert reply.headers["location"] == item["url"] == f"/v1/items/{item['id']}"
    assert (item["state"], item["risk_level"], item["priority"], item["action"]) == (
        "pending",
        "high",
        0.94,
        "review",
    )
    assert item["report"]["claims"][0]["relation"] == "potentiates"
    read = mod.get(item["url"])
    found = ItemReply.model_validate(read.json())
    assert read.headers["etag"] == '"1"'
    assert (found.text, found.external_id, found.source, found.source_url) == (
        KRATOM,
        "post-1",
        "forum",
        "https://example.org/1",
    )
    assert read.json()["report"] == item["report"]
    assert read.headers["cache-control"] == "no-store"


def test_the_same_text_under_the_same_id_is_one_item(mod: Caller) -> None:
    first = mod.submit(id="post-1")
    again = mod.post("/v1/items", {"text": KRATOM, "id": "post-1"})
    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    assert mod.submit()["id"] != mod.submit()["id"]


@pytest.mark.parametrize(
    ("body", "slug", "pointer"),
    [
        ({}, "invalid-request", "/text"),
        ({"text": ""}, "empty-text", "/text"),
        ({"text": "a\0b"}, "not-text", "/text"),
        ({"text": "x", "source": "a\0b"}, "invalid-request", "/source"),
        ({"text": "x", "source": "x" * 81}, "invalid-request", "/source"),
        ({"text": "x", "source_url": "ftp://example.org"}, "invalid-request", "/source_url"),
        (
            {"text": "x", "source_url": "https://example.org/" + "é" * 600},
            "invalid-request",
            "/source_url",
        ),
        ({"text": "x", "state": "decided"}, "invalid-request", "/state"),
    ],
)
def test_an_item_that_cannot_be(mod: Caller, body: dict[str, Any], slug: str, pointer: str) -> None:
    problem(mod.post("/v1/items", body), slug, pointer)


def test_a_check_is_stored_where_asked(mod: Caller) -> None:
    checked = mod.post("/v1/check", {"text": KRATOM, "id": "post-1", "store": True}).json()
    item = mod.get(checked["item"]["url"]).json()
    assert (item["id"], item["external_id"], item["text"]) == (checked["item"]["id"], "post-1", KRATOM)
    assert "id" not in item["report"]
    assert item["report"]["claims"] == checked["claims"]
    assert "item" not in mod.post("/v1/check", {"text": KRATOM}).json()
    assert len(mod.get("/v1/queue").json()["items"]) == 1


def test_a_batch_is_stored_where_asked(mod: Caller) -> None:
    items = [{"id": "1", "text": KRATOM}, {"id": "2", "text": ""}, {"id": "3", "text": SERTRALINE}]
    results = mod.post("/v1/check/batch", {"items": items, "store": True}).json()["results"]
    assert ["item" in result.get("report", {}) for result in results] == [True, False, True]
    stored = {item["external_id"] for item in mod.get("/v1/queue").json()["items"]}
    assert stored == {"1", "3"}


@pytest.mark.parametrize(
    ("path", "body"), [("/v1/check", {"text": KRATOM}), ("/v1/check/batch", {"items": [1]})]
)
def test_storing_is_for_reviewers(scorer: Caller, lead: Caller, path: str, body: dict[str, Any]) -> None:
    problem(scorer.post(path, {**body, "store": True}), "forbidden", "/store")
    problem(scorer.client.post(path, json={**body, "store": True}), "forbidden", "/store")
    assert lead.get("/v1/queue").json()["items"] == []


def test_the_queue_is_by_risk_then_priority_then_age(mod: Caller) -> None:
    calm, early, late = (mod.submit(text) for text in (SERTRALINE, KRATOM, KRATOM))
    worst = mod.submit("Please drink bleach. " + "x" * 300)
    reply = mod.get("/v1/queue").json()
    page = QueueReply.model_validate(reply)
    assert [item.id for item in page.items] == [worst["id"], early["id"], late["id"], calm["id"]]
    assert (page.next, page.previous) == (None, None)
    assert len(page.items[0].excerpt) == 200
    (claim,) = page.items[1].claims
    assert (claim.relation, claim.intervention, claim.assessment, claim.risk_level) == (
        "potentiates",
        "kratom",
        "unsupported",
        "high",
    )
    assert not any({"text", "report"} & set(item) for item in reply["items"])


def test_pages_lead_on_and_back(mod: Caller) -> None:
    for text in (KRATOM, SERTRALINE, "Nothing.", KRATOM, "drink bleach"):
        mod.submit(text)
    whole = [item["id"] for item in mod.get("/v1/queue").json()["items"]]
    first = mod.get("/v1/queue", limit=2).json()
    second = mod.get("/v1/queue", limit=2, cursor=first["next"]).json()
    third = mod.get("/v1/queue", limit=2, cursor=second["next"]).json()
    assert [item["id"] for page in (first, second, third) for item in page["items"]] == whole
    assert (first["previous"], third["next"]) == (None, None)
    back = mod.get("/v1/queue", limit=2, cursor=third["previous"]).json()
    assert back["items"] == second["items"]
    assert mod.get("/v1/queue", limit=2, cursor=back["previous"]).json()["items"] == first["items"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", "open"),
        ("risk", "huge"),
        ("action", "remove"),
        ("relation", "heals"),
        ("assessment", "wrong"),
        ("topic", "a\0b"),
        ("query", "x" * 301),
        ("limit", "0"),
        ("limit", "201"),
        ("cursor", "nonsense"),
        ("cursor", "WyJ4IiwxLCIyIiwiMyJd"),
        ("colour", "red"),
    ],
)
def test_a_filter_that_no_item_can_meet(mod: Caller, name: str, value: str) -> None:
    problem(mod.get("/v1/queue", **{name: value}), "invalid-request", f"/query/{name}")


def test_an_item_that_is_not_there(lead: Caller) -> None:
    for item in (ITEM_ID, "x", "%00", "a%2Fb", "é", "x" * 150):
        problem(lead.get(f"/v1/items/{item}"), "not-found" if "2F" in item else "unknown-item")
    problem(lead.delete(f"/v1/items/{ITEM_ID}"), "unknown-item")
    problem(lead.post(f"/v1/items/{ITEM_ID}/lease"), "unknown-item")
    problem(lead.delete(f"/v1/items/{ITEM_ID}/lease"), "unknown-item")
    problem(lead.post(f"/v1/items/{ITEM_ID}/corrections", {"kind": "other"}), "unknown-item")
    problem(lead.decide(ITEM_ID, "allow"), "unknown-item")
    problem(lead.delete(f"/v1/items/{ITEM_ID}/decision"), "unknown-item")


_ROUTES = [
    ("GET", "/v1/queue", "read"),
    ("GET", "/v1/items/{id}", "read"),
    ("DELETE", "/v1/items/{id}", "lead"),
    ("POST", "/v1/items", "review"),
    ("POST", "/v1/items/{id}/lease", "review"),
    ("DELETE", "/v1/items/{id}/lease", "review"),
    ("POST", "/v1/items/{id}/corrections", "review"),
    ("GET", "/v1/corrections", "lead"),
    ("POST", "/v1/items/{id}/decision", "review"),
    ("DELETE", "/v1/items/{id}/decision", "review"),
    ("GET", "/v1/decisions", "read"),
    ("GET", "/v1/audit", "lead"),
    ("GET", "/v1/feedback", "review"),
]


def test_nobody_reaches_what_is_not_theirs(mod: Caller, scorer: Caller, lead: Caller) -> None:
    """Neither the reply nor its status says whether there is such an item."""
    item = mod.submit()["id"]
    for method, path, needs in _ROUTES:
        refusals = set()
        for one in (item, ITEM_ID):
            address = path.replace("{id}", one)
            for headers in (scorer.headers, {}, *([mod.headers] if needs == "lead" else [])):
                reply = mod.client.request(method, address, headers=headers)
                problem(reply, "forbidden")
                refusals.add(json.dumps({**reply.json(), "request_id": ""}))
            wrong = {"authorization": "Bearer cck_nobody"}
            problem(mod.client.request(method, address, headers=wrong), "unauthorized")
        assert len(refusals) == 1
    assert lead.get(f"/v1/items/{item}").status_code == 200


def test_leases_are_seen_and_not_stolen(mod: Caller, lead: Caller) -> None:
    path = mod.submit()["url"] + "/lease"
    assert mod.post(path).json()["mine"] is True
    theirs = lead.post(path).json()
    assert (theirs["mine"], theirs["holder"]) == (False, "key:mod")
    assert lead.delete(path).status_code == 204
    assert lead.get("/v1/queue").json()["items"][0]["lease"]["holder"] == "key:mod"
    assert mod.delete(path).status_code == 204
    assert lead.get("/v1/queue").json()["items"][0]["lease"] is None
    assert lead.post(path).json()["mine"] is True


def test_corrections_become_training_data(mod: Caller, lead: Caller) -> None:
    item = mod.submit()
    path = item["url"] + "/corrections"
    (claim,) = item["report"]["claims"]
    wrong = {"kind": "wrong_assessment", "claim_id": claim["id"], "value": "supported", "note": "see page"}
    assert mod.post(path, wrong).status_code == 201
    assert mod.post(path, {"kind": "missed_claim", "start": 0, "end": 6, "value": "harms"}).status_code == 201
    assert [one["kind"] for one in mod.get(item["url"]).json()["corrections"]] == [
        "wrong_assessment",
        "missed_claim",
    ]
    reply = lead.get("/v1/corrections")
    assert "corrections.exported" in [one["action"] for one in lead.get("/v1/audit").json()["entries"]]
    assert reply.headers["content-type"] == "application/x-ndjson"
    lines = {line["kind"]: line for line in map(json.loads, reply.text.splitlines())}
    assert lines["wrong_assessment"]["said"]["assessment"] == "unsupported"
    assert lines["wrong_assessment"]["right"]["value"] == "supported"
    assert lines["missed_claim"]["right"]["exact"] == "Kratom"
    assert lines["missed_claim"]["text"] == KRATOM
    assert lines["missed_claim"]["versions"]["kb"] == "k1"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "no"}, "/kind"),
        ({"kind": "not_a_claim"}, "/claim_id"),
        ({"kind": "not_a_claim", "claim_id": "c-none"}, "/claim_id"),
        ({"kind": "wrong_assessment", "claim_id": "c-potentiates"}, "/value"),
        ({"kind": "wrong_assessment", "claim_id": "c-potentiates", "value": "wrong"}, "/value"),
        ({"kind": "not_a_claim", "claim_id": "c-potentiates", "value": "wrong"}, "/value"),
        ({"kind": "wrong_span", "claim_id": "c-potentiates"}, "/start"),
        ({"kind": "wrong_span", "claim_id": "c-potentiates", "start": 5, "end": 5}, "/end"),
        ({"kind": "missed_claim", "start": 0, "end": 400}, "/end"),
        ({"kind": "missed_claim", "start": 0, "end": 4, "claim_id": "c-potentiates"}, "/claim_id"),
        ({"kind": "other", "note": "a\0b"}, "/note"),
    ],
)
def test_a_correction_that_fits_nothing(mod: Caller, body: dict[str, Any], pointer: str) -> None:
    problem(mod.post(mod.submit()["url"] + "/corrections", body), "invalid-request", pointer)


def test_an_item_is_deleted_with_its_traces(mod: Caller, lead: Caller, application: FastAPI) -> None:
    item = mod.submit()
    mod.decide(item["id"], "allow")
    mod.post(item["url"] + "/corrections", {"kind": "other"})
    assert lead.delete(item["url"]).status_code == 204
    problem(mod.get(item["url"]), "unknown-item")
    assert lead.get("/v1/decisions").json()["decisions"] == []
    assert lead.get("/v1/corrections").text == ""
    with application.state.services.database.read() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.object_id == item["id"])).all()
    assert [(entry.action, entry.actor) for entry in entries] == [("item.deleted", "key:lead")]


def test_a_stored_report_names_the_versions_it_was_made_with(mod: Caller, application: FastAPI) -> None:
    first = mod.post("/v1/items", {"text": KRATOM, "id": "post-1"}, idempotency_key="k")
    assert "kb=k1" in first.headers["claimcheck-versions"]
    with application.state.services.database.begin() as session:
        item = session.get(Item, first.json()["id"])
        item.report_versions = {**item.report_versions, "kb": "k0"}
    again = mod.post("/v1/items", {"text": KRATOM, "id": "post-1"})
    replayed = mod.post("/v1/items", {"text": KRATOM, "id": "post-1"}, idempotency_key="k")
    for reply in (again, replayed):
        assert "kb=k0" in reply.headers["claimcheck-versions"]
    pinned = mod.post("/v1/items", {"text": KRATOM, "id": "post-1"}, claimcheck_pin="kb=k1")
    assert problem(pinned, "version-pin-refused")["errors"][0]["detail"] == "kb is k0 here."


def test_a_replayed_submission_creates_once(mod: Caller, application: FastAPI) -> None:
    first, second = (mod.post("/v1/items", {"text": KRATOM}, idempotency_key="key-1") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert (first.json(), first.headers["location"]) == (second.json(), second.headers["location"])
    problem(
        mod.post("/v1/items", {"text": KRATOM + "!"}, idempotency_key="key-1"),
        "idempotency-mismatch",
        "/header/Idempotency-Key",
    )
    assert len(mod.get("/v1/queue").json()["items"]) == 1
    with application.state.services.database.read() as session:
        (record,) = session.scalars(select(IdempotencyRecord))
    assert "Kratom" not in (record.body or "")


@pytest.mark.parametrize("key", ["", "x" * 201, "two words", "naïve"])
def test_a_key_that_is_none(mod: Caller, key: str) -> None:
    headers = {**mod.headers, "idempotency-key": key.encode()}
    reply = mod.client.post("/v1/items", json={"text": KRATOM}, headers=headers)  # type: ignore[arg-type]
    problem(reply, "invalid-request", "/header/Idempotency-Key")
