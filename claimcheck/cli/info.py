"""``claimcheck info``: versions, fingerprints, licences and limits."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import TypedDict

from rich.console import Console
from rich.table import Table

from claimcheck.cli import loading
from claimcheck.cli.failing import explained
from claimcheck.cli.inputs import MAXIMUM_BYTES
from claimcheck.cli.knowledge import Format, FormatOption
from claimcheck.cli.output import show_drawn, show_json
from claimcheck.kb.store import KnowledgeBase

LIMITS = {
    "text": f"at most {MAXIMUM_BYTES:,} bytes a text",
    "language": "English; other texts get an empty report with the warning unsupported_language",
    "use": "no medical advice, and no decision to remove anything",
}


class DataDict(TypedDict):
    """A public data set that names or indications come from."""

    title: str
    publisher: str
    licence: str
    url: str


class Information(TypedDict):
    """What this installation is made of."""

    versions: dict[str, str]
    artefacts: dict[str, str]
    licence: str
    data: list[DataDict]
    reference_licences: dict[str, int]
    limits: dict[str, str]


def info(output_format: FormatOption = Format.TEXT) -> None:
    """Show versions, fingerprints of trained parts, licences of data, and limits."""
    with explained():
        checker = loading.get_checker()
    information = _information(checker)
    if output_format is Format.JSON:
        show_json(information)
    else:
        show_drawn(lambda console: _print_information(information, console))


def artefact_hashes(directory: Path) -> dict[str, str]:
    """Return the sha256 of every file below ``directory`` as it is on disk now, by relative path."""
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return {
        path.relative_to(directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def _information(checker: loading.TextChecker) -> Information:
    versions = checker.versions
    return {
        "versions": {
            "claimcheck": versions.claimcheck,
            "model": versions.model,
            "kb": versions.kb,
            "rules": versions.rules,
            "policy": versions.policy,
        },
        "artefacts": artefact_hashes(loading.artefact_root()),
        "licence": "Apache-2.0",
        "data": _data_sets(checker.kb),
        "reference_licences": _reference_licences(checker.kb),
        "limits": LIMITS,
    }


def _data_sets(kb: KnowledgeBase) -> list[DataDict]:
    return [
        {"title": r.title, "publisher": r.publisher, "licence": r.licence, "url": r.url}
        for r in kb.references()
        if r.kind == "dataset"
    ]


def _reference_licences(kb: KnowledgeBase) -> dict[str, int]:
    counts = Counter(reference.licence for reference in kb.references())
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _print_information(information: Information, console: Console) -> None:
    sections: dict[str, dict[str, str]] = {
        "Versions": information["versions"],
        "Limits": information["limits"],
        "Licences of cited documents": {k: str(n) for k, n in information["reference_licences"].items()},
    }
    console.print(f"Licence of the program: {information['licence']}")
    for title, rows in sections.items():
        table = Table(title=title, title_justify="left", show_header=False)
        for name, value in rows.items():
            table.add_row(name, value)
        console.print(table if rows else f"{title}: none")
    console.print(
        "Trained parts (sha256)" if information["artefacts"] else "Trained parts: none", style="bold"
    )
    for name, digest in information["artefacts"].items():
        console.print(f"{digest}  {name}", soft_wrap=True)
    for data_set in information["data"]:
        console.print(
            f"Data: {data_set['title']}, {data_set['publisher']}: {data_set['licence']}. {data_set['url']}",
            soft_wrap=True,
        )
