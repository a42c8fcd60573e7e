"""Turns the written knowledge base into the one indexed form that is loaded."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from claimcheck import surface
from claimcheck.kb import schema
from claimcheck.kb.sources import Sources
from claimcheck.kb.store import (
    FORMAT,
    Compiled,
    Concept,
    ListedClaimRecord,
    PrincipleRecord,
    RegulationRecord,
    RiskRecord,
    StatementRecord,
)
from claimcheck.types import ConceptId, Evidence, Grade, Kind, ReferenceId, Relation, StatementId


def compile_sources(found: Sources, *, digest: str) -> Compiled:
    """Return the indexed form of ``found``; ``digest`` ties it to its files."""
    concepts = _reviewed_concepts(found)
    owners = _Owners(concepts.values())
    for name in found.names:
        _add_name(name, concepts, owners)
    _attach_members(found.classes, concepts, owners)
    statements = [s for m in found.monographs for s in _statements(m)]
    statements += _indications(found.indications, concepts, owners, statements)
    patterns = sorted(owners.by_pattern)
    return Compiled(
        format=FORMAT,
        sources=digest,
        version=f"{found.meta.date}+{digest[:8]}",
        concepts=tuple(concepts.values()),
        statements=tuple(statements),
        risks=tuple(r for m in found.monographs for r in _risks(m)),
        principles=tuple(map(_principle, found.principles)),
        regulations=tuple(map(_regulation, found.regulations)),
        listed_claims=tuple(record for table in found.claim_tables for record in _listed_claims(table)),
        references=tuple(found.references),
        patterns=tuple(patterns),
        owners=tuple(tuple(owners.by_pattern[p]) for p in patterns),
        needs_context=tuple(p in owners.ambiguous for p in patterns),
    )


def _reviewed_concepts(found: Sources) -> dict[ConceptId, Concept]:
    """Monographs, classes and conditions; a class and its monograph are one concept."""
    concepts: dict[ConceptId, Concept] = {}
    classes = {c.id: c for c in found.classes}
    for monograph in found.monographs:
        drug_class = classes.pop(monograph.id, None)
        concepts[ConceptId(monograph.id)] = Concept(
            id=ConceptId(monograph.id),
            name=monograph.name,
            kind=monograph.kind,
            aliases=_merged(monograph.aliases, drug_class.aliases if drug_class else ()),
            ambiguous=_merged(monograph.ambiguous, drug_class.ambiguous if drug_class else ()),
            broader=_ids(_merged(monograph.classes, drug_class.classes if drug_class else ())),
            prescribed_for=_ids(drug_class.prescribed_for if drug_class else ()),
            dangerous_to_stop=bool(drug_class and drug_class.dangerous_to_stop),
        )
    for drug_class in classes.values():
        concepts[ConceptId(drug_class.id)] = Concept(
            id=ConceptId(drug_class.id),
            name=drug_class.name,
            kind=Kind.DRUG_CLASS,
            aliases=tuple(drug_class.aliases),
            ambiguous=tuple(drug_class.ambiguous),
            broader=_ids(drug_class.classes),
            prescribed_for=_ids(drug_class.prescribed_for),
            dangerous_to_stop=drug_class.dangerous_to_stop,
        )
    for condition in found.conditions:
        concepts[ConceptId(condition.id)] = Concept(
            id=ConceptId(condition.id),
            name=condition.name,
            kind=condition.kind,
            aliases=tuple(condition.aliases),
            ambiguous=tuple(condition.ambiguous),
            broader=_ids(condition.broader),
            serious=condition.serious,
            treatments=_ids(condition.treatments),
        )
    return concepts


class _Owners:
    """Which concepts each pattern stands for: at most one intervention and one target."""

    def __init__(self, concepts: Iterable[Concept]) -> None:
        self.by_pattern: dict[str, list[ConceptId]] = {}
        self.ambiguous: set[str] = set()
        self._is_target: dict[ConceptId, bool] = {}
        for concept in concepts:
            self.claim(concept)

    def claim(self, concept: Concept) -> None:
        """Give the concept each of its names that no earlier concept of its side has."""
        self._is_target[concept.id] = concept.kind.is_target
        for name in sure_names(concept.id, concept.name, concept.aliases, concept.ambiguous):
            for text in patterns_of(name):
                self._give(text, concept)
        for name in concept.ambiguous:
            for text in patterns_of(name):
                if self._give(text, concept):
                    self.ambiguous.add(text)

    def _give(self, text: str, concept: Concept) -> bool:
        holders = self.by_pattern.setdefault(text, [])
        side = concept.kind.is_target
        if any(self._is_target[h] == side for h in holders):
            return False
        holders.append(concept.id)
        return True

    def holder(self, name: str, *, target: bool) -> ConceptId | None:
        """Return who owns ``name`` on that side."""
        text = surface.pattern(surface.comparable(name))
        return next((h for h in self.by_pattern.get(text, ()) if self._is_target[h] == target), None)


def sure_names(
    concept_id: str, name: str, aliases: Iterable[str], ambiguous: Iterable[str]
) -> tuple[str, ...]:
    """Return the names that stand for a concept wherever they occur.

    A heading such as "acetaminophen (paracetamol)" is no name that anybody
    writes: its first part and the id are.
    """
    doubtful = {" ".join(surface.comparable(a)) for a in ambiguous}
    found = [name, name.split(" (", maxsplit=1)[0], concept_id.replace("-", " "), *aliases]
    return tuple(dict.fromkeys(n for n in found if " ".join(surface.comparable(n)) not in doubtful))


def patterns_of(name: str) -> set[str]:
    """Return every pattern a name is recognised by: inflected, with and without full stops and 's."""
    forms = surface.comparable(name)
    if not forms:
        return set()
    variants = {forms}
    if "." in forms:
        variants.add(tuple(f for f in forms if f != "."))
    for variant in tuple(variants):
        if "'s" in variant and variant[0] != "'s":
            variants.add(tuple(f for f in variant if f != "'s"))
            variants.add(_joined_possessive(variant))
    inflected = {i for v in variants if v for i in surface.inflections(v)}
    return {surface.pattern(i) for i in inflected}


