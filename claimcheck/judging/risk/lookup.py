"""What the knowledge base holds on a concept and on everything wider."""

from __future__ import annotations

from claimcheck.kb.store import KnowledgeBase, RiskRecord
from claimcheck.types import ConceptId, Risk


def lineage(kb: KnowledgeBase, concept_id: ConceptId | None) -> tuple[ConceptId, ...]:
    """Return the concept and everything wider, nearest first; empty for None."""
    return () if concept_id is None else (concept_id, *kb.ancestors(concept_id))


def records(kb: KnowledgeBase, code: Risk, concept_id: ConceptId | None) -> tuple[RiskRecord, ...]:
    """Return the risk entries of that code for a concept and its classes."""
    return tuple(r for holder in lineage(kb, concept_id) for r in kb.risks(holder) if r.code is code)


def name(kb: KnowledgeBase, concept_id: ConceptId | None, otherwise: str) -> str:
    """Return a concept's own name: the words of the text never enter a message."""
    concept = kb.concept(concept_id)
    return concept.name if concept else otherwise
