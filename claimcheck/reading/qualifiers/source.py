"""The component ``claimcheck_source``: who says so, as the text gives it.

Sets ``doc._.source``.  A study, expert or customer named in the sentence comes
before the seller; a text that sells makes its own statements the vendor's.
"""

from __future__ import annotations

from collections.abc import Sequence

from spacy.language import Language
from spacy.tokens import Doc

from claimcheck.reading.matching import where_of
from claimcheck.reading.qualifiers.engine import CueFinder, Hit, Scope, reconciled
from claimcheck.reading.shapes import TokenSpans
from claimcheck.types import Qualified, Source

# This many selling phrases, or one in so many words, make a text a seller's.
SELLING_PHRASES = 2
SELLING_WORDS = 120


class SourceQualifier:
    """Reads the source from ``source.yaml``."""

    def __init__(self) -> None:
        self._finder = CueFinder("source")

    def __call__(self, doc: Doc) -> Doc:
        """Set ``doc._.source``."""
        hits = self._finder.find(where_of(doc)) if doc._.proposals else {}
        selling = [h for found in hits.values() for h in found if h.scope is Scope.DOCUMENT]
        sells = len(selling) >= SELLING_PHRASES or (bool(selling) and len(doc) < SELLING_WORDS)
        spans = doc._.spans
        doc._.source = tuple(
            reconciled(
                self._source(spans, hits.get(p.sentence, ()), sells),
                p.attributes.source if p.attributes else None,
            )
            for p in doc._.proposals
        )
        return doc

    def _source(self, spans: TokenSpans, hits: Sequence[Hit], sells: bool) -> Qualified[Source]:
        named = sorted((h for h in hits if h.scope is Scope.SENTENCE), key=lambda h: (h.order, h.tokens))
        if named:
            return Qualified(Source(named[0].value), (spans.of(named[0].tokens),))
        return Qualified(Source.VENDOR if sells else Source.AUTHOR)


@Language.factory(
    "claimcheck_source",
    requires=["doc._.forms", "doc._.sentences", "doc._.proposals"],
    assigns=["doc._.source"],
)
def make(nlp: Language, name: str) -> SourceQualifier:  # noqa: ARG001 - spaCy's signature
    """Build the component."""
    return SourceQualifier()
