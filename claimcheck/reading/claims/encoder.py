"""The detector made of the trained encoder; takes the place of the cue detector where it can load.

Claims are runs of word pieces tagged as claim; their arguments are the tagged
interventions and targets in them or, for an intervention that stands outside
("Ginger eases nausea and prevents flu"), the nearest one before.  Relation and
attributes are the mean of the pieces' probabilities.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc

from claimcheck.kb.store import KnowledgeBase
from claimcheck.learn.encoder import EncoderModel, Heads
from claimcheck.reading.claims.detector import FLOOR, MOST_IN_SENTENCE, Reading
from claimcheck.reading.claims.encoder_input import (
    CERTAINTIES,
    POLARITIES,
    RELATIONS,
    SOURCES,
    STANCES,
    Pieces,
    pieces,
)
from claimcheck.reading.shapes import Attributes, Mention, Proposal, Range
from claimcheck.types import Certainty, Polarity, Relation, Source, Stance

BEGIN, INSIDE = 1, 2
# Runs of tags this close together are one argument: "nausea, colds and flu".
GAP = 2
# A run of at most this many pieces beside another is a torn-off part of it.
SHORT = 3
# A sentence without any known name ("the update improves battery life") has to be surer.
NAMELESS = 0.7
# A claim has at least this many tokens.
LEAST = 2
ON_INTERVENTION = frozenset((Relation.POTENTIATES, Relation.REPLACES))


class EncoderDetector:
    """Sets ``doc._.proposals``, with attributes."""

    def __init__(self, model: EncoderModel, kb: KnowledgeBase) -> None:
        self._model = model
        self._kb = kb

    def __call__(self, doc: Doc) -> Doc:
        """Set ``doc._.proposals`` in order of the text."""
        reading = Reading(doc, self._kb)
        layout = Layout(doc)
        # a text that names nothing known of health is about something else
        about_health = any(not m.generic for m in doc._.mentions)
        indices = reading.worth_reading() if about_health else []
        inputs = [self._input(layout, reading, i) for i in indices]
        heads = self._model.run([(p.ids, p.types) for p in inputs])
        found: list[Proposal] = []
        for index, piece, head in zip(indices, inputs, heads, strict=True):
            found += self._claims(layout, reading, index, piece, head)
        doc._.proposals = tuple(sorted(found, key=lambda p: (p.start, p.end, p.relation)))
        return doc

    def _input(self, layout: Layout, reading: Reading, index: int) -> Pieces:
        """Show the sentence with the one before it in its block, else its heading."""
        sentence = reading.sentences[index]
        before = ""
        if index and reading.sentences[index - 1].block == sentence.block:
            before = layout.text_of(reading.sentences[index - 1])
        elif sentence.heading is not None:
            before = layout.text_of(reading.sentences[sentence.heading])
        return pieces(layout.text_of(sentence), before, self._model.tokenizer)

    def _claims(
        self, layout: Layout, reading: Reading, index: int, piece: Pieces, heads: Heads
    ) -> Iterator[Proposal]:
        base = layout.start_of(layout.sentences[index])
        interventions = runs(heads.tokens["intervention"], piece)
        targets = runs(heads.tokens["target"], piece)
        claims = joined(runs(heads.tokens["claim"], piece), gap=1, shorter=SHORT)
        for first, last in claims[:MOST_IN_SENTENCE]:
            inside = slice(first, last)
            chance = self._model.probability(heads.holds, 1 - float(heads.tokens["claim"][inside, 0].mean()))
            if chance < (FLOOR if reading.mentions[index] else NAMELESS):
                continue
            bare = float(heads.tokens["bare"][inside, 1].mean()) > 0.5
            intervention = None if bare else _argument((first, last), interventions, outside=True)
            target = _argument((first, last), targets, outside=False)
            tokens = layout.tokens(base, piece, (first, last))
            if tokens.end - tokens.start < LEAST:
                continue
            target_tokens = layout.tokens(base, piece, target) if target else None
            relation = _relation(heads.tokens["relation"][inside], target_tokens, reading.mentions[index])
            intervention_tokens = layout.tokens(base, piece, intervention) if intervention else None
            if target_tokens is None and relation in ON_INTERVENTION:
                target_tokens = _treatment(reading.mentions[index], tokens, intervention_tokens)
            if target_tokens is None and relation is Relation.POTENTIATES:
                relation = Relation.TREATS  # "a more robust therapeutic effect": no other treatment is named
            yield Proposal(
                start=tokens.start,
                end=tokens.end,
                sentence=index,
                relation=relation,
                cues=tuple(
                    Range(c.start, c.end)
                    for c in reading.cues[index]
                    if c.relation is relation and tokens.start <= c.start and c.end <= tokens.end
                ),
                intervention=intervention_tokens,
                target=target_tokens,
                probability=chance,
                attributes=Attributes(
                    polarity=Polarity(_label(heads.tokens["polarity"][inside], POLARITIES)),
                    certainty=Certainty(_label(heads.tokens["certainty"][inside], CERTAINTIES)),
                    stance=Stance(_label(heads.tokens["stance"][inside], STANCES)),
                    source=Source(_label(heads.tokens["source"][inside], SOURCES)),
                ),
            )


class Layout:
    """Code points of a Doc's tokens, and the way from word pieces to tokens."""

    def __init__(self, doc: Doc) -> None:
        self._text: str = doc.text
        self.sentences = doc._.sentences
        self._starts: list[int] = []
        self._ends: list[int] = []
        position = 0
        for word, spaced in zip(doc._.words, doc._.spaced, strict=True):
            self._starts.append(position)
            position += len(word)
            self._ends.append(position)
            position += spaced

    def start_of(self, sentence: Range | object) -> int:
        """Return the first code point of a sentence."""
        return self._starts[sentence.start]  # type: ignore[union-attr]

    def text_of(self, sentence: object) -> str:
        """Return the words of a sentence as they stand."""
        return self._text[self._starts[sentence.start] : self._ends[sentence.end - 1]]  # type: ignore[attr-defined]

    def tokens(self, base: int, piece: Pieces, run: tuple[int, int]) -> Range:
        """Return the tokens that a run of pieces touches."""
        offsets = [o for o in piece.offsets[run[0] : run[1]] if o is not None]
        start, end = base + offsets[0][0], base + offsets[-1][1]
        first = max(0, bisect_right(self._starts, start) - 1)
        last = bisect_left(self._starts, end)
        return Range(first, max(first + 1, last))


