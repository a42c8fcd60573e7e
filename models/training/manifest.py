"""Writes ``models/artefacts/manifest.json`` (sha256 of every shipped file) and the cards' tables of figures.

Usage: python -m models.training.manifest [--artefacts models/artefacts] [--check]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

MARK = re.compile(r"(<!-- figures -->\n).*?(<!-- end of figures -->)", re.DOTALL)
LEFT_OUT = frozenset(("train", "pool", "data", "minilm", "out", "threads", "silver", "start"))


def manifest(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file of every artefact but its card, by path."""
    files = sorted(p for p in folder.glob("*/*") if p.is_file() and p.suffix != ".md")
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def table(meta: dict[str, Any]) -> str:
    """Return the figures of an artefact's ``meta.json`` as a Markdown table."""
    lines = ["| figure | value |", "| --- | --- |"]
    for name, value in meta["figures"].items():
        if isinstance(value, dict):
            lines += [f"| {name}: {inner} | {shown} |" for inner, shown in value.items()]
        elif name not in LEFT_OUT and value is not None:
            lines.append(f"| {name} | {value} |")
    return "\n".join(lines) + "\n"


def with_figures(card: str, meta: dict[str, Any]) -> str:
    """Return a card with its table of figures written anew.

    Raises:
        ValueError: the card has no place for one.
    """
    if MARK.search(card) is None:
        raise ValueError("the card has no <!-- figures --> part")
    return MARK.sub(lambda m: m.group(1) + table(meta) + m.group(2), card)


def main() -> int:
    """Write, or with ``--check`` only compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--artefacts", type=Path, default=Path("models/artefacts"))
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    wanted = {
        arguments.artefacts / "manifest.json": json.dumps(manifest(arguments.artefacts), indent=1) + "\n"
    }
    for meta_file in sorted(arguments.artefacts.glob("*/meta.json")):
        card = meta_file.parent / "CARD.md"
        meta = json.loads(meta_file.read_text(encoding="utf-8"))
        wanted[card] = with_figures(card.read_text(encoding="utf-8"), meta)
    changed = [p for p, text in wanted.items() if not p.exists() or p.read_text(encoding="utf-8") != text]
    if arguments.check:
        print("\n".join(f"{p} is not up to date" for p in changed) or "up to date")
        return 1 if changed else 0
    for path in changed:
        path.write_text(wanted[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
