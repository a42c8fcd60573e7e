"""The OpenAPI document arranged for the page at ``/docs``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the API."""

    method: str
    path: str
    details: Mapping[str, Any]
    body: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Group:
    """The calls of one tag."""

    name: str
    description: str
    operations: tuple[Operation, ...]


def groups(document: Mapping[str, Any]) -> list[Group]:
    """Return the calls by tag, in the order of the document."""
    found = list(_operations(document))
    return [
        Group(
            name=tag["name"],
            description=tag["description"],
            operations=tuple(one for one in found if tag["name"] in one.details.get("tags", ())),
        )
        for tag in document.get("tags", ())
    ]


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, details in methods.items():
            content = details.get("requestBody", {}).get("content", {})
            body = next((media["schema"] for media in content.values()), None)
            yield Operation(method=method.upper(), path=path, details=details, body=body)


def example(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str | None:
    """Return the first example of what ``schema`` refers to, as indented JSON."""
    named = document["components"]["schemas"].get(str(schema.get("$ref", "")).rpartition("/")[2], {})
    examples = named.get("examples")
    return json.dumps(examples[0], indent=2, ensure_ascii=False) if examples else None
