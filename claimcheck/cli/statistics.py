"""The figures of the knowledge base as tables for a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from claimcheck.kb.statistics import Statistics

PUBLISHERS_SHOWN = 15


def print_statistics(figures: Statistics, console: Console) -> None:
    """Print the figures as tables."""
    console.print(f"Knowledge base {figures['version']}", style="bold")
    console.print(_coverage_table(figures))
    counts, references = figures["statements"], figures["references"]
    reviewed, generated = counts["reviewed"], counts["generated"]
    console.print(f"{reviewed} reviewed statements, {generated} generated from public tables")
    console.print(f"{figures['principles']} principles, {figures['regulations']} rules of law")
    share = f"{references['share_checked']:.0%} opened by somebody"
    console.print(f"{references['total']} references, {share}")
    console.print(_table("Monographs by kind", figures["monographs"]))
    console.print(_table("Statements by evidence", counts["by_evidence"]))
    console.print(_table("Statements by grade", counts["by_grade"]))
    console.print(_table("Risks by code", figures["risks"]))
    console.print(_table("References by kind", references["by_kind"]))
    console.print(_table("References by age", references["by_age"]))
    console.print(_table("References by the day they were last read", references["by_retrieval"]))
    console.print(_table("References by publisher", references["by_publisher"], limit=PUBLISHERS_SHOWN))


def _coverage_table(figures: Statistics) -> Table:
    table = Table(title="Coverage", title_justify="left")
    for heading in ("", "reviewed", "names only"):
        table.add_column(heading, justify="right" if heading else "left")
    rows = {name: figures[name] for name in ("interventions", "conditions", "classes")}
    for name, row in rows.items():
        table.add_row(name, str(row["reviewed"]), str(row["names_only"]))
    return table


def _table(title: str, counts: dict[str, int], *, limit: int | None = None) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    rows = list(counts.items())
    shown = rows[:limit]
    for label, count in shown:
        table.add_row(label.replace("_", " "), str(count))
    if len(rows) > len(shown):
        table.add_row(f"{len(rows) - len(shown)} others", str(sum(count for _, count in rows[len(shown) :])))
    return table
