"""Where the server's own log lines go; no line ever holds submitted text."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal

from asgi_correlation_id import correlation_id

logger = logging.getLogger("claimcheck.api")
server_logger = logging.getLogger("uvicorn.error")
_SILENT = logging.CRITICAL + 1


class TextLines(logging.Formatter):
    """One readable line a record, with the request's id."""

    def format(self, record: logging.LogRecord) -> str:
        """Return ``time level [request id] message``."""
        return f"{_time(record)} {record.levelname} [{correlation_id.get() or '-'}] {record.getMessage()}"


class JsonLines(logging.Formatter):
    """One JSON object a record."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as compact JSON, with the fields it was given beside its message."""
        return json.dumps(
            {
                "time": _time(record),
                "level": record.levelname,
                "logger": record.name,
                "request_id": correlation_id.get(),
                "message": record.getMessage(),
                **getattr(record, "fields", {}),
            }
        )


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds")


def configure(log_format: Literal["text", "json", "off"]) -> None:
    """Send this server's lines to standard error, unless the program around it has its own logging."""
    for source in (logger, server_logger):
        source.setLevel(_SILENT if log_format == "off" else logging.INFO)
        if log_format == "off" or source.hasHandlers():
            continue
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines() if log_format == "json" else TextLines())
        source.addHandler(handler)
