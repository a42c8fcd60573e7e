"""The description of the API: bodies that routes read themselves, problems, and a stable order.

Routes read and validate their bodies in a worker thread, so the framework
does not see them; :func:`json_body` says what they are, and :func:`describe`
adds the schemas to the document.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.errors import MEDIA_TYPE, RATE_LIMITED, Kind
from api.schemas.checks import Problem

_REFERENCE = "#/components/schemas/{model}"
# Filled by json_body, so that a body is described where its route is.
_DESCRIBED_HERE: dict[str, type[BaseModel]] = {Problem.__name__: Problem}

DESCRIPTION = """\
Finds therapeutic claims in text and says what is known of each and what could happen to someone who \
believes it: two separate axes, with references. Nothing here is medical advice, and no suggested action \
removes a text.

Offsets are half-open and count Unicode code points of the text as it was sent; UTF-16 offsets stand beside \
them. No submitted text is logged, and none is stored unless `store` is true or it is sent to the queue. \
Errors are problems after RFC 9457 with a stable `type`.\
"""


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """Return what describes a JSON body of this model, for a route's ``openapi_extra``."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema_of(model)}}}}


def schema_of(model: type[BaseModel]) -> dict[str, str]:
    """Return a reference to the schema of a model that the framework does not see."""
    _DESCRIBED_HERE[model.__name__] = model
    return {"$ref": _REFERENCE.format(model=model.__name__)}


def problems(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """Return the description of the errors a route may answer with, for its ``responses``."""
    by_status: dict[int | str, list[Kind]] = {}
    for kind in sorted(kinds, key=lambda kind: (kind.status, kind.slug)):
        by_status.setdefault(kind.status, []).append(kind)
    schema = {"$ref": _REFERENCE.format(model=Problem.__name__)}
    return {
        status: {
            "description": f"{HTTPStatus(int(status)).phrase}: " + ", ".join(f"`{k.type}`" for k in found),
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status, found in by_status.items()
    }


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of ``app``, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            openapi_version=app.openapi_version,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
            license_info=app.license_info,
        )
        schemas: dict[str, Any] = document.setdefault("components", {}).setdefault("schemas", {})
        for name, schema in _definitions(_DESCRIBED_HERE.values()).items():
            schemas.setdefault(name, schema)
        _describe_limits(document)
        _show_examples(document)
        document["components"]["schemas"] = dict(sorted(schemas.items()))
        app.openapi_schema = document
    return app.openapi_schema


def _describe_limits(document: dict[str, Any]) -> None:
    """Add what every counted call may answer with: that there were too many of them."""
    for path, operations in document["paths"].items():
        if not path.startswith("/v1") or path == "/v1/version":
            continue
        for operation in operations.values():
            (described,) = problems(RATE_LIMITED).values()
            operation["responses"].setdefault(str(RATE_LIMITED.status), described)
            operation["responses"] = dict(sorted(operation["responses"].items()))


def _show_examples(document: dict[str, Any]) -> None:
    """Show an example of every object and of every file that has none of its own yet."""
    examples = json.loads(files("api").joinpath("reply_examples.json").read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    for name, example in examples["models"].items():
        if name in schemas:
            schemas[name].setdefault("examples", [example])
    for operation in (one for path in document["paths"].values() for one in path.values()):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for media_type, example in examples["calls"].get(operation["operationId"], {}).items():
            for content in (body.get("content", {}).get(media_type) for body in bodies):
                if content is not None:
                    content.setdefault("example", example)


def _definitions(models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    _, found = models_json_schema([(model, "validation") for model in models], ref_template=_REFERENCE)
    definitions: dict[str, Any] = found.get("$defs", {})
    return definitions
