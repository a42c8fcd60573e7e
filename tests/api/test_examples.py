"""Every body and every reply of the description shows an example, and each example fits what it is one of."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from api.main import create_app
from api.schemas.jobs import JobError, JobResult
from api.settings import Settings

DOCUMENT: dict[str, Any] = create_app(settings=Settings(log_format="off")).openapi()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
KEPT: dict[str, Any] = json.loads(files("api").joinpath("reply_examples.json").read_text(encoding="utf-8"))
Media = tuple[str, str, dict[str, Any]]


def _media() -> list[Media]:
    """Return each body and reply: whose it is, its media type, what is said of it."""
    found: list[Media] = []
    for path in DOCUMENT["paths"].values():
        for operation in path.values():
            contents = {"body": operation.get("requestBody", {}).get("content", {})}
            contents |= {status: one.get("content", {}) for status, one in operation["responses"].items()}
            for place, content in contents.items():
                found += [(f"{operation['operationId']} {place}", kind, one) for kind, one in content.items()]
    return found


def _schemas(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the schema itself, or those it names."""
    if "$ref" in schema:
        return [SCHEMAS[schema["$ref"].rpartition("/")[2]]]
    return [one for part in schema.get("anyOf", []) for one in _schemas(part)] or [schema]


@pytest.mark.parametrize(("place", "kind", "media"), _media(), ids=lambda one: str(one)[:60])
def test_every_body_and_reply_has_an_example(place: str, kind: str, media: dict[str, Any]) -> None:
    shown = "example" in media or "examples" in media
    assert shown or all("examples" in schema for schema in _schemas(media["schema"])), (place, kind)


def _forgiving() -> dict[str, Any]:
    """Return the schemas, without asking an example for what is null in it."""
    return {
        name: schema
        | {"required": [one for one in schema.get("required", []) if not _may_be_null(schema, one)]}
        for name, schema in SCHEMAS.items()
    }


def _may_be_null(schema: dict[str, Any], name: str) -> bool:
    return {"type": "null"} in schema["properties"][name].get("anyOf", [])


@pytest.mark.parametrize("name", [name for name, schema in SCHEMAS.items() if "examples" in schema])
def test_every_example_fits_its_schema(name: str) -> None:
    root = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": _forgiving()}}
    for example in SCHEMAS[name]["examples"]:
        Draft202012Validator(root).validate(example)


def test_no_kept_example_is_of_something_that_is_gone() -> None:
    operations = {one["operationId"] for path in DOCUMENT["paths"].values() for one in path.values()}
    assert set(KEPT["models"]) <= set(SCHEMAS)
    assert set(KEPT["calls"]) <= operations


@pytest.mark.parametrize(("call", "model"), [("getJobResults", JobResult), ("getJobErrors", JobError)])
def test_an_example_of_lines_has_lines_that_fit(call: str, model: type[BaseModel]) -> None:
    lines = KEPT["calls"][call]["application/x-ndjson"].splitlines()
    assert lines and all(model.model_validate_json(line) for line in lines)
