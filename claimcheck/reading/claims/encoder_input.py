"""What the encoder is shown of a sentence: word pieces, and room for the sentence before as context.

Shared by training and run time, so that both see the same.
"""

from __future__ import annotations

from typing import NamedTuple

from tokenizers import Tokenizer

from claimcheck.types import Certainty, Polarity, Relation, Source, Stance

RELATIONS = tuple(r.value for r in Relation)
POLARITIES = tuple(p.value for p in Polarity)
CERTAINTIES = tuple(c.value for c in Certainty)
STANCES = tuple(s.value for s in Stance)
SOURCES = tuple(s.value for s in Source)

MAX_SENTENCE = 120
# Word pieces of the sentence before that are shown, too.  The shipped encoder was trained with
# 40; without any it reads as well on the development passages and a third faster.
MAX_CONTEXT = 0
CLS, SEP = 101, 102


class Pieces(NamedTuple):
    """Ids of one input; ``offsets`` are code points into the sentence, None outside it.

    ``continues`` marks pieces that go on inside a word.
    """

    ids: list[int]
    types: list[int]
    offsets: list[tuple[int, int] | None]
    continues: list[bool]


def pieces(sentence: str, before: str, tokenizer: Tokenizer) -> Pieces:
    """Return ``[CLS] sentence [SEP] context [SEP]``; the end of a long context is kept."""
    own = tokenizer.encode(sentence, add_special_tokens=False)
    ids = [CLS, *own.ids[:MAX_SENTENCE], SEP]
    offsets: list[tuple[int, int] | None] = [None, *own.offsets[:MAX_SENTENCE], None]
    continues = [False, *(t.startswith("##") for t in own.tokens[:MAX_SENTENCE]), False]
    types = [0] * len(ids)
    if before and MAX_CONTEXT:
        context = tokenizer.encode(before, add_special_tokens=False).ids[-MAX_CONTEXT:]
        ids += [*context, SEP]
        offsets += [None] * (len(context) + 1)
        types += [1] * (len(context) + 1)
        continues += [False] * (len(context) + 1)
    return Pieces(ids, types, offsets, continues)
