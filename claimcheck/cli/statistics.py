"""What the knowledge base covers, counted: the figures behind ``kb stats``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import TypedDict

from rich.console import Console
from rich.table import Table

from claimcheck.kb.schema import Reference
from claimcheck.kb.store import Concept, KnowledgeBase
from claimcheck.types import Evidence, Grade, Kind, Risk

PUBLISHERS_SHOWN = 15
# Upper ends in years; a document is counted under the first that it does not exceed.
_AGES = ((1, "up to 1 year"), (3, "2 to 3 years"), (5, "4 to 5 years"), (10, "6 to 10 years"))


class CoverageDict(TypedDict):
    """Concepts of one sort: written by people, and known by name only."""

    reviewed: int
    names_only: int


class StatementCounts(TypedDict):
    """Statements of reviewers, and those that come from public tables."""

    reviewed: int
    generated: int
    by_evidence: dict[str, int]
    by_grade: dict[str, int]


class ReferenceCounts(TypedDict):
    """Cited documents; ``share_checked`` is the share that somebody opened, 0 to 1."""

    total: int
    share_checked: float
    by_publisher: dict[str, int]
    by_kind: dict[str, int]
    by_age: dict[str, int]


class Statistics(TypedDict):
    """All figures of one knowledge base."""

    version: str
    interventions: CoverageDict
    conditions: CoverageDict
    classes: CoverageDict
    principles: int
    regulations: int
    statements: StatementCounts
    risks: dict[str, int]
    references: ReferenceCounts


def statistics(kb: KnowledgeBase, *, today: date) -> Statistics:
    """Count what ``kb`` holds; ages are those of ``today``, by year of publication.

    Statements by evidence and grade count reviewed ones only, so that a public
    table of indications cannot make the reviewers' work look larger.
    """
    concepts = tuple(kb.concepts())
    statements = kb.all_statements()
    reviewed = [statement for statement in statements if not statement.generated]
    return {
        "version": kb.version,
        "interventions": _coverage(c for c in concepts if _is_intervention(c)),
        "conditions": _coverage(c for c in concepts if c.kind.is_target),
        "classes": _coverage(c for c in concepts if c.kind is Kind.DRUG_CLASS),
        "principles": len(kb.principles),
        "regulations": len(kb.regulations),
        "statements": {
            "reviewed": len(reviewed),
            "generated": len(statements) - len(reviewed),
            "by_evidence": _in_order(Evidence, (s.evidence for s in reviewed)),
            "by_grade": _in_order(Grade, (s.grade for s in reviewed)),
        },
        "risks": _in_order(Risk, (risk.code for risk in kb.all_risks())),
        "references": _references(kb.references(), today=today),
    }


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
    console.print(_table("Statements by evidence", counts["by_evidence"]))
    console.print(_table("Statements by grade", counts["by_grade"]))
    console.print(_table("Risks by code", figures["risks"]))
    console.print(_table("References by kind", references["by_kind"]))
    console.print(_table("References by age", references["by_age"]))
    console.print(_table("References by publisher", references["by_publisher"], limit=PUBLISHERS_SHOWN))


def _is_intervention(concept: Concept) -> bool:
    return not concept.kind.is_target and concept.kind is not Kind.DRUG_CLASS


def _coverage(concepts: Iterable[Concept]) -> CoverageDict:
    counts = Counter(concept.reviewed for concept in concepts)
    return {"reviewed": counts[True], "names_only": counts[False]}


def _in_order(labels: Iterable[str], found: Iterable[str]) -> dict[str, int]:
    counts = Counter(map(str, found))
    return {str(label): counts[str(label)] for label in labels}


def _references(references: tuple[Reference, ...], *, today: date) -> ReferenceCounts:
    checked = sum(reference.checked for reference in references)
    ages = Counter(_age(reference, today=today) for reference in references)
    labels = [label for _, label in _AGES] + ["older", "undated"]
    return {
        "total": len(references),
        "share_checked": round(checked / len(references), 4) if references else 1.0,
        "by_publisher": _most_first(reference.publisher for reference in references),
        "by_kind": _most_first(reference.kind for reference in references),
        "by_age": {label: ages[label] for label in labels},
    }


def _most_first(found: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(found).items(), key=lambda item: (-item[1], item[0])))


def _age(reference: Reference, *, today: date) -> str:
    year = (reference.published or "")[:4]
    if not year.isdecimal():
        return "undated"
    years = today.year - int(year)
    return next((label for limit, label in _AGES if years <= limit), "older")


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
