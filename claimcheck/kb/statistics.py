"""What the knowledge base covers, counted: the figures behind ``kb stats``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import TypedDict

from claimcheck.kb.schema import Reference
from claimcheck.kb.store import Concept, KnowledgeBase
from claimcheck.types import Evidence, Grade, Kind, Risk

UNDATED = "undated"
# Upper ends in years; a document is counted under the first that it does not exceed.
_AGES = ((1, "up to 1 year"), (3, "2 to 3 years"), (5, "4 to 5 years"), (10, "6 to 10 years"))
# The same in days, for the day on which somebody last read it.
_READ = (
    (31, "within a month"),
    (182, "within half a year"),
    (365, "within a year"),
    (730, "within two years"),
)


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
    checked: int
    share_checked: float
    by_publisher: dict[str, int]
    by_kind: dict[str, int]
    by_age: dict[str, int]
    by_year: dict[str, int]
    by_retrieval: dict[str, int]


class Statistics(TypedDict):
    """All figures of one knowledge base."""

    version: str
    counted_on: str
    interventions: CoverageDict
    conditions: CoverageDict
    classes: CoverageDict
    monographs: dict[str, int]
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
        "counted_on": today.isoformat(),
        "interventions": _coverage(c for c in concepts if _is_intervention(c)),
        "conditions": _coverage(c for c in concepts if c.kind.is_target),
        "classes": _coverage(c for c in concepts if c.kind is Kind.DRUG_CLASS),
        "monographs": _most_first(concept.kind.value for concept in _monographs(kb)),
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


def _is_intervention(concept: Concept) -> bool:
    return not concept.kind.is_target and concept.kind is not Kind.DRUG_CLASS


def _coverage(concepts: Iterable[Concept]) -> CoverageDict:
    counts = Counter(concept.reviewed for concept in concepts)
    return {"reviewed": counts[True], "names_only": counts[False]}


def _monographs(kb: KnowledgeBase) -> Iterator[Concept]:
    """Yield what somebody has written of: a class that only lists its members is no monograph."""
    for concept in kb.concepts():
        stated = any(not statement.generated for statement in kb.statements(concept.id))
        if concept.reviewed and (stated or kb.risks(concept.id)):
            yield concept


def _in_order(labels: Iterable[str], found: Iterable[str]) -> dict[str, int]:
    counts = Counter(map(str, found))
    return {str(label): counts[str(label)] for label in labels}


def _references(references: tuple[Reference, ...], *, today: date) -> ReferenceCounts:
    checked = sum(reference.checked for reference in references)
    return {
        "total": len(references),
        "checked": checked,
        "share_checked": round(checked / len(references), 4) if references else 1.0,
        "by_publisher": _most_first(reference.publisher for reference in references),
        "by_kind": _most_first(reference.kind for reference in references),
        "by_age": _in_order(
            [label for _, label in _AGES] + ["older", UNDATED],
            (_age(reference, today=today) for reference in references),
        ),
        "by_year": dict(sorted(Counter(map(_year, references)).items())),
        "by_retrieval": _in_order(
            [label for _, label in _READ] + ["longer ago", UNDATED],
            (_last_read(reference, today=today) for reference in references),
        ),
    }


def _most_first(found: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(found).items(), key=lambda item: (-item[1], item[0])))


def _year(reference: Reference) -> str:
    year = (reference.published or "")[:4]
    return year if len(year) == 4 and year.isascii() and year.isdecimal() else UNDATED


def _age(reference: Reference, *, today: date) -> str:
    year = _year(reference)
    if year == UNDATED:
        return UNDATED
    years = today.year - int(year)
    return next((label for limit, label in _AGES if years <= limit), "older")


def _last_read(reference: Reference, *, today: date) -> str:
    try:
        days = (today - date.fromisoformat(reference.retrieved)).days
    except ValueError:  # a knowledge base that has not passed its checks
        return UNDATED
    return next((label for limit, label in _READ if days <= limit), "longer ago")
