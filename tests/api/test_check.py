"""``/v1/check``, ``/v1/check/batch`` and ``/v1/score``: what a usable request gets."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from api.ports import TextChecker
from api.schemas.checks import BatchReply, ReportReply, ScoreReply, ScoresReply

CLAIM = "Kratom potentiates antidepressants."
Calls = list[tuple[tuple[str, ...], float | None]]


def test_check_returns_the_report(client: httpx.Client, checker: TextChecker) -> None:
    reply = client.post("/v1/check", json={"text": CLAIM})
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    assert reply.json() == checker.check(CLAIM).to_dict()


@pytest.mark.parametrize("text", [CLAIM, "Nothing here.", "Do drink bleach.", "Knoblauch heilt."])
def test_described_reply_is_the_report(client: httpx.Client, text: str) -> None:
    report = client.post("/v1/check", json={"text": text}).json()
    described = ReportReply.model_validate(report)
    assert described.model_dump(mode="json", by_alias=True, exclude_unset=True) == report


def test_check_counts_in_both_units(client: httpx.Client) -> None:
    text = "🍋🍋 " + CLAIM
    for unit in ("code_point", "utf16"):
        (claim,) = client.post("/v1/check", json={"text": text, "offset_unit": unit}).json()["claims"]
        span = claim["span"]
        assert (span["start"], span["start_utf16"]) == (3, 5)
        assert text[span["start"] : span["end"]] == span["exact"] == CLAIM[:-1]


def test_check_is_the_same_bytes_each_time(client: httpx.Client) -> None:
    first, second = (client.post("/v1/check", json={"text": CLAIM}).content for _ in range(2))
    assert first == second


def test_check_echoes_the_id(client: httpx.Client) -> None:
    assert client.post("/v1/check", json={"text": CLAIM, "id": "post 17/é"}).json()["id"] == "post 17/é"
    assert "id" not in client.post("/v1/check", json={"text": CLAIM}).json()


def test_check_hands_options_on(client: httpx.Client, calls: Calls) -> None:
    options = {"jurisdictions": ["eu", "uk", "eu"], "min_probability": 0.5}
    client.post("/v1/check", json={"text": CLAIM, **options, "source_url": "https://example.org/a"})
    client.post("/v1/check", json={"text": CLAIM})
    assert calls == [(("eu", "uk"), 0.5), (("us",), None)]


def test_check_says_that_a_language_is_not_read(client: httpx.Client) -> None:
    report = client.post("/v1/check", json={"text": "Knoblauch heilt."}).json()
    assert (report["claims"], report["warnings"][0]["code"]) == ([], "unsupported_language")


def test_a_text_of_the_greatest_length_is_read(client: httpx.Client) -> None:
    text = "é" * 500_000
    assert client.post("/v1/check", json={"text": text}).json()["text"]["length"] == 500_000


def test_batch_answers_in_order_and_keeps_bad_items_apart(client: httpx.Client, checker: TextChecker) -> None:
    items: list[Any] = [
        {"id": "b", "text": CLAIM},
        {"id": "a", "text": ""},
        {"id": "c"},
        "no item",
        {"id": "d", "text": "Nothing."},
        {"id": "e", "text": "x\ud800"},
        {"id": "f", "text": "refuse me, secret words"},
        {"id": 7, "text": "Nothing."},
        {"id": "g", "text": "Nothing.", "colour": 1},
        {"id": "h", "text": "é" * 600_000},
    ]
    reply = client.post(
        "/v1/check/batch",
        content=json.dumps({"items": items}).encode(),
        headers={"content-type": "application/json"},
    )
    assert reply.status_code == 200
    results = reply.json()["results"]
    BatchReply.model_validate(reply.json())
    assert [result["index"] for result in results] == list(range(len(items)))
    assert [result["id"] for result in results] == ["b", "a", "c", None, "d", "e", "f", None, "g", "h"]
    assert results[0]["report"] == {"id": "b", **checker.check(CLAIM).to_dict()}
    assert "report" in results[4]
    problems = [
        (r["index"], r["error"]["type"], r["error"]["errors"][0]["pointer"]) for r in results if "error" in r
    ]
    assert problems == [
        (1, "/problems/empty-text", "/items/1/text"),
        (2, "/problems/invalid-request", "/items/2/text"),
        (3, "/problems/invalid-request", "/items/3"),
        (5, "/problems/not-text", "/items/5/text"),
        (6, "/problems/not-text", "/items/6/text"),
        (7, "/problems/invalid-request", "/items/7/id"),
        (8, "/problems/invalid-request", "/items/8/colour"),
        (9, "/problems/text-too-long", "/items/9/text"),
    ]
    assert "secret" not in reply.text


def test_batch_options_hold_for_items_without_their_own(client: httpx.Client, calls: Calls) -> None:
    items = [
        {"id": "1", "text": CLAIM},
        {"id": "2", "text": CLAIM, "jurisdictions": ["uk"], "min_probability": 0},
    ]
    options = {"jurisdictions": ["eu"], "min_probability": 0.9}
    assert client.post("/v1/check/batch", json={"items": items, **options}).status_code == 200
    assert calls == [(("eu",), 0.9), (("uk",), 0.0)]


def test_batch_takes_a_hundred_items(client: httpx.Client) -> None:
    items = [{"id": str(i), "text": "Nothing."} for i in range(100)]
    results = client.post("/v1/check/batch", json={"items": items}).json()["results"]
    assert [result["id"] for result in results] == [item["id"] for item in items]


def test_score_of_one_text(client: httpx.Client) -> None:
    reply = client.post("/v1/score", json={"text": CLAIM, "jurisdictions": ["eu"]}).json()
    ScoreReply.model_validate(reply)
    report = client.post("/v1/check", json={"text": CLAIM}).json()
    assert reply == {key: report[key] for key in ("scores", "action", "warnings", "versions")}
    assert reply["scores"]["unsupported"] == 0.97


def test_score_of_several_texts(client: httpx.Client) -> None:
    reply = client.post("/v1/score", json={"texts": [CLAIM, "", 3, "Nothing."]}).json()
    ScoresReply.model_validate(reply)
    assert [result.get("action") for result in reply["results"]] == ["review", None, None, "allow"]
    pointers = [r["error"]["errors"][0]["pointer"] for r in reply["results"] if "error" in r]
    assert pointers == ["/texts/1", "/texts/2"]
