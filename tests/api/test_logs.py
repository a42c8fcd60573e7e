"""What the server writes about itself: fields for a machine, and never a word of what was sent."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from api import logs
from api.access import keys
from api.storage.database import Database
from api.storage.tables import Scope

with warnings.catch_warnings():
    # The test client prefers another HTTP library and says so on import.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

CANARY = "canaryword"
CLAIM = f"{CANARY}: Kratom potentiates antidepressants."
HEADERS = {"user-agent": CANARY, "referer": f"http://localhost/{CANARY}", "x-request-id": "trace-1"}
# More than one way to send something; what a route does not take is as good a test as what it takes.
BODIES: tuple[dict[str, Any], ...] = (
    {
        "json": {
            "text": CLAIM,
            "id": CANARY,
            "note": CANARY,
            "comment": CANARY,
            "url": f"https://{CANARY}.test",
        }
    },
    {"json": {"items": [{"text": CLAIM, "id": CANARY}], "texts": [CLAIM], "input": CLAIM}},
    {"data": {"text": CLAIM, "name": CANARY, "password": CANARY, "csrf": CANARY}},
    {"content": f'{{"text": "{CANARY}'.encode(), "headers": {"content-type": "application/json"}},
    {"content": f"text,id\n{CLAIM},{CANARY}\n".encode(), "headers": {"content-type": "text/csv"}},
    {"content": json.dumps({"text": CLAIM}).encode(), "headers": {"content-type": "application/x-ndjson"}},
    {"files": {"file": (f"{CANARY}.csv", f"text\n{CLAIM}\n".encode(), "text/csv")}},
)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that any logger of this process writes, as JSON lines."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonLines())
    # The test's own client writes addresses down; it is not the server.
    handler.addFilter(lambda record: not record.name.startswith(("httpx", "httpcore")))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    logs.logger.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def calling(application: FastAPI, sqlite_url: str, written: io.StringIO) -> Iterator[TestClient]:
    """A caller with an admin key, who gets through to every route."""
    assert written.getvalue() == ""
    database = Database(sqlite_url)
    with database.begin() as session:
        secret = keys.create(session, name="all", scope=Scope.ADMIN, created_by="test").secret
    database.close()
    headers = {"authorization": f"Bearer {secret}", **HEADERS}
    with TestClient(application, headers=headers, raise_server_exceptions=False) as client:
        logs.logger.setLevel(logging.DEBUG)
        yield client


def _routes(application: FastAPI) -> list[tuple[str, str]]:
    document = application.openapi()
    described = [(m.upper(), path) for path, methods in document["paths"].items() for m in methods]
    pages = [
        (method, route.path)
        for route in application.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods or ())
    ]
    return sorted({*described, *pages})


def _filled(path: str) -> str:
    parts = (CANARY if part.startswith("{") else part for part in path.split("/"))
    return "/".join(parts)


def test_no_route_writes_a_word_down(application: FastAPI, calling: TestClient, written: io.StringIO) -> None:
    routes = _routes(application)
    assert ("POST", "/v1/check") in routes and ("GET", "/readyz") in routes
    for method, path in routes:
        address = f"{_filled(path)}?q={CANARY}&text={CANARY}"
        for options in BODIES if method in {"POST", "PUT", "PATCH"} else ({},):
            calling.request(method, address, follow_redirects=False, **options)
    calling.post("/v1/check", json={"text": f"break me, {CANARY}"})
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    seen = {line.get("route") for line in lines}
    assert {"/v1/check", "/v1/concepts/{id}", "/readyz"} <= seen
    assert any("unexpected RuntimeError" in line["message"] for line in lines)
    assert [line for line in lines if CANARY in json.dumps(line).lower()] == []


def test_fields_of_a_request(calling: TestClient, written: io.StringIO) -> None:
    calling.post("/v1/check", json={"text": CLAIM})
    line = json.loads(written.getvalue().splitlines()[-1])
    assert line["message"].startswith("POST /v1/check 200 ")
    fields = {name: line[name] for name in ("method", "route", "status", "request_id", "actor_kind")}
    assert fields == {
        "method": "POST",
        "route": "/v1/check",
        "status": 200,
        "request_id": "trace-1",
        "actor_kind": "key",
    }
    assert len(line["actor_id"]) == 32
    assert 0 < line["ms"] < 60_000
    assert (line["level"], line["logger"]) == ("INFO", "claimcheck.api.access")


def test_of_a_caller_without_a_key_no_address_is_kept(calling: TestClient, written: io.StringIO) -> None:
    del calling.headers["authorization"]
    calling.post("/v1/check", json={"text": CLAIM})
    calling.get("/livez")
    checked, alive = (json.loads(line) for line in written.getvalue().splitlines()[-2:])
    assert (checked["actor_kind"], checked["actor_id"]) == ("open", None)
    assert (alive["actor_kind"], alive["actor_id"]) == (None, None)
    assert "testclient" not in written.getvalue()


def test_the_http_servers_own_lines_take_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    sources = (logs.logger, logs.server_logger)
    kept = [(source.handlers[:], source.propagate) for source in sources]
    try:
        for source in sources:
            source.handlers.clear()
            source.propagate = False
        logs.configure("json")
        try:
            raise RuntimeError(CANARY)
        except RuntimeError:
            logs.server_logger.exception("Exception in ASGI application")
        line = json.loads(capsys.readouterr().err)
        assert (line["message"], line["logger"]) == ("Exception in ASGI application", "uvicorn.error")
        assert CANARY not in json.dumps(line), "a traceback may quote a text"
    finally:
        for source, (handlers, propagate) in zip(sources, kept, strict=True):
            source.handlers[:] = handlers
            source.propagate = propagate
