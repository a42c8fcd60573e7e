"""Fits who is meant by "it", "the drug" or nothing at all (``claimcheck.reading.linking.referents``).

Usage: python -m models.training.train_referents TRAIN.jsonl POOL.jsonl.gz
           [--data models/data] [--out models/artefacts/referents] [--date 2026.11.23]

Reads annotated passages with the shipped pipeline.  Where a claim names no
intervention, every candidate is an example: right where it is what the
annotator named as the referent.  What is meant depends on what the claim
before was taken to speak of, so the texts are read again with what was fitted.
Fitted on the sites the encoder learnt from, measured on those it never saw.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from spacy.language import Language

from claimcheck import artefacts
from claimcheck.kb.store import KnowledgeBase
from claimcheck.learn.referents import INTERCEPT, ReferentModel
from claimcheck.reading.linking.component import UNDISCLOSED, Linker
from claimcheck.reading.linking.referents import Choice, Gap
from claimcheck.reading.pipeline import build_nlp, build_surface
from claimcheck.reading.shapes import Mention, Proposal, TokenSpans
from models.training.gold import GoldClaim, Passage, every_passage
from models.training.held_out import SHARE, is_held_out

# Proposals less likely than this are hardly ever shown.
LEAST_PROBABILITY = 0.3
# A feature seen with fewer candidates than this is left out.
LEAST_SEEN = 8
ROUNDS = 2
STRENGTH = 0.3
LEAST = tuple(t / 100 for t in range(25, 75, 5))
# Words of their own may be a name we do not know: to give them another's verdict counts half as much again.
WRONG = {Gap.WORDS: 0.5}


class Asked(NamedTuple):
    """A gap of the text and its candidates; ``right``: whether each is what the annotator named.

    ``known`` tells whether what the annotator named is a name we know.
    """

    gap: str
    about: frozenset[str]
    candidates: tuple[frozenset[str], ...]
    right: tuple[bool, ...]
    known: bool
    site: str


class Recorder(Linker):
    """A linker that keeps what it was asked for each proposal."""

    def __init__(self, kb: KnowledgeBase, referents: ReferentModel) -> None:
        super().__init__(kb, referents)
        self.asked: dict[Proposal, tuple[Gap, Choice]] = {}

    def _choose(self, proposal: Proposal, gap: Gap, choice: Choice) -> Mention | None:
        if proposal.relation not in ("replaces", "potentiates"):
            self.asked[proposal] = (gap, choice)
        return super()._choose(proposal, gap, choice)


class Names:
    """The concepts that an annotator's words for a referent hold."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb
        self._nlp = build_surface(kb)

    @cache  # noqa: B019 - one instance, for as long as the script runs
    def of(self, name: str) -> frozenset[str]:
        """Return the ids of the interventions that the words name."""
        found = {m.intervention for m in self._nlp(name)._.mentions if m.intervention}
        looked_up = (self._kb.concept(i) for i in self._kb.lookup(name))
        found |= {c.id for c in looked_up if c is not None and not c.kind.is_target}
        return frozenset(map(str, found - {UNDISCLOSED}))


def asked(
    passages: Iterable[Passage], nlp: Language, kb: KnowledgeBase, names: Names, model: ReferentModel
) -> list[Asked]:
    """Return every gap of the passages that lies in an annotated claim."""
    found: list[Asked] = []
    for passage in passages:
        recorder = Recorder(kb, model)
        doc = recorder(nlp(passage.text))
        spans: TokenSpans = doc._.spans
        free = list(passage.claims)
        for proposal in doc._.proposals:
            if proposal.probability < LEAST_PROBABILITY:
                continue
            own = spans.of(proposal)
            gold = max(free, key=lambda c: min(c.end, own.end) - max(c.start, own.start), default=None)
            if gold is None or min(gold.end, own.end) <= max(gold.start, own.start):
                continue
            free.remove(gold)
            if proposal in recorder.asked:
                gap, choice = recorder.asked[proposal]
                meant = _meant(gold, passage.text, names)
                found.append(
                    Asked(
                        gap.value,
                        frozenset(choice.about),
                        tuple(frozenset(n.features) for n in choice.near),
                        tuple(str(n.mention.intervention) in meant for n in choice.near),
                        bool(meant),
                        passage.site,
                    )
                )
    return found


