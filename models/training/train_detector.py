"""Trains the cue detector: sentence, candidate and relation classifiers.

Usage: python -m models.training.train_detector TRAIN.jsonl POOL.jsonl.gz [--out FOLDER]

Passages of held-out sites are not read, and those of one site never stand on
both sides of a fold.  The candidate
classifier sees sentence scores from folds that never saw the sentence, as it
will at run time.  Seeded; two runs write the same parameters.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction import FeatureHasher
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline

from claimcheck.kb.store import KnowledgeBase
from claimcheck.learn.features import CandidateView, SentenceView, candidate_features, sentence_tokens
from claimcheck.learn.linear import HashedRegression
from claimcheck.reading.claims.arguments import Arguments
from claimcheck.reading.claims.detector import Reading
from claimcheck.reading.pipeline import build_surface
from models.training.gold import GoldClaim, Passage, by_sentence, characters, every_passage
from models.training.held_out import SHARE, is_held_out

SENTENCE_BITS = 18
CANDIDATE_BITS = 16
RELATION_BITS = 15
FOLDS = 5
SENTENCE_STRENGTH = 4.0
CANDIDATE_STRENGTH = 0.5
RELATION_STRENGTH = 20.0
# A sentence without a usable cue is taken for a claim only where this share of such scores is right.
BARE_PRECISION = 0.8


@dataclass(slots=True)
class Rows:
    """All sentences worth reading and all their candidates, with labels and groups."""

    views: list[SentenceView]
    labels: list[int]
    sites: list[str]
    relations: list[str | None]
    candidates: list[
        tuple[int, Reading, int, Arguments, int]
    ]  # row of sentence, reading, index, found, rivals
    candidate_labels: list[int]


def read(rows: Sequence[Passage], kb: KnowledgeBase) -> Rows:
    """Read every passage up to cues and lay the annotation over it."""
    nlp = build_surface(kb)
    found = Rows([], [], [], [], [], [])
    for passage in rows:
        doc = nlp(passage.text)
        reading = Reading(doc, kb)
        gold = by_sentence(doc, reading.sentences, passage.claims)
        for index in reading.worth_reading():
            row = len(found.views)
            found.views.append(reading.view(index))
            found.labels.append(int(bool(gold[index])))
            found.sites.append(passage.site)
            relations = {c.relation for c in gold[index]}
            found.relations.append(relations.pop() if len(relations) == 1 else None)
            candidates = reading.candidates(index)
            for candidate in candidates:
                found.candidates.append((row, reading, index, candidate, len(candidates)))
                found.candidate_labels.append(int(any(_agrees(doc, candidate, c) for c in gold[index])))
    return found


def _agrees(doc: object, found: Arguments, claim: GoldClaim) -> bool:
    """Same relation, cue inside the claim's words, and the targets overlap where both have one."""
    if claim.relation != found.cue.relation:
        return False
    start, end = characters(doc, found.cue.start, found.cue.end)  # type: ignore[arg-type]
    if not (start < claim.end and claim.start < end):
        return False
    if claim.target is None or found.target is None or found.target.how == "implied":
        return True
    target_start, target_end = characters(doc, *found.target.range)  # type: ignore[arg-type]
    return target_start < claim.target[1] and claim.target[0] < target_end


def out_of_fold(rows: Rows) -> NDArray[np.float64]:
    """Return the score of each sentence by a classifier that saw no passage of its site."""
    tokens = [sentence_tokens(v) for v in rows.views]
    labels = np.array(rows.labels)
    scores = np.zeros(len(labels))
    for train, test in GroupKFold(FOLDS).split(tokens, labels, rows.sites):
        model = sentence_classifier(strength=SENTENCE_STRENGTH)
        model.fit([tokens[i] for i in train], labels[train])
        scores[test] = model.predict_proba([tokens[i] for i in test])[:, 1]
    return scores


def candidate_views(rows: Rows, scores: NDArray[np.float64]) -> list[CandidateView]:
    """Describe every candidate with its sentence's out-of-fold score."""
    return [
        reading.candidate_view(index, found, score=float(scores[row]), rivals=rivals)
        for row, reading, index, found, rivals in rows.candidates
    ]


