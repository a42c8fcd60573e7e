"""Writes the expected report beside each article: ``python -m tests.golden.update``.

Run it after a change that is meant to alter reports, and read the difference:
it is what users will see.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import claimcheck
from claimcheck.checker import Checker

FOLDER = Path(__file__).parent
MASK = "masked"


def articles() -> list[Path]:
    """Return the articles, in order of their names."""
    return sorted(FOLDER.glob("*.txt"))


def expected(article: Path) -> Path:
    """Return where the report of an article is kept."""
    return article.with_suffix(".json")


def masked(checker: Checker, text: str) -> dict[str, Any]:
    """Return the report of a text without its versions, which change with every release."""
    report = checker.check(text).to_dict()
    report["versions"] = dict.fromkeys(report["versions"], MASK)
    return report


def written(report: dict[str, Any]) -> str:
    """Return a report as the file holds it: one key a line, so that differences can be read."""
    return json.dumps(report, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every expected report."""
    checker = claimcheck.load()
    for article in articles():
        report = masked(checker, article.read_text(encoding="utf-8"))
        expected(article).write_text(written(report), encoding="utf-8")


if __name__ == "__main__":
    main()
