"""Traces for OpenTelemetry, where an operator asks for them: one span a request, one a check in it.

A span holds the method, the route's pattern, the status and the request's id;
that of a check how many claims were flagged.  Never an address, a header or a
word of a text, which is why the usual instrumentation is not used.  The
libraries are imported only where ``telemetry_endpoint`` is set.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from asgi_correlation_id import correlation_id
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.ports import CheckedText
from api.remote import flagged_claims
from claimcheck.errors import ConfigError
from claimcheck.version import __version__

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

_FAULT_OF_OURS = 500


class Telemetry:
    """Makes spans and sends them."""

    def __init__(self, processor: SpanProcessor) -> None:
        """Send every span to ``processor``."""
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        resource = Resource({"service.name": "claimcheck", "service.version": __version__})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("claimcheck")
        self._propagator = TraceContextTextMapPropagator()

    @classmethod
    def to(cls, endpoint: str) -> Self:
        """Send spans in the background to an OTLP receiver over HTTP, such as ``http://host:4318/v1/traces``.

        Raises:
            ConfigError: the extra ``otel`` is not installed.
        """
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError:
            raise ConfigError(
                "telemetry_endpoint needs the extra 'otel': pip install 'claimcheck-health[otel]'"
            ) from None
        return cls(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))

    def read(self, report: CheckedText, seconds: float) -> None:
        """Note a check that has just ended, inside the request that asked for it."""
        end = time.time_ns()
        span = self._tracer.start_span("check", start_time=end - int(seconds * 1e9))
        span.set_attribute("claimcheck.flagged_claims", len(flagged_claims(report)))
        span.end(end_time=end)

    async def around(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Run ``app`` for one request inside a span."""
        from opentelemetry.trace import SpanKind, StatusCode

        carrier = {"traceparent": Headers(scope=scope).get("traceparent", "")}
        with self._tracer.start_as_current_span(
            "request",
            context=self._propagator.extract(carrier),
            kind=SpanKind.SERVER,
            # The message of an exception may quote a text.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:

            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= _FAULT_OF_OURS:
                        span.set_status(StatusCode.ERROR)
                await send(message)

            try:
                await app(scope, receive, noting)
            finally:
                route = getattr(scope.get("route"), "path", "-")
                span.update_name(f"{scope['method']} {route}" if route != "-" else "request")
                span.set_attribute("http.request.method", str(scope["method"])[:10])
                span.set_attribute("http.route", route)
                span.set_attribute("claimcheck.request_id", correlation_id.get() or "")

    def close(self) -> None:
        """Send what is still here, and end."""
        self._provider.shutdown()


class Traced:
    """Surrounds each request with a span of the application's telemetry."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 -- ASGI
        telemetry = getattr(scope["app"].state, "telemetry", None) if scope["type"] == "http" else None
        if telemetry is None:
            await self._app(scope, receive, send)
        else:
            await telemetry.around(self._app, scope, receive, send)
