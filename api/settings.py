"""What an operator may set, from environment variables that begin with ``CLAIMCHECK_``.

Limits can be lowered, never raised above the caps written here: a caller may
rely on the server to stay within them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from limits import parse_many
from platformdirs import user_data_path
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from claimcheck.errors import ConfigError

PREFIX = "CLAIMCHECK_"
TEXT_BYTES_CAP = 1_000_000
REQUEST_BYTES_CAP = 5_000_000
ITEMS_CAP = 100
UPLOAD_BYTES_CAP = 1_000_000_000


def default_database_url() -> str:
    """Return the address of a SQLite file in the user's own data folder."""
    return f"sqlite:///{Path(user_data_path('claimcheck', appauthor=False)) / 'claimcheck.db'}"


class Settings(BaseSettings):
    """The server's settings.

    Attributes:
        allowed_hosts: names this server answers to (the ``Host`` header), separated by commas in the
            environment; ``*.example.org`` allows subdomains.
        max_text_bytes: longest text, in UTF-8 bytes.
        max_request_bytes: longest request body, in bytes.
        max_items: most texts in one request.
        workers: checks that run at the same time.
        waiting: requests that may wait for a free worker; one more is refused with 503.
        time_limit_seconds: after this time a request is answered with 503, waiting included.
        log_format: ``text`` or ``json`` lines on standard error, or ``off``.
        database_url: ``sqlite:///path`` or ``postgresql://user:password@host/name``.
        migrate_at_start: bring the database to this version's schema before serving.
        require_key: ask callers of the API that sends or stores texts for a key. Without, anyone who
            reaches the server may score texts, and nothing else; meant for one person's own machine.
        rate_limit: calls of one key (or, without a key, of one address), as ``600/minute``; several
            limits are separated by ``;``.
        session_hours: how long a sign-in to the console lasts without use.
        secure_cookies: send the console's cookie over TLS only; set wherever the server is not on loopback.
        trusted_proxies: addresses of the proxies whose ``Forwarded`` headers are believed.
        max_upload_bytes: largest file of a job or an import.
        max_kb_age_days: a knowledge base older than this makes ``/readyz`` fail; 0 for no limit.
        embedded_worker: run jobs and webhooks inside the server, too; off where ``claimcheck worker`` does.
        webhook_private_hosts: names of hosts that webhooks may be sent to although they are not on the
            public internet, separated by commas in the environment.
        embedded_worker_lock: a file that server processes share, so that one of them alone runs the worker;
            ``claimcheck serve --workers`` sets it.
        batch_window_ms: how long a check may wait for others to be read together with.
        check_processes: processes that check texts; 0 checks in threads of the server.
        telemetry_endpoint: where to send OpenTelemetry traces; none are made without it.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    allowed_hosts: Annotated[tuple[str, ...], NoDecode, Field(min_length=1, max_length=100)] = (
        "localhost",
        "127.0.0.1",
        "[::1]",
        "testserver",
    )
    max_text_bytes: int = Field(default=TEXT_BYTES_CAP, ge=1, le=TEXT_BYTES_CAP)
    max_request_bytes: int = Field(default=REQUEST_BYTES_CAP, ge=1, le=REQUEST_BYTES_CAP)
    max_items: int = Field(default=ITEMS_CAP, ge=1, le=ITEMS_CAP)
    workers: int = Field(default=4, ge=1, le=64)
    waiting: int = Field(default=32, ge=0, le=1_000)
    time_limit_seconds: float = Field(default=30.0, gt=0, le=300)
    log_format: Literal["text", "json", "off"] = "text"
    database_url: str = Field(default_factory=default_database_url, repr=False)
    migrate_at_start: bool = True
    require_key: bool = True
    rate_limit: str = Field(default="1200/minute", max_length=100)
    session_hours: float = Field(default=12.0, gt=0, le=24 * 30)
    secure_cookies: bool = False
    trusted_proxies: Annotated[tuple[str, ...], NoDecode, Field(max_length=100)] = ()
    max_upload_bytes: int = Field(default=200_000_000, ge=1, le=UPLOAD_BYTES_CAP)
    max_kb_age_days: int = Field(default=400, ge=0, le=10_000)
    embedded_worker: bool = True
    embedded_worker_lock: Path | None = None
    webhook_private_hosts: Annotated[tuple[str, ...], NoDecode, Field(max_length=100)] = ()
    batch_window_ms: float = Field(default=3.0, ge=0, le=100)
    check_processes: int = Field(default=0, ge=0, le=64)
    telemetry_endpoint: str | None = Field(default=None, max_length=2_000)

    @field_validator("rate_limit")
    @classmethod
    def _readable_rate(cls, value: str) -> str:
        parse_many(value)
        return value

    @field_validator("allowed_hosts", "trusted_proxies", "webhook_private_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(host.strip() for host in value.split(",") if host.strip())
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _only_leading_wildcards(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if "*" in host.removeprefix("*.") and host != "*":
                raise ValueError("a wildcard is only allowed as '*' or as the first label: '*.example.org'")
        return hosts

    @model_validator(mode="after")
    def _text_fits_request(self) -> Self:
        if self.max_text_bytes > self.max_request_bytes:
            raise ValueError("max_text_bytes is larger than max_request_bytes")
        return self


def from_environment() -> Settings:
    """Read the settings from the environment.

    Raises:
        ConfigError: a variable has a value that cannot be used; the message names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        faults = (
            f"{PREFIX}{'_'.join(map(str, fault['loc'])).upper() or '*'}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False, include_context=False)
        )
        raise ConfigError("; ".join(faults)) from None
