"""Our sum of hashed weights is scikit-learn's, number for number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction import FeatureHasher
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from claimcheck.learn.linear import HashedRegression

FEATURES = 256
WORDS = ["cures", "cancer", "<s> it", "é", "💊 heals", "kind=prose", "in trials", "x" * 300]


def fitted(input_type: str, rows: list[object], labels: list[object]) -> Pipeline:
    hasher = FeatureHasher(n_features=FEATURES, input_type=input_type, alternate_sign=False)
    return make_pipeline(hasher, LogisticRegression()).fit(rows, labels)


def ours(pipeline: Pipeline) -> HashedRegression:
    regression = pipeline[-1]
    return HashedRegression(regression.coef_, regression.intercept_, tuple(map(str, regression.classes_)))


LISTS: list[object] = [[w, WORDS[i - 1], w] for i, w in enumerate(WORDS)]
BINARY = fitted("string", LISTS, [0, 1] * 4)
MANY = fitted("string", LISTS, ["treats", "cures", "harms", "treats"] * 2)
WORTHS = fitted("dict", [{w: i / 3, "score": 0.5} for i, w in enumerate(WORDS)], [0, 1] * 4)


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8"), max_size=12), max_size=20), min_size=1, max_size=6
    )
)
def test_chances_are_those_of_scikit_learn(rows: list[list[str]]) -> None:
    assert ours(BINARY).chances(rows) == pytest.approx(BINARY.predict_proba(rows)[:, 1], abs=1e-12)


@given(st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=9), min_size=1, max_size=6))
def test_the_likeliest_class_is_that_of_scikit_learn(rows: list[list[str]]) -> None:
    assert ours(MANY).likeliest(rows) == list(MANY.predict(rows))


@given(
    st.lists(
        st.dictionaries(st.sampled_from(WORDS), st.floats(-3, 3, allow_subnormal=False), max_size=8),
        min_size=1,
        max_size=6,
    )
)
def test_features_count_by_their_worth(rows: list[dict[str, float]]) -> None:
    assert ours(WORTHS).chances(rows) == pytest.approx(WORTHS.predict_proba(rows)[:, 1], abs=1e-12)


@given(st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=9), min_size=1, max_size=6))
def test_of_two_classes_too(rows: list[list[str]]) -> None:
    assert ours(BINARY).likeliest(rows) == list(map(str, BINARY.predict(rows)))


def test_no_rows_give_no_scores() -> None:
    assert ours(BINARY).chances([]).shape == (0,)
    assert ours(MANY).likeliest([]) == []


def test_a_row_without_features_has_the_intercept_alone() -> None:
    model = HashedRegression(np.ones((1, 8)), np.array([0.0]), ("0", "1"))
    assert list(model.chances([[], ["a"], []])) == [0.5, 1 / (1 + np.exp(-1.0)), 0.5]
