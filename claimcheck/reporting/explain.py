"""Puts one finding into a few plain words for whoever wrote or read the text.

What is claimed, what is known, what can happen, where it says so.  Never an
insult, never "true" or "false"; the same finding always gives the same words.
"""

from __future__ import annotations

from claimcheck.kb.store import Concept, KnowledgeBase, StatementRecord
from claimcheck.types import (
    Assessment,
    Basis,
    Certainty,
    Claim,
    EvidenceResult,
    Link,
    Polarity,
    ReferenceId,
    Relation,
    RiskFlag,
    RiskLevel,
    Stance,
)

MAX_LENGTH = 600
MAX_NAME = 60
# What the risk and the source may take; the summary of what is known gets the rest.
MAX_RISK = 190
MAX_PUBLISHER = 90
# Money or false hope is not worth a warning in words; the flag itself is still shown.
TOLD_FROM = RiskLevel.MODERATE

CLAIMED: dict[Relation, tuple[str, str, str]] = {
    Relation.TREATS: ("a", "treatment", "for"),
    Relation.CURES: ("a", "cure", "for"),
    Relation.PREVENTS: ("", "protection", "against"),
    Relation.RELIEVES: ("", "relief", "for"),
    Relation.IMPROVES: ("a", "help", "for"),
    Relation.POTENTIATES: ("a", "way to strengthen", ""),
    Relation.REPLACES: ("a", "replacement", "for"),
    Relation.IS_SAFE: ("a", "safe choice", "for"),
    Relation.HARMS: ("a", "cause", "of"),
}
"""Article, noun and preposition of what a relation makes of the intervention."""

WITHOUT_TARGET: dict[Relation, tuple[str, str]] = {
    Relation.PREVENTS: ("", "protection"),
    Relation.POTENTIATES: ("a", "way to strengthen other treatments"),
    Relation.REPLACES: ("a", "replacement for other treatment"),
    Relation.HARMS: ("a", "cause of harm"),
}

HEDGE: dict[Certainty, str] = {
    Certainty.CERTAIN: "",
    Certainty.PROBABLE: "likely",
    Certainty.POSSIBLE: "possible",
}

OPENING: dict[Stance, str] = {
    Stance.ASSERTED: "The text presents",
    Stance.REPORTED: "The text passes on a view of",
    Stance.QUESTIONED: "The text asks about",
    Stance.REFUTED: "The text rejects",
    Stance.INSTRUCTED: "The text recommends",
}

OPENING_DENIED: dict[Stance, str] = {
    Stance.ASSERTED: "The text rules out",
    Stance.REPORTED: "The text passes on doubts about",
    Stance.QUESTIONED: "The text asks about",
    Stance.REFUTED: "The text rejects doubts about",
    Stance.INSTRUCTED: "The text advises against",
}

SILENT = "Our knowledge base holds nothing on this, which speaks neither for nor against it."
MEASURE: dict[Assessment, str] = {
    Assessment.OVERSTATED: "The wording claims more than that.",
    Assessment.CONTRADICTED: "The wording goes against that.",
}


def explain(
    claim: Claim,
    evidence: EvidenceResult,
    assessment: Assessment,
    risks: tuple[RiskFlag, ...],
    kb: KnowledgeBase,
) -> str:
    """Return the explanation of one finding.

    Args:
        claim: what the text says.
        evidence: what is known of it, with the statements used.
        assessment: how the wording stands against that.
        risks: flags, worst first; the first is told, from ``moderate`` on.
        kb: gives names, summaries and references.

    Returns:
        At most ``MAX_LENGTH`` characters.  Names are those of the knowledge
        base; an unlinked argument is quoted, shortened.
    """
    statements = [s for s in map(kb.statement, evidence.statements) if s is not None]
    claimed = _claimed(claim, kb)
    measure = MEASURE.get(assessment, "")
    told = bool(risks) and risks[0].level.rank >= TOLD_FROM.rank
    danger = _shortened(risks[0].message, MAX_RISK) if told else ""
    source = _source(statements, risks, kb)
    spent = sum(len(part) + 1 for part in (claimed, measure, danger, source) if part)
    known = _known(claim, evidence, statements, kb, room=MAX_LENGTH - spent)
    return " ".join(part for part in (claimed, known, measure, danger, source) if part)


