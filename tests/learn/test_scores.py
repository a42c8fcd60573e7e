"""What a text's scores mean."""

from __future__ import annotations

from claimcheck.learn.scores import Curve, ScoreCalibration
from claimcheck.types import Scores

LINE = Curve((0.2, 0.6), (0.1, 0.9))


def test_between_points_it_is_a_line_and_beyond_them_flat() -> None:
    assert [LINE(x) for x in (0.1, 0.2, 0.4, 0.6, 0.95)] == [0.1, 0.1, 0.5, 0.9, 0.9]


def test_no_claim_no_chance() -> None:
    assert LINE(0.0) == 0.0


def test_priority_only_orders() -> None:
    found = ScoreCalibration(LINE, Curve((0.0, 1.0), (0.0, 0.5)))(Scores(0.4, 0.6, 0.77))
    assert found == Scores(0.5, 0.3, 0.77)
