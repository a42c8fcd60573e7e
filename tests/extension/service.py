"""The real service with the real model, on a port of its own, and what can go wrong on the way to it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import http.server
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGES = Path(__file__).resolve().parents[1] / "pages"


_VERSIONS = ("claimcheck", "model", "kb", "rules", "policy")


@dataclass(frozen=True)
class Asked:
    """One request as it came over the wire."""

    path: str
    headers: dict[str, str]
    body: str
    at: float = field(default_factory=time.monotonic)

    @property
    def texts(self) -> list[str]:
        """The texts it carried."""
        items = json.loads(self.body).get("items", []) if self.body else []
        return [item["text"] for item in items]


@dataclass
class Faults:
    """Between the network and the application: notes every request, and can fail, wait or refuse.

    Attributes:
        status: answer checks with this status instead of passing them on.
        headers: sent with that status.
        seconds: wait this long before each check.
        failing: answer items that hold these words with an error of their own.
        asked: every request, in order.
        together: most checks that were under way at one time.
    """

    app: ASGIApp
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    failing: str = ""
    asked: list[Asked] = field(default_factory=list)
    together: int = 0
    _now: int = 0

    def reset(self) -> None:
        """Let everything through and forget what came."""
        self.status, self.headers, self.seconds, self.together = None, {}, 0.0, 0
        self.failing = ""
        self.asked.clear()

    @property
    def checks(self) -> list[Asked]:
        """The requests that carried texts."""
        return [one for one in self.asked if one.path == "/v1/check/batch"]

    @property
    def texts(self) -> list[str]:
        """Every text that arrived."""
        return [text for one in self.checks for text in one.texts]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = await _whole(receive)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.asked.append(Asked(scope["path"], headers, body.decode()))
        if scope["path"] != "/v1/check/batch":
            await self.app(scope, _replayed(body), send)
            return
        self._now += 1
        self.together = max(self.together, self._now)
        try:
            if self.seconds:
                await asyncio.sleep(self.seconds)
            if self.failing:
                await _fail(send, body, self.failing)
            elif self.status is None:
                await self.app(scope, _replayed(body), send)
            else:
                await _refuse(send, self.status, self.headers)
        finally:
            self._now -= 1


async def _whole(receive: Receive) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


def _replayed(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _refuse(send: Send, status: int, headers: dict[str, str]) -> None:
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    content = (b"content-type", b"application/problem+json")
    await send({"type": "http.response.start", "status": status, "headers": [content, *sent]})
    await send({"type": "http.response.body", "body": b'{"type":"about:blank","title":"refused"}'})


async def _fail(send: Send, body: bytes, words: str) -> None:
    empty = {"claims": [], "alerts": [], "warnings": [], "versions": dict.fromkeys(_VERSIONS, "1")}
    results = [
        {"id": item["id"], "error": {"title": "refused"}}
        if words in item["text"]
        else {"id": item["id"], "report": empty}
        for item in json.loads(body)["items"]
    ]
    content = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": content})
    await send({"type": "http.response.body", "body": json.dumps({"results": results}).encode()})


@dataclass(frozen=True)
class Service:
    """Where it listens, a key that may score, and what stands before it."""

    address: str
    key: str
    faults: Faults
    app: Any


@contextlib.contextmanager
def listening(app: ASGIApp, *, port: int | None = None) -> Iterator[str]:
    """Serve an application from a thread and yield its address.

    With a port of the caller's, the application is one that runs already: it
    is neither started nor ended.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port or 0))
    config = uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=2,
        lifespan="on" if port is None else "off",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        assert server.started, "the service did not start"
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listener.close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    extra: dict[str, bytes]

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 -- as the base class has it
        """Say nothing."""

    def do_GET(self) -> None:
        page = self.extra.get(self.path.split("?")[0])
        if page is None:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)


@contextlib.contextmanager
def pages(generated: dict[str, bytes]) -> Iterator[int]:
    """Serve the fixture pages and some made on the spot; yield the port."""
    handler = type("Handler", (_Quiet,), {"extra": generated})
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(handler, directory=str(PAGES))
    )
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


def closed_port() -> int:
    """Return a port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
