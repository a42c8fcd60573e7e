"""What an attacker sends: bodies, headers and strings made to break, to smuggle or to be run elsewhere."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.access import keys
from api.main import create_app
from api.settings import Settings
from api.storage.tables import Scope
from claimcheck.kb.store import KnowledgeBase
from tests.api.conftest import PhraseChecker

CLAIM = "Kratom potentiates antidepressants."
JSON = {"content-type": "application/json"}
ANALYZE: dict[str, Any] = {"comment": {"text": CLAIM}, "requestedAttributes": {"HEALTH_RISK": {}}}
# Every call that takes JSON, with a body that it accepts.
BODIES: dict[str, dict[str, Any]] = {
    "/v1/check": {"text": CLAIM, "id": "a", "source_url": "https://example.org/"},
    "/v1/check/batch": {"items": [{"id": "a", "text": CLAIM}]},
    "/v1/score": {"text": CLAIM},
    "/v1/moderations": {"input": CLAIM, "model": "a"},
    "/v1/comments:analyze": {**ANALYZE, "clientToken": "a", "sessionId": "a", "communityId": "a"},
    "/v1/items": {"text": CLAIM, "id": "a", "source": "a", "source_url": "https://example.org/"},
    "/v1/feedback": {"kind": "missed_claim", "comment": "a", "quote": "a", "rule": "a", "claim_id": "c-a"},
    "/v1/webhooks": {"url": "https://example.org/hook", "events": ["job.finished"]},
}
STRINGS = [
    "{{7907*7919}}",
    "${7907*7919}",
    "<%= 7907*7919 %>",
    "#{7907*7919}",
    "%s%n%x%p",
    "{0.__class__.__mro__}",
    "' OR '1'='1'; DROP TABLE items; --",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "=cmd|' /C calc'!A0",
    "../../../../etc/passwd",
    "a\r\nSet-Cookie: stolen=1\r\n\r\nHTTP/1.1 200 OK",
    "\x1b]0;title\x07\x1b[31m",
    "\u202egnp.exe\u2066",
    "a\0b",
    "\ud800",
    "\ufeff\u200b",
    "🍋" * 300,
    "x" * 100_000,
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, knowledge_base: KnowledgeBase) -> Iterator[TestClient]:
    """One service for all of them: whatever one attack leaves behind, the next one finds."""
    settings = Settings(
        database_url=f"sqlite:///{tmp_path_factory.mktemp('hostile') / 'claimcheck.db'}",
        rate_limit="1000000/minute",
        require_key=False,
        log_format="off",
    )
    app = create_app(checker=PhraseChecker(knowledge_base), settings=settings)
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


@pytest.fixture(scope="module")
def headers(client: TestClient) -> dict[str, str]:
    """A key that may do everything: nothing stops a request before its body is read."""
    application = client.app
    assert isinstance(application, FastAPI)
    with application.state.services.database.begin() as session:
        secret = keys.create(session, name="all", scope=Scope.ADMIN, created_by="test").secret
    return {**JSON, "authorization": f"Bearer {secret}"}


def _refused(reply: httpx.Response, *slugs: str) -> None:
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["type"] in [f"/problems/{slug}" for slug in slugs]


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"text": 1e400}'.replace(b"1e400", b"-Infinity"),
        b'{"text": ' + b"9" * 100_000 + b"}",
        b'{"text": "\xed\xa0\x80"}',
        b'{"text": "\xc0\x80"}',
        b'{"text": "a\0"}',
        '{"text": "a"}'.encode("utf-16"),
        b'{"text": "a"} {"text": "b"}',
        b'{"text": "a",}',
        b"\x1f\x8b\x08\x00",
    ],
    ids=[
        "lists",
        "objects",
        "infinity",
        "digits",
        "surrogate",
        "overlong",
        "NUL",
        "UTF-16",
        "two",
        "comma",
        "gzip",
    ],
)
def test_bytes_that_are_no_json(
    client: httpx.Client, headers: dict[str, str], path: str, body: bytes
) -> None:
    _refused(client.post(path, content=body, headers=headers), "malformed-json")


@pytest.mark.parametrize("path", BODIES)
def test_depth_inside_a_known_field(client: httpx.Client, headers: dict[str, str], path: str) -> None:
    deep = "[" * 5_000 + "]" * 5_000
    for name in BODIES[path]:
        body = json.dumps({**BODIES[path], name: "HERE"}).replace('"HERE"', deep)
        reply = client.post(path, content=body, headers=headers)
        assert 400 <= reply.status_code < 500, (name, reply.status_code)


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" * 400, "0." + "1" * 4000, "-0.0", "1E-400"])
def test_numbers_where_none_belong(
    client: httpx.Client, headers: dict[str, str], path: str, number: str
) -> None:
    for name in BODIES[path]:
        body = json.dumps({**BODIES[path], name: "HERE"}).replace('"HERE"', number)
        reply = client.post(path, content=body, headers=headers)
        assert 400 <= reply.status_code < 500, (name, reply.status_code)


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" * 400, "1e-400", "0." + "1" * 4000])
def test_numbers_that_are_huge_or_tiny(client: httpx.Client, headers: dict[str, str], number: str) -> None:
    body = f'{{"text": "{CLAIM}", "min_probability": {number}}}'
    reply = client.post("/v1/check", content=body, headers=headers)
    assert reply.status_code == (200 if number.startswith(("0.", "1e-")) else 422)


def test_a_name_given_twice_is_read_once_by_everything(client: httpx.Client, headers: dict[str, str]) -> None:
    body = f'{{"text": "Nothing.", "text": "{CLAIM}"}}'
    reply = client.post("/v1/items", content=body, headers=headers)
    # What was checked is what was stored: no part of the service saw the other one.
    item = client.get(reply.json()["url"], headers=headers).json()
    assert item["text"] == CLAIM and item["report"] == reply.json()["report"]


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("value", STRINGS, ids=lambda value: ascii(value)[:24])
def test_strings_in_every_field(
    client: httpx.Client,
    headers: dict[str, str],
    caplog: pytest.LogCaptureFixture,
    path: str,
    value: str,
) -> None:
    with caplog.at_level(logging.INFO):
        for name, usual in BODIES[path].items():
            if not isinstance(usual, str):
                continue
            body = json.dumps({**BODIES[path], name: value}).encode()
            reply = client.post(path, content=body, headers=headers)
            assert reply.status_code < 500, (name, reply.text[:300])
            assert reply.headers["content-type"] in ("application/json", "application/problem+json")
            assert "set-cookie" not in reply.headers
            assert str(7907 * 7919) not in reply.text
            if reply.status_code >= 400:
                assert "alert(1)" not in reply.text and "DROP TABLE" not in reply.text
    # Neither names nor texts of callers reach a log line.
    assert value not in caplog.text or not value.isprintable()


@pytest.mark.parametrize(
    "path",
    ["/v1/items/{}", "/v1/jobs/{}", "/v1/jobs/{}/results", "/v1/webhooks/{}/deliveries", "/v1/concepts/{}"],
)
@pytest.mark.parametrize(
    "value", [value for value in STRINGS if len(value) < 1_000], ids=lambda v: ascii(v)[:24]
)
def test_strings_in_the_address(client: httpx.Client, headers: dict[str, str], path: str, value: str) -> None:
    quoted = "".join(f"%{byte:02X}" for byte in value.encode("utf-8", "surrogatepass"))
    reply = client.get(path.format(quoted), headers=headers)
    assert reply.status_code in (400, 404, 422)
    assert "alert(1)" not in reply.text


@pytest.mark.parametrize(
    "value", [value for value in STRINGS if len(value) < 1_000], ids=lambda v: ascii(v)[:24]
)
def test_strings_in_the_query(client: httpx.Client, headers: dict[str, str], value: str) -> None:
    quoted = "".join(f"%{byte:02X}" for byte in value.encode("utf-8", "surrogatepass"))
    for path in (
        "/v1/concepts?q=",
        "/v1/queue?query=",
        "/v1/queue?cursor=",
        "/v1/decisions?since=",
        "/v1/jobs?cursor=",
    ):
        reply = client.get(path + quoted, headers=headers)
        assert reply.status_code in (200, 400, 422), (path, reply.text[:200])
        assert reply.headers["content-type"].endswith("json")
        assert reply.status_code == 200 or "alert(1)" not in reply.text


@pytest.mark.parametrize("path", [*BODIES, "/v1/jobs"])
@pytest.mark.parametrize(
    "coding", ["gzip", "deflate", "br", "gzip, gzip", "identity, gzip", "compress", "🍋"]
)
def test_a_compressed_body_is_not_unpacked(
    client: httpx.Client, headers: dict[str, str], path: str, coding: str
) -> None:
    bomb = gzip.compress(b" " * 10_000_000) if "gzip" in coding else zlib.compress(b" " * 10_000_000)
    sent = {**headers, "content-encoding": coding}
    if path == "/v1/jobs":
        sent["content-type"] = "application/x-ndjson"
    coded = [(name.encode(), value.encode()) for name, value in sent.items()]
    started = time.monotonic()
    reply = client.post(path, content=bomb, headers=coded)
    _refused(reply, "unsupported-media-type")
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_header_does_not_change_the_method(
    client: httpx.Client, headers: dict[str, str], name: str
) -> None:
    url = client.post("/v1/items", json=BODIES["/v1/items"], headers=headers).json()["url"]
    assert client.get(url, headers={**headers, name: "DELETE"}).status_code == 200
    assert client.post(f"{url}?_method=DELETE", headers={**headers, name: "DELETE"}).status_code == 405
    assert client.get(url, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "name", ["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Forwarded-Host"]
)
def test_a_header_does_not_change_the_address(client: httpx.Client, name: str) -> None:
    assert client.get("/livez", headers={name: "/v1/audit"}).json() == client.get("/livez").json()


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "DEBUG", "get", "G" * 500])
def test_methods_that_nothing_has(client: httpx.Client, method: str) -> None:
    _refused(client.request(method, "/v1/check"), "method-not-allowed")


@pytest.mark.parametrize("path", ["/v1/check", "/v1/queue", "/livez", "/"])
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_asking_about_an_address_changes_and_shows_nothing(
    client: httpx.Client, method: str, path: str
) -> None:
    asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    reply = client.request(method, path, headers=asked)
    assert reply.status_code in (200, 204, 401, 405)
    assert reply.status_code != 405 or reply.headers["allow"]
    assert reply.headers["cache-control"] == "no-store"
    assert not [name for name in reply.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "path", [*BODIES, "/v1/queue", "/v1/audit", "/v1/corrections", "/v1/decisions", "/v1/nothing"]
)
def test_nothing_with_words_of_a_text_is_cached(
    client: httpx.Client, headers: dict[str, str], path: str
) -> None:
    body = BODIES.get(path)
    for reply in (
        client.request("GET" if body is None else "POST", path, json=body, headers=headers),
        client.post(path, content=b"{", headers=headers),
    ):
        assert reply.headers["cache-control"] == "no-store"


# Over a socket: what a client library would not send


@contextmanager
def _served(app: FastAPI) -> Iterator[int]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(timeout=20)


def _answer(port: int, parts: Iterator[bytes] | list[bytes], *, seconds: float = 15) -> bytes:
    """Return what a server says to these bytes, sent while it takes them."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        try:
            for part in parts:
                connection.sendall(part)
        except OSError:
            pass
        received = b""
        try:
            while part := connection.recv(65_536):
                received += part
        except OSError:
            pass
        return received


