"""Sentences with their claims as word pieces, from annotated passages.

Each example is one sentence (cut by our own splitter, its known names marked by
our own gazetteer, as at run time) with the sentence or heading before it.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from claimcheck.kb.store import KnowledgeBase
from claimcheck.learn.wordpiece import WordPieces
from claimcheck.reading.claims.detector import Reading
from claimcheck.reading.claims.encoder_input import (
    CERTAINTIES,
    EITHER,
    PLAIN,
    POLARITIES,
    RELATIONS,
    SOURCES,
    STANCES,
    STAND_IN,
    Named,
    pieces,
    type_of,
)
from claimcheck.reading.pipeline import build_surface
from models.training.gold import DOUBTFUL, GoldClaim, Passage, by_sentence, characters

IGNORE = -100
LABELS = {
    "relation": RELATIONS,
    "polarity": POLARITIES,
    "certainty": CERTAINTIES,
    "stance": STANCES,
    "source": SOURCES,
}
LABEL_SIZES = {**{name: len(values) for name, values in LABELS.items()}, "doubtful": 2}

Run = tuple[int, int]


class Labelled(NamedTuple):
    """A claim as runs of pieces; ``labels`` follow the order of ``LABEL_SIZES``."""

    claim: Run
    intervention: Run | None
    target: Run | None
    labels: tuple[int, ...]


class NamedRun(NamedTuple):
    """Pieces that hold a name; ``sort`` tells which names may take its place."""

    start: int
    end: int
    sort: str


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence ready for the encoder, with its claims; ``start`` is its place in the passage."""

    ids: list[int]
    types: list[int]
    offsets: list[tuple[int, int] | None]
    continues: list[bool]
    claims: tuple[Labelled, ...]
    names: tuple[NamedRun, ...]
    passage: str
    site: str
    genre: str
    start: int = 0
    text: str = field(default="", repr=False)

    @property
    def holds(self) -> bool:
        """Tell whether the sentence holds a claim."""
        return bool(self.claims)


