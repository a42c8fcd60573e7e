"""The scikit-learn steps of training on a small sample: what CI can repeat without torch."""

from __future__ import annotations

import numpy as np

from models.training.held_out import is_held_out
from models.training.train_prior import fit
from models.training.train_scores import curve, out_of_fold


def sample() -> tuple[list[dict[str, float]], list[bool], list[str]]:
    generator = np.random.default_rng(4)
    rows, doubted, sites = [], [], []
    for index in range(300):
        doubt = float(generator.normal())
        rows.append({"doubt": doubt, "relation=treats": 1.0})
        doubted.append(bool(generator.random() < 1 / (1 + np.exp(-2 * doubt))))
        sites.append(f"site {index % 20}")
    return rows, doubted, sites


def test_the_prior_learns_and_is_calibrated_across_sites() -> None:
    weights, figures = fit(*sample())
    assert weights["doubt"] > 0.8
    assert figures["area_under_roc"] > 0.75
    assert figures["calibration_error"] < 0.12


def test_two_fits_are_the_same() -> None:
    assert fit(*sample()) == fit(*sample())


def test_a_curve_rises_and_stays_a_chance() -> None:
    points = curve([0.1, 0.2, 0.3, 0.8, 0.9], [False, True, False, True, True])
    assert points["chance"] == sorted(points["chance"])
    assert 0 <= points["chance"][0] <= points["chance"][-1] <= 1


def test_scores_that_say_nothing_are_found_out() -> None:
    generator = np.random.default_rng(1)
    scores = generator.random(400).tolist()
    sites = [f"site {i % 25}" for i in range(400)]
    right = [s > generator.random() for s in scores]
    assert out_of_fold(scores, right, sites) < 0.12


def test_a_site_is_held_out_by_its_name_alone() -> None:
    names = [f"owner/name-{i}" for i in range(4_000)]
    share = np.mean([is_held_out(n, 0.1) for n in names])
    assert 0.08 < share < 0.12
    assert {n for n in names if is_held_out(n, 0.05)} < {n for n in names if is_held_out(n, 0.1)}