HEAD = (
    b"POST /v1/check HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n"
)


@pytest.fixture
def port(checker: PhraseChecker) -> Iterator[int]:
    """A served application whose patience is short."""
    app = create_app(checker=checker, settings=Settings(log_format="off", time_limit_seconds=1))
    with _served(app) as made:
        yield made


def test_chunks_without_end_are_cut_off(port: int) -> None:
    def chunks() -> Iterator[bytes]:
        yield HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
        for _ in range(300):
            yield b"10000\r\n" + b" " * 65_536 + b"\r\n"

    assert b" 413 " in _answer(port, chunks()).split(b"\r\n")[0]
    assert httpx.get(f"http://127.0.0.1:{port}/livez").status_code == 200


def test_a_body_that_does_not_come_is_not_waited_for(port: int) -> None:
    started = time.monotonic()
    answer = _answer(port, [HEAD + b"Content-Length: 100\r\n\r\n{"])
    assert b" 408 " in answer.split(b"\r\n")[0]
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "lines",
    [
        b"Content-Length: 2\r\nContent-Length: 40\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 0x2\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
        b"Content-Length: 2\r\nX: " + b"a" * 200_000 + b"\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b" folded: a\r\nContent-Length: 2\r\n",
        b"Bad Name: a\r\nContent-Length: 2\r\n",
    ],
)
def test_no_second_request_hides_behind_the_first(port: int, lines: bytes) -> None:
    hidden = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    answer = _answer(
        port, [HEAD.replace(b"Connection: close\r\n", b"") + lines + b"\r\n{}" + hidden], seconds=5
    )
    assert b'{"status":' not in answer or answer.count(b"HTTP/1.1 ") == 2
    assert b" 500 " not in answer
    assert httpx.get(f"http://127.0.0.1:{port}/livez").status_code == 200
