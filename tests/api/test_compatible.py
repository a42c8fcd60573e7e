"""The calls in the shapes of other services: their shapes, our two axes, and no number that means neither."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api.schemas.compatible import AnalyzeReply, ModerationReply
from api.storage.tables import Scope
from claimcheck.types import Risk

CLAIM = "Kratom potentiates antidepressants."
ANALYZE = ("/v1/comments:analyze", "/v1alpha1/comments:analyze")
BOTH: dict[str, Any] = {"UNSUPPORTED_HEALTH_CLAIM": {}, "HEALTH_RISK": {}}


def _moderated(client: httpx.Client, value: object) -> list[dict[str, Any]]:
    reply = client.post("/v1/moderations", json={"input": value, "model": "omni-moderation-latest"})
    assert reply.status_code == 200, reply.text
    assert ModerationReply.model_validate(reply.json()).model_dump(mode="json") == reply.json()
    results: list[dict[str, Any]] = reply.json()["results"]
    return results


def _analyzed(client: httpx.Client, text: str, **fields: object) -> dict[str, Any]:
    body = {"comment": {"text": text}, "requestedAttributes": BOTH, **fields}
    reply = client.post(ANALYZE[0], json=body)
    assert reply.status_code == 200, reply.text
    described = AnalyzeReply.model_validate(reply.json())
    assert described.model_dump(mode="json", by_alias=True, exclude_unset=True) == reply.json()
    found: dict[str, Any] = reply.json()
    return found


def _fault(reply: httpx.Response, slug: str) -> dict[str, str]:
    assert reply.json()["type"] == f"/problems/{slug}"
    first: dict[str, str] = reply.json()["errors"][0]
    return first


def test_moderation_of_a_claim_on_both_axes(client: httpx.Client) -> None:
    report = client.post("/v1/check", json={"text": CLAIM}).json()
    (result,) = _moderated(client, CLAIM)
    assert result["flagged"]
    true = {name for name, found in result["categories"].items() if found}
    assert true == {"unsupported_health_claim", "health_risk", "health_risk/interaction"}
    scores = result["category_scores"]
    assert scores["unsupported_health_claim"] == report["scores"]["unsupported"]
    assert scores["health_risk"] == report["scores"]["risk"]
    assert scores["health_risk/interaction"] == report["claims"][0]["probability"]
    assert {name for name, score in scores.items() if score == 0} == set(result["categories"]) - true


def test_moderation_names_every_code_of_risk_whatever_the_text(client: httpx.Client) -> None:
    (result,) = _moderated(client, "Nothing here.")
    names = {"unsupported_health_claim", "health_risk", *(f"health_risk/{code.value}" for code in Risk)}
    for field in ("categories", "category_scores", "category_applied_input_types"):
        assert set(result[field]) == names
    assert not result["flagged"] and not any(result["categories"].values())
    assert set(map(tuple, result["category_applied_input_types"].values())) == {("text",)}


def test_a_supported_claim_is_not_flagged(client: httpx.Client) -> None:
    (result,) = _moderated(client, "They say sertraline treats depression.")
    assert not result["flagged"] and not result["categories"]["unsupported_health_claim"]


def test_an_alert_without_a_claim_is_a_risk_and_no_unsupported_claim(client: httpx.Client) -> None:
    (result,) = _moderated(client, "Do drink bleach.")
    true = {name for name, found in result["categories"].items() if found}
    assert result["flagged"] and true == {"health_risk", "health_risk/toxicity"}
    assert [result["category_scores"][name] for name in sorted(true)] == [1.0, 1.0]
    assert result["category_scores"]["unsupported_health_claim"] == 0.0


def test_each_text_of_a_list_has_its_result_and_parts_have_one(client: httpx.Client) -> None:
    assert [r["flagged"] for r in _moderated(client, [CLAIM, "Nothing.", CLAIM])] == [True, False, True]
    parts = [{"type": "text", "text": "Nothing."}, {"type": "text", "text": CLAIM}]
    assert [r["flagged"] for r in _moderated(client, parts)] == [True]


def test_moderation_names_the_model_that_runs_and_is_reproducible(client: httpx.Client) -> None:
    replies = [client.post("/v1/moderations", json={"input": CLAIM}) for _ in range(2)]
    assert replies[0].content == replies[1].content
    assert replies[0].json()["model"] == "m1"
    assert replies[0].json()["id"].startswith("modr-")
    other = client.post("/v1/moderations", json={"input": "Nothing."})
    assert other.json()["id"] != replies[0].json()["id"]


@pytest.mark.parametrize(
    ("value", "slug", "pointer"),
    [
        (None, "invalid-request", "/input"),
        (3, "invalid-request", "/input"),
        ({}, "invalid-request", "/input"),
        ([], "empty-text", "/input"),
        ("", "empty-text", "/input"),
        ([CLAIM, " "], "empty-text", "/input/1"),
        ([CLAIM, 3], "invalid-request", "/input/1"),
        ([CLAIM, {"type": "text", "text": CLAIM}], "invalid-request", "/input/1"),
        ([{"type": "text", "text": "a\0b"}], "not-text", "/input"),
        ([{"type": "text", "text": CLAIM}, CLAIM], "invalid-request", "/input/1"),
        (["a"] * 101, "too-many-items", "/input"),
        (["a\0"], "not-text", "/input/0"),
    ],
)
def test_input_that_cannot_be_used(client: httpx.Client, value: object, slug: str, pointer: str) -> None:
    assert _fault(client.post("/v1/moderations", json={"input": value}), slug)["pointer"] == pointer


def test_an_image_is_refused_by_its_place(client: httpx.Client) -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    reply = client.post("/v1/moderations", json={"input": [{"type": "text", "text": CLAIM}, image]})
    assert _fault(reply, "invalid-request")["pointer"] == "/input/1/type"


def test_moderation_warns_of_a_text_that_was_not_read(client: httpx.Client) -> None:
    (result,) = _moderated(client, "Knoblauch heilt.")
    assert [warning["code"] for warning in result["warnings"]] == ["unsupported_language"]
    assert not result["flagged"]


@pytest.mark.parametrize("path", ANALYZE)
def test_analysis_has_the_shape_that_clients_read(client: httpx.Client, path: str) -> None:
    body = {"comment": {"text": CLAIM}, "requestedAttributes": BOTH, "clientToken": "t 1", "doNotStore": True}
    report = client.post("/v1/check", json={"text": CLAIM}).json()
    assert client.post(path, json=body).json() == {
        "attributeScores": {
            "UNSUPPORTED_HEALTH_CLAIM": {
                "summaryScore": {"value": report["scores"]["unsupported"], "type": "PROBABILITY"}
            },
            "HEALTH_RISK": {"summaryScore": {"value": report["scores"]["risk"], "type": "PROBABILITY"}},
        },
        "languages": ["en"],
        "detectedLanguages": ["en"],
        "clientToken": "t 1",
    }


def test_spans_count_utf16_code_units(client: httpx.Client) -> None:
    text = "🍋🍋 Do drink bleach. " + CLAIM
    units = text.encode("utf-16-le")
    scores = _analyzed(client, text, spanAnnotations=True)["attributeScores"]

    def words(name: str) -> list[str]:
        return [
            units[2 * span["begin"] : 2 * span["end"]].decode("utf-16-le")
            for span in scores[name]["spanScores"]
        ]

    assert words("UNSUPPORTED_HEALTH_CLAIM") == [CLAIM[:-1]]
    assert words("HEALTH_RISK") == ["drink bleach", CLAIM[:-1]]
    assert [span["score"]["value"] for span in scores["HEALTH_RISK"]["spanScores"]] == [1.0, 0.97]


def test_only_what_was_asked_and_reaches_its_threshold_is_sent(client: httpx.Client) -> None:
    only = {"HEALTH_RISK": {"scoreType": "PROBABILITY"}}
    assert set(_analyzed(client, CLAIM, requestedAttributes=only)["attributeScores"]) == {"HEALTH_RISK"}
    high = {"UNSUPPORTED_HEALTH_CLAIM": {"scoreThreshold": 0.95}, "HEALTH_RISK": {"scoreThreshold": 0.95}}
    scores = _analyzed(client, CLAIM, requestedAttributes=high)["attributeScores"]
    assert set(scores) == {"UNSUPPORTED_HEALTH_CLAIM"}
    strict = {"UNSUPPORTED_HEALTH_CLAIM": {"scoreThreshold": 0.97}}
    assert _analyzed(client, CLAIM, requestedAttributes=strict, spanAnnotations=True)["attributeScores"]


def test_languages_are_mirrored(client: httpx.Client) -> None:
    assert _analyzed(client, CLAIM, languages=["de", "en-GB"])["languages"] == ["de", "en-GB"]


@pytest.mark.parametrize(
    ("fields", "slug", "pointer"),
    [
        ({"comment": {}}, "invalid-request", "/comment/text"),
        ({"comment": {"text": " "}}, "empty-text", "/comment/text"),
        ({"comment": {"text": CLAIM, "type": "HTML"}}, "invalid-request", "/comment/type"),
        ({"comment": {"text": "Knoblauch heilt."}}, "unsupported-language", "/comment/text"),
        ({"languages": ["de"]}, "invalid-request", "/languages"),
        ({"languages": ["en\n"]}, "invalid-request", "/languages/0"),
        ({"requestedAttributes": {}}, "invalid-request", "/requestedAttributes"),
        ({"requestedAttributes": {"TOXICITY": {}}}, "invalid-request", "/requestedAttributes/TOXICITY"),
        (
            {"requestedAttributes": {"HEALTH_RISK": {"scoreThreshold": 2}}},
            "invalid-request",
            "/requestedAttributes/HEALTH_RISK/scoreThreshold",
        ),
        ({"clientToken": "a\r\nSet-Cookie: b"}, "invalid-request", "/clientToken"),
        ({"spanAnnotation": True}, "invalid-request", "/spanAnnotation"),
    ],
)
def test_analysis_that_is_refused(
    client: httpx.Client, fields: dict[str, Any], slug: str, pointer: str
) -> None:
    body = {"comment": {"text": CLAIM}, "requestedAttributes": BOTH, **fields}
    assert _fault(client.post(ANALYZE[0], json=body), slug)["pointer"] == pointer


@pytest.mark.parametrize("path", [*ANALYZE, "/v1/moderations"])
def test_a_key_in_the_address_is_refused_even_beside_a_good_one(
    client: httpx.Client, bearer: Callable[..., dict[str, str]], path: str
) -> None:
    body = {"comment": {"text": CLAIM}, "requestedAttributes": BOTH, "input": CLAIM}
    reply = client.post(f"{path}?key=ck_secret", json=body, headers=bearer(Scope.SCORE))
    assert reply.status_code == 400
    assert _fault(reply, "key-in-address")["pointer"] == "/query/key"
    assert "ck_secret" not in reply.text


@pytest.mark.parametrize("path", [*ANALYZE, "/v1/moderations"])
def test_a_wrong_key_is_not_let_in(client: httpx.Client, path: str) -> None:
    reply = client.post(path, json={}, headers={"authorization": "Bearer wrong"})
    assert (reply.status_code, reply.json()["type"]) == (401, "/problems/unauthorized")


@pytest.mark.parametrize("path", [*ANALYZE, "/v1/moderations"])
def test_unforeseen_parameters_of_their_clients_change_nothing(client: httpx.Client, path: str) -> None:
    body = {"comment": {"text": CLAIM}, "requestedAttributes": BOTH}
    sent = {"input": CLAIM} if path == "/v1/moderations" else body
    assert client.post(f"{path}?alt=json&prettyPrint=true", json=sent).status_code == 200
