"""Fits what a text's scores mean: the chance that it holds an unsupported claim, and a risky one.

Usage: python -m models.training.train_scores TRAIN.jsonl POOL.jsonl.gz
           [--data models/data] [--out models/artefacts/text-scores] [--date 2026.11.22]

Run after the encoder and the prior are in place; on passages of sites the
encoder never saw.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

import claimcheck
from benchmarks.quality.figures import calibration_error
from claimcheck.types import RiskLevel, Stance
from models.training.gold import DOUBTFUL, Passage, every_passage
from models.training.held_out import SHARE, is_held_out

POINTS = tuple(round(i / 20, 2) for i in range(21))


def has_unsupported(passage: Passage) -> bool:
    """Tell whether people found a claim that does not hold."""
    return any(
        c.labels["assessment"] in DOUBTFUL and c.labels["stance"] != Stance.REFUTED for c in passage.claims
    )


def has_risky(passage: Passage) -> bool:
    """Tell whether people found a claim that can harm."""
    return any(RiskLevel(c.labels["risk_level"]).rank >= RiskLevel.MODERATE.rank for c in passage.claims)


def curve(scores: Sequence[float], outcomes: Sequence[bool]) -> dict[str, list[float]]:
    """Return points of a logistic curve (Platt scaling): a few hundred texts do not bear steps."""
    fitted = LogisticRegression(C=10.0).fit(np.array(scores)[:, None], outcomes)
    chances = fitted.predict_proba(np.array(POINTS)[:, None])[:, 1]
    return {"at": list(POINTS), "chance": [round(float(c), 4) for c in chances]}


def out_of_fold(scores: Sequence[float], outcomes: Sequence[bool], sites: Sequence[str]) -> float:
    """Return the calibration error across folds grouped by site."""
    x, y = np.array(scores), np.array(outcomes)
    chances = np.zeros(len(x))
    for fit, test in GroupKFold(5).split(x, y, sites):
        points = curve(x[fit].tolist(), y[fit].tolist())
        chances[test] = np.interp(x[test], points["at"], points["chance"])
    return round(calibration_error(chances.tolist(), y.tolist()), 4)


def main() -> None:
    """Score held-out passages, fit both curves, write the artefact."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path)
    parser.add_argument("pool", type=Path)
    parser.add_argument("--data", type=Path, default=Path("models/data"))
    parser.add_argument("--out", type=Path, default=Path("models/artefacts/text-scores"))
    parser.add_argument("--date", default="2026.11.22")
    arguments = parser.parse_args()
    checker = claimcheck.load()
    checker.calibrate = None
    everything = every_passage(arguments.train, arguments.pool, arguments.data)
    kept = [p for p in everything if is_held_out(p.site, SHARE)]
    raw = [checker.check(p.text).scores for p in kept]
    sites = [p.site for p in kept]
    curves, figures = {}, {}
    for name, outcome in (("unsupported", has_unsupported), ("risk", has_risky)):
        scores = [getattr(r, name) for r in raw]
        outcomes = [outcome(p) for p in kept]
        found = [i for i, s in enumerate(scores) if s > 0]
        some = ([scores[i] for i in found], [outcomes[i] for i in found], [sites[i] for i in found])
        curves[name] = curve(some[0], some[1])
        figures[name] = {
            "passages": len(kept),
            "with_a_claim": len(found),
            "calibration_error": out_of_fold(*some),
            "missed_without_a_claim": sum(o for s, o in zip(scores, outcomes, strict=True) if s == 0),
        }
    arguments.out.mkdir(parents=True, exist_ok=True)
    file = arguments.out / "curves.json"
    file.write_text(json.dumps(curves, indent=1) + "\n", encoding="utf-8")
    meta = {
        "name": arguments.out.name,
        "date": arguments.date,
        "figures": figures,
        "files": {file.name: hashlib.sha256(file.read_bytes()).hexdigest()},
    }
    (arguments.out / "meta.json").write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
