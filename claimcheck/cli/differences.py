"""What two states of the knowledge base do not have in common: as plain values, and as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from claimcheck.kb.diff import Change, ChangeKind, Difference, FieldChange, Value
from claimcheck.reporting.printable import printable

_COLOURS = {ChangeKind.ADDED: "green", ChangeKind.REMOVED: "red", ChangeKind.CHANGED: "yellow"}
_TITLES = {
    "spellings": "Other spellings that are recognised",
    "principles": "Principles",
    "regulations": "Rules of law",
    "listed_claims": "Claims that the law lists",
}
# What a reader wants to know of an entry that only one side has; the rest is in the JSON.
_TELLING = {
    "concepts": ("name", "kind", "aliases", "ambiguous"),
    "statements": ("evidence", "grade", "summary", "references"),
    "risks": ("level", "because", "references"),
    "principles": ("evidence", "grade", "summary"),
    "regulations": ("jurisdiction", "rule", "message"),
    "listed_claims": ("substance", "effect", "conditions", "rule"),
    "references": ("title", "publisher", "url"),
}
# Beyond this many code points before and after stand on lines of their own.
_ONE_LINE = 40
_LONGEST_VALUE = 2_000


def difference_dict(difference: Difference) -> dict[str, object]:
    """Return the difference as programs read it: versions, ``equal``, and a list for each section."""
    return {
        "before": difference.before,
        "after": difference.after,
        "equal": difference.equal,
        **difference.sections(),
    }


def print_difference(difference: Difference, console: Console) -> None:
    """Print how many entries of each section differ, then each of them."""
    console.print(f"{printable(difference.before)} compared with {printable(difference.after)}", style="bold")
    if difference.equal:
        console.print("no difference")
        return
    console.print(_summary(difference))
    for section, changes in difference.sections().items():
        if changes:
            console.print(_table(section, changes))


def _summary(difference: Difference) -> Table:
    table = Table("", *(column.value for column in ChangeKind))
    for column in table.columns[1:]:
        column.justify = "right"
    for section, changes in difference.sections().items():
        counts = Counter(change.change for change in changes)
        if changes:
            table.add_row(_title(section), *(str(counts[column]) for column in ChangeKind))
    return table


def _table(section: str, changes: tuple[Change, ...]) -> Table:
    table = Table(title=_title(section), title_justify="left", show_header=False, show_lines=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", ratio=1)
    table.add_column(overflow="fold", ratio=2)
    for change in changes:
        lines = "\n".join(_lines(section, change))
        table.add_row(Text(change.change.value, style=_COLOURS[change.change]), printable(change.id), lines)
    return table


def _title(section: str) -> str:
    return _TITLES.get(section, section.capitalize())


def _lines(section: str, change: Change) -> Iterator[str]:
    """Yield what to tell of a change: all fields of one that differs, the telling ones of any other."""
    told = None if change.change is ChangeKind.CHANGED else _TELLING.get(section)
    for field in change.fields:
        if told is None or field.field in told:
            yield from _field_lines(field, change.change)


def _field_lines(field: FieldChange, change: ChangeKind) -> Iterator[str]:
    label = field.field.replace("_", " ")
    before, after = _shown(field.before), _shown(field.after)
    if change is not ChangeKind.CHANGED:
        yield f"{label}: {after if change is ChangeKind.ADDED else before}"
    elif isinstance(field.before, tuple) and isinstance(field.after, tuple):
        yield f"{label}: {_moved(field.before, field.after)}"
    elif len(before) + len(after) <= _ONE_LINE:
        yield f"{label}: {before} → {after}"
    else:
        yield from (f"{label}", f"  before: {before}", f"  after: {after}")


def _moved(before: tuple[str, ...], after: tuple[str, ...]) -> str:
    """Say which members of a list came and went; a long list is not printed twice."""
    lost = tuple(member for member in before if member not in after)
    gained = tuple(member for member in after if member not in before)
    parts = [
        f"{word} {_shown(members)}" for word, members in (("without", lost), ("with", gained)) if members
    ]
    return "; ".join(parts) or "in another order"


def _shown(value: Value) -> str:
    match value:
        case None | ():
            return "none"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case tuple():
            return printable(", ".join(value), limit=_LONGEST_VALUE)
        case _:
            return printable(value, limit=_LONGEST_VALUE)