def _meant(gold: GoldClaim, text: str, names: Names) -> frozenset[str]:
    referent = gold.labels.get("intervention_ref")
    found = names.of(referent) if referent else frozenset()
    return found or (names.of(text[slice(*gold.intervention)]) if gold.intervention else frozenset())


def fit(rows: Sequence[Asked]) -> dict[str, dict[str, float]]:
    """Return the weights of each kind of gap by feature."""
    fitted: dict[str, dict[str, float]] = {}
    for gap in Gap:
        pairs = [
            (features | row.about, right)
            for row in rows
            if row.gap == gap
            for features, right in zip(row.candidates, row.right, strict=True)
        ]
        vectorizer = DictVectorizer()
        seen = vectorizer.fit_transform([dict.fromkeys(f, 1.0) for f, _ in pairs])
        often = [i for i, n in enumerate(seen.sum(axis=0).A1) if n >= LEAST_SEEN]
        vectorizer.restrict(often, indices=True)
        regression = LogisticRegression(C=STRENGTH, max_iter=2000)
        regression.fit(seen[:, often], [right for _, right in pairs])
        names = vectorizer.get_feature_names_out()
        weights = zip(names, regression.coef_[0], strict=True)
        fitted[gap.value] = {
            INTERCEPT: round(float(regression.intercept_[0]), 4),
            **{str(name): round(float(weight), 4) for name, weight in weights},
        }
    return fitted


def figures(rows: Sequence[Asked], model: ReferentModel) -> dict[str, float]:
    """Return how often a choice is right, of all (NIL where nothing known is meant) and of the known."""
    right = wrong = found = known = 0
    for row in rows:
        place = model.choose(row.gap, row.about, row.candidates)
        hit = row.right[place] if place is not None else False
        right += hit or (place is None and not row.known)
        wrong += place is not None and not hit
        known += row.known
        found += hit
    return {
        "gaps": len(rows),
        "right": round(right / len(rows), 4),
        "wrongly_linked": round(wrong / len(rows), 4),
        "known": known,
        "found_of_known": round(found / known, 4),
    }


def best(rows: Sequence[Asked], weights: Mapping[str, Mapping[str, float]]) -> ReferentModel:
    """Return the weights with the least chance for each gap that serves best."""
    least: dict[str, float] = {}
    for gap in Gap:
        here = [row for row in rows if row.gap == gap]
        tried = {t: figures(here, ReferentModel(weights, {gap.value: t})) for t in LEAST}
        gain = {t: f["right"] - WRONG.get(gap, 0.0) * f["wrongly_linked"] for t, f in tried.items()}
        least[gap.value] = max(gain, key=gain.__getitem__)
    return ReferentModel(weights, least)


def main() -> None:
    """Fit, measure, write the artefact."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path)
    parser.add_argument("pool", type=Path)
    parser.add_argument("--data", type=Path, default=Path("models/data"))
    parser.add_argument("--out", type=Path, default=Path("models/artefacts/referents"))
    parser.add_argument("--date", default="2026.11.23")
    arguments = parser.parse_args()
    kb = KnowledgeBase.load()
    nobody = ReferentModel({gap.value: {INTERCEPT: -99.0} for gap in Gap}, dict.fromkeys(map(str, Gap), 0.5))
    nlp = build_nlp(kb, artefacts.load_detector(), artefacts.load_encoder(), nobody)
    names = Names(kb)
    passages = [p for p in every_passage(arguments.train, arguments.pool, arguments.data) if p.site != p.id]
    learnt = [p for p in passages if p.claims and not is_held_out(p.site, SHARE)]
    unseen = [p for p in passages if p.claims and is_held_out(p.site, SHARE)]
    model = nobody
    for _ in range(ROUNDS):
        rows = asked(learnt, nlp, kb, names, model)
        model = best(rows, fit(rows))
    measured = figures(asked(unseen, nlp, kb, names, model), model)
    arguments.out.mkdir(parents=True, exist_ok=True)
    weights = arguments.out / "weights.json"
    kept = {"least": model.least, "weights": model.weights}
    weights.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    meta = {
        "name": arguments.out.name,
        "date": arguments.date,
        "figures": {"learnt_from": len(rows), **measured},
        "files": {weights.name: hashlib.sha256(weights.read_bytes()).hexdigest()},
    }
    (arguments.out / "meta.json").write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(meta["figures"], indent=1))


if __name__ == "__main__":
    main()
