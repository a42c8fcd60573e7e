"""Trains the two peers that learn: TF-IDF with logistic regression, and the Healthsea-like pipeline.

Usage, in the peers' environment: python -m benchmarks.speed.train_peers FOLDER [--epochs 3] [--only N]

``FOLDER/passages.json`` is written by ``prepare_peers.py``: passages with
sentences, whether each holds a claim, and names of interventions and conditions.  Nothing of the
development set is in it.  Each peer's threshold is the one with the best F1 on
the sites held out of its training.  Seeded.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.speed import clauses
from benchmarks.speed.readers import HEALTHSEA, TFIDF, THRESHOLDS

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline
    from spacy.language import Language
    from spacy.training import Example

PASSAGES = "passages.json"
SEED = 11
TFIDF_STRENGTH = 4.0


def best_threshold(chances: Sequence[float], labels: Sequence[bool]) -> tuple[float, float]:
    """Return the threshold, in hundredths, with the highest F1, and that F1."""
    best = (0.5, 0.0)
    for step in range(1, 100):
        threshold = step / 100
        found = [chance >= threshold for chance in chances]
        true = sum(f and label for f, label in zip(found, labels, strict=True))
        total = sum(found) + sum(labels)
        if total and 2 * true / total > best[1]:
            best = (threshold, 2 * true / total)
    return best


def train_tfidf(sentences: Sequence[str], labels: Sequence[bool]) -> Pipeline:
    """Fit TF-IDF over words and pairs of words with a logistic regression."""
    text, linear = import_module("sklearn.feature_extraction.text"), import_module("sklearn.linear_model")
    model = import_module("sklearn.pipeline").make_pipeline(
        text.TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        linear.LogisticRegression(C=TFIDF_STRENGTH, max_iter=300, solver="liblinear", random_state=SEED),
    )
    return model.fit(list(sentences), list(labels))


def train_names(rows: Sequence[dict[str, Any]], *, epochs: int) -> Language:
    """Train a name finder on the names of interventions and conditions."""
    spacy, training = import_module("spacy"), import_module("spacy.training")
    nlp = spacy.blank("en")
    nlp.add_pipe("ner")
    examples = []
    for row in rows:
        doc = nlp.make_doc(row["text"])
        spans = [
            doc.char_span(start, end, label, alignment_mode="expand") for start, end, label in row["names"]
        ]
        doc.set_ents(spacy.util.filter_spans([span for span in spans if span is not None]))
        examples.append(training.Example(nlp.make_doc(row["text"]), doc))
    return _trained(nlp, examples, epochs=epochs)


def train_classifier(rows: Sequence[tuple[str, bool]], *, epochs: int) -> Language:
    """Train a classifier of blinded clauses."""
    spacy, training = import_module("spacy"), import_module("spacy.training")
    nlp = spacy.blank("en")
    nlp.add_pipe("textcat").add_label(clauses.CLAIM)
    nlp.get_pipe("textcat").add_label("OTHER")
    examples = []
    for text, label in rows:
        doc = nlp.make_doc(text)
        cats = {clauses.CLAIM: float(label), "OTHER": float(not label)}
        examples.append(training.Example.from_dict(doc, {"cats": cats}))
    return _trained(nlp, examples, epochs=epochs)


def _trained(nlp: Language, examples: list[Example], *, epochs: int) -> Language:
    spacy = import_module("spacy")
    spacy.util.fix_random_seed(SEED)
    chance = random.Random(SEED)
    optimizer = nlp.initialize(lambda: examples[:2000])
    for epoch in range(epochs):
        chance.shuffle(examples)
        losses: dict[str, float] = {}
        for batch in spacy.util.minibatch(examples, size=spacy.util.compounding(32.0, 128.0, 1.01)):
            nlp.update(batch, sgd=optimizer, drop=0.2, losses=losses)
        print(f"epoch {epoch + 1}: " + ", ".join(f"{k} {v:.1f}" for k, v in losses.items()), flush=True)
    return nlp


def labelled_clauses(rows: Sequence[dict[str, Any]]) -> list[tuple[str, bool]]:
    """Return blinded clauses with what the annotation says: more than half of it inside a claim."""
    found = []
    nlp = clauses.parser()
    for doc, row in nlp.pipe(((row["text"], row) for row in rows), as_tuples=True, batch_size=32):
        spans = [
            doc.char_span(start, end, label, alignment_mode="expand") for start, end, label in row["names"]
        ]
        spans = import_module("spacy").util.filter_spans([span for span in spans if span is not None])
        names = sorted((span.start, span.end, span.label_) for span in spans)
        for clause in clauses.clauses(doc):
            part = doc[clause.start : clause.end]
            shared = max(
                (min(end, part.end_char) - max(start, part.start_char) for start, end in row["claims"]),
                default=0,
            )
            found.append((clauses.blinded(doc, clause, names), 2 * shared > len(part.text)))
    return found


def main() -> None:
    """Train both and write them with their thresholds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--only", type=int, help="train on so many passages: to try the script")
    arguments = parser.parse_args()
    rows = json.loads((arguments.folder / PASSAGES).read_text(encoding="utf-8"))
    random.Random(SEED).shuffle(rows)
    learn = [row for row in rows if not row["held_out"]][: arguments.only]
    held = [row for row in rows if row["held_out"]][: arguments.only]
    sentences = [s for row in held for s in row["sentences"]]
    labels = [holds for row in held for holds in row["holds"]]

    model = train_tfidf(
        [s for row in learn for s in row["sentences"]], [holds for row in learn for holds in row["holds"]]
    )
    threshold = {}
    threshold[TFIDF], figure = best_threshold(
        [float(c) for c in model.predict_proba(sentences)[:, 1]], labels
    )
    print(f"TF-IDF: threshold {threshold[TFIDF]}, F1 {figure:.3f} on {len(labels)} held-out sentences")
    import_module("skops.io").dump(model, arguments.folder / TFIDF)

    out = arguments.folder / HEALTHSEA
    out.mkdir(exist_ok=True)
    train_names(learn, epochs=arguments.epochs).to_disk(out / clauses.NAMES)
    train_classifier(labelled_clauses(learn), epochs=arguments.epochs).to_disk(out / clauses.CLASSIFIER)
    chances = clauses.load(out, threshold=0.5).chances(sentences)
    threshold[HEALTHSEA], figure = best_threshold(chances, labels)
    print(f"Healthsea-like: threshold {threshold[HEALTHSEA]}, F1 {figure:.3f} on the same")
    (arguments.folder / THRESHOLDS).write_text(json.dumps(threshold) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
