"""The trained parts of the rule-based reader: is a sentence, is a candidate a claim?

Two logistic regressions over hashed features (scikit-learn): the first sees a
blinded sentence, the second a relation cue with its arguments and the first
one's verdict.  A third, multinomial, names the relation of a sentence that has
no usable cue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction import FeatureHasher
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from claimcheck.learn.features import CandidateView, SentenceView, candidate_features, sentence_tokens
from claimcheck.types import Relation

SENTENCE_BITS = 18
CANDIDATE_BITS = 16
RELATION_BITS = 15


@dataclass(frozen=True)
class DetectorModel:
    """The three estimators, and the sentence score from which a cue-less sentence is a claim."""

    sentence: Pipeline
    candidate: Pipeline
    relation: Pipeline
    bare_threshold: float

    def sentence_scores(self, views: Sequence[SentenceView]) -> NDArray[np.float64]:
        """Return shape (n,): the chance that each sentence holds a claim."""
        return _positive(self.sentence, [sentence_tokens(v) for v in views])

    def candidate_scores(self, views: Sequence[CandidateView]) -> NDArray[np.float64]:
        """Return shape (n,): the chance that each candidate is a claim."""
        return _positive(self.candidate, [candidate_features(v) for v in views])

    def relations(self, views: Sequence[SentenceView]) -> list[Relation]:
        """Return the likeliest relation of each sentence."""
        if not views:
            return []
        return [Relation(str(label)) for label in self.relation.predict([sentence_tokens(v) for v in views])]


def _positive(estimator: Pipeline, rows: Sequence[Any]) -> NDArray[np.float64]:
    if not rows:
        return np.zeros(0)
    return np.asarray(estimator.predict_proba(rows)[:, 1], dtype=np.float64)


def sentence_classifier(*, strength: float) -> Pipeline:
    """Return an untrained classifier over lists of n-grams; ``strength`` is C of the regression."""
    return make_pipeline(
        FeatureHasher(n_features=2**SENTENCE_BITS, input_type="string", alternate_sign=False),
        LogisticRegression(C=strength, max_iter=300, solver="liblinear"),
    )


def candidate_classifier(*, strength: float) -> Pipeline:
    """Return an untrained classifier over feature dictionaries."""
    return make_pipeline(
        FeatureHasher(n_features=2**CANDIDATE_BITS, input_type="dict", alternate_sign=False),
        LogisticRegression(C=strength, max_iter=300, solver="liblinear"),
    )


def relation_classifier(*, strength: float) -> Pipeline:
    """Return an untrained multinomial classifier over lists of n-grams."""
    return make_pipeline(
        FeatureHasher(n_features=2**RELATION_BITS, input_type="string", alternate_sign=False),
        LogisticRegression(C=strength, max_iter=200, solver="lbfgs"),
    )
