"""The detector made of the trained encoder; takes the place of the cue detector where it can load.

What the encoder's scores mean as claims is read in ``decode``; here they
become token ranges, and the knowledge base has a word on the relation.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc

from claimcheck.kb.store import KnowledgeBase
from claimcheck.learn.encoder import EncoderModel, Heads
from claimcheck.reading.claims.decode import Decoded, chance_features, decode_text
from claimcheck.reading.claims.detector import FLOOR, MOST_IN_SENTENCE, Reading
from claimcheck.reading.claims.encoder_input import (
    CERTAINTIES,
    POLARITIES,
    RELATIONS,
    SOURCES,
    STANCES,
    Named,
    Pieces,
    pieces,
    type_of,
)
from claimcheck.reading.shapes import Attributes, Mention, Proposal, Range, Sentence, TokenSpans
from claimcheck.types import Certainty, Polarity, Relation, Source, Stance

# A sentence without any known name ("the update improves battery life") has to be surer.
NAMELESS = 0.5
# Where at least this share of a block's sentences names something or holds a cue, all are read.
DENSE = 0.5
# A claim has at least this many tokens.
LEAST = 2
ON_INTERVENTION = frozenset((Relation.POTENTIATES, Relation.REPLACES))
LABEL_HEADS = ("relation", "polarity", "certainty", "stance", "source", "doubtful")


class EncoderDetector:
    """Sets ``doc._.proposals``, with attributes."""

    def __init__(self, model: EncoderModel, kb: KnowledgeBase) -> None:
        self._model = model
        self._kb = kb

    def __call__(self, doc: Doc) -> Doc:
        """Set ``doc._.proposals`` in order of the text."""
        layout = Layout(doc)
        reading = Reading(doc, self._kb)
        indices = shown(doc, reading)
        inputs = [self._input(layout, reading, i) for i in indices]
        heads = self._model.run([(p.ids, p.types) for p in inputs])
        read = decode_text(heads, inputs, self._model.places, LABEL_HEADS)
        found: list[Proposal] = []
        for index, piece, head, claims in zip(indices, inputs, heads, read, strict=True):
            found += _mended(self._claims(layout, reading, index, piece, head, claims), reading, index)
        doc._.proposals = tuple(sorted(found, key=lambda p: (p.start, p.end, p.relation)))
        return doc

    def _input(self, layout: Layout, reading: Reading, index: int) -> Pieces:
        """Show the sentence with its names and, where the model was trained so, what stands before."""
        sentence = reading.sentences[index]
        before = ""
        if self._model.context:
            if index and reading.sentences[index - 1].block == sentence.block:
                before = layout.text_of(reading.sentences[index - 1])
            elif sentence.heading is not None:
                before = layout.text_of(reading.sentences[sentence.heading])
        return pieces(
            layout.text_of(sentence),
            before,
            self._model.tokenizer,
            names=[layout.named(m, sentence, self._kb) for m in reading.mentions[index]],
            context=self._model.context,
        )

    def _claims(
        self,
        layout: Layout,
        reading: Reading,
        index: int,
        piece: Pieces,
        heads: Heads,
        claims: Sequence[Decoded],
    ) -> Iterator[Proposal]:
        base = layout.start_of(reading.sentences[index])
        mentions = reading.mentions[index]
        least = FLOOR if mentions else NAMELESS
        for claim in claims[:MOST_IN_SENTENCE]:
            chance = self._model.probability(chance_features(heads.holds, claim, piece))
            tokens = layout.tokens(base, piece, claim.claim)
            if chance < least or tokens.end - tokens.start < LEAST:
                continue
            target = layout.tokens(base, piece, claim.target) if claim.target else None
            intervention = layout.tokens(base, piece, claim.intervention) if claim.intervention else None
            relation = _relation(claim.labels["relation"], target, mentions)
            if target is None and relation in ON_INTERVENTION:
                target = _treatment(mentions, tokens, intervention)
            if target is None and relation is Relation.POTENTIATES:
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
                intervention=intervention,
                target=target,
                probability=chance,
                attributes=Attributes(
                    polarity=Polarity(_label(claim.labels["polarity"], POLARITIES)),
                    certainty=Certainty(_label(claim.labels["certainty"], CERTAINTIES)),
                    stance=Stance(_label(claim.labels["stance"], STANCES)),
                    source=Source(_label(claim.labels["source"], SOURCES)),
                    doubt=float(claim.labels["doubtful"][1]),
                ),
            )


def _mended(claims: Iterable[Proposal], reading: Reading, index: int) -> list[Proposal]:
    """Give a claim back the opening that was torn off it: "There is no evidence that | ginger eases nausea".

    An opening names nothing and states no relation, and the claim goes on where it ends.  Its denial is the
    claim's.
    """
    found: list[Proposal] = []
    for claim in claims:
        opening = found[-1] if found else None
        if opening is not None and opening.end == claim.start and _says_nothing(opening, reading, index):
            found[-1] = replace(claim, start=opening.start, attributes=_joined(opening, claim))
        else:
            found.append(claim)
    return found


def _says_nothing(opening: Proposal, reading: Reading, index: int) -> bool:
    named = [m for m in reading.mentions[index] if not m.generic]
    return not any(
        part.start < opening.end and opening.start < part.end for part in (*named, *reading.cues[index])
    )


def _joined(opening: Proposal, claim: Proposal) -> Attributes | None:
    if opening.attributes is None or claim.attributes is None:
        return claim.attributes
    denied = Polarity.NEGATED in (opening.attributes.polarity, claim.attributes.polarity)
    return replace(claim.attributes, polarity=Polarity.NEGATED if denied else Polarity.AFFIRMED)


def shown(doc: Doc, reading: Reading) -> list[int]:
    """Return the sentences that the encoder reads.

    None of a text that names nothing known of health: it is about something
    else.  Otherwise those that can hold a claim; in a block that is all about
    health every one, "my energy is through the roof" among them.  By block, so
    that text elsewhere on the page changes nothing here.
    """
    if all(m.generic for m in doc._.mentions):
        return []
    worth = set(reading.worth_reading())
    blocks: dict[int, list[int]] = {}
    for index, sentence in enumerate(reading.sentences):
        blocks.setdefault(sentence.block, []).append(index)
    dense = (b for b in blocks.values() if sum(i in worth for i in b) >= DENSE * len(b))
    return sorted(worth.union(*dense))


class Layout:
    """Code points of a Doc's tokens, and the way from word pieces to tokens."""

    def __init__(self, doc: Doc) -> None:
        self._text: str = doc._.raw
        self._spans: TokenSpans = doc._.spans

    def start_of(self, sentence: Sentence) -> int:
        """Return the first code point of a sentence."""
        return self._spans.starts[sentence.start]

    def text_of(self, sentence: Sentence) -> str:
        """Return the words of a sentence as they stand."""
        return self._spans.of(sentence).of(self._text)

    def named(self, mention: Mention, sentence: Sentence, kb: KnowledgeBase) -> Named:
        """Return where a name stands in its sentence, in code points."""
        base, span = self.start_of(sentence), self._spans.of(mention)
        return Named(span.start - base, span.end - base, type_of(mention, kb))

    def tokens(self, base: int, piece: Pieces, run: tuple[int, int]) -> Range:
        """Return the tokens that a run of pieces touches."""
        offsets = [o for o in piece.offsets[run[0] : run[1]] if o is not None]
        start, end = base + offsets[0][0], base + offsets[-1][1]
        starts = self._spans.starts
        first = max(0, bisect_right(starts, start) - 1)
        last = bisect_left(starts, end)
        return Range(first, max(first + 1, last))


def _relation(
    probabilities: NDArray[np.float32], target: Range | None, mentions: Sequence[Mention]
) -> Relation:
    """Return the likeliest relation that the target allows.

    "Potentiates" and "replaces" act on another intervention: a target that the
    knowledge base knows only as a condition rules them out.
    """
    inside = [m for m in mentions if target and m.start < target.end and target.start < m.end]
    only_condition = bool(inside) and all(m.intervention is None and not m.generic for m in inside)
    for place in np.argsort(-probabilities):
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
    return labels[int(probabilities.argmax())]
