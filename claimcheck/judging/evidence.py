"""The first axis: what the knowledge base knows of the effect a claim speaks of.

The walk goes from the nearest statement to the widest: the exact pair, a
broader target, the intervention for anything, its class, a principle.  The
first step that finds a statement settles the claim; the step is the result's
``basis``.  Polarity, certainty and stance play no part: evidence is always
read on the affirmative statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from claimcheck.judging.wording import BENEFITS
from claimcheck.kb.store import Concept, KnowledgeBase, PrincipleRecord, StatementRecord
from claimcheck.types import (
    Basis,
    Claim,
    ConceptId,
    Evidence,
    EvidenceResult,
    Grade,
    Kind,
    Link,
    Relation,
    StatementId,
)

STRENGTH: dict[Relation, int] = {
    Relation.IMPROVES: 1,
    Relation.TREATS: 2,
    Relation.RELIEVES: 2,
    Relation.CURES: 3,
}
"""How much a relation claims.  Relations missing here compare with themselves only."""

ANSWERS: dict[Relation, tuple[Relation, ...]] = {
    Relation.TREATS: (Relation.TREATS, Relation.RELIEVES, Relation.IMPROVES, Relation.CURES),
    Relation.RELIEVES: (Relation.RELIEVES, Relation.TREATS, Relation.IMPROVES, Relation.CURES),
    Relation.IMPROVES: (Relation.IMPROVES, Relation.TREATS, Relation.RELIEVES, Relation.CURES),
    Relation.CURES: (Relation.CURES, Relation.TREATS, Relation.RELIEVES, Relation.IMPROVES),
    Relation.PREVENTS: (Relation.PREVENTS,),
    Relation.POTENTIATES: (Relation.POTENTIATES,),
    Relation.REPLACES: (Relation.REPLACES,),
    Relation.IS_SAFE: (Relation.IS_SAFE,),
    Relation.HARMS: (Relation.HARMS,),
}
"""Which statements can answer a claim of each relation, best first."""

BENEFICIAL = frozenset({Evidence.SUPPORTED, Evidence.LIMITED, Evidence.MIXED})
"""Evidence of some effect."""

HARM_FROM_SAFETY: dict[Evidence, Evidence] = {
    Evidence.SUPPORTED: Evidence.REFUTED,
    Evidence.LIMITED: Evidence.MIXED,
    Evidence.MIXED: Evidence.MIXED,
    Evidence.REFUTED: Evidence.SUPPORTED,
    Evidence.INSUFFICIENT: Evidence.INSUFFICIENT,
    Evidence.UNKNOWN: Evidence.UNKNOWN,
}
"""What evidence of "it is safe" says of "it is harmful", where no harm is named."""

GRADE_CONFIDENCE: dict[Grade, float] = {
    Grade.HIGH: 0.95,
    Grade.MODERATE: 0.85,
    Grade.LOW: 0.7,
    Grade.VERY_LOW: 0.6,
}
# That nothing adequate was found is known however low the studies found are graded.
INSUFFICIENT_CONFIDENCE = 0.9
BASIS_CONFIDENCE: dict[Basis, float] = {
    Basis.PAIR: 1.0,
    Basis.BROADER_TARGET: 0.9,
    Basis.INTERVENTION: 0.85,
    Basis.CLASS: 0.8,
    Basis.PRINCIPLE: 0.75,
    Basis.NONE: 0.0,
}
OTHER_RELATION_FACTOR = 0.95
LIMITS_FACTOR = 0.9
GENERATED_FACTOR = 0.9
STALE_FACTOR = 0.9
STALE_AFTER_YEARS = 3
MOST_STATEMENTS = 3

# A claim that names no illness, or illness as such.
NO_TARGET = frozenset((None, ConceptId("disease-in-general")))
PROVEN_RELATIONS = frozenset((Relation.TREATS, Relation.RELIEVES, Relation.IMPROVES))
PROVEN_KINDS = frozenset((Kind.DRUG, Kind.DRUG_CLASS, Kind.VACCINE, Kind.PSYCHOTHERAPY, Kind.PROCEDURE))

UNKNOWN = EvidenceResult(status=Evidence.UNKNOWN, basis=Basis.NONE, confidence=0.0)
"""The answer where the knowledge base is silent: our silence, not that of science."""

DRUG_KINDS = frozenset({Kind.DRUG, Kind.DRUG_CLASS, Kind.VACCINE})


def weigh(claim: Claim, kb: KnowledgeBase, *, today: date) -> EvidenceResult:
    """Return what is known of the effect that ``claim`` speaks of.

    Args:
        claim: the claim as read; only its relation and linked concepts count.
        kb: the knowledge base to ask.
        today: the day against which a statement's age is measured.

    Returns:
        The evidence with the step that settled it, the ids of the statements
        used and a confidence of 0 to 1 (see ``docs/judging.md``).
    """
    found = _first_answer(claim, kb)
    if found is not None:
        basis, statements = found
        return _result(claim, basis, statements, today)
    principle = _principle(claim, kb)
    if principle is not None:
        record = kb.statement(f"principle.{principle.id}")
        if record is not None:
            return _result(claim, Basis.PRINCIPLE, (record,), today)
    proven = _proven_for_something(claim, kb)
    return _result(claim, Basis.INTERVENTION, proven, today) if proven else UNKNOWN


def _proven_for_something(claim: Claim, kb: KnowledgeBase) -> tuple[StatementRecord, ...]:
    """ "Antidepressants help many patients": a proven treatment, and no illness named to prove it for."""
    target, intervention = _concept_id(claim.target), _concept_id(claim.intervention)
    if intervention is None or target not in NO_TARGET or claim.relation.value not in PROVEN_RELATIONS:
        return ()
    if claim.target is not None and target is None:
        return ()  # it names something to be proven for: we only do not know what
    if _kind(kb.concept(intervention)) not in PROVEN_KINDS:
        return ()
    shown = [
        s
        for s in kb.statements(intervention)
        if s.relation in PROVEN_RELATIONS and s.evidence is Evidence.SUPPORTED and s.target is not None
    ]
    concept = kb.concept(intervention)
    meant = concept.prescribed_for if concept is not None else ()
    # What it is prescribed for, and grave illness, say more of it than its lesser uses.
    grave = {s.target for s in shown if getattr(kb.concept(s.target), "serious", False)}
    shown.sort(key=lambda s: (s.target in meant, s.target in grave, *_authority(s)), reverse=True)
    return tuple(shown[:MOST_STATEMENTS])


def claims_more(claim: Claim, evidence: EvidenceResult, kb: KnowledgeBase) -> bool:
    """Tell whether the claim's relation says more than the statements that gave its evidence.

    "Cures" met by evidence of "treats" does; a principle names the relations it
    holds for and is never exceeded.
    """
    # Treats, relieves and improves answer each other in full; only a cure claims more than all three.
    if claim.relation.value is not Relation.CURES or evidence.status not in BENEFICIAL:
        return False
    if evidence.basis is Basis.PRINCIPLE:
        return False
    used = [record for record in map(kb.statement, evidence.statements) if record is not None]
    return any(record.relation is not Relation.CURES for record in used)


def _first_answer(claim: Claim, kb: KnowledgeBase) -> tuple[Basis, tuple[StatementRecord, ...]] | None:
    """Return the first step of the walk that finds a statement, and what it found."""
    intervention, target = _concept_id(claim.intervention), _concept_id(claim.target)
    if intervention is None:
        return None
    for basis, holder, aim in _steps(intervention, target, kb):
        # an exact statement speaks of its own pair alone; that on nothing named, of no words we do not know
        near = holder == intervention and aim == target and (aim is not None or claim.target is None)
        told = kb.statements_on(holder, aim)
        statement = _answer(told if near else [s for s in told if not s.exact], claim.relation.value)
        if statement is not None:
            return basis, (statement,)
        if basis is Basis.INTERVENTION and _is_harm_at_large(claim):
            shown = _harm_at_large(kb.statements(holder))
            if shown:
                return basis, shown
    return _mirrored(claim, intervention, target, kb)


def _steps(
    intervention: ConceptId, target: ConceptId | None, kb: KnowledgeBase
) -> Iterator[tuple[Basis, ConceptId, ConceptId | None]]:
    """Yield (basis, whose statements, on which target), nearest first."""
    broader = kb.ancestors(target) if target is not None else ()
    classes = _evidence_classes(intervention, kb)
    if target is not None:
        yield Basis.PAIR, intervention, target
    for wider in broader:
        yield Basis.BROADER_TARGET, intervention, wider
    yield Basis.INTERVENTION, intervention, None
    if target is not None:
        yield from ((Basis.CLASS, parent, target) for parent in classes)
    for wider in broader:
        yield from ((Basis.CLASS, parent, wider) for parent in classes)
    yield from ((Basis.CLASS, parent, None) for parent in classes)


def _evidence_classes(intervention: ConceptId, kb: KnowledgeBase) -> tuple[ConceptId, ...]:
    """Return the classes whose evidence holds for a member.

    A herb filed under a class of drugs acts like them and shares their
    interactions; trials of the drugs are no trials of the herb.
    """
    concept = kb.concept(intervention)
    if concept is None:
        return ()
    parents = kb.ancestors(intervention)
    if concept.kind in DRUG_KINDS:
        return parents
    return tuple(p for p in parents if _kind(kb.concept(p)) is not Kind.DRUG_CLASS)


def _answer(statements: Sequence[StatementRecord], relation: Relation) -> StatementRecord | None:
    """Return the one of the statements on a target that answers ``relation`` best, or None."""
    if not statements:
        return None
    for wanted in ANSWERS[relation]:
        fitting = [s for s in statements if s.relation is wanted and _may_answer(s, relation)]
        if fitting:
            return max(fitting, key=_authority)
    return None


def _may_answer(statement: StatementRecord, relation: Relation) -> bool:
    """Refuse to read the failure of a stronger effect as the failure of a weaker one."""
    stronger = STRENGTH.get(statement.relation, 0) > STRENGTH.get(relation, 0)
    return not stronger or statement.relation is not Relation.CURES or statement.evidence in BENEFICIAL


def _authority(statement: StatementRecord) -> tuple[bool, int, str, str]:
    return not statement.generated, statement.grade.rank, statement.as_of, statement.id


def _is_harm_at_large(claim: Claim) -> bool:
    """Tell whether the text says "it is harmful" and names no harm at all."""
    return claim.relation.value is Relation.HARMS and claim.target is None


def _harm_at_large(statements: Sequence[StatementRecord]) -> tuple[StatementRecord, ...]:
    """Return what speaks to "it is harmful": a statement on its safety, else the harms that are shown."""
    safety = _answer([s for s in statements if s.target is None], Relation.IS_SAFE)
    if safety is not None and safety.evidence is not Evidence.INSUFFICIENT:
        return (safety,)
    shown = [s for s in statements if s.relation is Relation.HARMS and s.evidence is Evidence.SUPPORTED]
    return tuple(sorted(shown, key=_authority, reverse=True)[:MOST_STATEMENTS])


def _mirrored(
    claim: Claim, intervention: ConceptId, target: ConceptId | None, kb: KnowledgeBase
) -> tuple[Basis, tuple[StatementRecord, ...]] | None:
    """Look a combination up from its other side: a trial of both together speaks for either order."""
    if claim.relation.value is not Relation.POTENTIATES or target is None:
        return None
    for aim in (intervention, *kb.ancestors(intervention)):
        told = [s for s in kb.statements_on(target, aim) if aim == intervention or not s.exact]
        statement = _answer(told, Relation.POTENTIATES)
        if statement is not None:
            return (Basis.PAIR if aim == intervention else Basis.BROADER_TARGET), (statement,)
    return None


def _principle(claim: Claim, kb: KnowledgeBase) -> PrincipleRecord | None:
    """Return the most specific principle that covers the claim, the first written of equals."""
    fitting = [p for p in kb.principles if _covers(p, claim, kb)]
    return max(fitting, key=_specificity, default=None)


def _specificity(principle: PrincipleRecord) -> tuple[bool, bool, bool]:
    return bool(principle.interventions), bool(principle.targets), bool(principle.kinds)


def _covers(principle: PrincipleRecord, claim: Claim, kb: KnowledgeBase) -> bool:
    return (
        claim.relation.value in principle.relations
        and _covers_intervention(principle, claim, kb)
        and _covers_target(principle, _concept_id(claim.target), kb)
    )


def _covers_intervention(principle: PrincipleRecord, claim: Claim, kb: KnowledgeBase) -> bool:
    if not principle.kinds and not principle.interventions:
        return True
    if claim.intervention is None:
        # Leaving a medicine for nothing has no better support than leaving it for a remedy.
        return claim.relation.value is Relation.REPLACES
    intervention = _concept_id(claim.intervention)
    if intervention is None:
        return False
    if any(kb.is_a(intervention, wanted) for wanted in principle.interventions):
        return True
    return _kind(kb.concept(intervention)) in principle.kinds


def _covers_target(principle: PrincipleRecord, target: ConceptId | None, kb: KnowledgeBase) -> bool:
    if principle.targets and not (target and any(kb.is_a(target, wanted) for wanted in principle.targets)):
        return False
    return not principle.target_kinds or _kind(kb.concept(target)) in principle.target_kinds


def _status(claim: Claim, statement: StatementRecord) -> Evidence:
    """Return the statement's label, turned round where safety answers for harm."""
    if _is_harm_at_large(claim) and statement.relation is Relation.IS_SAFE:
        return HARM_FROM_SAFETY[statement.evidence]
    return statement.evidence


