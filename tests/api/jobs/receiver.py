"""A receiver of webhooks, as somebody would write one: it believes what is signed, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


@dataclass
class Receiver:
    """What came, and how the next calls are answered."""

    port: int
    scheme: str = "http"
    secret: str | None = None
    # Answered in turn; the last one again and again.
    statuses: list[int] = field(default_factory=lambda: [204])
    location: str | None = None
    hold: threading.Event | None = None
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    believed: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self.scheme}://localhost:{self.port}/hooks?tenant=1"

    def answer(self, headers: dict[str, str], body: bytes) -> int:
        """Note a call and return the status for it: 401 for what is not signed with our secret."""
        self.calls.append((headers, body))
        if self.hold is not None:
            self.hold.wait(timeout=20)
        if self.secret is not None:
            try:
                self.believed.append(Webhook(self.secret).verify(body, headers))
            except WebhookVerificationError:
                return 401
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@contextmanager
def listening(tls: SSLContext | None = None) -> Iterator[Receiver]:
    """Listen on loopback, at a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = receiver.answer({name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        receiver = Receiver(port=server.server_address[1], scheme="https" if tls else "http")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield receiver
        finally:
            if receiver.hold is not None:
                receiver.hold.set()
            server.shutdown()
            thread.join(timeout=10)
