"""Feedback over the wire, on both databases."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api.schemas.feedback import FEEDBACK_EXAMPLE, FeedbackReply
from api.storage.tables import Scope
from tests.api.reviewing import Bearer, Caller, problem


@pytest.fixture(autouse=True)
def both_databases(database_url: str, surroundings: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setenv("CLAIMCHECK_DATABASE_URL", database_url)


@pytest.fixture
def scorer(client: httpx.Client, bearer: Bearer) -> Caller:
    return Caller(client, bearer(Scope.SCORE, "reader"))


@pytest.fixture
def mod(client: httpx.Client, bearer: Bearer) -> Caller:
    return Caller(client, bearer(Scope.REVIEW, "mod"))


def test_anyone_may_send_and_reviewers_read(scorer: Caller, mod: Caller) -> None:
    sent = scorer.post("/v1/feedback", FEEDBACK_EXAMPLE)
    assert sent.status_code == 201
    assert set(sent.json()) == {"id", "created_at"}
    scorer.post("/v1/feedback", {"kind": "missed_claim", "source_url": "https://example.org/a"})
    problem(scorer.get("/v1/feedback"), "forbidden")
    page = FeedbackReply.model_validate(mod.get("/v1/feedback").json())
    assert [one.kind for one in page.feedback] == ["missed_claim", "not_a_claim"]
    first = page.feedback[1].model_dump(mode="json", include=set(FEEDBACK_EXAMPLE))
    assert first == FEEDBACK_EXAMPLE
    assert (page.feedback[1].sent_by, page.feedback[1].handled_at) == ("key:reader", None)
    assert len(mod.get("/v1/feedback", rule="interaction.knowledge_base").json()["feedback"]) == 1
    assert len(mod.get("/v1/feedback", kind="missed_claim", handled="false").json()["feedback"]) == 1
    assert mod.get("/v1/feedback", handled="true").json()["feedback"] == []


def test_sent_twice_with_a_key_it_is_stored_once(scorer: Caller, mod: Caller) -> None:
    first, second = (scorer.post("/v1/feedback", {"kind": "other"}, idempotency_key="k") for _ in range(2))
    assert first.json() == second.json()
    # Another caller's key of the same name is another key.
    assert mod.post("/v1/feedback", {"kind": "other"}, idempotency_key="k").json() != first.json()
    assert len(mod.get("/v1/feedback").json()["feedback"]) == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/kind"),
        ({"kind": "rude"}, "/kind"),
        ({"kind": "other", "quote": "x" * 2001}, "/quote"),
        ({"kind": "other", "quote": "a\0b"}, "/quote"),
        ({"kind": "other", "prefix": "x" * 33}, "/prefix"),
        ({"kind": "other", "comment": "x" * 2001}, "/comment"),
        ({"kind": "other", "rule": ""}, "/rule"),
        ({"kind": "other", "source_url": "javascript:alert(1)"}, "/source_url"),
        ({"kind": "other", "versions": {"kb": "a\0b"}}, "/versions/kb"),
        ({"kind": "other", "versions": {"K B": "1"}}, "/versions/K B/[key]"),
        ({"kind": "other", "text": "whole page"}, "/text"),
    ],
)
def test_feedback_that_cannot_be(scorer: Caller, body: dict[str, Any], pointer: str) -> None:
    problem(scorer.post("/v1/feedback", body), "invalid-request", pointer)
