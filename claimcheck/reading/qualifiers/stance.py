"""The component ``claimcheck_stance``: where the writer stands.

Sets ``doc._.stance``.  A plain question is questioned; a question that sells
its answer ("Tired of pills? Nature has the answer") is asserted (guideline,
section 8).  A claim that the next sentence flatly rejects is refuted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from spacy.language import Language
from spacy.tokens import Doc

from claimcheck.reading.matching import where_of
from claimcheck.reading.qualifiers.engine import CueFinder, Hit, reaches, reconciled
from claimcheck.reading.shapes import Proposal, Range, Sentence, TokenSpans
from claimcheck.types import Qualified, Relation, Span, Stance

# A question that opens like this asks; others sell.
ASKING = frozenset(
    [
        "does",
        "do",
        "is",
        "are",
        "can",
        "could",
        "will",
        "would",
        "should",
        "has",
        "have",
        "did",
        "was",
        "were",
        "may",
        "might",
        "what",
        "why",
        "how",
        "which",
        "who",
        "when",
        "where",
    ]
)
# The next sentence rejects what was told when it opens with one of these and denies.
REJECTING = tuple(
    tuple(words.split())
    for words in (
        "it does not",
        "it doesn't",
        "it is not",
        "it isn't",
        "it can not",
        "it cannot",
        "they do not",
        "they don't",
        "they are wrong",
        "this is false",
        "this is wrong",
        "this is not true",
        "this is a myth",
        "that is false",
        "that is not true",
        "there is no evidence",
        "no evidence",
        "not true",
        "false",
        "wrong",
        "fact",
    )
)
_PRIORITY = (Stance.REFUTED, Stance.QUESTIONED, Stance.INSTRUCTED, Stance.REPORTED)


class _Page(NamedTuple):
    words: Sequence[str]
    forms: Sequence[str]
    sentences: Sequence[Sentence]
    spans: TokenSpans


class StanceQualifier:
    """Reads stance from ``stance.yaml``, question marks and the next sentence."""

    def __init__(self) -> None:
        self._finder = CueFinder("stance")

    def __call__(self, doc: Doc) -> Doc:
        """Set ``doc._.stance``."""
        hits = self._finder.find(where_of(doc)) if doc._.proposals else {}
        page = _Page(doc._.words, doc._.forms, doc._.sentences, doc._.spans)
        doc._.stance = tuple(
            reconciled(
                self._stance(page, p, hits.get(p.sentence, ())), p.attributes.stance if p.attributes else None
            )
            for p in doc._.proposals
        )
        return doc

    def _stance(self, page: _Page, proposal: Proposal, hits: Sequence[Hit]) -> Qualified[Stance]:
        forms, sentences, spans = page.forms, page.sentences, page.spans
        sentence = sentences[proposal.sentence]
        if proposal.relation is Relation.REPLACES and _imperative_cue(proposal, sentence, forms):
            return Qualified(Stance.INSTRUCTED, tuple(spans.of(c) for c in proposal.cues))
        reaching = [h for h in hits if _bears(h, proposal, sentence, forms)]
        found = {Stance(h.value) for h in reaching}
        mark = _question(page, sentence)
        if mark is not None and _asks(forms, sentence):
            return Qualified(Stance.QUESTIONED, (mark,))
        if Stance.REPORTED in found and _rejected(forms, sentences, proposal.sentence):
            return Qualified(Stance.REFUTED)
        value = next((s for s in _PRIORITY if s in found), Stance.ASSERTED)
        return Qualified(value, tuple(spans.of(h.tokens) for h in reaching if h.value == value))


def _bears(hit: Hit, proposal: Proposal, sentence: Sentence, forms: Sequence[str]) -> bool:
    """A "take" at the start is itself the relation of "take ginger for nausea": it counts all the same."""
    if hit.value == Stance.INSTRUCTED:
        first = next(
            (i for i in range(sentence.start, sentence.end) if forms[i][:1].isalpha()), sentence.start
        )
        return hit.tokens.start <= first and proposal.relation is not Relation.HARMS
    if hit.value in (Stance.REPORTED, Stance.QUESTIONED) and hit.tokens.start >= proposal.end:
        return False
    return reaches(hit, proposal, forms, sentence)


def _imperative_cue(proposal: Proposal, sentence: Sentence, forms: Sequence[str]) -> bool:
    """ "Stop taking your insulin", "you can throw away your inhaler"."""
    if not proposal.cues or proposal.intervention is not None:
        return False
    start = proposal.cues[0].start
    before = [f for f in forms[max(sentence.start, start - 3) : start] if f]
    return not before or before[-1] in (
        "just",
        "please",
        "can",
        "should",
        "and",
        "then",
        "simply",
        "!",
        ".",
        ",",
        "-",
        "must",
        "now",
        "to",
    )


def _question(page: _Page, sentence: Sentence) -> Span | None:
    for index in range(sentence.end - 1, max(sentence.start, sentence.end - 4) - 1, -1):
        if page.words[index] == "?":
            return page.spans.of(Range(index, index + 1))
    return None


def _asks(forms: Sequence[str], sentence: Sentence) -> bool:
    opening = [f for f in forms[sentence.start : sentence.end] if f and f[0].isalpha()][:4]
    return bool(opening) and (
        opening[0] in ASKING
        or (any(f in ASKING for f in opening[1:3]) and opening[0] in ("so", "but", "and", "if", "hi"))
    )


def _rejected(forms: Sequence[str], sentences: Sequence[Sentence], index: int) -> bool:
    if index + 1 >= len(sentences):
        return False
    following = sentences[index + 1]
    opening = tuple(f for f in forms[following.start : following.start + 8] if f and f[0].isalpha())
    return any(opening[: len(words)] == words for words in REJECTING)


@Language.factory(
    "claimcheck_stance",
    requires=["doc._.forms", "doc._.sentences", "doc._.proposals"],
    assigns=["doc._.stance"],
)
def make(nlp: Language, name: str) -> StanceQualifier:  # noqa: ARG001 - spaCy's signature
    """Build the component."""
    return StanceQualifier()
