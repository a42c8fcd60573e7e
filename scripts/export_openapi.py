"""Writes the description of the API to ``openapi.json``; ``--check`` only tells whether it is current."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from api.main import create_app
from api.settings import Settings

TARGET = Path(__file__).parent.parent / "openapi.json"


def exported() -> str:
    """Return the document as it is checked in."""
    document = create_app(settings=Settings()).openapi()
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write or compare; the exit status is 1 where the checked-in document is out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, compare only")
    checking = parser.parse_args().check
    current = exported()
    if not checking:
        TARGET.write_text(current, encoding="utf-8")
    elif not TARGET.is_file() or TARGET.read_text(encoding="utf-8") != current:
        print(f"{TARGET.name} is out of date: run scripts/export_openapi.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
