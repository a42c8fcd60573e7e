"""What the law of a jurisdiction calls a claim of this kind.  Information only: it moves no verdict.

Two layers.  The lists of the law name claims one by one, by substance and effect:
permitted, allowed with a qualification, refused.  The general rules speak of kinds
of things and of effects.  A list that knows the claim says more than the rule that
a health claim must be on a list, and takes its place.
"""

from __future__ import annotations

from collections.abc import Iterable

from claimcheck import surface
from claimcheck.judging.wording import is_promise
from claimcheck.kb.store import KnowledgeBase, ListedClaimRecord, RegulationRecord
from claimcheck.types import Certainty, Claim, Jurisdiction, Kind, Link, RegulatoryNote, Relation

UNLISTED = "health_claim"
"""The class of a general rule that a list answers: whether a health claim may be made at all."""

OF_DISEASE = frozenset({"disease_claim", "medicinal_claim"})
"""Classes of general rules on claims that name a disease; only a permission answers them."""

PERMITTED = frozenset({"authorised_health_claim", "qualified_health_claim"})
"""Classes of lists that allow what they name; the others refuse it."""


def notes(
    claim: Claim, kb: KnowledgeBase, jurisdictions: Iterable[Jurisdiction]
) -> tuple[RegulatoryNote, ...]:
    """Return the notes that fit the claim, those of the lists first.

    A denied, refuted or merely asked claim gets none: no law is broken by it.
    """
    if not is_promise(claim):
        return ()
    chosen = frozenset(jurisdictions)
    listed = [r for r in _listed(claim, kb) if r.jurisdiction in chosen]
    answered = _answered(listed, claim)
    general = [
        RegulatoryNote(jurisdiction=r.jurisdiction, claim_class=r.claim_class, rule=r.rule, message=r.message)
        for r in kb.regulations
        if r.jurisdiction in chosen
        and (r.jurisdiction, r.claim_class) not in answered
        and _applies(r, claim, kb)
    ]
    return tuple(dict.fromkeys([*_notes_of(listed), *general]))


def _listed(claim: Claim, kb: KnowledgeBase) -> Iterable[ListedClaimRecord]:
    """Yield the entries that name this effect of this substance, or of a class that it belongs to.

    The effect must be the entry's own: a list that names cancer says nothing of
    one cancer, and one that names digestion nothing of the liver.
    """
    if claim.target is None or claim.target.concept_id is None or claim.intervention is None:
        return
    for record in kb.listed_claims_for(claim.target.concept_id):
        if claim.relation.value in record.relations and _is_meant(record, claim.intervention, kb):
            yield record


def _is_meant(record: ListedClaimRecord, link: Link, kb: KnowledgeBase) -> bool:
    if link.concept_id is None or not any(kb.is_a(link.concept_id, i) for i in record.interventions):
        return False
    if not record.named:
        return True
    words = surface.pattern(surface.comparable(link.ref or link.text))
    return any(name in words for name in record.named)


def _answered(listed: Iterable[ListedClaimRecord], claim: Claim) -> frozenset[tuple[Jurisdiction, str]]:
    """Return the general rules, by jurisdiction and class, whose place a list takes.

    The lists allow a food or supplement to lower a risk, and never to prevent a
    disease.  Both are ``prevents`` to the reader, so that only wording as a
    possibility ("may reduce the risk") counts as the permitted one; anything
    stronger keeps its note on disease claims beside that of the list.
    """
    promises_less = claim.relation.value is not Relation.PREVENTS
    mild = promises_less or claim.certainty.value is Certainty.POSSIBLE
    answered: set[tuple[Jurisdiction, str]] = set()
    for record in listed:
        answered.add((record.jurisdiction, UNLISTED))
        if mild and record.claim_class in PERMITTED:
            answered.update((record.jurisdiction, name) for name in OF_DISEASE)
    return frozenset(answered)


def _notes_of(listed: Iterable[ListedClaimRecord]) -> Iterable[RegulatoryNote]:
    """One note for each substance and set of conditions, with all its effects that fit."""
    effects: dict[tuple[Jurisdiction, str, str, str, str, str, str], list[str]] = {}
    for r in listed:
        key = (r.jurisdiction, r.claim_class, r.rule, r.opening, r.substance, r.conditions, r.closing)
        effects.setdefault(key, []).append(r.effect)
    for (jurisdiction, claim_class, rule, opening, substance, conditions, closing), found in effects.items():
        sentences = (f"{opening} {substance}: {'; '.join(found)}.", conditions, closing)
        yield RegulatoryNote(
            jurisdiction=jurisdiction,
            claim_class=claim_class,
            rule=rule,
            message=" ".join(filter(None, sentences)),
        )


def _applies(regulation: RegulationRecord, claim: Claim, kb: KnowledgeBase) -> bool:
    if claim.relation.value not in regulation.relations:
        return False
    if _kind(claim.intervention, kb) not in regulation.applies_to_kinds:
        return False
    if regulation.target_kinds and _kind(claim.target, kb) not in regulation.target_kinds:
        return False
    return _is_one_of(claim.intervention, regulation.interventions, kb) and _is_one_of(
        claim.target, regulation.targets, kb
    )


def _is_one_of(link: Link | None, named: tuple[str, ...], kb: KnowledgeBase) -> bool:
    """Tell whether the link is one of ``named`` or narrower; no names, no restriction."""
    if not named:
        return True
    found = link.concept_id if link is not None else None
    return found is not None and any(kb.is_a(found, one) for one in named)


def _kind(link: Link | None, kb: KnowledgeBase) -> Kind | None:
    concept = kb.concept(link.concept_id) if link is not None else None
    return concept.kind if concept is not None else None
