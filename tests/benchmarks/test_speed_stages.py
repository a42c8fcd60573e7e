"""The stages add up, and multiplications are counted as the model is built."""

from __future__ import annotations

import pytest

from benchmarks.speed.stages import Clock, best, multiplications, read, table
from claimcheck.checker import Checker

TEXT = "Turmeric cures arthritis. Ginger may ease nausea. The library is closed on Monday."


def test_each_stage_is_timed_and_none_is_negative(checker: Checker) -> None:
    clock, pieces = read(checker, [TEXT])
    assert {"tokens", "language", "claimcheck_detector", "encoder: arithmetic"} <= clock.seconds.keys()
    assert all(seconds >= 0 for seconds in clock.seconds.values())
    assert pieces > len(TEXT.split()) / 2


def test_the_fastest_round_counts(checker: Checker) -> None:
    clock, _ = best(checker, [TEXT], 3)
    assert clock.total > 0


def test_the_model_reads_as_before_afterwards(checker: Checker) -> None:
    before = checker.check(TEXT).to_dict()
    read(checker, [TEXT])
    assert checker.check(TEXT).to_dict() == before


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ({"layers": 6, "width": None}, 6 * (4 * 384 * 384 + 2 * 384 * 1536)),
        ({"layers": 4, "width": 768}, 4 * (4 * 384 * 384 + 2 * 384 * 768)),
    ],
)
def test_multiplications_follow_depth_and_width(figures: dict[str, int | None], expected: int) -> None:
    assert multiplications(dict(figures)) == expected


def test_the_table_has_the_largest_first() -> None:
    lines = table(Clock({"claimcheck_links": 1e-6, "tokens": 3e-6}), 1).splitlines()
    assert lines[2:] == ["| tokens | 3.0 | 75% |", "| links | 1.0 | 25% |", "| all | 4.0 | |"]
