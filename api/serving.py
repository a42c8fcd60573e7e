"""Starts the HTTP server: where it may listen, with which certificate, in how many processes."""

from __future__ import annotations

import math
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from uvicorn.supervisors import ChangeReload, Multiprocess

from api import administering, logs
from api.access import exposure
from api.settings import PREFIX, Settings, from_environment
from claimcheck.errors import ConfigError

APPLICATION = "api.main:create_app"
_THIS_MACHINE = ("127.0.0.1", "::1")
# What runs when the server is asked to end has its own time limit, and this long to send its reply.
_REPLY_SECONDS = 5
# A server process that does not answer its supervisor so long is replaced; loading the model takes a while.
_HUNG_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Listening:
    """Where and how to listen.

    Attributes:
        host: an address or a name of this machine.
        port: 0 for any that is free.
        workers: server processes.
        tls_cert: file of the certificate chain, PEM.
        tls_key: file of its key, PEM.
        proxy_headers: believe ``X-Forwarded-For`` and ``X-Forwarded-Proto`` of a proxy on this machine,
            where the settings name no other proxies.
        reload: start again when the code changes.
    """

    host: str
    port: int
    workers: int = 1
    tls_cert: Path | None = None
    tls_key: Path | None = None
    proxy_headers: bool = False
    reload: bool = False

    @property
    def tls(self) -> bool:
        """Whether the server itself speaks TLS."""
        return self.tls_cert is not None


def run(listening: Listening, *, say: Callable[[str], None]) -> None:
    """Serve until interrupted.

    Args:
        listening: where and how.
        say: shows a line to whoever started the server; never a log, since the first password is one.

    Raises:
        ConfigError: a setting cannot be used, the server may not listen there, or cannot.
    """
    _require_whole_tls(listening)
    settings = _with_flags(from_environment(), listening)
    _require_permitted(settings, listening)
    logs.configure(settings.log_format)
    first = administering.first_admin(settings)
    with _bound(listening) as bound, _environment(settings, listening):
        say(f"API and console: {_address(listening, bound)}/ (Ctrl-C ends it)")
        if first is not None:
            say(f"First account: {first.of}, password: {first.value} (shown once; change it at /account)")
        _serve(_config(settings, listening), bound)


def _require_whole_tls(listening: Listening) -> None:
    if (listening.tls_cert is None) != (listening.tls_key is None):
        raise ConfigError("--tls-cert and --tls-key belong together")
    for file in (listening.tls_cert, listening.tls_key):
        if file is not None and not file.is_file():
            raise ConfigError(f"there is no file {file}")


def _with_flags(settings: Settings, listening: Listening) -> Settings:
    """Return the settings with what the command's options mean for them."""
    changes: dict[str, object] = {}
    if listening.tls:
        changes["secure_cookies"] = True
    if listening.proxy_headers and not settings.trusted_proxies:
        changes["trusted_proxies"] = _THIS_MACHINE
    return settings.model_copy(update=changes)


def _require_permitted(settings: Settings, listening: Listening) -> None:
    refused = exposure.refusal(
        host=listening.host,
        tls=listening.tls,
        secure_cookies=settings.secure_cookies,
        trusted_proxies=settings.trusted_proxies,
        require_key=settings.require_key,
    )
    if refused is not None:
        raise ConfigError(refused.message)


@contextmanager
def _bound(listening: Listening) -> Iterator[socket.socket]:
    host = listening.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sends small answers at once (TCP_NODELAY), not 40 ms later.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, listening.port))
        except OSError as error:
            raise ConfigError(f"cannot listen at {host}:{listening.port}: {error.strerror}") from None
        bound.set_inheritable(True)
        yield bound


@contextmanager
def _environment(settings: Settings, listening: Listening) -> Iterator[None]:
    """Hand the settings to the application, which reads them from the environment in each process."""
    values = {"SECURE_COOKIES": str(settings.secure_cookies).lower()}
    if settings.trusted_proxies:
        values["TRUSTED_PROXIES"] = ",".join(settings.trusted_proxies)
    with tempfile.TemporaryDirectory(prefix="claimcheck-") as folder:
        if listening.workers > 1:
            # The schema was brought up to date above, once for all processes.
            values["MIGRATE_AT_START"] = "false"
            values["EMBEDDED_WORKER_LOCK"] = str(Path(folder) / "worker.lock")
        before = {f"{PREFIX}{name}": os.environ.get(f"{PREFIX}{name}") for name in values}
        os.environ.update({f"{PREFIX}{name}": value for name, value in values.items()})
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def _address(listening: Listening, bound: socket.socket) -> str:
    host, port, *_ = bound.getsockname()
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if listening.tls else 'http'}://{shown}:{port}"


def _config(settings: Settings, listening: Listening) -> uvicorn.Config:
    return uvicorn.Config(
        APPLICATION,
        factory=True,
        host=listening.host,
        port=listening.port,
        workers=listening.workers,
        reload=listening.reload,
        ssl_certfile=listening.tls_cert,
        ssl_keyfile=listening.tls_key,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=math.ceil(settings.time_limit_seconds) + _REPLY_SECONDS,
        timeout_worker_healthcheck=_HUNG_SECONDS,
        # Our own lines: uvicorn's access log would keep what is asked in an address.
        access_log=False,
        log_config=None,
        server_header=False,
    )


def _serve(config: uvicorn.Config, bound: socket.socket) -> None:
    if config.should_reload:
        ChangeReload(config, target=uvicorn.Server(config).run, sockets=[bound]).run()
    elif config.workers > 1:
        Multiprocess(config, sockets=[bound]).run()
    else:
        server = uvicorn.Server(config)
        with suppress(KeyboardInterrupt):
            server.run(sockets=[bound])
        if not server.started:
            raise ConfigError("the server could not start; its log says why")
