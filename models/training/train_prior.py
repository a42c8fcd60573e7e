"""Fits the chance that a claim does not hold where the knowledge base is silent about it.

Usage: python -m models.training.train_prior TRAIN.jsonl POOL.jsonl.gz
           [--data models/data] [--out models/artefacts/unknown-prior] [--date 2026.11.22]

Reads passages of sites the encoder never saw with the shipped pipeline, pairs
its claims with the annotated ones, and keeps those whose evidence is unknown.
Calibration is measured across folds grouped by site.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

import claimcheck
from benchmarks.quality.figures import calibration_error
from benchmarks.quality.matching import by_overlap
from claimcheck.learn.prior import features
from claimcheck.types import Claim, Evidence
from models.training.gold import DOUBTFUL, every_passage
from models.training.held_out import SHARE, is_held_out


def rows(train: Path, pool: Path, data: Path) -> tuple[list[Claim], list[bool], list[str]]:
    """Return claims of unknown evidence, whether people doubted them, and their sites."""
    checker = claimcheck.load()
    claims, doubted, sites = [], [], []
    for passage in every_passage(train, pool, data):
        if not passage.claims or not is_held_out(passage.site, SHARE):
            continue
        for pair in by_overlap(passage.claims, checker.check(passage.text).claims):
            if pair.found.evidence.status is Evidence.UNKNOWN:
                claims.append(pair.found.claim)
                doubted.append(pair.gold.labels["assessment"] in DOUBTFUL)
                sites.append(passage.site)
    return claims, doubted, sites


def fit(
    described: list[dict[str, float]], doubted: list[bool], sites: list[str]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return weights by feature name, and figures taken across folds of sites."""
    model = make_pipeline(DictVectorizer(), LogisticRegression(C=0.3, max_iter=1000))
    chances = cross_val_predict(
        model, described, doubted, groups=sites, cv=GroupKFold(5), method="predict_proba"
    )[:, 1]
    figures = {
        "claims": len(doubted),
        "doubted": float(np.mean(doubted)),
        "area_under_roc": float(roc_auc_score(doubted, chances)),
        "brier": float(brier_score_loss(doubted, chances)),
        "calibration_error": calibration_error(chances.tolist(), doubted),
    }
    model.fit(described, doubted)
    vectorizer, regression = model[0], model[1]
    weights = dict(zip(vectorizer.get_feature_names_out(), regression.coef_[0], strict=True))
    named = {str(name): round(float(weight), 5) for name, weight in weights.items()}
    return {"intercept": round(float(regression.intercept_[0]), 5), **named}, {
        k: round(v, 4) for k, v in figures.items()
    }


def main() -> None:
    """Fit with and without the encoder's doubt, and write the artefact."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path)
    parser.add_argument("pool", type=Path)
    parser.add_argument("--data", type=Path, default=Path("models/data"))
    parser.add_argument("--out", type=Path, default=Path("models/artefacts/unknown-prior"))
    parser.add_argument("--date", default="2026.11.22")
    arguments = parser.parse_args()
    claims, doubted, sites = rows(arguments.train, arguments.pool, arguments.data)
    full = [features(c) for c in claims]
    with_doubt, figures = fit(full, doubted, sites)
    bare = [{n: v for n, v in row.items() if n != "doubt"} for row in full]
    without_doubt, bare_figures = fit(bare, doubted, sites)
    arguments.out.mkdir(parents=True, exist_ok=True)
    weights = arguments.out / "weights.json"
    weights.write_text(
        json.dumps({"with_doubt": with_doubt, "without_doubt": without_doubt}, indent=1) + "\n",
        encoding="utf-8",
    )
    meta = {
        "name": arguments.out.name,
        "date": arguments.date,
        "figures": {"with_doubt": figures, "without_doubt": bare_figures},
        "files": {weights.name: hashlib.sha256(weights.read_bytes()).hexdigest()},
    }
    (arguments.out / "meta.json").write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(meta["figures"], indent=1))


if __name__ == "__main__":
    main()