def _result(
    claim: Claim, basis: Basis, statements: tuple[StatementRecord, ...], today: date
) -> EvidenceResult:
    """Describe what the statements give; all of them carry the same label."""
    relation = claim.relation.value
    as_of = max(_full_date(s.as_of) for s in statements)
    stale = _is_stale(as_of, today)
    confidence = BASIS_CONFIDENCE[basis] * max(_confidence(s, relation, basis) for s in statements)
    return EvidenceResult(
        status=_status(claim, statements[0]),
        basis=basis,
        confidence=round(confidence * (STALE_FACTOR if stale else 1.0), 3),
        statements=tuple(StatementId(s.id) for s in statements),
        as_of=as_of,
        stale=stale,
    )


def _confidence(statement: StatementRecord, relation: Relation, basis: Basis) -> float:
    """Return the confidence of one statement before the step's factor."""
    value = GRADE_CONFIDENCE[statement.grade]
    if statement.evidence is Evidence.INSUFFICIENT:
        value = INSUFFICIENT_CONFIDENCE
    if statement.relation is not relation and relation in BENEFITS and basis is not Basis.PRINCIPLE:
        value *= OTHER_RELATION_FACTOR
    if statement.limits:
        value *= LIMITS_FACTOR
    return value * (GENERATED_FACTOR if statement.generated else 1.0)


def _full_date(as_of: str) -> str:
    """Return an ISO date: "2026-11" is the first of that month."""
    parts = as_of.split("-")[:3]
    return "-".join([*parts, *("01", "01")[len(parts) - 1 :]])


def _is_stale(as_of: str, today: date) -> bool:
    """Tell whether more than three years have gone by since that ISO date."""
    year, month, day = (int(part) for part in as_of.split("-"))
    return (today.year - year, today.month, today.day) > (STALE_AFTER_YEARS, month, day)


def _concept_id(link: Link | None) -> ConceptId | None:
    return link.concept_id if link is not None else None


def _kind(concept: Concept | None) -> Kind | None:
    return concept.kind if concept is not None else None
