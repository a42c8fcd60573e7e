"""The component ``claimcheck_polarity``: affirmed or negated.

Sets ``doc._.polarity``, one :class:`~claimcheck.types.Qualified` a proposal.
An expression that only looks like a negation ("not only") blocks the negation
words inside it; two negations that both reach a claim still deny it, because
double negation is rarer in this kind of text than a list of denials.
"""

from __future__ import annotations

from spacy.language import Language
from spacy.tokens import Doc

from claimcheck.reading.matching import where_of
from claimcheck.reading.qualifiers.engine import CueFinder, reaches, reconciled
from claimcheck.types import Polarity, Qualified


class PolarityQualifier:
    """Reads polarity from ``polarity.yaml``."""

    def __init__(self) -> None:
        self._finder = CueFinder("polarity")

    def __call__(self, doc: Doc) -> Doc:
        """Set ``doc._.polarity``."""
        hits = self._finder.find(where_of(doc)) if doc._.proposals else {}
        found: list[Qualified[Polarity]] = []
        sentences, forms, spans = doc._.sentences, doc._.forms, doc._.spans
        for proposal in doc._.proposals:
            sentence = sentences[proposal.sentence]
            reaching = [
                h
                for h in hits.get(proposal.sentence, ())
                if h.value == "negated" and reaches(h, proposal, forms, sentence)
            ]
            # "nothing in this cream causes a rash" denies; a denial after the target speaks of something else
            reaching = [h for h in reaching if not proposal.target or h.tokens.start < proposal.target.end]
            value = Polarity.NEGATED if reaching else Polarity.AFFIRMED
            told = proposal.attributes.polarity if proposal.attributes else None
            found.append(reconciled(Qualified(value, tuple(spans.of(h.tokens) for h in reaching)), told))
        doc._.polarity = tuple(found)
        return doc


@Language.factory(
    "claimcheck_polarity",
    requires=["doc._.forms", "doc._.sentences", "doc._.proposals"],
    assigns=["doc._.polarity"],
)
def make(nlp: Language, name: str) -> PolarityQualifier:  # noqa: ARG001 - spaCy's signature
    """Build the component."""
    return PolarityQualifier()
