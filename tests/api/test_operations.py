"""Health, versions, request ids, headers, log lines: what an operator relies on."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import anyio
import httpx
import pytest
from fastapi import FastAPI

import claimcheck
from api import logs
from api.main import create_app
from api.ports import TextChecker
from api.settings import Settings, from_environment
from claimcheck.errors import ConfigError
from claimcheck.types import ReportWarning
from tests.api.conftest import PhraseChecker

ClientWith = Callable[[Settings], AbstractContextManager[httpx.Client]]
CLAIM = "Kratom potentiates antidepressants."


def test_alive_and_ready(client: httpx.Client) -> None:
    assert client.get("/livez").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok", "warnings": []}


def test_ready_but_degraded(checker: PhraseChecker, client_with: ClientWith) -> None:
    told = ReportWarning("degraded_reader", "A simpler reader was used.")
    checker.warnings = (told,)
    with client_with(Settings(log_format="off")) as client:
        reply = client.get("/readyz")
    assert reply.status_code == 200
    assert reply.json()["status"] == "degraded"
    assert reply.json()["warnings"] == [{"code": "degraded_reader", "message": "A simpler reader was used."}]


async def _get(application: FastAPI, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as unstarted:
        return await unstarted.get(path)


@pytest.mark.parametrize(("path", "status"), [("/livez", 200), ("/readyz", 503), ("/v1/version", 503)])
def test_not_ready_before_the_start(application: FastAPI, path: str, status: int) -> None:
    reply = anyio.run(_get, application, path)
    assert reply.status_code == status
    if status == 503:
        assert (reply.json()["type"], reply.headers["retry-after"]) == ("/problems/not-ready", "2")


def test_checker_is_loaded_once_at_start(checker: TextChecker, monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[TextChecker] = []

    def load() -> TextChecker:
        loads.append(checker)
        return checker

    monkeypatch.setattr(claimcheck, "load", load, raising=False)
    app = create_app(settings=Settings(log_format="off"))
    assert loads == []

    async def started() -> None:
        async with app.router.lifespan_context(app):
            assert (await _get(app, "/v1/version")).json()["model"] == "m1"
            assert (await _get(app, "/readyz")).status_code == 200
        assert (await _get(app, "/readyz")).status_code == 503

    anyio.run(started)
    assert loads == [checker]


def test_version(client: httpx.Client) -> None:
    assert client.get("/v1/version").json() == {
        "claimcheck": "0.1.0",
        "model": "m1",
        "kb": "k1",
        "rules": "r1",
        "policy": "p1",
        "report_version": "1",
    }


@pytest.mark.parametrize("given", ["abc-123_x.y", "A" * 64])
def test_request_id_is_echoed(client: httpx.Client, given: str) -> None:
    reply = client.get("/nothing", headers={"x-request-id": given})
    assert reply.headers.get_list("x-request-id") == [given]
    assert reply.json()["request_id"] == given


@pytest.mark.parametrize("given", ["a b", "A" * 65, "<script>", "a\tb", ""])
def test_unfit_request_id_is_replaced(client: httpx.Client, given: str) -> None:
    (made,) = client.get("/livez", headers={"x-request-id": given}).headers.get_list("x-request-id")
    assert made != given
    assert len(made) == 32


@pytest.mark.parametrize("path", ["/", "/docs", "/v1/version", "/nothing", "/static/console.css"])
def test_every_reply_carries_security_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in headers


def test_replies_with_text_are_not_kept(client: httpx.Client) -> None:
    for path in ("/v1/check", "/v1/score"):
        assert client.post(path, json={"text": CLAIM}).headers["cache-control"] == "no-store"
    assert client.post("/", data={"text": CLAIM}).headers["cache-control"] == "no-store"
    assert client.get("/static/console.css").headers["cache-control"] == "no-cache"


def test_no_other_origin_may_read(client: httpx.Client) -> None:
    headers = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    reply = client.options("/v1/check", headers=headers)
    assert reply.status_code == 405
    assert "access-control-allow-origin" not in reply.headers


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[str]]]:
    """What was logged by anyone, as shown."""
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="claimcheck.api"):
        yield lambda: [record.getMessage() for record in caplog.records]


def test_access_log_names_routes_and_never_words(
    client: httpx.Client, lines: Callable[[], list[str]]
) -> None:
    client.get("/v1/concepts/secretword", params={"q": "secretword"})
    client.get("/secretword?secretword")
    client.post("/v1/check", json={"text": "secretword " + CLAIM, "id": "secretword"})
    client.post("/v1/check", content=b'{"secretword', headers={"content-type": "application/json"})
    client.post("/", data={"text": "secretword"}, follow_redirects=False)
    shown = [line for line in lines() if " ms" in line]
    assert [line.rsplit(" ", 2)[0] for line in shown] == [
        "GET /v1/concepts/{id} 404",
        "GET - 404",
        "POST /v1/check 200",
        "POST /v1/check 400",
        "POST / 303",
    ]
    # The test's own client logs addresses; the server's loggers may not.
    assert not [line for line in lines() if "secretword" in line and not line.startswith("HTTP Request")]


def test_log_lines_as_json_and_text() -> None:
    record = logging.LogRecord("claimcheck.api", logging.INFO, "", 0, "GET %s", ("/livez",), None)
    line = json.loads(logs.JsonLines().format(record))
    assert (line["message"], line["level"], line["logger"]) == ("GET /livez", "INFO", "claimcheck.api")
    assert logs.TextLines().format(record).endswith("INFO [-] GET /livez")


def test_settings_from_the_environment(monkeypatch: pytest.MonkeyPatch, client_with: ClientWith) -> None:
    monkeypatch.setenv("CLAIMCHECK_ALLOWED_HOSTS", "check.example.org, *.example.com")
    monkeypatch.setenv("CLAIMCHECK_LOG_FORMAT", "off")
    settings = from_environment()
    assert settings.allowed_hosts == ("check.example.org", "*.example.com")
    with client_with(settings) as client:
        answered = [
            client.get("/livez", headers={"host": host}).status_code
            for host in ("check.example.org", "a.example.com", "example.com", "localhost")
        ]
    assert answered == [200, 200, 400, 400]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_TEXT_BYTES", "1000001"),
        ("MAX_REQUEST_BYTES", "5000001"),
        ("MAX_ITEMS", "101"),
        ("WORKERS", "0"),
        ("TIME_LIMIT_SECONDS", "nan"),
        ("ALLOWED_HOSTS", "a.*.org"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_settings_beyond_the_caps_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"CLAIMCHECK_{name}", value)
    with pytest.raises(ConfigError, match=f"CLAIMCHECK_{name}: ") as refused:
        from_environment()
    assert refused.value.__cause__ is None
