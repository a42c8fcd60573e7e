"""Which candidate is meant, by the weights given."""

from __future__ import annotations

import pytest

from claimcheck.learn.referents import ReferentModel

MODEL = ReferentModel({"pronoun": {"intercept": -1.0, "near": 2.0, "class": -3.0}}, {"pronoun": 0.5})


@pytest.mark.parametrize(
    ("candidates", "place"),
    [
        ([], None),
        ([["far"]], None),  # odds of -1
        ([["near"]], 0),
        ([["near", "class"]], None),
        ([["near", "class"], ["near"]], 1),
        ([["near"], ["near"]], 0),  # the first of equals
        ([["near", "a feature nobody weighed"]], 0),
    ],
)
def test_the_likeliest_is_chosen_if_likely_enough(candidates: list[list[str]], place: int | None) -> None:
    assert MODEL.choose("pronoun", [], candidates) == place


def test_a_lower_least_lets_more_through() -> None:
    generous = ReferentModel(MODEL.weights, {"pronoun": 0.2})
    assert generous.choose("pronoun", [], [["far"]]) == 0


def test_what_is_said_of_the_claim_speaks_for_or_against_all() -> None:
    model = ReferentModel({"noun": {"intercept": 0.0, "strange": -2.0, "near": 1.0}}, {"noun": 0.5})
    assert model.choose("noun", [], [["near"], []]) == 0
    assert model.choose("noun", ["strange"], [["near"], []]) is None