def examples(
    passages: Iterable[Passage], kb: KnowledgeBase, tokenizer: WordPieces, *, context: int = 0
) -> list[Example]:
    """Return one example for each sentence of the passages that the gate lets through."""
    nlp = build_surface(kb)
    found: list[Example] = []
    for passage in passages:
        doc = nlp(passage.text)
        sentences = doc._.sentences
        gold = by_sentence(doc, sentences, passage.claims)
        spans = [characters(doc, s.start, s.end) for s in sentences]
        mentions = defaultdict(list)
        for mention in doc._.mentions:
            mentions[mention.sentence].append(mention)
        for index in Reading(doc, kb).worth_reading():
            start, end = spans[index]
            if any(start <= at < end for at, _ in passage.unsure):
                continue
            here = [(*characters(doc, m.start, m.end), m) for m in mentions[index]]
            names = [Named(a - start, b - start, type_of(m, kb)) for a, b, m in here]
            before = context_of(index, spans, sentences, passage.text)
            piece = pieces(passage.text[start:end], before, tokenizer, names=names, context=context)
            claims = (_labelled(piece.offsets, start, claim) for claim in gold[index])
            runs = (
                (_run(piece.offsets, 0, (name.start, name.end)), _sort(name, m, kb))
                for name, (_, _, m) in zip(names, here, strict=True)
            )
            found.append(
                Example(
                    ids=piece.ids,
                    types=piece.types,
                    offsets=piece.offsets,
                    continues=piece.continues,
                    claims=tuple(c for c in claims if c is not None),
                    names=tuple(NamedRun(*run, sort) for run, sort in runs if run and sort),
                    passage=passage.id,
                    site=passage.site,
                    genre=passage.genre,
                    start=start,
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


def _labelled(offsets: Sequence[tuple[int, int] | None], base: int, claim: GoldClaim) -> Labelled | None:
    run = _run(offsets, base, (claim.start, claim.end))
    if run is None:
        return None
    codes = [values.index(str(claim.labels[name])) for name, values in LABELS.items()]
    doubt = claim.labels.get("assessment")
    codes.append(IGNORE if doubt is None else int(doubt in DOUBTFUL))
    return Labelled(
        run,
        _run(offsets, base, claim.intervention) if claim.intervention else None,
        _run(offsets, base, claim.target) if claim.target else None,
        tuple(codes),
    )


def _run(offsets: Sequence[tuple[int, int] | None], base: int, span: tuple[int, int]) -> Run | None:
    """Return the pieces that a stretch of code points touches."""
    inside = [
        i for i, o in enumerate(offsets) if o is not None and o[0] + base < span[1] and span[0] < o[1] + base
    ]
    return (inside[0], inside[-1] + 1) if inside else None


def _sort(name: Named, mention: object, kb: KnowledgeBase) -> str:
    """Return which names may stand for this one: same token type and kind of concept; "" for none."""
    if name.type in (PLAIN, EITHER, STAND_IN):
        return ""
    concept = kb.concept(mention.intervention or mention.target)  # type: ignore[attr-defined]
    return f"{name.type}:{concept.kind}" if concept is not None else ""


def claim_tags(example: Example) -> list[int]:
    """Return begin (1), inside (2), outside (0) per piece; where claims nest, the shorter one wins."""
    tags = [IGNORE if o is None else 0 for o in example.offsets]
    for labelled in sorted(example.claims, key=lambda c: c.claim[0] - c.claim[1]):
        first, last = labelled.claim
        tags[first:last] = [1, *[2] * (last - first - 1)]
    return tags


class Substitution:
    """Puts other names of the same sort into a sentence, so that what is learnt is not the names.

    Also hides some names from the gazetteer's marks, as an unknown name is
    hidden at run time.  What a name makes true is not learnt from such a
    sentence.
    """

    def __init__(self, rows: Iterable[Example], *, share: float = 0.3, hidden: float = 0.15) -> None:
        self._share = share
        self._hidden = hidden
        known: dict[str, set[tuple[int, ...]]] = defaultdict(set)
        for row in rows:
            for name in row.names:
                known[name.sort].add(tuple(row.ids[name.start : name.end]))
        self._known = {sort: sorted(names) for sort, names in known.items()}

    def __call__(self, row: Example, rng: random.Random) -> Example:
        """Return the sentence with some of its names changed or hidden."""
        if not row.names:
            return row
        changing = rng.random() < self._share
        for name in reversed(row.names):
            if changing and rng.random() < 0.6 and not _cut(row, name):
                row = _changed(row, name, rng.choice(self._known[name.sort]))
            elif rng.random() < self._hidden:
                types = list(row.types)
                types[name.start : name.end] = [PLAIN] * (name.end - name.start)
                row = replace(row, types=types)
        return row


def _cut(row: Example, name: NamedRun) -> bool:
    """Tell whether a border of a claim or an argument lies inside the name."""
    runs = [r for c in row.claims for r in (c.claim, c.intervention, c.target) if r is not None]
    return any(name.start < border < name.end for run in runs for border in run)


def _changed(row: Example, name: NamedRun, ids: Sequence[int]) -> Example:
    size, more = len(ids), len(ids) - (name.end - name.start)

    def moved(run: Run | None) -> Run | None:
        if run is None:
            return None
        return tuple(p + more if p >= name.end else p for p in run)  # type: ignore[return-value]

    claims = tuple(
        Labelled(moved(c.claim) or c.claim, moved(c.intervention), moved(c.target), (*c.labels[:-1], IGNORE))
        for c in row.claims
    )
    before, after = slice(None, name.start), slice(name.end, None)
    return replace(
        row,
        ids=[*row.ids[before], *ids, *row.ids[after]],
        types=[*row.types[before], *[row.types[name.start]] * size, *row.types[after]],
        offsets=[*row.offsets[before], *[row.offsets[name.start]] * size, *row.offsets[after]],
        continues=[*row.continues[before], False, *[True] * (size - 1), *row.continues[after]],
        claims=claims,
    )
