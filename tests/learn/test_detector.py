"""The estimators: shapes, ranges, the same answer twice."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from claimcheck.learn.detector import DetectorModel
from claimcheck.learn.features import SentenceView, candidate_features, sentence_tokens
from claimcheck.types import Relation
from models.training.train_detector import (
    candidate_classifier,
    relation_classifier,
    sentence_classifier,
    weights_of,
)
from tests.learn.test_features import VIEW

CLAIM = SentenceView(("<int>", "cures", "<condition>"), "prose")
OTHER = SentenceView(("the", "bus", "leaves", "at", "nine"), "prose")


@pytest.fixture(scope="module")
def trained() -> DetectorModel:
    """A model that has seen two sentences of each sort."""
    tokens = [sentence_tokens(v) for v in (CLAIM, OTHER, CLAIM, OTHER)]
    known = candidate_features(VIEW)
    return DetectorModel(
        sentence=weights_of(sentence_classifier(strength=4.0).fit(tokens, [1, 0, 1, 0])),
        candidate=weights_of(
            candidate_classifier(strength=4.0).fit([known, {"score": 0.0}] * 2, [1, 0, 1, 0])
        ),
        relation=weights_of(
            relation_classifier(strength=4.0).fit(tokens, ["cures", "harms", "cures", "harms"])
        ),
        bare_threshold=0.5,
    )


def test_a_model_learns_what_it_is_shown(trained: DetectorModel) -> None:
    claim, other = trained.sentence_scores([CLAIM, OTHER])
    assert claim > 0.5 > other
    assert trained.candidate_scores([VIEW])[0] > 0.5
    assert trained.relations([CLAIM, OTHER]) == [Relation.CURES, Relation.HARMS]


def test_nothing_in_nothing_out(trained: DetectorModel) -> None:
    assert trained.sentence_scores([]).shape == trained.candidate_scores([]).shape == (0,)
    assert trained.relations([]) == []


def test_the_shipped_model_gives_chances(detector: DetectorModel) -> None:
    scores: NDArray[np.float64] = detector.sentence_scores([CLAIM, OTHER, CLAIM])
    assert scores.shape == (3,)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert scores[0] == scores[2]
    assert scores[0] > scores[1]
    assert all(isinstance(r, Relation) for r in detector.relations([CLAIM, OTHER]))


def test_order_and_company_change_no_score(detector: DetectorModel) -> None:
    together = detector.sentence_scores([CLAIM, OTHER])
    assert together.tolist() == [*detector.sentence_scores([CLAIM]), *detector.sentence_scores([OTHER])]


@pytest.mark.parametrize("make", [sentence_classifier, candidate_classifier, relation_classifier])
def test_strength_is_the_regression_c(make: object) -> None:
    assert callable(make)
    made = make(strength=2.5)
    assert isinstance(made, Pipeline)
    assert made[-1].C == 2.5
