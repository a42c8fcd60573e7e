"""The description of the API: valid, checked in, complete, and true of what is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from openapi_spec_validator import validate
from pydantic import BaseModel

from api import examples
from api.errors import KINDS
from api.schemas import checks as schemas
from api.schemas import feedback as feedback_schemas
from api.schemas import items as item_schemas
from api.settings import Settings

WITH_BODY = {"check", "checkBatch", "score", "submitItem", "correctItem", "decideItem", "sendFeedback"}
WITH_BODY |= {"createJob", "createWebhook", "createModeration", "analyzeComment", "analyzeCommentAlpha"}
ROOT = Path(__file__).parent.parent.parent
OPERATIONS = {
    "check",
    "checkBatch",
    "score",
    "createModeration",
    "analyzeComment",
    "analyzeCommentAlpha",
    "submitItem",
    "getQueue",
    "getItem",
    "deleteItem",
    "leaseItem",
    "releaseItem",
    "correctItem",
    "exportCorrections",
    "decideItem",
    "undoDecision",
    "getDecisions",
    "getAudit",
    "sendFeedback",
    "getFeedback",
    "createJob",
    "listJobs",
    "getJob",
    "getJobResults",
    "getJobErrors",
    "cancelJob",
    "deleteJob",
    "createWebhook",
    "listWebhooks",
    "deleteWebhook",
    "testWebhook",
    "listDeliveries",
    "replayDelivery",
    "searchConcepts",
    "getConcept",
    "getEvidence",
    "getRules",
    "live",
    "metrics",
    "ready",
    "getVersion",
}


def _operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["operationId"]: one for path in document["paths"].values() for one in path.values()}


def test_description_is_valid_and_served(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_checked_in_description_is_current(application: FastAPI) -> None:
    checked_in = json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))
    assert checked_in == json.loads(json.dumps(application.openapi())), "run scripts/export_openapi.py"


def test_operation_ids_are_stable(application: FastAPI) -> None:
    assert set(_operations(application.openapi())) == OPERATIONS


def test_every_operation_describes_its_body_and_problems(application: FastAPI) -> None:
    for name, operation in _operations(application.openapi()).items():
        problems = {status: reply for status, reply in operation["responses"].items() if status >= "400"}
        assert ("503" in problems) == (name != "live")
        assert all(list(reply["content"]) == ["application/problem+json"] for reply in problems.values())
        assert ("requestBody" in operation) == (name in WITH_BODY)


@pytest.mark.parametrize(
    ("model", "example"),
    [
        (schemas.CheckRequest, examples.CHECK_EXAMPLE),
        (schemas.BatchRequest, examples.BATCH_EXAMPLE),
        (schemas.ScoreRequest, examples.SCORE_EXAMPLE),
        (schemas.Problem, examples.PROBLEM_EXAMPLE),
        (schemas.ReportReply, examples.REPORT_EXAMPLE),
        (item_schemas.ItemRequest, item_schemas.ITEM_EXAMPLE),
        (item_schemas.DecisionRequest, item_schemas.DECISION_EXAMPLE),
        (item_schemas.DecisionReply, item_schemas.DECISION_REPLY_EXAMPLE),
        (item_schemas.CorrectionRequest, item_schemas.CORRECTION_EXAMPLE),
        (item_schemas.LeaseReply, item_schemas.LEASE_EXAMPLE),
        (item_schemas.NewItemReply, item_schemas.NEW_ITEM_EXAMPLE),
        (item_schemas.QueueReply, item_schemas.QUEUE_EXAMPLE),
        (item_schemas.ItemReply, item_schemas.ITEM_REPLY_EXAMPLE),
        (item_schemas.DecisionsReply, item_schemas.DECISIONS_EXAMPLE),
        (item_schemas.CreatedReply, item_schemas.CREATED_EXAMPLE),
        (item_schemas.AuditReply, item_schemas.AUDIT_EXAMPLE),
        (feedback_schemas.FeedbackRequest, feedback_schemas.FEEDBACK_EXAMPLE),
        (feedback_schemas.FeedbackReply, feedback_schemas.FEEDBACK_REPLY_EXAMPLE),
    ],
)
def test_examples_fit_their_models(model: type[BaseModel], example: dict[str, Any]) -> None:
    shown = model.model_validate(example).model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert shown == example


@pytest.mark.parametrize(
    ("path", "example"),
    [
        ("/v1/check", examples.CHECK_EXAMPLE),
        ("/v1/check/batch", examples.BATCH_EXAMPLE),
        ("/v1/score", examples.SCORE_EXAMPLE),
    ],
)
def test_examples_are_answered(client: httpx.Client, path: str, example: dict[str, Any]) -> None:
    assert client.post(path, json=example).status_code == 200


def test_docs_page_shows_every_operation_and_object(client: httpx.Client, application: FastAPI) -> None:
    page = client.get("/docs").text
    document = application.openapi()
    assert "<script" not in page
    for name in (*OPERATIONS, *(f"schema-{schema}" for schema in document["components"]["schemas"])):
        assert f'id="{name}"' in page


def test_docs_file_names_every_call_problem_and_setting(application: FastAPI) -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    calls = [f"{m.upper()} {path}" for path, ms in application.openapi()["paths"].items() for m in ms]
    settings = [f"CLAIMCHECK_{name.upper()}" for name in Settings.model_fields]
    missing = [name for name in (*calls, *settings, *KINDS) if f"`{name}" not in text]
    assert missing == []