def _joined_possessive(forms: tuple[str, ...]) -> tuple[str, ...]:
    """ "john 's wort" as people also write it: "johns wort"."""
    joined: list[str] = []
    for form in forms:
        if form == "'s" and joined:
            joined[-1] += "s"
        else:
            joined.append(form)
    return tuple(joined)


def _add_name(name: schema.Name, concepts: dict[ConceptId, Concept], owners: _Owners) -> None:
    """Add a bare name; where a reviewed concept already has it, its synonyms become aliases of that one."""
    holder = owners.holder(name.name, target=name.kind.is_target)
    if holder is not None:
        base = concepts[holder]
        extended = Concept(
            id=base.id,
            name=base.name,
            kind=base.kind,
            aliases=tuple(name.aliases),
            ambiguous=tuple(name.ambiguous),
            reviewed=base.reviewed,
        )
        owners.claim(extended)
        return
    concept_id = ConceptId(name.id)
    if concept_id in concepts:
        return
    concept = Concept(
        id=concept_id,
        name=name.name,
        kind=name.kind,
        aliases=tuple(name.aliases),
        ambiguous=tuple(name.ambiguous),
        reviewed=False,
    )
    concepts[concept_id] = concept
    owners.claim(concept)


def _attach_members(
    classes: Iterable[schema.DrugClass], concepts: dict[ConceptId, Concept], owners: _Owners
) -> None:
    """Make each class a parent of its members, adding members that no table names."""
    for drug_class in classes:
        for member in drug_class.members:
            holder = owners.holder(member, target=False)
            if holder is None:
                name = schema.Name(id=slug(member), name=member, kind=Kind.DRUG)
                _add_name(name, concepts, owners)
                holder = ConceptId(name.id)
            member_concept = concepts[holder]
            parent = ConceptId(drug_class.id)
            if parent != holder and parent not in member_concept.broader:
                concepts[holder] = _with_parent(member_concept, parent)


def _with_parent(concept: Concept, parent: ConceptId) -> Concept:
    return msgspec.structs.replace(concept, broader=(*concept.broader, parent))


def slug(name: str) -> str:
    """Return an id for a name: its plain words joined by hyphens."""
    return "-".join(w for w in surface.comparable(name) if w[0].isalnum())


def _statements(monograph: schema.Monograph) -> Iterable[StatementRecord]:
    for statement in monograph.statements:
        yield StatementRecord(
            id=statement_id(monograph.id, statement.relation, statement.target),
            intervention=ConceptId(monograph.id),
            relation=statement.relation,
            target=ConceptId(statement.target) if statement.target else None,
            evidence=statement.evidence,
            grade=statement.grade,
            summary=" ".join(statement.summary.split()),
            limits=statement.limits,
            exact=statement.exact,
            as_of=statement.as_of,
            references=tuple(map(ReferenceId, statement.references)),
        )


