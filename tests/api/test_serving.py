"""How the HTTP server is started: where it may listen, with what, and what is done once for all processes."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sqlalchemy import func, select

from api import logs, serving
from api.serving import Listening
from api.storage.database import Database
from api.storage.tables import User
from claimcheck.errors import ConfigError

HERE = Listening(host="127.0.0.1", port=0)


class Started:
    """What was to be served, without serving it."""

    def __init__(self) -> None:
        self.config: uvicorn.Config | None = None
        self.address: Any = None
        self.environment: dict[str, str] = {}
        self.lock: Path | None = None

    def serve(self, config: uvicorn.Config, bound: socket.socket) -> None:
        self.config, self.address = config, bound.getsockname()
        self.environment = _settings()
        lock = self.environment.get("CLAIMCHECK_EMBEDDED_WORKER_LOCK")
        self.lock = Path(lock) if lock else None
        assert self.lock is None or self.lock.parent.is_dir()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    made = Started()
    monkeypatch.setattr(serving, "_serve", made.serve)
    monkeypatch.setattr(logs, "configure", lambda _: None)
    monkeypatch.setenv("CLAIMCHECK_REQUIRE_KEY", "true")
    return made


def _settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("CLAIMCHECK_")}


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    for file in files:
        file.write_text("not read here")
    return files


def _run(listening: Listening) -> list[str]:
    said: list[str] = []
    before = _settings()
    serving.run(listening, say=said.append)
    assert _settings() == before, "the environment is left as it was"
    return said


def test_on_this_machine(started: Started) -> None:
    said = _run(HERE)
    host, port = started.address
    assert (host, port > 0) == ("127.0.0.1", True)
    assert said[0] == f"API and console: http://127.0.0.1:{port}/ (Ctrl-C ends it)"
    config = started.config
    assert config is not None
    assert (config.workers, config.access_log, config.proxy_headers) == (1, False, False)
    assert (config.server_header, config.log_config, config.ssl_certfile) == (False, None, None)
    assert config.timeout_graceful_shutdown == 35


def test_the_first_account_is_made_and_shown_once(started: Started, sqlite_url: str) -> None:
    said = _run(HERE)
    assert said[1].startswith("First account: admin, password: ")
    assert len(_run(HERE)) == 1
    database = Database(sqlite_url)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 1
    database.close()
    assert started.config is not None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", ""])
def test_an_open_address_without_tls_is_refused(started: Started, host: str) -> None:
    with pytest.raises(ConfigError, match="--tls-cert and --tls-key"):
        _run(Listening(host=host, port=0))
    assert started.config is None


def test_an_open_address_with_tls(started: Started, certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    said = _run(Listening(host="0.0.0.0", port=0, tls_cert=cert, tls_key=key))
    assert said[0].startswith("API and console: https://0.0.0.0:")
    assert started.config is not None
    assert (started.config.ssl_certfile, started.config.ssl_keyfile) == (cert, key)
    assert started.environment["CLAIMCHECK_SECURE_COOKIES"] == "true"


def test_half_of_tls_is_refused(started: Started, certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    for listening in (
        Listening(host="127.0.0.1", port=0, tls_cert=cert),
        Listening(host="127.0.0.1", port=0, tls_key=key),
        Listening(host="127.0.0.1", port=0, tls_cert=cert, tls_key=key.with_name("none.pem")),
    ):
        with pytest.raises(ConfigError):
            _run(listening)
    assert started.config is None


def test_behind_a_proxy(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAIMCHECK_TRUSTED_PROXIES", "10.0.0.2")
    monkeypatch.setenv("CLAIMCHECK_SECURE_COOKIES", "true")
    _run(Listening(host="0.0.0.0", port=0, proxy_headers=True))
    assert started.config is not None
    assert (started.config.proxy_headers, started.config.forwarded_allow_ips) == (True, ["10.0.0.2"])


def test_behind_a_proxy_on_this_machine(started: Started) -> None:
    _run(Listening(host="127.0.0.1", port=0, proxy_headers=True))
    assert started.config is not None
    assert started.config.forwarded_allow_ips == ["127.0.0.1", "::1"]
    assert started.environment["CLAIMCHECK_TRUSTED_PROXIES"] == "127.0.0.1,::1"


def test_several_processes_migrate_and_work_once(started: Started) -> None:
    _run(Listening(host="127.0.0.1", port=0, workers=3))
    assert started.config is not None and started.config.workers == 3
    assert started.environment["CLAIMCHECK_MIGRATE_AT_START"] == "false"
    assert started.lock is not None and not started.lock.parent.exists()


def test_an_address_that_is_taken(started: Started) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"cannot listen at 127.0.0.1:{port}"):
            _run(Listening(host="127.0.0.1", port=port))
    assert started.config is None


@pytest.mark.parametrize(
    ("listening", "expected"),
    [
        (Listening(host="127.0.0.1", port=0), "server"),
        (Listening(host="127.0.0.1", port=0, workers=2), "processes"),
        (Listening(host="127.0.0.1", port=0, reload=True), "reload"),
    ],
)
def test_what_runs_it(monkeypatch: pytest.MonkeyPatch, listening: Listening, expected: str) -> None:
    ran: list[str] = []

    class Supervisor:
        def __init__(self, *_: object, **__: object) -> None:
            self.name = "processes" if listening.workers > 1 else "reload"

        def run(self) -> None:
            ran.append(self.name)

    def run(server: uvicorn.Server, **_: object) -> None:
        server.started = True
        ran.append("server")

    monkeypatch.setattr(serving, "Multiprocess", Supervisor)
    monkeypatch.setattr(serving, "ChangeReload", Supervisor)
    monkeypatch.setattr(uvicorn.Server, "run", run)
    monkeypatch.setattr(logs, "configure", lambda _: None)
    _run(listening)
    assert ran == [expected]


def test_a_server_that_does_not_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: None)
    monkeypatch.setattr(logs, "configure", lambda _: None)
    with pytest.raises(ConfigError, match="could not start"):
        _run(HERE)


def test_small_answers_are_not_held_back() -> None:
    """Without TCP_NODELAY an answer's body waits for the acknowledgement of its head: 40 ms."""

    async def delay_is_off(bound: socket.socket) -> bool:
        seen: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = writer.get_extra_info("socket")
            seen.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(answer, sock=bound):
            _, writer = await asyncio.open_connection(*bound.getsockname())
            writer.close()
            return bool(await asyncio.wait_for(seen, 10))

    with serving._bound(HERE) as bound:
        assert asyncio.run(delay_is_off(bound))
