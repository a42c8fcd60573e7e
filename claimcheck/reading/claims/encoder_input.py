"""What the encoder is shown of a sentence: word pieces, known names marked, and what stands before.

Shared by training and run time, so that both see the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from claimcheck.kb.store import KnowledgeBase
from claimcheck.learn.wordpiece import WordPieces
from claimcheck.reading.shapes import Mention
from claimcheck.types import Certainty, Kind, Polarity, Relation, Source, Stance

RELATIONS = tuple(r.value for r in Relation)
POLARITIES = tuple(p.value for p in Polarity)
CERTAINTIES = tuple(c.value for c in Certainty)
STANCES = tuple(s.value for s in Stance)
SOURCES = tuple(s.value for s in Source)

MAX_SENTENCE = 120
CLS, SEP = 101, 102

# Token types: what the gazetteer knows of a word piece.
PLAIN, CONTEXT, MEDICINE, REMEDY, CONDITION, SYMPTOM, FUNCTION, EITHER, STAND_IN = range(9)
TYPES = 9
MEDICINES = frozenset((Kind.DRUG, Kind.DRUG_CLASS, Kind.VACCINE, Kind.PROCEDURE, Kind.PSYCHOTHERAPY))
OF_TARGET = {Kind.CONDITION: CONDITION, Kind.SYMPTOM: SYMPTOM, Kind.FUNCTION: FUNCTION}


class Named(NamedTuple):
    """Code points of a sentence that hold a name, and the token type it gives them."""

    start: int
    end: int
    type: int


class Pieces(NamedTuple):
    """Ids of one input; ``offsets`` are code points into the sentence, None outside it.

    ``continues`` marks pieces that go on inside a word.
    """

    ids: list[int]
    types: list[int]
    offsets: list[tuple[int, int] | None]
    continues: list[bool]


def type_of(mention: Mention, kb: KnowledgeBase) -> int:
    """Return the token type of a name's pieces: what it names decides much of what is said of it."""
    if mention.generic:
        return STAND_IN
    if mention.intervention is not None and mention.target is not None:
        return EITHER
    concept = kb.concept(mention.intervention or mention.target)
    if concept is None:
        return PLAIN
    if mention.intervention is not None:
        return MEDICINE if concept.kind in MEDICINES else REMEDY
    return OF_TARGET.get(concept.kind, CONDITION)


def pieces(
    sentence: str, before: str, tokenizer: WordPieces, *, names: Iterable[Named] = (), context: int = 0
) -> Pieces:
    """Return ``[CLS] sentence [SEP] context [SEP]``.

    Args:
        sentence: the sentence as it stands.
        before: the sentence or heading before it.
        tokenizer: what cuts words into pieces.
        names: the names in the sentence, in order of the text.
        context: how many pieces of ``before`` are shown; its end is kept.
    """
    own = tokenizer.cut(sentence)
    spans = own.spans[:MAX_SENTENCE]
    ids = [CLS, *own.ids[:MAX_SENTENCE], SEP]
    offsets: list[tuple[int, int] | None] = [None, *spans, None]
    continues = [False, *own.continues[:MAX_SENTENCE], False]
    types = [PLAIN, *_types(spans, names), PLAIN]
    if before and context:
        shown = tokenizer.cut(before).ids[-context:]
        ids += [*shown, SEP]
        offsets += [None] * (len(shown) + 1)
        types += [CONTEXT] * (len(shown) + 1)
        continues += [False] * (len(shown) + 1)
    return Pieces(ids, types, offsets, continues)


def _types(spans: list[tuple[int, int]], names: Iterable[Named]) -> list[int]:
    """Return the token type of each piece; one pass over both, in order of the text."""
    types = [PLAIN] * len(spans)
    at = 0
    for name in names:
        while at < len(spans) and spans[at][1] <= name.start:
            at += 1
        place = at
        while place < len(spans) and spans[place][0] < name.end:
            types[place] = name.type
            place += 1
    return types