def statement_id(intervention: str, relation: Relation, target: str | None) -> StatementId:
    """Return the id of a statement: its three parts, ``any`` where it holds for any target."""
    return StatementId(f"{intervention}.{relation}.{target or 'any'}")


def _indications(
    indications: Iterable[schema.Indication],
    concepts: dict[ConceptId, Concept],
    owners: _Owners,
    written: list[StatementRecord],
) -> list[StatementRecord]:
    """Approved indications from tables, where no reviewer has written of the pair."""
    taken = {(s.intervention, s.target) for s in written}
    found: list[StatementRecord] = []
    for row in indications:
        drug_id = owners.holder(row.drug, target=False)
        condition_id = owners.holder(row.condition, target=True)
        if drug_id is None or condition_id is None or (drug_id, condition_id) in taken:
            continue
        drug, condition = concepts[drug_id], concepts[condition_id]
        taken.add((drug.id, condition.id))
        found.append(
            StatementRecord(
                id=statement_id(drug.id, Relation.TREATS, condition.id),
                intervention=drug.id,
                relation=Relation.TREATS,
                target=condition.id,
                evidence=Evidence.SUPPORTED,
                grade=Grade.MODERATE,
                summary=f"A public table of indications lists {drug.name} for {condition.name}.",
                as_of="2026-11",
                references=tuple(map(ReferenceId, row.references)),
                generated=True,
            )
        )
    return found


def _risks(monograph: schema.Monograph) -> Iterable[RiskRecord]:
    for risk in monograph.risks:
        yield RiskRecord(
            intervention=ConceptId(monograph.id),
            code=risk.code,
            level=risk.level,
            because=" ".join(risk.because.split()),
            references=tuple(map(ReferenceId, risk.references)),
            with_=_ids(risk.with_),
            groups=tuple(risk.groups),
            jurisdictions=tuple(risk.jurisdictions),
            max_daily_mg=risk.max_daily_mg,
        )


def _principle(principle: schema.Principle) -> PrincipleRecord:
    return PrincipleRecord(
        id=principle.id,
        kinds=tuple(principle.kinds),
        interventions=_ids(principle.interventions),
        relations=tuple(principle.relations),
        targets=_ids(principle.targets),
        target_kinds=tuple(principle.target_kinds),
        evidence=principle.evidence,
        grade=principle.grade,
        summary=" ".join(principle.summary.split()),
        as_of=principle.as_of,
        references=tuple(map(ReferenceId, principle.references)),
    )


def _regulation(regulation: schema.Regulation) -> RegulationRecord:
    return RegulationRecord(
        id=regulation.id,
        jurisdiction=regulation.jurisdiction,
        applies_to_kinds=tuple(regulation.applies_to_kinds),
        relations=tuple(regulation.relations),
        target_kinds=tuple(regulation.target_kinds),
        interventions=_ids(regulation.interventions),
        targets=_ids(regulation.targets),
        claim_class=regulation.claim_class,
        rule=regulation.rule,
        message=" ".join(regulation.message.split()),
        references=tuple(map(ReferenceId, regulation.references)),
    )


def _listed_claims(table: schema.ClaimTable) -> Iterable[ListedClaimRecord]:
    """One record for each jurisdiction, substance and effect."""
    for jurisdiction, rule in table.rules.items():
        for entry in table.substances:
            named = tuple(sorted({p for name in entry.named for p in patterns_of(name)}))
            for number, effect in enumerate(entry.effects, 1):
                conditions = entry.conditions if effect.conditions is None else effect.conditions
                yield ListedClaimRecord(
                    id=f"{table.id}.{jurisdiction}.{entry.id}.{number}",
                    jurisdiction=jurisdiction,
                    claim_class=table.claim_class,
                    rule=entry.rule or rule,
                    substance=entry.substance,
                    effect=effect.effect,
                    conditions=" ".join((conditions or "").split()),
                    opening=" ".join(table.opening.split()),
                    closing=" ".join(table.closing.split()),
                    relations=tuple(effect.relations or table.relations),
                    interventions=_ids(entry.interventions),
                    targets=_ids(effect.targets),
                    named=named,
                    references=tuple(map(ReferenceId, _merged(entry.references, table.references))),
                )


def _merged(first: Iterable[str], second: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*first, *second]))


def _ids(values: Iterable[str]) -> tuple[ConceptId, ...]:
    return tuple(map(ConceptId, values))
