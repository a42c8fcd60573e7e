"""The description of the API: bodies that routes read themselves, problems, and a stable order.

Routes read and validate their bodies in a worker thread, so the framework
does not see them; :func:`json_body` says what they are, and :func:`describe`
adds the schemas to the document.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.errors import MEDIA_TYPE, Kind
from api.schemas.checks import Problem

_REFERENCE = "#/components/schemas/{model}"
# Filled by json_body, so that a body is described where its route is.
_DESCRIBED_HERE: dict[str, type[BaseModel]] = {Problem.__name__: Problem}

DESCRIPTION = """\
Finds therapeutic claims in text and says what is known of each and what could happen to someone who \
believes it: two separate axes, with references. Nothing here is medical advice, and no suggested action \
removes a text.

Offsets are half-open and count Unicode code points of the text as it was sent; UTF-16 offsets stand beside \
them. No submitted text is stored or logged. Errors are problems after RFC 9457 with a stable `type`.\
"""


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """Return what describes a JSON body of this model, for a route's ``openapi_extra``."""
    _DESCRIBED_HERE[model.__name__] = model
    schema = {"$ref": _REFERENCE.format(model=model.__name__)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


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
        document["components"]["schemas"] = dict(sorted(schemas.items()))
        app.openapi_schema = document
    return app.openapi_schema


def _definitions(models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    _, found = models_json_schema([(model, "validation") for model in models], ref_template=_REFERENCE)
    definitions: dict[str, Any] = found.get("$defs", {})
    return definitions
