"""Makes the recognition names and the generated indications from public tables.

Usage: python scripts/import_names.py TABLES_FOLDER

Reads ``drugs``, ``supplements``, ``conditions`` and ``treats`` (gzipped TSV with
a header line) and writes ``claimcheck/kb/data/names/*.jsonl`` and
``claimcheck/kb/data/indications/tables.jsonl``.  The tables' origins and
licences stand in NOTICE.  Run by hand when the tables change; what it writes is
reviewed and checked in, so that nothing else ever needs the tables.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from claimcheck import surface  # noqa: E402 - the script runs from a checkout that may not be installed
from claimcheck.kb.compile import slug  # noqa: E402

DATA = ROOT / "claimcheck" / "kb" / "data"
HERE = Path(__file__).resolve().parent
# Chemical names and registry strings help nobody who reads an advert.
READABLE = re.compile(r"[A-Za-zÀ-ÿ0-9'’\- .+&]{3,48}")
KINDS = {
    "herb_or_supplement": "supplement",
    "herb": "herb",
    "supplement": "supplement",
    "diet": "diet",
    "diet_therapy": "diet",
    "dietary_supplement": "supplement",
    "complementary_practice": "practice",
    "plant_or_complex_mixture": "supplement",
}


def words(name: str) -> frozenset[str]:
    """Return the entries of one word list beside this script."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def table(folder: Path, name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of one gzipped table."""
    csv.field_size_limit(10_000_000)
    with gzip.open(folder / f"{name}.tsv.gz", "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, delimiter="\t")


def split(row: dict[str, str], *keys: str) -> list[str]:
    """Return the readable, distinct names of a row's bar-separated columns."""
    found: dict[str, str] = {}
    for key in keys:
        for name in (row.get(key) or "").split("|"):
            tidy = " ".join(name.split())
            if READABLE.fullmatch(tidy) and len(tidy.split()) <= 5:
                found.setdefault(" ".join(surface.comparable(tidy)), tidy)
    return list(found.values())


def _is_initials(name: str) -> bool:
    """Bare initials ("THE", "MI") stand for too much; reviewed aliases carry the ones that matter."""
    if " " in name or any(c.isdigit() for c in name):
        return False
    return len(name) < 4 or (len(name) < 6 and name.isupper())


def sort_out(
    names: Iterable[str], *, common: frozenset[str], ambiguous: frozenset[str]
) -> tuple[list[str], list[str]]:
    """Return (plain, needs context), dropping everyday words and bare initials."""
    plain: list[str] = []
    needs_context: list[str] = []
    for name in names:
        low = name.lower()
        if low in common or _is_initials(name):
            continue
        (needs_context if low in ambiguous or low.rstrip("s") in ambiguous else plain).append(name)
    return plain, needs_context


def write(path: Path, rows: Iterable[dict[str, object]]) -> None:
    """Write one JSON object a line, ordered by id."""
    path.parent.mkdir(exist_ok=True)
    kept: dict[str, dict[str, object]] = {}
    for row in rows:
        kept.setdefault(str(row.get("id") or f"{row['drug']}/{row['condition']}"), row)
    lines = [json.dumps(kept[key], ensure_ascii=False) for key in sorted(kept)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{path.relative_to(ROOT)}: {len(lines)} rows")


def named(
    row_names: list[str], kind: str, *, common: frozenset[str], ambiguous: frozenset[str]
) -> dict[str, object] | None:
    """Return one name record, or None where nothing readable is left."""
    plain, needs_context = sort_out(row_names, common=common, ambiguous=ambiguous)
    if not plain and not needs_context:
        return None
    name = (plain or needs_context)[0]
    identity = slug(name)
    if not identity:
        return None
    record: dict[str, object] = {
        "id": identity,
        "name": name,
        "kind": kind,
        "aliases": plain[1:] if plain else [],
    }
    if needs_context:
        record["ambiguous"] = needs_context
    return record


def main(folder: Path) -> None:
    """Write all name files from the tables in ``folder``."""
    common, ambiguous = words("names_common_words.txt"), words("names_ambiguous.txt")
    wrong = words("indications_wrong.tsv")
    drugs: list[dict[str, object]] = []
    for row in table(folder, "drugs"):
        record = named(split(row, "name", "synonyms", "brands"), "drug", common=common, ambiguous=ambiguous)
        if record:
            drugs.append(record)
    write(DATA / "names" / "drugs.jsonl", drugs)
    supplements = (
        named(
            split(row, "name", "synonyms"),
            KINDS.get(row["kind"], "supplement"),
            common=common,
            ambiguous=ambiguous,
        )
        for row in table(folder, "supplements")
    )
    write(DATA / "names" / "supplements.jsonl", (r for r in supplements if r))
    conditions: list[dict[str, object]] = []
    for row in table(folder, "conditions"):
        record = named(split(row, "name", "synonyms"), "condition", common=common, ambiguous=ambiguous)
        if record:
            conditions.append(record)
    write(DATA / "names" / "conditions.jsonl", conditions)
    write(
        DATA / "indications" / "tables.jsonl",
        (
            {"drug": row["compound"], "condition": row["condition"], "references": ["indications-catalog"]}
            for row in table(folder, "treats")
            if row["relation"] == "treats"
            and row["condition"]
            and f"{row['compound']}\t{row['condition']}" not in wrong
            and row["source"].startswith(("PharmacotherapyDB", "LabeledIn (expert"))
        ),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