def threshold_for(labels: NDArray[np.int64], scores: NDArray[np.float64], precision: float) -> float:
    """Return the least score, in hundredths, from which at least this share is right."""
    for threshold in np.arange(0.3, 0.99, 0.01):
        chosen = scores >= threshold
        if chosen.any() and labels[chosen].mean() >= precision:
            return float(np.round(threshold, 2))
    return 0.99


def main() -> None:
    """Train and write the artefact."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path)
    parser.add_argument("pool", type=Path)
    parser.add_argument("--data", type=Path, default=Path("models/data"))
    parser.add_argument("--out", type=Path, default=Path("models/artefacts/cue-detector"))
    parser.add_argument("--date", default="2026.11.22")
    arguments = parser.parse_args()
    passages = every_passage(arguments.train, arguments.pool, arguments.data)
    seen = [p for p in passages if not is_held_out(p.site, SHARE)]
    rows = read(seen, KnowledgeBase.load())
    labels = np.array(rows.labels)
    scores = out_of_fold(rows)
    threshold = threshold_for(labels, scores, BARE_PRECISION)
    views = candidate_views(rows, scores)
    features = [candidate_features(v) for v in views]
    targets = np.array(rows.candidate_labels)
    sites = [rows.sites[row] for row, *_ in rows.candidates]
    held_out = np.zeros(len(targets))
    for train, test in GroupKFold(FOLDS).split(features, targets, sites):
        model = candidate_classifier(strength=CANDIDATE_STRENGTH)
        model.fit([features[i] for i in train], targets[train])
        held_out[test] = model.predict_proba([features[i] for i in test])[:, 1]
    figures = {
        "sentences": len(labels),
        "sentences_with_claim": int(labels.sum()),
        "sentence_f1_out_of_fold": round(float(f1_score(labels, scores >= 0.5)), 4),
        "sentence_average_precision": round(float(average_precision_score(labels, scores)), 4),
        "candidates": len(targets),
        "candidates_true": int(targets.sum()),
        "candidate_average_precision": round(float(average_precision_score(targets, held_out)), 4),
        "candidate_f1_out_of_fold": round(float(f1_score(targets, held_out >= 0.5)), 4),
    }
    print(json.dumps(figures, indent=1))
    sentence = sentence_classifier(strength=SENTENCE_STRENGTH)
    sentence.fit([sentence_tokens(v) for v in rows.views], labels)
    candidate = candidate_classifier(strength=CANDIDATE_STRENGTH).fit(features, targets)
    named = [(v, r) for v, r in zip(rows.views, rows.relations, strict=True) if r is not None]
    relation = relation_classifier(strength=RELATION_STRENGTH)
    relation.fit([sentence_tokens(v) for v, _ in named], [r for _, r in named])
    write(
        arguments.out,
        {"sentence": sentence, "candidate": candidate, "relation": relation},
        {"date": arguments.date, "bare_threshold": threshold, "figures": figures},
    )


def weights_of(part: Pipeline) -> HashedRegression:
    """Return what reading a text needs of a fitted classifier."""
    regression = part[-1]
    return HashedRegression(
        regression.coef_.astype(np.float64),
        regression.intercept_.astype(np.float64),
        tuple(map(str, regression.classes_)),
    )


def write(out: Path, parts: dict[str, Pipeline], meta: dict[str, object]) -> None:
    """Write the weights of all parts as one file of plain arrays, with its hash."""
    out.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, part in parts.items():
        weights = weights_of(part)
        arrays[f"{name}_coef"] = weights.coef.astype(np.float32)
        arrays[f"{name}_intercept"] = weights.intercept
        arrays[f"{name}_classes"] = np.array(weights.classes)
    path = out / "weights.npz"
    np.savez_compressed(path, allow_pickle=False, **arrays)
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()}
    text = json.dumps({"name": out.name, **meta, "files": files}, indent=1, sort_keys=True)
    (out / "meta.json").write_text(text + "\n", encoding="utf-8")


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


if __name__ == "__main__":
    main()
