"""The chance that decides where the knowledge base is silent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claimcheck.learn.prior import PriorModel, features
from claimcheck.types import Relation
from tests.judging.support import claim

WITH = {"intercept": -1.0, "doubt": 2.0, "relation=cures": 1.0}
WITHOUT = {"intercept": 0.5}
CLAIM = claim("treats", "ginger", "nausea")


def test_doubt_moves_it() -> None:
    prior = PriorModel(WITH, WITHOUT)
    sure, unsure = (replace(CLAIM, doubt=d) for d in (0.9, 0.1))
    assert prior(sure) > 0.9 > 0.1 > prior(unsure)


def test_without_the_encoder_other_weights_count() -> None:
    assert PriorModel(WITH, WITHOUT)(replace(CLAIM, doubt=None)) == pytest.approx(0.6225, abs=1e-4)


def test_a_feature_nobody_weighed_counts_nothing() -> None:
    assert PriorModel({"intercept": 0.0}, WITHOUT)(replace(CLAIM, doubt=0.7)) == 0.5


@pytest.mark.parametrize("doubt", [0.0, 1.0])
def test_the_surest_doubt_stays_finite(doubt: float) -> None:
    assert abs(features(replace(CLAIM, doubt=doubt))["doubt"]) < 5


def test_relation_is_a_feature() -> None:
    assert f"relation={Relation(CLAIM.relation.value)}" in features(CLAIM)