def _claimed(claim: Claim, kb: KnowledgeBase) -> str:
    """Return the sentence that says what the text claims."""
    if claim.relation.value is Relation.REPLACES and claim.intervention is None:
        return f"{_opening(claim)} doing without {_name(claim.target, kb, 'a treatment')}."
    intervention = _name(claim.intervention, kb, "something it does not name")
    return f"{_opening(claim)} {intervention} as {_role(claim, kb)}."


def _opening(claim: Claim) -> str:
    denied = claim.polarity.value is Polarity.NEGATED
    return (OPENING_DENIED if denied else OPENING)[claim.stance.value]


def _role(claim: Claim, kb: KnowledgeBase) -> str:
    """Return "a possible treatment for depression"."""
    relation, hedge = claim.relation.value, HEDGE[claim.certainty.value]
    article, noun, preposition = CLAIMED[relation]
    if claim.target is None:
        article, noun = WITHOUT_TARGET.get(relation, (article, noun))
        return " ".join(word for word in (article, hedge, noun) if word)
    words = (article, hedge, noun, preposition, _name(claim.target, kb, ""))
    return " ".join(word for word in words if word)


def _name(link: Link | None, kb: KnowledgeBase, otherwise: str) -> str:
    """Return a concept's name, or the text's own words in quotation marks, shortened."""
    if link is None:
        return otherwise
    concept = kb.concept(link.concept_id)
    if concept is not None:
        return _shortened(concept.name, MAX_NAME)
    own = " ".join((link.ref or link.text).split())
    return f"“{_shortened(own, MAX_NAME)}”" if own else otherwise


def _known(
    claim: Claim,
    evidence: EvidenceResult,
    statements: list[StatementRecord],
    kb: KnowledgeBase,
    *,
    room: int,
) -> str:
    """Return what is known, and by which step where that was not the pair itself."""
    if not statements:
        return _shortened(SILENT + _prior(evidence), room)
    step = _step(claim, evidence.basis, statements[0], kb)
    age = " This was last reviewed more than three years ago." if evidence.stale else ""
    summary = _sentence(_shortened(statements[0].summary, room - len(step) - len(age)))
    return f"{summary}{step}{age}"


def _prior(evidence: EvidenceResult) -> str:
    if evidence.prior is None:
        return ""
    return f" Of claims like it, about {round(evidence.prior * 100)} in 100 did not hold when people checked."


def _step(claim: Claim, basis: Basis, statement: StatementRecord, kb: KnowledgeBase) -> str:
    """Return the note on a broader basis; none for the pair itself."""
    match basis:
        case Basis.BROADER_TARGET:
            wider = _concept_name(kb.concept(statement.target), "the wider condition")
            return f" (Known of {wider} in general.)"
        case Basis.INTERVENTION:
            return " (Known of it in general.)" if claim.target is not None else ""
        case Basis.CLASS:
            parent = _concept_name(kb.concept(statement.intervention), "its class")
            return f" (Known of {parent} as a class.)"
        case Basis.PRINCIPLE:
            return " (A general principle for claims of this kind.)"
        case _:
            return ""


def _concept_name(concept: Concept | None, otherwise: str) -> str:
    return _shortened(concept.name, MAX_NAME) if concept is not None else otherwise


def _source(statements: list[StatementRecord], risks: tuple[RiskFlag, ...], kb: KnowledgeBase) -> str:
    """Return publisher and year of the first reference: of what is known, else of the worst risk."""
    cited: list[ReferenceId] = [r for s in statements for r in s.references]
    cited += [r for risk in risks[:1] if risk.level.rank >= TOLD_FROM.rank for r in risk.references]
    for reference_id in cited:
        reference = kb.reference(reference_id)
        if reference is not None:
            year = f", {reference.published[:4]}" if reference.published else ""
            return f"Source: {_shortened(reference.publisher, MAX_PUBLISHER)}{year}."
    return ""


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _shortened(text: str, limit: int) -> str:
    """Return the text cut at a word where it is longer than ``limit``."""
    if len(text) <= limit:
        return text
    cut = text[: max(limit - 1, 0)]
    return cut[: cut.rfind(" ")].rstrip(" ,;:") + "…" if " " in cut else cut + "…"
