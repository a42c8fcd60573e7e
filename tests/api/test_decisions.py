"""Decisions over the wire, on both databases: once, against what was read, taken back, looked up."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from api.schemas.items import AuditReply, ConflictProblem, DecisionReply, DecisionsReply
from api.storage.tables import Scope
from tests.api.reviewing import Bearer, Caller, problem


@pytest.fixture(autouse=True)
def both_databases(database_url: str, surroundings: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setenv("CLAIMCHECK_DATABASE_URL", database_url)


@pytest.fixture
def ada(client: httpx.Client, bearer: Bearer) -> Caller:
    return Caller(client, bearer(Scope.REVIEW, "ada"))


@pytest.fixture
def ben(client: httpx.Client, bearer: Bearer) -> Caller:
    return Caller(client, bearer(Scope.REVIEW, "ben"))


@pytest.fixture
def lead(client: httpx.Client, bearer: Bearer) -> Caller:
    return Caller(client, bearer(Scope.ADMIN, "lead"))


def test_a_decision_is_made_against_what_was_read(ada: Caller) -> None:
    item = ada.submit()
    reply = ada.decide(item["id"], "remove", reason_code="dangerous_advice", note="see the dose")
    made = DecisionReply.model_validate(reply.json())
    assert (reply.status_code, reply.headers["etag"], reply.headers["location"]) == (201, '"2"', item["url"])
    assert (made.action, made.by, made.state, made.version) == ("remove", "key:ada", "decided", 2)
    read = ada.get(item["url"])
    (decision,) = read.json()["decisions"]
    assert read.headers["etag"] == '"2"'
    assert (decision["id"], decision["note"], decision["suggested_action"]) == (
        made.id,
        "see the dose",
        "review",
    )
    assert decision["shown"]["versions"]["kb"] == "k1"
    assert decision["shown"]["claims"][0]["references"][0]["title"] == "Kratom & health"


def test_without_a_version_nothing_is_decided(ada: Caller) -> None:
    path = ada.submit()["url"] + "/decision"
    problem(ada.post(path, {"action": "allow"}), "precondition-required", "/header/If-Match")
    problem(ada.post(path, {"action": "allow"}, if_match="*"), "precondition-required")
    for foreign in ('W/"1"', "1", '"0"', '"1", "2"', '"x"', '"99999999999999999999"'):
        problem(ada.post(path, {"action": "allow"}, if_match=foreign), "precondition-failed")
    moved = ada.post(path, {"action": "allow"}, if_match='"7"')
    problem(moved, "precondition-failed")
    assert moved.headers["etag"] == '"1"'


def test_who_comes_late_is_told_of_whom(ada: Caller, ben: Caller) -> None:
    item = ada.submit()["id"]
    first = ada.decide(item, "label").json()
    late = ben.decide(item, "remove", reason_code="dangerous_advice")
    told = ConflictProblem.model_validate(problem(late, "already-decided")).decided
    assert told is not None
    assert (told.id, told.by, told.action) == (first["id"], "key:ada", "label")
    assert told.at.isoformat() == first["created_at"].replace("Z", "+00:00")
    # Nor with the version that ada's decision made: that is for ada and for leads.
    problem(ben.decide(item, "allow", version=2), "already-decided")
    assert ada.get(f"/v1/items/{item}").json()["decided_by"] == "key:ada"


def test_of_two_requests_at_once_one_decides(ada: Caller, ben: Caller) -> None:
    item = ada.submit()["id"]
    together = threading.Barrier(2)

    def attempt(caller: Caller) -> int:
        together.wait(timeout=20)
        return caller.decide(item, "allow").status_code

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(attempt, (ada, ben))) == [201, 409]
    assert len(ada.get(f"/v1/items/{item}").json()["decisions"]) == 1


@pytest.mark.parametrize(
    ("body", "slug", "pointer"),
    [
        ({"action": "remove"}, "reason-required", "/reason_code"),
        ({"action": "remove", "reason_code": "none_such"}, "invalid-request", "/reason_code"),
        ({"action": "review"}, "invalid-request", "/action"),
        ({}, "invalid-request", "/action"),
        ({"action": "allow", "note": "x" * 2001}, "invalid-request", "/note"),
        ({"action": "allow", "note": "a\0b"}, "invalid-request", "/note"),
    ],
)
def test_a_decision_that_cannot_be(ada: Caller, body: dict[str, Any], slug: str, pointer: str) -> None:
    item = ada.submit()
    problem(ada.post(item["url"] + "/decision", body, if_match='"1"'), slug, pointer)
    assert ada.get(item["url"]).headers["etag"] == '"1"'


def test_undoing(ada: Caller, ben: Caller, lead: Caller) -> None:
    item = ada.submit()["id"]
    path = f"/v1/items/{item}/decision"
    problem(ada.delete(path), "not-decided")
    ada.decide(item, "label")
    problem(ben.delete(path), "forbidden")
    undone = ada.delete(path)
    assert (undone.json()["state"], undone.headers["etag"]) == ("pending", '"3"')
    problem(ada.delete(path), "not-decided")
    ben.decide(item, "allow", version=3)
    assert lead.delete(path).json()["version"] == 5
    decisions = ada.get(f"/v1/items/{item}").json()["decisions"]
    assert [one["undone_by"] for one in decisions] == ["key:ada", "key:lead"]


def test_undoing_holds_to_the_version_that_was_read(ada: Caller) -> None:
    item = ada.submit()["id"]
    path = f"/v1/items/{item}/decision"
    ada.decide(item, "label")
    problem(ada.delete(path, if_match='"1"'), "precondition-failed")
    problem(ada.delete(path, if_match="*"), "precondition-required", "/header/If-Match")
    assert ada.get(f"/v1/items/{item}").json()["state"] == "decided"
    assert ada.delete(path, if_match='"2"').headers["etag"] == '"3"'


def test_a_repeated_decision_is_one(ada: Caller) -> None:
    item = ada.submit()
    sent = {"action": "label"}
    replies = [
        ada.post(item["url"] + "/decision", sent, if_match='"1"', idempotency_key="k") for _ in range(2)
    ]
    assert [reply.status_code for reply in replies] == [201, 201]
    assert replies[0].json() == replies[1].json()
    assert replies[1].headers["etag"] == '"2"'
    assert len(ada.get(item["url"]).json()["decisions"]) == 1
    other = ada.submit()
    problem(
        ada.post(other["url"] + "/decision", sent, if_match='"1"', idempotency_key="k"),
        "idempotency-mismatch",
    )


def test_decisions_are_listed_to_whom_they_belong(ada: Caller, ben: Caller, lead: Caller) -> None:
    mine = [ada.decide(ada.submit()["id"], "allow").json()["id"] for _ in range(3)]
    theirs = ben.decide(ben.submit()["id"], "label").json()["id"]
    page = ada.get("/v1/decisions", limit=2).json()
    DecisionsReply.model_validate(page)
    rest = ada.get("/v1/decisions", limit=2, cursor=page["next"]).json()
    assert [one["id"] for one in page["decisions"] + rest["decisions"]] == mine[::-1]
    assert rest["next"] is None
    problem(ada.get("/v1/decisions", by="key:ben"), "forbidden", "/query/by")
    assert ada.get("/v1/decisions", item=_item_of(theirs, lead)).json()["decisions"] == []
    assert len(lead.get("/v1/decisions").json()["decisions"]) == 4
    assert [one["id"] for one in lead.get("/v1/decisions", by="key:ben").json()["decisions"]] == [theirs]
    assert [one["id"] for one in lead.get("/v1/decisions", action="label").json()["decisions"]] == [theirs]
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert lead.get("/v1/decisions", since=soon).json()["decisions"] == []
    assert len(lead.get("/v1/decisions", until=soon).json()["decisions"]) == 4
    problem(lead.get("/v1/decisions", since="2026-11-22T10:00:00"), "invalid-request", "/query/since")
    problem(lead.get("/v1/decisions", by="a\0b"), "invalid-request", "/query/by")


def _item_of(decision: str, lead: Caller) -> str:
    found = lead.get("/v1/decisions").json()["decisions"]
    return str(next(one["item_id"] for one in found if one["id"] == decision))


def test_the_audit_tells_leads_what_was_done(ada: Caller, lead: Caller) -> None:
    item = ada.submit()["id"]
    ada.decide(item, "label", note="secret note")
    problem(ada.get("/v1/audit"), "forbidden")
    reply = lead.get("/v1/audit", object_id=item)
    page = AuditReply.model_validate(reply.json())
    assert [(one.action, one.by) for one in page.entries] == [
        ("decision.made", "key:ada"),
        ("item.submitted", "key:ada"),
    ]
    assert "secret" not in reply.text and "Kratom" not in reply.text
    first = lead.get("/v1/audit", object_id=item, limit=1).json()
    second = lead.get("/v1/audit", object_id=item, limit=1, cursor=first["next"]).json()
    assert [one["action"] for one in second["entries"]] == ["item.submitted"]
    assert lead.get("/v1/audit", action="decision.made", by="key:ada", object_kind="item").json()["entries"]
    problem(lead.get("/v1/audit", cursor="x"), "invalid-request", "/query/cursor")
