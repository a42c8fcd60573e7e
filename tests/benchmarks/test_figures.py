"""Figures against counts made by hand."""

from __future__ import annotations

import pytest

from benchmarks.quality.figures import Counts, calibration_error, interval, macro_f1


def test_counts() -> None:
    counts = Counts(true=6, false=2, missed=4)
    assert counts.precision == 0.75
    assert counts.recall == 0.6
    assert counts.f1 == pytest.approx(2 * 0.75 * 0.6 / (0.75 + 0.6))


def test_counts_of_nothing_are_zero() -> None:
    nothing = Counts()
    assert (nothing.precision, nothing.recall, nothing.f1) == (0.0, 0.0, 0.0)
    assert Counts(false=3).precision == 0.0
    assert Counts(missed=3).recall == 0.0


def test_counts_add_up() -> None:
    assert Counts(1, 2, 3) + Counts(10, 20, 30) == Counts(11, 22, 33)


@pytest.mark.parametrize(
    ("chances", "outcomes", "expected"),
    [
        ([], [], 0.0),
        ([1.0, 0.0], [True, False], 0.0),
        ([1.0, 0.0], [False, True], 1.0),
        ([0.7], [True], 0.3),
        ([0.2, 0.6], [False, True], 0.3),
    ],
)
def test_calibration_error(chances: list[float], outcomes: list[bool], expected: float) -> None:
    assert calibration_error(chances, outcomes) == pytest.approx(expected)


def test_calibration_is_read_over_bins_of_equal_mass() -> None:
    """One bin forgives what two bins show: 0.1 and 0.9 said, the other way round seen."""
    chances, outcomes = [0.1, 0.1, 0.9, 0.9], [True, True, False, False]
    assert calibration_error(chances, outcomes, bins=1) == pytest.approx(0.0)
    assert calibration_error(chances, outcomes, bins=2) == pytest.approx(0.9)


def test_calibration_weighs_bins_by_their_size() -> None:
    """Three at 0.5 of which one holds (error 1/6 of the mean), one at 1.0 that holds."""
    error = calibration_error([0.5, 0.5, 0.5, 1.0], [True, False, False, True], bins=2)
    assert error == pytest.approx(0.5 * abs(0.5 - 0.5) + 0.5 * abs(0.75 - 0.5))


def test_the_order_of_rows_changes_nothing_for_distinct_chances() -> None:
    rows = [(0.1, False), (0.35, True), (0.8, True), (0.6, False)]
    one = calibration_error([c for c, _ in rows], [o for _, o in rows], bins=2)
    other = calibration_error([c for c, _ in reversed(rows)], [o for _, o in reversed(rows)], bins=2)
    assert one == pytest.approx(other)


def test_macro_f1() -> None:
    """``a``: 2 of 2 found, one too many (F1 0.8). ``b``: 1 of 2 found (F1 2/3)."""
    assert macro_f1(["a", "a", "b", "b"], ["a", "a", "a", "b"]) == pytest.approx((0.8 + 2 / 3) / 2)


def test_macro_f1_counts_the_labels_that_occur_in_gold() -> None:
    assert macro_f1([], []) == 0.0
    assert macro_f1(["a", "a"], ["a", "z"]) == pytest.approx(2 / 3)
    assert macro_f1(["a"], ["z"]) == 0.0


def test_rows_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        macro_f1(["a", "b"], ["a"])


def test_an_interval_holds_the_figure_and_is_repeatable() -> None:
    values = [0.0, 1.0] * 30
    low, high = interval(values, lambda some: sum(some) / len(some))
    assert 0.3 < low < 0.5 < high < 0.7
    assert interval(values, lambda some: sum(some) / len(some)) == (low, high)
    assert interval([0.25] * 5, lambda some: sum(some) / len(some)) == (0.25, 0.25)
