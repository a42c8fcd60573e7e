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
from api.settings import Settings

ROOT = Path(__file__).parent.parent.parent
OPERATIONS = {
    "check",
    "checkBatch",
    "score",
    "searchConcepts",
    "getConcept",
    "getEvidence",
    "getRules",
    "live",
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
        assert ("requestBody" in operation) == (name in ("check", "checkBatch", "score"))


@pytest.mark.parametrize(
    ("model", "example"),
    [
        (schemas.CheckRequest, examples.CHECK_EXAMPLE),
        (schemas.BatchRequest, examples.BATCH_EXAMPLE),
        (schemas.ScoreRequest, examples.SCORE_EXAMPLE),
        (schemas.Problem, examples.PROBLEM_EXAMPLE),
        (schemas.ReportReply, examples.REPORT_EXAMPLE),
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
