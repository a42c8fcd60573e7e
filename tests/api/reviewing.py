"""Callers of the queue's routes, and what they do most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from api.errors import KINDS

KRATOM = "Kratom potentiates antidepressants."
Bearer = Callable[..., dict[str, str]]
ITEM_ID = "0" * 32


@dataclass(frozen=True)
class Caller:
    """A client with a key."""

    client: httpx.Client
    headers: dict[str, str]

    def get(self, path: str, **parameters: Any) -> httpx.Response:  # noqa: ANN401
        return self.client.get(path, params=parameters, headers=self.headers)

    def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(path, json=body, headers=self.headers | named)

    def delete(self, path: str, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.delete(path, headers=self.headers | named)

    def submit(self, text: str = KRATOM, **options: Any) -> dict[str, Any]:  # noqa: ANN401
        reply = self.post("/v1/items", {"text": text, **options})
        assert reply.status_code == 201, reply.text
        item: dict[str, Any] = reply.json()
        return item

    def decide(self, item: str, action: str, version: int = 1, **fields: str) -> httpx.Response:
        return self.post(f"/v1/items/{item}/decision", {"action": action, **fields}, if_match=f'"{version}"')


def problem(reply: httpx.Response, slug: str, pointer: str | None = None) -> dict[str, Any]:
    """Return the problem after holding it against the catalogue; ``pointer`` is where the first fault is."""
    assert reply.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = reply.json()
    assert (found["type"], reply.status_code) == (f"/problems/{slug}", KINDS[slug].status), found
    if pointer is not None:
        assert found["errors"][0]["pointer"] == pointer
    return found
