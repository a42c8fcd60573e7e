"""The trained parts of the rule-based reader: is a sentence, is a candidate a claim?

Two logistic regressions over hashed features (fitted by scikit-learn): the first sees a
blinded sentence, the second a relation cue with its arguments and the first
one's verdict.  A third, multinomial, names the relation of a sentence that has
no usable cue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from claimcheck.learn.features import CandidateView, SentenceView, candidate_features, sentence_tokens
from claimcheck.learn.linear import HashedRegression
from claimcheck.types import Relation


@dataclass(frozen=True)
class DetectorModel:
    """The three estimators, and the sentence score from which a cue-less sentence is a claim."""

    sentence: HashedRegression
    candidate: HashedRegression
    relation: HashedRegression
    bare_threshold: float

    def sentence_scores(self, views: Sequence[SentenceView]) -> NDArray[np.float64]:
        """Return shape (n,): the chance that each sentence holds a claim."""
        return self.sentence.chances([sentence_tokens(v) for v in views])

    def candidate_scores(self, views: Sequence[CandidateView]) -> NDArray[np.float64]:
        """Return shape (n,): the chance that each candidate is a claim."""
        return self.candidate.chances([candidate_features(v) for v in views])

    def relations(self, views: Sequence[SentenceView]) -> list[Relation]:
        """Return the likeliest relation of each sentence."""
        return [Relation(label) for label in self.relation.likeliest([sentence_tokens(v) for v in views])]
