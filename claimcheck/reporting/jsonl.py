"""One compact report a line, each with the name of its file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from claimcheck.reporting.report import NamedReport


def render(documents: Iterable[NamedReport]) -> Iterator[str]:
    """Yield one line of JSON a document: the report with ``file`` before its first key."""
    for document in documents:
        line = {"file": document.name, **document.report.to_dict()}
        yield msgspec.json.encode(line).decode() + "\n"
