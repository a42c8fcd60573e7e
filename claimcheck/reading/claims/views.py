"""Shows the classifiers a sentence or a candidate: plain values, names blinded."""

from __future__ import annotations

from collections.abc import Sequence

from claimcheck.kb.store import KnowledgeBase
from claimcheck.learn.features import CandidateView, SentenceView, blind
from claimcheck.reading.claims.arguments import Argument, Arguments
from claimcheck.reading.shapes import Cue, Mention, Sentence

AROUND_CUE = 4


def placeholder(mention: Mention, kb: KnowledgeBase) -> str:
    """Return what stands for a name: its side, and for targets its kind."""
    if mention.generic:
        return ""
    if mention.target is not None:
        concept = kb.concept(mention.target)
        kind = f"<{concept.kind}>" if concept else "<condition>"
        return kind if mention.intervention is None else "<both>"
    return "<int>"


def sentence_view(
    forms: Sequence[str],
    sentence: Sentence,
    mentions: Sequence[Mention],
    kb: KnowledgeBase,
    before: tuple[str, ...] = (),
) -> SentenceView:
    """Blind one sentence; ``before`` are the blinded words of its neighbour or heading."""
    names = [(m.start, m.end, placeholder(m, kb)) for m in mentions if not m.generic]
    return SentenceView(blind(forms, sentence.start, sentence.end, names), sentence.kind.value, before)


def candidate_view(
    forms: Sequence[str],
    sentence: Sentence,
    mentions: Sequence[Mention],
    kb: KnowledgeBase,
    found: Arguments,
    *,
    sentence_score: float,
    rivals: int,
) -> CandidateView:
    """Describe one cue with its arguments."""
    cue = found.cue
    names = [(m.start, m.end, placeholder(m, kb)) for m in mentions if not m.generic]
    before = blind(forms, sentence.start, cue.start, [n for n in names if n[1] <= cue.start])
    after = blind(forms, cue.end, sentence.end, [n for n in names if n[0] >= cue.end])
    return CandidateView(
        relation=cue.relation,
        order=cue.order.value,
        weak=cue.weak,
        cue=" ".join(f for f in forms[cue.start : cue.end] if f),
        before_cue=before[-AROUND_CUE:],
        after_cue=after[:AROUND_CUE],
        intervention=_intervention_kind(found.intervention, forms),
        target=_target_kind(found, kb),
        intervention_gap=_gap(found.intervention, cue),
        target_gap=_gap(found.target, cue),
        sentence_kind=sentence.kind.value,
        sentence_score=sentence_score,
        sentence_length=sentence.end - sentence.start,
        rivals=rivals,
    )


def _intervention_kind(argument: Argument | None, forms: Sequence[str]) -> str:
    if argument is None:
        return "none"
    if any(m.intervention for m in argument.mentions):
        return "known"
    if argument.mentions:
        return "pronoun" if len(forms[argument.range.start]) <= 5 and len(argument.range) else "generic"
    return "phrase"


def _target_kind(found: Arguments, kb: KnowledgeBase) -> str:
    if found.implied_target is not None or (found.target and found.target.how == "implied"):
        return "implied"
    if found.target is None:
        return "none"
    for mention in found.target.mentions:
        if mention.target is not None:
            concept = kb.concept(mention.target)
            return concept.kind.value if concept else "condition"
    return "intervention" if found.target.mentions else "phrase"


def _gap(argument: Argument | None, cue: Cue) -> int:
    if argument is None:
        return 99
    if argument.range.end <= cue.start:
        return cue.start - argument.range.end
    return max(0, argument.range.start - cue.end)
