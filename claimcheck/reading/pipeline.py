"""The stages of reading, in order, and the spaCy pipeline made of them."""

from __future__ import annotations

import spacy
from spacy.language import Language

# Importing a stage registers its factory.
from claimcheck.kb.store import KnowledgeBase
from claimcheck.learn.detector import DetectorModel
from claimcheck.learn.encoder import EncoderModel
from claimcheck.learn.referents import ReferentModel
from claimcheck.reading import extensions, parts, sentences, signals, tokens  # noqa: F401
from claimcheck.reading.claims import cues, detector  # noqa: F401
from claimcheck.reading.entities import component  # noqa: F401
from claimcheck.reading.linking import component as linking  # noqa: F401
from claimcheck.reading.qualifiers import certainty, polarity, source, stance  # noqa: F401

SURFACE_STAGES = ("claimcheck_forms", "claimcheck_sentences", "claimcheck_mentions", "claimcheck_cues")
QUALIFIER_STAGES = ("claimcheck_polarity", "claimcheck_certainty", "claimcheck_stance", "claimcheck_source")


def build_surface(kb: KnowledgeBase) -> Language:
    """Return the pipeline up to mentions and cues: what training reads texts with."""
    # naming the tokenizer here saves building the stock one
    nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": "claimcheck.LinearTokenizer"}}})
    # shapes and norms of words, which nobody asks for, took a tenth of the time
    nlp.vocab.lex_attr_getters = {}  # type: ignore[attr-defined]
    nlp.max_length = 2_000_000
    for stage in SURFACE_STAGES:
        nlp.add_pipe(stage, config={"kb": parts.share(kb)} if stage == "claimcheck_mentions" else {})
    return nlp


def build_nlp(
    kb: KnowledgeBase,
    model: DetectorModel,
    encoder: EncoderModel | None = None,
    referents: ReferentModel | None = None,
) -> Language:
    """Return the whole pipeline: text in, everything in ``doc._`` out; the packaged referents unless told."""
    nlp = build_surface(kb)
    shared = parts.share(kb)
    keys = {"kb": shared, "model": parts.share(model), "encoder": parts.share(encoder) if encoder else ""}
    nlp.add_pipe("claimcheck_detector", config=keys)
    for stage in QUALIFIER_STAGES:
        nlp.add_pipe(stage)
    meant = parts.share(referents) if referents is not None else ""
    nlp.add_pipe("claimcheck_links", config={"kb": shared, "referents": meant})
    nlp.add_pipe("claimcheck_signals", config={"kb": shared})
    return nlp
