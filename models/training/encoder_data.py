"""Sentences with token labels for the encoder, from annotated passages.

Each example is one sentence (cut by our own splitter, as at run time) with the
sentence or heading before it as context.  Labels are per word piece of the
sentence; -100 stands where a head learns nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tokenizers import Tokenizer

from claimcheck.kb.store import KnowledgeBase
from claimcheck.reading.claims.encoder_input import (
    CERTAINTIES,
    POLARITIES,
    RELATIONS,
    SOURCES,
    STANCES,
    pieces,
)
from claimcheck.reading.pipeline import build_surface
from models.training.gold import GoldClaim, Passage, by_sentence, characters

IGNORE = -100
SPAN_HEADS = ("claim", "intervention", "target")
LABEL_HEADS = {
    "relation": RELATIONS,
    "polarity": POLARITIES,
    "certainty": CERTAINTIES,
    "stance": STANCES,
    "source": SOURCES,
}


@dataclass(slots=True)
class Example:
    """One sentence ready for the encoder, with its labels."""

    ids: list[int]
    types: list[int]
    continues: list[bool]
    labels: dict[str, list[int]]
    holds: int
    passage: str
    site: str
    genre: str
    weight: float = 1.0
    text: str = field(default="", repr=False)


def examples(
    passages: Iterable[Passage], kb: KnowledgeBase, tokenizer: Tokenizer, *, weight: float = 1.0
) -> list[Example]:
    """Return one example for each sentence of the passages."""
    nlp = build_surface(kb)
    found: list[Example] = []
    for passage in passages:
        doc = nlp(passage.text)
        sentences = doc._.sentences
        gold = by_sentence(doc, sentences, passage.claims)
        spans = [characters(doc, s.start, s.end) for s in sentences]
        for index, (start, end) in enumerate(spans):
            before = context_of(index, spans, sentences, passage.text)
            piece = pieces(passage.text[start:end], before, tokenizer)
            found.append(
                Example(
                    ids=piece.ids,
                    types=piece.types,
                    continues=piece.continues,
                    labels=_labels(piece.offsets, start, gold[index]),
                    holds=int(bool(gold[index])),
                    passage=passage.id,
                    site=passage.site,
                    genre=passage.genre,
                    weight=weight,
                    text=passage.text[start:end],
                )
            )
    return found


def context_of(index: int, spans: Sequence[tuple[int, int]], sentences: Sequence, text: str) -> str:  # type: ignore[type-arg]
    """Return the sentence before in the same block, else the heading, else nothing."""
    sentence = sentences[index]
    if index and sentences[index - 1].block == sentence.block:
        start, end = spans[index - 1]
        return text[start:end]
    if sentence.heading is not None:
        start, end = spans[sentence.heading]
        return text[start:end]
    return ""


def _labels(
    offsets: Sequence[tuple[int, int] | None], base: int, claims: Sequence[GoldClaim]
) -> dict[str, list[int]]:
    """Label every piece; where claims nest, the shorter one wins its words."""
    size = len(offsets)
    labels = {name: [IGNORE if o is None else 0 for o in offsets] for name in SPAN_HEADS}
    for name in (*LABEL_HEADS, "bare"):
        labels[name] = [IGNORE] * size
    for claim in sorted(claims, key=lambda c: c.start - c.end):
        inside = _mark(labels["claim"], offsets, base, (claim.start, claim.end))
        for name, values in LABEL_HEADS.items():
            code = values.index(str(claim.labels[name]))
            for i in inside:
                labels[name][i] = code
        for i in inside:
            labels["bare"][i] = int(claim.intervention is None)
        for name, span in (("intervention", claim.intervention), ("target", claim.target)):
            if span is not None:
                _mark(labels[name], offsets, base, span)
    return labels


def _mark(
    labels: list[int], offsets: Sequence[tuple[int, int] | None], base: int, span: tuple[int, int]
) -> list[int]:
    """Write begin (1) and inside (2) over the pieces that the span covers."""
    inside = [
        i for i, o in enumerate(offsets) if o is not None and o[0] + base < span[1] and span[0] < o[1] + base
    ]
    for place, i in enumerate(inside):
        labels[i] = 1 if place == 0 else 2
    return inside
