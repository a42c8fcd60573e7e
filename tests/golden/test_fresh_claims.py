"""300 claims written before anybody looked at the monographs: verdicts must not fall behind.

Floors lie a little under what was measured (``python -m benchmarks.quality.verdicts fresh``);
they are raised as the knowledge base grows, and lowered only with a reason in the changelog.
"""

from __future__ import annotations

import pytest

import claimcheck
from benchmarks.quality.verdicts import FRESH, fresh, read

FLOORS = {
    "found": 0.96,
    "intervention_linked": 0.95,
    "target_linked": 0.93,
    "known": 0.68,
    "evidence_right_where_known": 0.87,
    "flagged_right": 0.77,
    "recall_high_or_critical": 0.65,
}


@pytest.fixture(scope="module")
def figures() -> dict[str, float]:
    return fresh(read(FRESH), claimcheck.load())


def test_there_are_three_hundred(figures: dict[str, float]) -> None:
    assert figures["claims"] == 300


@pytest.mark.parametrize("name", FLOORS)
def test_floor(figures: dict[str, float], name: str) -> None:
    assert figures[name] >= FLOORS[name]


def test_hardly_any_refuted_claim_is_called_supported(figures: dict[str, float]) -> None:
    assert figures["refuted_called_supported"] <= 0.01
