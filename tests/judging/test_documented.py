"""docs/judging.md against the code: its table of rules, its factors, its labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from claimcheck.judging import evidence
from claimcheck.judging.risk.registry import RULES
from claimcheck.judging.risk.rules import serious_condition
from claimcheck.types import Assessment, Basis, Evidence, Grade, Kind, Relation

PAGE = (Path(__file__).parents[2] / "docs" / "judging.md").read_text(encoding="utf-8")
BEGIN, END = "<!-- rules: begin -->\n", "<!-- rules: end -->"


def rules_table() -> str:
    rows = [f"| `{rule.id}` | {rule.title} | {rule.basis} |" for rule in RULES]
    return "\n".join(["| rule | flags when | rests on |", "| --- | --- | --- |", *rows]) + "\n"


def test_the_table_of_rules_is_that_of_the_code() -> None:
    written = PAGE[PAGE.index(BEGIN) + len(BEGIN) : PAGE.index(END)]
    assert written == rules_table()


@pytest.mark.parametrize("label", [*Basis, *Evidence, *Assessment])
def test_every_label_is_explained(label: str) -> None:
    assert f"`{label}`" in PAGE


@pytest.mark.parametrize("grade", list(Grade))
def test_grade_factors(grade: Grade) -> None:
    assert f"{grade.replace('_', ' ')} {evidence.GRADE_CONFIDENCE[grade]:g}" in PAGE


@pytest.mark.parametrize("basis", [b for b in Basis if b is not Basis.NONE])
def test_step_factors(basis: Basis) -> None:
    assert f"`{basis}` {evidence.BASIS_CONFIDENCE[basis]:g}" in PAGE


@pytest.mark.parametrize(
    ("row", "kinds"),
    [
        ("drug, vaccine, psychotherapy", [Kind.DRUG, Kind.DRUG_CLASS, Kind.VACCINE, Kind.PSYCHOTHERAPY]),
        ("exercise, procedure, device", [Kind.EXERCISE, Kind.PROCEDURE, Kind.DEVICE]),
        ("food, diet", [Kind.FOOD, Kind.DIET]),
        (
            "herb, supplement, homeopathic, practice, other",
            [Kind.HERB, Kind.SUPPLEMENT, Kind.HOMEOPATHIC, Kind.PRACTICE, Kind.OTHER],
        ),
        ("not in the knowledge base", [None]),
    ],
)
def test_levels_for_serious_conditions(row: str, kinds: list[Kind | None]) -> None:
    relations = (Relation.CURES, Relation.TREATS, Relation.RELIEVES, Relation.IMPROVES)
    for kind in kinds:
        levels = " | ".join(serious_condition.table_level(kind, relation) for relation in relations)
        assert f"| {row} | {levels} |" in PAGE
