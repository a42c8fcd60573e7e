"""What the law of a jurisdiction calls a claim of this kind.  Information only: it moves no verdict."""

from __future__ import annotations

from collections.abc import Iterable

from claimcheck.judging.wording import is_promise
from claimcheck.kb.store import KnowledgeBase, RegulationRecord
from claimcheck.types import Claim, Jurisdiction, Kind, Link, RegulatoryNote


def notes(
    claim: Claim, kb: KnowledgeBase, jurisdictions: Iterable[Jurisdiction]
) -> tuple[RegulatoryNote, ...]:
    """Return the notes that fit the claim's kind of intervention, relation and kind of target.

    A denied, refuted or merely asked claim gets none: no law is broken by it.
    """
    if not is_promise(claim):
        return ()
    chosen = frozenset(jurisdictions)
    fitting = [r for r in kb.regulations if r.jurisdiction in chosen and _applies(r, claim, kb)]
    return tuple(
        dict.fromkeys(
            RegulatoryNote(
                jurisdiction=r.jurisdiction, claim_class=r.claim_class, rule=r.rule, message=r.message
            )
            for r in fitting
        )
    )


def _applies(regulation: RegulationRecord, claim: Claim, kb: KnowledgeBase) -> bool:
    if claim.relation.value not in regulation.relations:
        return False
    if _kind(claim.intervention, kb) not in regulation.applies_to_kinds:
        return False
    return not regulation.target_kinds or _kind(claim.target, kb) in regulation.target_kinds


def _kind(link: Link | None, kb: KnowledgeBase) -> Kind | None:
    concept = kb.concept(link.concept_id) if link is not None else None
    return concept.kind if concept is not None else None
