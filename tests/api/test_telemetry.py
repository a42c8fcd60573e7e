"""Traces: a span a request and a span a check, none without the setting, and no word in any."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from api.settings import Settings
from api.telemetry import Telemetry
from claimcheck.errors import ConfigError

ClientWith = Callable[[Settings], AbstractContextManager[httpx.Client]]
CLAIM = "secretword: Kratom potentiates antidepressants."
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    processor = SimpleSpanProcessor(exporter)
    monkeypatch.setattr(Telemetry, "to", classmethod(lambda cls, _: cls(processor)))
    return exporter


def _named(spans: InMemorySpanExporter, name: str) -> ReadableSpan:
    (found,) = (span for span in spans.get_finished_spans() if span.name == name)
    return found


def test_spans_of_a_check(client_with: ClientWith, spans: InMemorySpanExporter) -> None:
    settings = Settings(log_format="off", telemetry_endpoint="http://127.0.0.1:1/v1/traces")
    with client_with(settings) as client:
        headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "x-request-id": "trace-1"}
        client.post("/v1/check", json={"text": CLAIM, "id": "secretword"}, headers=headers)
        client.get("/v1/concepts/secretword?q=secretword", headers={"user-agent": "secretword"})
        client.get("/secretword")
        client.post("/v1/check", json={"text": "break me, secretword"})
    request, check = spans.get_finished_spans()[1], spans.get_finished_spans()[0]
    assert (request.name, check.name) == ("POST /v1/check", "check")
    assert dict(request.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/v1/check",
        "http.response.status_code": 200,
        "claimcheck.request_id": "trace-1",
    }
    assert dict(check.attributes or {}) == {"claimcheck.flagged_claims": 1}
    assert request.context is not None and check.parent is not None
    assert format(request.context.trace_id, "032x") == TRACE
    assert check.parent.span_id == request.context.span_id
    assert _named(spans, "GET /v1/concepts/{id}").status.status_code is StatusCode.UNSET
    broken = spans.get_finished_spans()[-1]
    assert broken.status.status_code is StatusCode.ERROR
    assert "secretword" not in "".join(span.to_json() for span in spans.get_finished_spans())


def test_no_span_without_the_setting(client_with: ClientWith, spans: InMemorySpanExporter) -> None:
    with client_with(Settings(log_format="off")) as client:
        client.post("/v1/check", json={"text": CLAIM})
    assert spans.get_finished_spans() == ()


def test_nothing_is_imported_without_the_setting() -> None:
    code = "import sys, api.main; sys.exit(any(name.startswith('opentelemetry.sdk') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_the_extra_the_message_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(ConfigError, match="needs the extra 'otel'"):
        Telemetry.to("http://127.0.0.1:4318/v1/traces")


def test_a_receiver_that_is_not_there_breaks_nothing() -> None:
    telemetry = Telemetry.to("http://127.0.0.1:1/v1/traces")
    telemetry.close()
