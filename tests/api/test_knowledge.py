"""The knowledge base over HTTP: concepts, evidence, rules."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api.knowledge import rules_page
from claimcheck.judging.risk.registry import RULES
from claimcheck.kb.store import KnowledgeBase
from claimcheck.types import Versions


def _statements(reply: httpx.Response) -> list[tuple[str, str, str | None]]:
    assert reply.status_code == 200
    return [
        (s["basis"], s["relation"], s["target"] and s["target"]["id"]) for s in reply.json()["statements"]
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [("kratom", ["kratom"]), ("mitragyna", ["kratom"]), ("depress", ["depression"]), ("zzz", [])],
)
def test_search(client: httpx.Client, query: str, found: list[str]) -> None:
    concepts = client.get("/v1/concepts", params={"q": query}).json()["concepts"]
    assert [concept["id"] for concept in concepts] == found


def test_search_finds_no_more_than_asked(client: httpx.Client) -> None:
    concepts = client.get("/v1/concepts", params={"q": "d", "limit": 1}).json()["concepts"]
    assert len(concepts) == 1


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({}, "/query/q"),
        ({"q": ""}, "/query/q"),
        ({"q": "x" * 201}, "/query/q"),
        ({"q": "a", "limit": "0"}, "/query/limit"),
        ({"q": "a", "limit": "many"}, "/query/limit"),
        ({"q": "a", "limt": "3"}, "/query/limt"),
    ],
)
def test_search_refuses_what_it_does_not_know(
    client: httpx.Client, params: dict[str, str], pointer: str
) -> None:
    reply = client.get("/v1/concepts", params=params)
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == pointer


def test_concept(client: httpx.Client) -> None:
    concept = client.get("/v1/concepts/kratom").json()
    assert (concept["name"], concept["kind"], concept["reviewed"]) == ("kratom", "herb", True)
    assert [s["status"] for s in concept["statements"]] == ["insufficient", "insufficient", "refuted"]
    (risk,) = concept["risks"]
    assert (risk["code"], risk["level"]) == ("interaction", "high")
    assert [other["id"] for other in risk["interacts_with"]] == ["antidepressants"]
    assert risk["references"][0]["url"] == "https://example.org/kratom?a=1&b=2"


def test_concept_names_wider_and_narrower_ones(client: httpx.Client) -> None:
    depression = client.get("/v1/concepts/depression").json()
    assert [a["id"] for a in depression["ancestors"]] == ["mood-disorder"]
    assert [t["id"] for t in depression["treatments"]] == ["antidepressants"]
    drug_class = client.get("/v1/concepts/antidepressants").json()
    assert ([m["id"] for m in drug_class["members"]], drug_class["member_count"]) == (["sertraline"], 1)


@pytest.mark.parametrize("concept_id", ["nothing", "%00", "%ff", "..%2f..", "x" * 150])
def test_unknown_concept(client: httpx.Client, concept_id: str) -> None:
    reply = client.get(f"/v1/concepts/{concept_id}")
    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("target", ["depression", "low spirits"])
def test_evidence_lists_what_bears_on_the_pair(client: httpx.Client, target: str) -> None:
    reply = client.get("/v1/evidence", params={"intervention": "ketum", "target": target})
    assert _statements(reply) == [
        ("broader_target", "treats", "mood-disorder"),
        ("intervention", "is_safe", None),
        ("principle", "cures", None),
    ]
    assert (reply.json()["intervention"]["id"], reply.json()["target"]["id"]) == ("kratom", "depression")


def test_evidence_never_comes_from_a_narrower_target(client: httpx.Client) -> None:
    reply = client.get("/v1/evidence", params={"intervention": "sertraline", "target": "mood-disorder"})
    assert _statements(reply) == []


def test_evidence_of_an_intervention_alone(client: httpx.Client) -> None:
    reply = client.get("/v1/evidence", params={"intervention": "kratom"})
    assert [relation for _, relation, _ in _statements(reply)] == [
        "treats",
        "potentiates",
        "is_safe",
        "cures",
    ]


@pytest.mark.parametrize(
    ("params", "status", "pointer"),
    [
        ({"intervention": "nothing"}, 404, "/query/intervention"),
        ({"intervention": "kratom", "target": "nothing"}, 404, "/query/target"),
        ({"target": "depression"}, 422, "/query/intervention"),
        ({"intervention": "kratom", "target": ""}, 422, "/query/target"),
    ],
)
def test_evidence_refuses_what_it_does_not_know(
    client: httpx.Client, params: dict[str, str], status: int, pointer: str
) -> None:
    reply = client.get("/v1/evidence", params=params)
    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (status, pointer)


def test_rules(client: httpx.Client) -> None:
    rules: dict[str, Any] = client.get("/v1/rules").json()
    assert [rule["id"] for rule in rules["risk_rules"]] == [rule.id for rule in RULES] != []
    assert [principle["id"] for principle in rules["principles"]] == ["herbs-cure-nothing"]
    assert [(r["id"], r["class"]) for r in rules["regulations"]] == [("us-disease-claim", "disease_claim")]
    assert rules["versions"]["rules"] == "r1"


def test_rules_name_what_the_law_lists() -> None:
    kb = KnowledgeBase.load()
    versions = Versions(claimcheck="0", model="m", kb=kb.version, rules="r", policy="p")
    reply = rules_page(kb, versions).model_dump(by_alias=True, mode="json")
    assert [entry["id"] for entry in reply["listed_claims"]] == [one.id for one in kb.listed_claims] != []
    documents = {one["id"] for one in reply["listed_claim_references"]}
    assert {cited for entry in reply["listed_claims"] for cited in entry["references"]} == documents
    biotin = next(
        entry for entry in reply["listed_claims"] if entry["id"] == "eu-permitted-claims.eu.biotin.1"
    )
    assert (biotin["jurisdiction"], biotin["class"]) == ("eu", "authorised_health_claim")
    assert biotin["message"].startswith(
        "A permitted health claim for biotin: normal energy-yielding metabolism."
    )


def test_rules_without_lists_have_none(client: httpx.Client) -> None:
    rules = client.get("/v1/rules").json()
    assert (rules["listed_claims"], rules["listed_claim_references"]) == ([], [])
