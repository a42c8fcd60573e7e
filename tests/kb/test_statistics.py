"""What is counted, and on which day's calendar."""

from __future__ import annotations

from datetime import date

import pytest

from claimcheck.kb import schema
from claimcheck.kb.statistics import statistics
from claimcheck.kb.store import KnowledgeBase
from tests.kb.support import reference, small_sources
from tests.reporting.builders import small_kb


def test_figures() -> None:
    figures = statistics(small_kb(), today=date(2026, 11, 22))
    assert figures["counted_on"] == "2026-11-22"
    assert figures["interventions"] == {"reviewed": 1, "names_only": 1}
    assert figures["conditions"] == {"reviewed": 1, "names_only": 0}
    assert figures["classes"] == {"reviewed": 1, "names_only": 0}
    assert figures["statements"] == {
        "reviewed": 2,
        "generated": 1,
        "by_evidence": {
            "supported": 0,
            "limited": 0,
            "mixed": 0,
            "insufficient": 2,
            "refuted": 0,
            "unknown": 0,
        },
        "by_grade": {"very_low": 1, "low": 1, "moderate": 0, "high": 0},
    }
    assert {code: n for code, n in figures["risks"].items() if n} == {"interaction": 1, "dosage": 1}
    assert len(figures["risks"]) == 12
    assert (figures["principles"], figures["regulations"]) == (1, 0)
    assert figures["references"] == {
        "total": 2,
        "checked": 1,
        "share_checked": 0.5,
        "by_publisher": {"Food and Drug Administration": 1, "Journal of Reviews": 1},
        "by_kind": {"regulator": 1, "systematic_review": 1},
        "by_age": {
            "up to 1 year": 0,
            "2 to 3 years": 1,
            "4 to 5 years": 0,
            "6 to 10 years": 0,
            "older": 0,
            "undated": 1,
        },
        "by_year": {"2023": 1, "undated": 1},
        "by_retrieval": {
            "within a month": 2,
            "within half a year": 0,
            "within a year": 0,
            "within two years": 0,
            "longer ago": 0,
            "undated": 0,
        },
    }


@pytest.mark.parametrize(
    ("year", "age"),
    [
        (2023, "up to 1 year"),
        (2024, "up to 1 year"),
        (2025, "2 to 3 years"),
        (2027, "4 to 5 years"),
        (2029, "6 to 10 years"),
        (2033, "6 to 10 years"),
        (2034, "older"),
    ],
)
def test_age_is_counted_in_years_from_publication(year: int, age: str) -> None:
    by_age = statistics(small_kb(), today=date(year, 1, 1))["references"]["by_age"]
    assert by_age[age] == 1


@pytest.mark.parametrize(
    ("today", "label"),
    [
        (date(2026, 11, 22), "within a month"),
        (date(2026, 12, 23), "within a month"),
        (date(2026, 12, 24), "within half a year"),
        (date(2027, 11, 22), "within a year"),
        (date(2028, 11, 21), "within two years"),
        (date(2028, 11, 22), "longer ago"),
    ],
)
def test_the_last_reading_is_counted_in_days(today: date, label: str) -> None:
    by_retrieval = statistics(small_kb(), today=today)["references"]["by_retrieval"]
    assert {key: n for key, n in by_retrieval.items() if n} == {label: 2}


def test_dates_that_nobody_can_read_are_undated() -> None:
    found = small_sources()
    found.references = [
        reference("ref-a", published="soon", retrieved="lately"),
        reference("ref-b", published="٢٠٢٠"),
    ]
    figures = statistics(KnowledgeBase.build(found), today=date(2026, 11, 22))["references"]
    assert figures["by_year"] == {"undated": 2}
    assert figures["by_age"]["undated"] == 2
    assert (figures["by_retrieval"]["undated"], figures["by_retrieval"]["within a month"]) == (1, 1)


def test_monographs_are_what_somebody_has_written_of() -> None:
    """St. John's wort has no statement here, the class of SSRIs has one; sertraline's is from a table."""
    figures = statistics(KnowledgeBase.build(small_sources()), today=date(2026, 11, 22))
    assert figures["monographs"] == {"drug_class": 1, "herb": 1}
    assert figures["statements"]["generated"] == 1


def test_a_statement_from_a_table_makes_no_monograph() -> None:
    found = small_sources()
    found.monographs.pop()  # that of the class of SSRIs
    found.indications = [schema.Indication(drug="SSRIs", condition="low mood", references=["ref-b"])]
    kb = KnowledgeBase.build(found)
    assert [statement.generated for statement in kb.statements("ssris")] == [True]
    assert statistics(kb, today=date(2026, 11, 22))["monographs"] == {"herb": 1}


def test_a_risk_alone_makes_a_monograph() -> None:
    found = small_sources()
    found.monographs[0].statements.clear()
    figures = statistics(KnowledgeBase.build(found), today=date(2026, 11, 22))
    assert figures["monographs"] == {"drug_class": 1, "herb": 1}


def test_nothing_cited_is_nothing_unchecked() -> None:
    found = small_sources()
    found.references.clear()
    figures = statistics(KnowledgeBase.build(found), today=date(2026, 11, 22))
    assert (figures["references"]["total"], figures["references"]["share_checked"]) == (0, 1.0)
