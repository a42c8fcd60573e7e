"""The knowledge base as replies: concepts, what is stated of them, and what decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from api.errors import UNKNOWN_CONCEPT, Problem, pointer
from api.schemas import checks as schemas
from claimcheck.judging.risk.registry import RULES
from claimcheck.kb.store import (
    Concept,
    KnowledgeBase,
    ListedClaimRecord,
    PrincipleRecord,
    RiskRecord,
    StatementRecord,
)
from claimcheck.types import Basis, Versions

ALIASES_SHOWN = 10
MEMBERS_SHOWN = 200


def found_concepts(kb: KnowledgeBase, query: str, *, limit: int) -> schemas.ConceptsReply:
    """Return the concepts that a search finds, best first."""
    return schemas.ConceptsReply(
        concepts=[
            schemas.FoundConcept(
                id=concept.id,
                name=concept.name,
                kind=concept.kind,
                aliases=list(concept.aliases[:ALIASES_SHOWN]),
                reviewed=concept.reviewed,
            )
            for concept in kb.search(query, limit=limit)
        ]
    )


def concept_page(kb: KnowledgeBase, concept_id: str) -> schemas.ConceptReply:
    """Return everything known of one concept.

    Raises:
        Problem: ``unknown-concept``.
    """
    concept = kb.concept(concept_id)
    if concept is None:
        raise Problem(UNKNOWN_CONCEPT)
    members = kb.members(concept.id)
    return schemas.ConceptReply(
        id=concept.id,
        name=concept.name,
        kind=concept.kind,
        reviewed=concept.reviewed,
        aliases=list(concept.aliases),
        ancestors=_briefs(kb, kb.ancestors(concept.id)),
        members=_briefs(kb, members[:MEMBERS_SHOWN]),
        member_count=len(members),
        serious=concept.serious,
        treatments=_briefs(kb, concept.treatments),
        prescribed_for=_briefs(kb, concept.prescribed_for),
        dangerous_to_stop=concept.dangerous_to_stop,
        statements=[_statement(kb, record) for record in kb.statements(concept.id)],
        risks=[_risk(kb, record) for record in kb.risks(concept.id)],
    )


def evidence_page(kb: KnowledgeBase, *, intervention: str, target: str | None) -> schemas.EvidenceReply:
    """Return what bears on an intervention and a target, each given by id, name or alias.

    Raises:
        Problem: ``unknown-concept``, with the parameter that names none.
    """
    subject = _named(kb, intervention, parameter="intervention")
    aim = None if target is None else _named(kb, target, parameter="target")
    return schemas.EvidenceReply(
        intervention=_brief(subject),
        target=None if aim is None else _brief(aim),
        statements=[_bearing(kb, record, basis) for basis, record in _walk(kb, subject, aim)],
        risks=[_risk(kb, record) for record in kb.risks(subject.id)],
    )


def _named(kb: KnowledgeBase, name: str, *, parameter: str) -> Concept:
    concept = kb.concept(name)
    if concept is None:
        found = kb.lookup(name)
        concept = kb.concept(found[0]) if found else None
    if concept is None:
        detail = UNKNOWN_CONCEPT.detail
        raise Problem(UNKNOWN_CONCEPT, errors=[{"pointer": pointer("query", parameter), "detail": detail}])
    return concept


def _walk(
    kb: KnowledgeBase, subject: Concept, aim: Concept | None
) -> Iterator[tuple[Basis, StatementRecord]]:
    """Yield every statement that bears on the pair, the nearest first.

    The order is the one in which a claim meets the knowledge base; unlike a
    claim, which stops at the first step that settles it, this shows them all.
    """
    own = [(_basis(kb, record, aim), record) for record in kb.statements(subject.id)]
    for step in (Basis.PAIR, Basis.BROADER_TARGET, Basis.INTERVENTION):
        yield from ((step, record) for basis, record in own if basis is step)
    for ancestor in kb.ancestors(subject.id):
        for record in kb.statements(ancestor):
            if not record.exact and _basis(kb, record, aim) is not None:
                yield Basis.CLASS, record
    for principle in kb.principles:
        record_of = kb.statement(f"principle.{principle.id}")
        if record_of is not None and _holds(kb, principle, subject, aim):
            yield Basis.PRINCIPLE, record_of


def _basis(kb: KnowledgeBase, record: StatementRecord, aim: Concept | None) -> Basis | None:
    if record.exact and record.target != (aim.id if aim is not None else None):
        return None
    if record.target is None:
        return Basis.INTERVENTION
    if aim is None or record.target == aim.id:
        return Basis.PAIR
    return Basis.BROADER_TARGET if kb.is_a(aim.id, record.target) else None


def _holds(kb: KnowledgeBase, principle: PrincipleRecord, subject: Concept, aim: Concept | None) -> bool:
    """Tell whether a principle may decide a claim on this pair (its relation is not known here)."""
    by_kind = subject.kind in principle.kinds
    by_name = any(kb.is_a(subject.id, named) for named in principle.interventions)
    anyone = not principle.kinds and not principle.interventions
    if not (by_kind or by_name or anyone):
        return False
    if aim is None:
        return True
    fits_target = not principle.targets or any(kb.is_a(aim.id, named) for named in principle.targets)
    return fits_target and (not principle.target_kinds or aim.kind in principle.target_kinds)


def rules_page(kb: KnowledgeBase, versions: Versions) -> schemas.RulesReply:
    """Return the risk rules, the principles, the regulations and what the lists of the law name."""
    return schemas.RulesReply(
        risk_rules=[
            schemas.RiskRule(id=rule.id, code=rule.code, title=rule.title, basis=rule.basis) for rule in RULES
        ],
        principles=_principles(kb),
        regulations=_regulations(kb),
        listed_claims=[_listed(record) for record in kb.listed_claims],
        listed_claim_references=_references(
            kb, dict.fromkeys(cited for record in kb.listed_claims for cited in record.references)
        ),
        versions=versions_reply(versions),
    )


def versions_reply(versions: Versions) -> schemas.ReportVersions:
    """Return the versions that every report names."""
    return schemas.ReportVersions(
        claimcheck=versions.claimcheck,
        model=versions.model,
        kb=versions.kb,
        rules=versions.rules,
        policy=versions.policy,
    )


def _principles(kb: KnowledgeBase) -> list[schemas.PrincipleEntry]:
    """Return the statements that hold for a whole class of claims."""
    return [
        schemas.PrincipleEntry(
            id=record.id,
            kinds=list(record.kinds),
            interventions=list(record.interventions),
            relations=list(record.relations),
            targets=list(record.targets),
            target_kinds=list(record.target_kinds),
            status=record.evidence,
            grade=record.grade,
            summary=record.summary,
            as_of=record.as_of,
            references=_references(kb, record.references),
        )
        for record in kb.principles
    ]


def _regulations(kb: KnowledgeBase) -> list[schemas.RegulationEntry]:
    """Return what the law of each jurisdiction calls a kind of claim."""
    return [
        schemas.RegulationEntry.model_validate(
            {
                "id": record.id,
                "jurisdiction": record.jurisdiction,
                "kinds": list(record.applies_to_kinds),
                "relations": list(record.relations),
                "target_kinds": list(record.target_kinds),
                "class": record.claim_class,
                "rule": record.rule,
                "message": record.message,
                "references": _references(kb, record.references),
            }
        )
        for record in kb.regulations
    ]


def _listed(record: ListedClaimRecord) -> schemas.ListedClaimEntry:
    sentences = (f"{record.opening} {record.substance}: {record.effect}.", record.conditions, record.closing)
    return schemas.ListedClaimEntry.model_validate(
        {
            "id": record.id,
            "jurisdiction": record.jurisdiction,
            "class": record.claim_class,
            "rule": record.rule,
            "substance": record.substance,
            "effect": record.effect,
            "conditions": record.conditions,
            "message": " ".join(filter(None, sentences)),
            "relations": list(record.relations),
            "interventions": list(record.interventions),
            "targets": list(record.targets),
            "references": list(record.references),
        }
    )


def _briefs(kb: KnowledgeBase, concept_ids: Iterable[str]) -> list[schemas.ConceptBrief]:
    """Return the concepts of these ids by name; ids of no concept are left out."""
    return [_brief(concept) for concept in map(kb.concept, concept_ids) if concept is not None]


def _brief(concept: Concept) -> schemas.ConceptBrief:
    return schemas.ConceptBrief(id=concept.id, name=concept.name, kind=concept.kind)


def _brief_of(kb: KnowledgeBase, concept_id: str | None) -> schemas.ConceptBrief | None:
    concept = kb.concept(concept_id)
    return None if concept is None else _brief(concept)


def _statement(kb: KnowledgeBase, record: StatementRecord) -> schemas.StatementEntry:
    return schemas.StatementEntry(
        id=record.id,
        relation=record.relation,
        target=_brief_of(kb, record.target),
        status=record.evidence,
        grade=record.grade,
        summary=record.summary,
        limits=record.limits,
        as_of=record.as_of,
        generated=record.generated,
        references=_references(kb, record.references),
    )


def _bearing(kb: KnowledgeBase, record: StatementRecord, basis: Basis) -> schemas.BearingStatement:
    return schemas.BearingStatement(
        **dict(_statement(kb, record)), basis=basis, intervention=_brief_of(kb, record.intervention)
    )


def _risk(kb: KnowledgeBase, record: RiskRecord) -> schemas.RiskEntry:
    return schemas.RiskEntry(
        code=record.code,
        level=record.level,
        because=record.because,
        interacts_with=_briefs(kb, record.with_),
        groups=list(record.groups),
        jurisdictions=list(record.jurisdictions),
        max_daily_mg=record.max_daily_mg,
        references=_references(kb, record.references),
    )


def _references(kb: KnowledgeBase, reference_ids: Iterable[str]) -> list[schemas.CitedDocument]:
    return [
        schemas.CitedDocument(
            id=found.id,
            title=found.title,
            publisher=found.publisher,
            url=found.url,
            published=found.published,
            retrieved=found.retrieved,
            kind=found.kind,
            licence=found.licence,
            checked=found.checked,
        )
        for found in map(kb.reference, reference_ids)
        if found is not None
    ]
