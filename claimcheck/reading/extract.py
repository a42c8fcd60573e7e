"""Where the Doc ends: its attributes become a plain :class:`claimcheck.types.Reading`."""

from __future__ import annotations

import hashlib
from collections import Counter

from spacy.tokens import Doc

from claimcheck.reading.shapes import Proposal, TokenSpans
from claimcheck.types import Claim, ClaimId, Qualified, Reading, Relation, ReportWarning

# A report stays readable, and its size bounded, whatever the text.
MOST_CLAIMS = 2_000


def extract(doc: Doc, *, min_probability: float) -> Reading:
    """Return the claims of at least ``min_probability``, and all signals, in order of the text."""
    text, sentences = doc._.raw, doc._.sentences
    spans: TokenSpans = doc._.spans
    seen: Counter[str] = Counter()
    claims: list[Claim] = []
    rows = zip(
        doc._.proposals, doc._.polarity, doc._.certainty, doc._.stance, doc._.source, doc._.links, strict=True
    )
    warnings: tuple[ReportWarning, ...] = ()
    for proposal, polarity, certainty, stance, source, links in rows:
        if proposal.probability < min_probability:
            continue
        if len(claims) == MOST_CLAIMS:
            message = f"Only the first {MOST_CLAIMS:,} claims of this text are reported."
            warnings = (ReportWarning("too_many_claims", message),)
            break
        sentence_span = spans.of(sentences[proposal.sentence])
        intervention = links.intervention.text if links.intervention else ""
        target = links.target.text if links.target else ""
        key = "\0".join((sentence_span.of(text), proposal.relation, intervention, target))
        seen[key] += 1
        claims.append(
            Claim(
                id=_claim_id(key, seen[key]),
                span=spans.of(proposal),
                sentence=sentence_span,
                relation=_relation(spans, proposal),
                intervention=links.intervention,
                target=links.target,
                polarity=polarity,
                certainty=certainty,
                stance=stance,
                source=source,
                probability=round(proposal.probability, 4),
                context=links.context,
                doubt=proposal.attributes.doubt if proposal.attributes else None,
            )
        )
    return Reading(claims=tuple(claims), signals=doc._.signals[:MOST_CLAIMS], warnings=warnings)


def _relation(spans: TokenSpans, proposal: Proposal) -> Qualified[Relation]:
    return Qualified(proposal.relation, tuple(spans.of(cue) for cue in proposal.cues))


def _claim_id(key: str, occurrence: int) -> ClaimId:
    """Return an id that stays the same wherever the sentence stands on the page."""
    return ClaimId("c-" + hashlib.sha256(f"{key}\0{occurrence}".encode()).hexdigest()[:16])