def runs(tags: NDArray[np.float32], piece: Pieces) -> list[tuple[int, int]]:
    """Return runs of pieces tagged begin or inside; a word is in a run as its first piece is."""
    best = tags.argmax(axis=1)
    found: list[tuple[int, int]] = []
    start: int | None = None
    for index in range(len(piece.offsets) + 1):
        outside = index >= min(len(best), len(piece.offsets)) or piece.offsets[index] is None
        if not outside and piece.continues[index]:
            continue
        tag = 0 if outside else int(best[index])
        if start is not None and tag != INSIDE:
            found.append((start, index))
            start = None
        if start is None and tag in (BEGIN, INSIDE):
            start = index
    return found


def joined(
    found: Sequence[tuple[int, int]], *, gap: int, shorter: int | None = None
) -> list[tuple[int, int]]:
    """Join runs at most ``gap`` pieces apart, of which one is, where given, no longer than ``shorter``."""
    result: list[tuple[int, int]] = []
    for start, end in found:
        near = bool(result) and start - result[-1][1] <= gap
        short = shorter is None or not result or min(result[-1][1] - result[-1][0], end - start) <= shorter
        if near and short:
            result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return result


def _argument(
    claim: tuple[int, int], found: Sequence[tuple[int, int]], *, outside: bool
) -> tuple[int, int] | None:
    """Return the argument in the claim or, for an intervention, the nearest one before it."""
    inside = [r for r in found if r[0] < claim[1] and claim[0] < r[1]]
    if inside:
        return inside[0] if outside else joined(inside, gap=GAP)[0]
    if not outside:
        return None
    before = [r for r in found if r[1] <= claim[0]]
    return before[-1] if before else (found[0] if found else None)


def _relation(
    probabilities: NDArray[np.float32], target: Range | None, mentions: Sequence[Mention]
) -> Relation:
    """Return the likeliest relation that the target allows.

    "Potentiates" and "replaces" act on another intervention: a target that the
    knowledge base knows only as a condition rules them out.
    """
    mean = probabilities.mean(axis=0)
    inside = [m for m in mentions if target and m.start < target.end and target.start < m.end]
    only_condition = bool(inside) and all(m.intervention is None and not m.generic for m in inside)
    for place in np.argsort(-mean):
        relation = Relation(RELATIONS[int(place)])
        if not (only_condition and relation in ON_INTERVENTION):
            return relation
    return Relation.TREATS


def _treatment(mentions: Sequence[Mention], claim: Range, intervention: Range | None) -> Range | None:
    """Return the last treatment that a claim names beside its intervention."""
    for mention in reversed(mentions):
        inside = claim.start <= mention.start and mention.end <= claim.end
        own = intervention is not None and intervention.start <= mention.start < intervention.end
        if inside and not own and mention.intervention is not None:
            return Range(mention.start, mention.end)
    return None


def _label(probabilities: NDArray[np.float32], labels: Sequence[str]) -> str:
    return labels[int(probabilities.mean(axis=0).argmax())]
