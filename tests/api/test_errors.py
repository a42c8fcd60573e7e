"""Whatever is wrong with a request is answered with a problem of a stable type, and never with the text."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError, TimeoutError

from api.errors import KINDS, pointer
from api.schemas.checks import Problem
from api.settings import Settings
from api.storage.database import Database
from api.storage.tables import Scope

JSON = {"content-type": "application/json"}
POSTS = ("/v1/check", "/v1/check/batch", "/v1/score")
CLAIM = "Kratom potentiates antidepressants."
ClientWith = Callable[[Settings], AbstractContextManager[httpx.Client]]


def _problem(reply: httpx.Response, slug: str) -> dict[str, Any]:
    """Return the problem after holding it against the catalogue and its description."""
    assert reply.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = reply.json()
    assert problem["type"] == f"/problems/{slug}"
    assert reply.status_code == problem["status"] == KINDS[slug].status
    assert problem["request_id"] == reply.headers["x-request-id"]
    assert Problem.model_validate(problem).model_dump() == problem
    return problem


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b'{"text": NaN}',
        b'{"min_probability": ' + b"9" * 5000 + b"}",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        "\ufeff{}".encode(),
    ],
    ids=["empty", "cut", "not UTF-8", "NaN", "digits", "deep lists", "deep objects", "mark"],
)
def test_malformed_json(client: httpx.Client, path: str, body: bytes) -> None:
    _problem(client.post(path, content=body, headers=JSON), "malformed-json")


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/v1/check", [], ""),
        ("/v1/check", "text", ""),
        ("/v1/check", {}, "/text"),
        ("/v1/check", {"text": 3}, "/text"),
        ("/v1/check", {"text": None}, "/text"),
        ("/v1/check", {"text": CLAIM, "txet": ""}, "/txet"),
        ("/v1/check", {"text": CLAIM, "a/b~": ""}, "/a~1b~0"),
        ("/v1/check", {"text": CLAIM, "offset_unit": "bytes"}, "/offset_unit"),
        ("/v1/check", {"text": CLAIM, "jurisdictions": []}, "/jurisdictions"),
        ("/v1/check", {"text": CLAIM, "jurisdictions": ["us", "mars"]}, "/jurisdictions/1"),
        ("/v1/check", {"text": CLAIM, "min_probability": 1.01}, "/min_probability"),
        ("/v1/check", {"text": CLAIM, "min_probability": "0.5"}, "/min_probability"),
        ("/v1/check", {"text": CLAIM, "store": 1}, "/store"),
        ("/v1/check", {"text": CLAIM, "id": ""}, "/id"),
        ("/v1/check", {"text": CLAIM, "id": "a\nb"}, "/id"),
        ("/v1/check", {"text": CLAIM, "id": "\ud800"}, "/id"),
        ("/v1/check", {"text": CLAIM, "source_url": "file:///etc/passwd"}, "/source_url"),
        ("/v1/check", {"text": CLAIM, "source_url": "nonsense"}, "/source_url"),
        ("/v1/check", {"text": CLAIM, "\ud800": 1}, ""),
        ("/v1/check", {str(i): i for i in range(50_000)}, ""),
        ("/v1/check/batch", {"items": []}, "/items"),
        ("/v1/check/batch", {"items": {}}, "/items"),
        ("/v1/score", {}, ""),
        ("/v1/score", {"text": CLAIM, "texts": [CLAIM]}, ""),
        ("/v1/score", {"texts": []}, "/texts"),
    ],
)
def test_request_that_does_not_fit(client: httpx.Client, path: str, body: object, pointer: str) -> None:
    reply = client.post(path, content=json.dumps(body).encode(), headers=JSON)
    problem = _problem(reply, "invalid-request")
    assert problem["errors"][0]["pointer"] == pointer


def test_pointer_can_always_be_sent() -> None:
    assert pointer("items", 3, "a/b~c") == "/items/3/a~1b~0c"
    assert pointer("x" * 500) == "/" + "x" * 80
    assert pointer("\ud800").encode("utf-8") == b"/?"


def test_number_of_faults_is_bounded(client: httpx.Client) -> None:
    started = time.monotonic()
    body = {"text": CLAIM, "jurisdictions": ["x"] * 400_000}
    problem = _problem(client.post("/v1/check", json=body), "invalid-request")
    assert len(problem["errors"]) <= 20
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("", "empty-text"),
        (" \n\t ", "empty-text"),
        ("a\0b", "not-text"),
        ("a\ud800b", "not-text"),
        ("a\udc00", "not-text"),
        ("refuse me", "not-text"),
        ("é" * 500_001, "text-too-long"),
        ("x" * 1_000_001, "text-too-long"),
    ],
    ids=["empty", "blank", "NUL", "high surrogate", "low surrogate", "library", "two-byte", "one-byte"],
)
@pytest.mark.parametrize("path", ["/v1/check", "/v1/score"])
def test_text_that_cannot_be_used(client: httpx.Client, path: str, text: str, slug: str) -> None:
    reply = client.post(path, content=json.dumps({"text": text}).encode(), headers=JSON)
    assert _problem(reply, slug)["errors"][0]["pointer"] == "/text"


@pytest.mark.parametrize(("path", "name"), [("/v1/check/batch", "items"), ("/v1/score", "texts")])
def test_too_many_items(client: httpx.Client, path: str, name: str) -> None:
    problem = _problem(client.post(path, json={name: [1] * 101}), "too-many-items")
    assert problem["errors"] == [{"pointer": f"/{name}", "detail": "At most 100 are allowed."}]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
def test_other_media_types(client: httpx.Client, path: str, headers: dict[str, str]) -> None:
    _problem(client.post(path, content=b"{}", headers=headers), "unsupported-media-type")


def test_charset_of_json_may_be_named(client: httpx.Client) -> None:
    headers = {"content-type": 'Application/JSON; charset="UTF-8"'}
    assert client.post("/v1/check", content=b'{"text":"a"}', headers=headers).status_code == 200


def test_body_that_declares_too_much(client: httpx.Client) -> None:
    headers = {**JSON, "content-length": "5000001"}
    _problem(client.post("/v1/check", content=b"{}", headers=headers), "request-too-large")


@pytest.mark.parametrize("path", [*POSTS, "/sign-in"])
def test_body_that_grows_too_large_while_it_arrives(client: httpx.Client, path: str) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(60):
            yield b" " * 100_000

    headers = JSON if path != "/sign-in" else {"content-type": "application/x-www-form-urlencoded"}
    _problem(client.post(path, content=parts(), headers=headers), "request-too-large")


@pytest.mark.parametrize("path", ["/nothing", "/v1/nothing", "/v1/", "/static/none.css", "/problems/none"])
def test_unknown_address(client: httpx.Client, path: str) -> None:
    _problem(client.get(path), "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"), [("GET", "/v1/check", "POST"), ("DELETE", "/livez", "GET")]
)
def test_unknown_method(client: httpx.Client, method: str, path: str, allowed: str) -> None:
    reply = client.request(method, path)
    _problem(reply, "method-not-allowed")
    assert reply.headers["allow"] == allowed


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "bad host"])
def test_unknown_host(client: httpx.Client, host: str) -> None:
    _problem(client.get("/livez", headers={"host": host}), "unknown-host")


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_own_hosts(client: httpx.Client, host: str) -> None:
    assert client.get("/livez", headers={"host": host}).status_code == 200


def test_unforeseen_error_says_nothing(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="claimcheck.api"):
        reply = client.post("/v1/check", json={"text": "break me, secret words"})
    _problem(reply, "internal")
    logged = "\n".join(record.getMessage() + str(record.exc_info) for record in caplog.records)
    assert "unexpected RuntimeError at " in logged
    assert "secret" not in reply.text + logged


@pytest.mark.parametrize(
    "error", [OperationalError("select secret", {}, Exception("secret")), TimeoutError("secret")]
)
def test_a_busy_database_says_when_to_come_again(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Database, "read", busy)
    with caplog.at_level(logging.INFO, logger="claimcheck.api"):
        reply = client.get("/v1/jobs", headers={"authorization": "Bearer cck_x"})
    _problem(reply, "busy")
    assert reply.headers["retry-after"] == "2"
    assert "secret" not in reply.text + "".join(record.getMessage() for record in caplog.records)


def test_a_note_of_use_that_fails_refuses_nobody(
    client: httpx.Client, bearer: Callable[..., dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = bearer(Scope.SCORE)

    def busy(_: Database) -> None:
        raise OperationalError("update", {}, Exception("locked"))

    monkeypatch.setattr(Database, "begin", busy)
    assert client.get("/v1/jobs", headers=headers).status_code == 200


def test_time_limit_and_full_queue(client_with: ClientWith, release: threading.Event) -> None:
    limits = Settings(workers=1, waiting=1, time_limit_seconds=1, log_format="off")
    with client_with(limits) as client, ThreadPoolExecutor(2) as callers:
        body = {"text": "wait for me"}
        held = [callers.submit(client.post, "/v1/check", json=body) for _ in range(2)]
        for one in held:
            reply = one.result(timeout=10)
            assert _problem(reply, "time-limit") and reply.headers["retry-after"]
        # The first still runs in its thread and keeps its place; the second left the queue.
        waiting = callers.submit(client.post, "/v1/check", json={"text": "Nothing."})
        time.sleep(0.2)
        assert client.get("/livez").status_code == 200
        refused = client.post("/v1/check", json={"text": "Nothing."})
        assert _problem(refused, "busy") and refused.headers["retry-after"]
        release.set()
        assert waiting.result(timeout=10).status_code == 200
        assert client.post("/v1/check", json={"text": "Nothing."}).status_code == 200


def test_batch_that_runs_out_of_time_says_which(client_with: ClientWith, release: threading.Event) -> None:
    limits = Settings(time_limit_seconds=2, log_format="off")
    with client_with(limits) as client:
        # Counted from here: the start of the application takes its own time.
        threading.Timer(1.7, release.set).start()
        items = [{"id": "1", "text": "wait for me"}, {"id": "2", "text": "Nothing."}]
        results = client.post("/v1/check/batch", json={"items": items}).json()["results"]
    assert "report" in results[0]
    assert results[1]["error"]["type"] == "/problems/time-limit"


def test_lower_limits_hold(client_with: ClientWith) -> None:
    limits = Settings(max_text_bytes=10, max_items=2, max_request_bytes=100, log_format="off")
    with client_with(limits) as client:
        _problem(client.post("/v1/check", json={"text": "x" * 11}), "text-too-long")
        _problem(client.post("/v1/score", json={"texts": ["a"] * 3}), "too-many-items")
        _problem(client.post("/v1/check", json={"text": "x" * 100}), "request-too-large")


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_FIELDS = st.sampled_from(
    ["text", "texts", "items", "id", "offset_unit", "jurisdictions", "min_probability", "store", "source_url"]
)
_WORDS = st.sampled_from(["us", "utf16", "https://example.org", CLAIM, "\ud800", "\0", "refuse me", ""])
_BODIES = st.dictionaries(_FIELDS, _VALUES | _WORDS | st.lists(_WORDS | _VALUES, max_size=3), max_size=6)


@pytest.mark.parametrize("path", POSTS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=_BODIES)
@example(body={"items": [{"text": "\ud800", "id": "\ud800"}, {"\ud800": {}}]})
@example(body={"text": "\U0001f34b", "id": "\u202e"})
def test_no_json_makes_the_server_fail(client: httpx.Client, path: str, body: dict[str, Any]) -> None:
    reply = client.post(path, content=json.dumps(body).encode(), headers=JSON)
    assert reply.status_code < 500
    reply.json()


@pytest.mark.parametrize("path", [*POSTS, "/sign-in"])
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200))
def test_no_bytes_make_the_server_fail(client: httpx.Client, path: str, body: bytes) -> None:
    headers = JSON if path != "/sign-in" else {"content-type": "application/x-www-form-urlencoded"}
    assert client.post(path, content=body, headers=headers).status_code < 500
