"""The one place where the trained encoder and the cue rules meet.

The encoder knows best *that* a stretch of text is a claim, how it is said and of
what; the rules, where a convincing cue stands in that stretch, know best *which*
relation is claimed.  So:

- an encoder claim with one convincing cue in it takes its relation from the cue,
  and an argument only where the encoder found none;
- with several such cues it is several claims, one a cue, with the cues' arguments
  and the encoder's attributes;
- without one it stands as it is, except in a sentence of advice or caution ("talk
  to your doctor before ..."), where it has to be very sure;
- a very convincing cue that the encoder passed over stands by itself.

What each step is worth is measured in ``docs/experiments.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from spacy.tokens import Doc

from claimcheck.reading.claims.detector import CueDetector
from claimcheck.reading.claims.encoder import EncoderDetector
from claimcheck.reading.shapes import Proposal
from claimcheck.types import Relation

# From here on a cue with its arguments is believed about what is claimed.
CONVINCING = 0.5
# "No longer need their metformin" is rare and dangerous: the reading that protects is believed sooner.
CONVINCING_TO_STOP = 0.3
# From here on it is believed even where the encoder saw no claim.
ALONE = 0.8
DENIALS = frozenset(("not", "don't", "never", "dont", "without", "nobody"))
STOPPING = frozenset(("stop", "stopping", "quit", "discontinue", "skip", "leave", "throw", "come", "taking"))
SURE_IN_ADVICE = 0.9


class ReconciledDetector:
    """Sets ``doc._.proposals`` from both detectors."""

    def __init__(self, encoder: EncoderDetector, cues: CueDetector) -> None:
        self._encoder = encoder
        self._cues = cues

    def __call__(self, doc: Doc) -> Doc:
        """Set the proposals, in order of the text."""
        told: tuple[Proposal, ...] = self._encoder(doc)._.proposals
        read: tuple[Proposal, ...] = self._cues(doc)._.proposals
        advice = self._cues.advice_sentences(doc)
        sure = [p for p in told if p.sentence not in advice or p.probability >= SURE_IN_ADVICE]
        unsure = [p for p in told if p.sentence in advice and p.probability < SURE_IN_ADVICE]
        found = reconciled(sure, read, only_with_cue=unsure)
        doc._.proposals = tuple(p for p in found if not _warns_against_stopping(p, doc._.forms))
        return doc


def reconciled(
    told: Sequence[Proposal], read: Sequence[Proposal], *, only_with_cue: Sequence[Proposal] = ()
) -> tuple[Proposal, ...]:
    """Return the claims of the encoder (``told``) and of the cues (``read``) as one list.

    Those of ``only_with_cue`` count where a convincing cue stands in them.
    """
    by_sentence: dict[int, list[Proposal]] = {}
    for proposal in read:
        least = CONVINCING_TO_STOP if proposal.relation is Relation.REPLACES else CONVINCING
        if proposal.cues and proposal.probability >= least:
            by_sentence.setdefault(proposal.sentence, []).append(proposal)
    found: list[Proposal] = []
    used: set[int] = set()
    for index, claim in enumerate((*told, *only_with_cue)):
        inside = [
            p for p in by_sentence.get(claim.sentence, ()) if _cue_within(p, claim) and id(p) not in used
        ]
        used.update(map(id, inside))
        if inside:
            found += [_together(claim, p, alone=len(inside) == 1) for p in inside]
        elif index < len(told):
            found.append(claim)
    for proposals in by_sentence.values():
        found += [p for p in proposals if id(p) not in used and p.probability >= ALONE]
    return tuple(sorted(found, key=lambda p: (p.start, p.end, p.relation)))


def _together(claim: Proposal, cue: Proposal, *, alone: bool) -> Proposal:
    """Return one claim of what the encoder and a cue in it say."""
    # a convincing cue makes a claim of what the encoder was in two minds about
    probability = max(claim.probability, min(cue.probability, CONVINCING))
    if not alone:
        return replace(cue, probability=probability, attributes=claim.attributes)
    return replace(
        claim,
        relation=cue.relation,
        cues=cue.cues,
        probability=probability,
        intervention=claim.intervention or cue.intervention,
        target=claim.target or cue.target,
        implied_target=cue.implied_target,
    )


def _warns_against_stopping(proposal: Proposal, forms: Sequence[str]) -> bool:
    """ "Do not stop taking your insulin" is no claim (guideline, section 8)."""
    if proposal.relation is not Relation.REPLACES:
        return False
    return any(
        forms[i] in STOPPING and any(f in DENIALS for f in forms[max(0, i - 3) : i])
        for i in range(proposal.start, proposal.end)
    )


def _cue_within(proposal: Proposal, claim: Proposal) -> bool:
    cue = proposal.cues[0]
    return cue.start < claim.end and claim.start < cue.end
