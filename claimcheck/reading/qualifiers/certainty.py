"""The component ``claimcheck_certainty``: certain, probable or possible.

Sets ``doc._.certainty``.  Plain statements are certain; the weakest word in the
claim's clause decides (guideline, section 8).
"""

from __future__ import annotations

from spacy.language import Language
from spacy.tokens import Doc

from claimcheck.reading.matching import where_of
from claimcheck.reading.qualifiers.engine import CueFinder, reaches, reconciled
from claimcheck.types import Certainty, Qualified


class CertaintyQualifier:
    """Reads certainty from ``certainty.yaml``."""

    def __init__(self) -> None:
        self._finder = CueFinder("certainty")

    def __call__(self, doc: Doc) -> Doc:
        """Set ``doc._.certainty``."""
        hits = self._finder.find(where_of(doc)) if doc._.proposals else {}
        found: list[Qualified[Certainty]] = []
        sentences, forms, spans = doc._.sentences, doc._.forms, doc._.spans
        for proposal in doc._.proposals:
            sentence = sentences[proposal.sentence]
            reaching = [
                h
                for h in hits.get(proposal.sentence, ())
                if reaches(h, proposal, forms, sentence) and h.tokens.start < proposal.end
            ]
            value = min(
                (Certainty(h.value) for h in reaching), key=lambda c: c.rank, default=Certainty.CERTAIN
            )
            cues = tuple(spans.of(h.tokens) for h in reaching if h.value == value)
            told = proposal.attributes.certainty if proposal.attributes else None
            found.append(reconciled(Qualified(value, cues), told))
        doc._.certainty = tuple(found)
        return doc


@Language.factory(
    "claimcheck_certainty",
    requires=["doc._.forms", "doc._.sentences", "doc._.proposals"],
    assigns=["doc._.certainty"],
)
def make(nlp: Language, name: str) -> CertaintyQualifier:  # noqa: ARG001 - spaCy's signature
    """Build the component."""
    return CertaintyQualifier()
