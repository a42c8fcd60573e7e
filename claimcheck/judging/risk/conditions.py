"""Which conditions must not be left without their treatment, and what counts as that treatment."""

from __future__ import annotations

from itertools import islice
from weakref import WeakKeyDictionary

from claimcheck.judging.risk.situation import MEDICINES, Situation
from claimcheck.judging.wording import BENEFITS
from claimcheck.kb.store import Concept, KnowledgeBase
from claimcheck.types import ConceptId, Relation, Risk

EMERGENCIES: frozenset[str] = frozenset(
    {
        "heart-attack",
        "stroke",
        "anaphylaxis",
        "overdose",
        "sepsis",
        "meningitis",
        "respiratory-depression",
        "poisoning",
        "suicidality",
    }
)
"""Conditions where minutes or hours decide.  Seizures and low blood sugar are
left out: both are also treated at home, one of them with food."""


MOST_NARROWER = 200


def serious(situation: Situation) -> Concept | None:
    """Return the serious condition that the target is, or is a form of; None where it is neither."""
    for concept_id in situation.lineage(situation.target_id):
        concept = situation.kb.concept(concept_id)
        if concept is not None and concept.serious:
            return concept
    return None


def is_emergency(situation: Situation) -> bool:
    """Tell whether the target is a condition where minutes or hours decide."""
    return any(concept_id in EMERGENCIES for concept_id in situation.lineage(situation.target_id))


def is_listed_treatment(situation: Situation) -> bool:
    """Tell whether the intervention is among the treatments of the claim's own target."""
    return treats(situation, intervention=situation.intervention_id, target=situation.target_id)


def is_ordinary_use(situation: Situation) -> bool:
    """Tell whether a medicine is spoken of as the medicine it is.

    For a listed condition, or at least not as a treatment or cure of a serious
    one that it is not listed for.  Something that nobody is known to prescribe
    and that the knowledge base warns of, and anything called safe, is not.
    """
    if situation.kind not in MEDICINES or not situation.is_promise:
        return False
    if situation.relation not in BENEFITS | {Relation.POTENTIATES}:
        return False
    if is_listed_treatment(situation):
        return True
    if situation.relation in (Relation.TREATS, Relation.CURES) and serious(situation) is not None:
        return False
    return _has_purpose(situation) or not _is_watched(situation)


def _has_purpose(situation: Situation) -> bool:
    """Tell whether the medicine, or a class it is in, is prescribed for anything."""
    return any(_purposes(situation.kb, holder) for holder in situation.lineage(situation.intervention_id))


def _is_watched(situation: Situation) -> bool:
    """Tell whether the knowledge base warns of its use without a clinician, or of its being sold at all."""
    return bool(situation.records(Risk.UNSUPERVISED_USE) or situation.records(Risk.ILLEGAL_OR_RECALLED))


def share_a_purpose(situation: Situation, one: ConceptId | None, other: ConceptId | None) -> bool:
    """Tell whether two medicines are prescribed for one condition: then one may stand in for the other."""
    kb = situation.kb
    purposes, others = (
        {purpose for holder in situation.lineage(medicine) for purpose in _purposes(kb, holder)}
        for medicine in (one, other)
    )
    return bool(purposes & others)


def treats(situation: Situation, *, intervention: ConceptId | None, target: ConceptId | None) -> bool:
    """Tell whether the knowledge base lists the intervention as a treatment of the target.

    The lists of wider conditions count, and those of narrower ones: what treats
    depression treats a mental illness.
    A medicine is listed with its class and a class with any of its members.
    Anything else must be listed by itself: a herb that acts like a class of
    medicines is not one of them.
    """
    if intervention is None or target is None:
        return False
    kb, aims = situation.kb, situation.lineage(target)
    listed = {t for aim in (*aims, *_narrower(kb, target)) for t in _treatments(kb, aim)}
    if intervention in listed:
        return True
    concept = kb.concept(intervention)
    if concept is None or concept.kind not in MEDICINES:
        return False
    if any(kb.is_a(intervention, t) or kb.is_a(t, intervention) for t in listed):
        return True
    return any(
        purpose in aims or kb.is_a(purpose, target)
        for holder in situation.lineage(intervention)
        for purpose in _purposes(kb, holder)
    )


def serious_purpose(situation: Situation, medicine: ConceptId) -> Concept | None:
    """Return a serious condition that the medicine, or a class it is in, treats; None if it treats none.

    Worked out once for each medicine that is met: it asks of every serious condition.
    """
    known = _serious_purposes.setdefault(situation.kb, {})
    if medicine not in known:
        known[medicine] = _serious_purpose(situation, medicine)
    return known[medicine]


_serious_purposes: WeakKeyDictionary[KnowledgeBase, dict[ConceptId, Concept | None]] = WeakKeyDictionary()


def _serious_purpose(situation: Situation, medicine: ConceptId) -> Concept | None:
    for holder in situation.lineage(medicine):
        for purpose in _purposes(situation.kb, holder):
            concept = situation.kb.concept(purpose)
            if concept is not None and concept.serious:
                return concept
    for concept in situation.kb.concepts():
        if not concept.reviewed:
            break  # reviewed concepts come first, and only they are marked serious
        if concept.serious and treats(situation, intervention=medicine, target=concept.id):
            return concept
    return None


def _narrower(kb: KnowledgeBase, condition: ConceptId) -> list[ConceptId]:
    """Return the conditions below one, nearest first, at most ``MOST_NARROWER``."""
    found = list(islice(kb.members(condition), MOST_NARROWER))
    for known in found:
        room = MOST_NARROWER - len(found)
        found.extend(islice((m for m in kb.members(known) if m not in found and m != condition), room))
    return found


def _treatments(kb: KnowledgeBase, condition: ConceptId) -> tuple[ConceptId, ...]:
    concept = kb.concept(condition)
    return concept.treatments if concept else ()


def _purposes(kb: KnowledgeBase, medicine: ConceptId) -> tuple[ConceptId, ...]:
    concept = kb.concept(medicine)
    return concept.prescribed_for if concept else ()
