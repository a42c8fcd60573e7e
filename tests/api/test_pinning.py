"""Versions are named in every checking reply, and a caller who pins others is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api.storage.tables import Scope

CLAIM = "Kratom potentiates antidepressants."
RUNNING = "claimcheck=0.1.0; model=m1; kb=k1; rules=r1; policy=p1"
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("/v1/check", {"text": CLAIM}),
    ("/v1/check/batch", {"items": [{"id": "1", "text": CLAIM}]}),
    ("/v1/score", {"text": CLAIM}),
    ("/v1/moderations", {"input": CLAIM}),
    ("/v1/comments:analyze", {"comment": {"text": CLAIM}, "requestedAttributes": {"HEALTH_RISK": {}}}),
    ("/v1alpha1/comments:analyze", {"comment": {"text": CLAIM}, "requestedAttributes": {"HEALTH_RISK": {}}}),
    ("/v1/items", {"text": CLAIM}),
]
Bearer = Callable[..., dict[str, str]]


@pytest.mark.parametrize(("path", "body"), CALLS)
def test_every_checking_reply_names_its_versions(
    client: httpx.Client, bearer: Bearer, path: str, body: dict[str, Any]
) -> None:
    reply = client.post(path, json=body, headers=bearer(Scope.REVIEW))
    assert reply.status_code in (200, 201)
    assert reply.headers["claimcheck-versions"] == RUNNING


@pytest.mark.parametrize(("path", "body"), CALLS)
@pytest.mark.parametrize("pin", [RUNNING, "kb=k1", " policy = p1 ;model=m1"])
def test_what_runs_may_be_pinned(
    client: httpx.Client, bearer: Bearer, path: str, body: dict[str, Any], pin: str
) -> None:
    headers = {**bearer(Scope.REVIEW), "Claimcheck-Pin": pin}
    assert client.post(path, json=body, headers=headers).status_code in (200, 201)


@pytest.mark.parametrize(("path", "body"), CALLS)
def test_other_versions_are_refused_before_anything_is_read(
    client: httpx.Client,
    bearer: Bearer,
    calls: list[object],
    path: str,
    body: dict[str, Any],
) -> None:
    headers = {**bearer(Scope.REVIEW), "Claimcheck-Pin": "kb=k1; model=m2; rules=r0"}
    reply = client.post(path, json=body, headers=headers)
    assert (reply.status_code, reply.json()["type"]) == (409, "/problems/version-pin-refused")
    assert [fault["detail"] for fault in reply.json()["errors"]] == ["model is m1 here.", "rules is r1 here."]
    assert reply.headers["claimcheck-versions"] == RUNNING
    assert calls == []


@pytest.mark.parametrize(
    "pin", ["", "kb", "kb=", "=k1", "kb=k1; kb=k1", "kb=k1;", "colour=red", "kb=k1, model=m1; x", "k" * 501]
)
def test_a_pin_that_cannot_be_read(client: httpx.Client, pin: str) -> None:
    reply = client.post("/v1/check", json={"text": CLAIM}, headers={"Claimcheck-Pin": pin})
    assert (reply.status_code, reply.json()["type"]) == (422, "/problems/invalid-request")
    assert reply.json()["errors"][0]["pointer"] == "/header/Claimcheck-Pin"


def test_a_pin_is_not_looked_at_before_the_key(client: httpx.Client) -> None:
    headers = {"authorization": "Bearer wrong", "Claimcheck-Pin": "model=m2"}
    assert client.post("/v1/check", json={"text": CLAIM}, headers=headers).status_code == 401


def test_other_replies_name_no_versions(client: httpx.Client) -> None:
    assert "claimcheck-versions" not in client.get("/livez").headers
