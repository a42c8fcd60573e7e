"""Reports as indented JSON: one object for one text, an array for several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from claimcheck.reporting.report import NamedReport

_INDENT = 2


def render(documents: Iterable[NamedReport], *, several: bool = False) -> Iterator[str]:
    """Yield the JSON of the one report, or an array in which each names its file.

    Args:
        documents: the reports; one at most where ``several`` is false.
        several: whether to write an array, whatever the number of reports.
    """
    if not several:
        for document in documents:
            yield document.report.to_json(indent=_INDENT) + "\n"
        return
    yield "["
    between = "\n"
    for document in documents:
        item = msgspec.json.encode({"file": document.name, **document.report.to_dict()})
        yield between + msgspec.json.format(item, indent=_INDENT).decode()
        between = ",\n"
    yield "\n]\n"
