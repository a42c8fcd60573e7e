"""The knowledge base arranged for reading: lists to browse, what cites a document, which law speaks of what.

Everything is looked up in the knowledge base that also decides; nothing here
is written by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from claimcheck.judging.regulation import PERMITTED
from claimcheck.judging.risk.registry import RULES
from claimcheck.judging.risk.rule import Rule
from claimcheck.kb.schema import Reference
from claimcheck.kb.store import (
    Concept,
    KnowledgeBase,
    ListedClaimRecord,
    PrincipleRecord,
    RegulationRecord,
    RiskRecord,
    StatementRecord,
)
from claimcheck.types import Kind

PAGE = 100
MOST_FOUND = 200
TARGETS = frozenset({Kind.CONDITION, Kind.SYMPTOM, Kind.FUNCTION})
"""Kinds of what is treated; every other kind treats."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shelf(Generic[T]):
    """One page of a list that is too long for one."""

    rows: tuple[T, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, one at least."""
        return max(1, -(-self.total // PAGE))


def shelf(rows: Sequence[T], *, page: int) -> Shelf[T]:
    """Return the ``page``th hundred of ``rows``; past the end, the last."""
    last = max(1, -(-len(rows) // PAGE))
    page = min(max(1, page), last)
    return Shelf(rows=tuple(rows[(page - 1) * PAGE : page * PAGE]), total=len(rows), page=page)


@lru_cache(maxsize=8)
def shelved(kb: KnowledgeBase, *, targets: bool, kind: Kind | None, bare: bool) -> tuple[Concept, ...]:
    """Return the concepts of a list by name: what is treated or what treats, of one kind or of all.

    Args:
        kb: where they are.
        targets: conditions, symptoms and functions; else interventions.
        kind: only this kind.
        bare: names known for recognition only, too.
    """
    found = (
        concept
        for concept in kb.concepts()
        if (concept.kind in TARGETS) is targets
        and (kind is None or concept.kind is kind)
        and (bare or concept.reviewed)
    )
    return tuple(sorted(found, key=lambda concept: (concept.name.casefold(), concept.id)))


@dataclass(frozen=True, slots=True)
class Counts:
    """How much the knowledge base holds."""

    interventions: int
    targets: int
    bare: int
    statements: int
    risks: int
    references: int
    rules: int
    listed_claims: int


@lru_cache(maxsize=4)
def counts(kb: KnowledgeBase) -> Counts:
    """Return how much there is of each thing."""
    reviewed = [concept for concept in kb.concepts() if concept.reviewed]
    targets = sum(concept.kind in TARGETS for concept in reviewed)
    return Counts(
        interventions=len(reviewed) - targets,
        targets=targets,
        bare=sum(1 for concept in kb.concepts() if not concept.reviewed),
        statements=len(kb.all_statements()),
        risks=len(kb.all_risks()),
        references=len(kb.references()),
        rules=len(RULES) + len(kb.principles) + len(kb.regulations),
        listed_claims=len(kb.listed_claims),
    )


@lru_cache(maxsize=4)
def _by_target(kb: KnowledgeBase) -> dict[str, tuple[StatementRecord, ...]]:
    found: dict[str, list[StatementRecord]] = {}
    for record in kb.all_statements():
        if record.target is not None:
            found.setdefault(record.target, []).append(record)
    return {target: tuple(records) for target, records in found.items()}


def statements_on(kb: KnowledgeBase, target: str) -> tuple[StatementRecord, ...]:
    """Return what is stated of every intervention for exactly this target, by intervention."""
    records = _by_target(kb).get(target, ())
    return tuple(sorted(records, key=lambda record: (record.intervention, record.relation.value)))


def regulations_on(kb: KnowledgeBase, concept: Concept) -> tuple[RegulationRecord, ...]:
    """Return the regulations that may speak of a claim on this concept.

    A regulation that asks for a kind of target is not settled by the
    intervention alone; its page says what else must fit.
    """
    return tuple(record for record in kb.regulations if _may_speak_of(kb, record, concept))


def _may_speak_of(kb: KnowledgeBase, record: RegulationRecord, concept: Concept) -> bool:
    if concept.kind in TARGETS:
        kinds, named = record.target_kinds, record.targets
        return concept.kind in kinds and _is_one_of(kb, concept, named)
    return concept.kind in record.applies_to_kinds and _is_one_of(kb, concept, record.interventions)


def _is_one_of(kb: KnowledgeBase, concept: Concept, named: Sequence[str]) -> bool:
    return not named or any(kb.is_a(concept.id, one) for one in named)


def listed_on(kb: KnowledgeBase, concept: Concept) -> tuple[ListedClaimRecord, ...]:
    """Return the entries of the law's lists on this substance, or on this condition or function."""
    if concept.kind in TARGETS:
        return kb.listed_claims_for(concept.id)
    return tuple(
        record
        for record in kb.listed_claims
        if any(kb.is_a(concept.id, substance) for substance in record.interventions)
    )


@dataclass(frozen=True, slots=True)
class ClaimList:
    """What one jurisdiction's law lists of one class: permitted, qualified or refused claims."""

    jurisdiction: str
    claim_class: str
    entries: tuple[ListedClaimRecord, ...]

    @property
    def id(self) -> str:
        """What its page is called."""
        return f"listed.{self.jurisdiction}.{self.claim_class}"

    @property
    def permits(self) -> bool:
        """Whether the law allows what is on it."""
        return self.claim_class in PERMITTED

    @property
    def laws(self) -> tuple[str, ...]:
        """The rules it rests on."""
        return tuple(dict.fromkeys(entry.rule for entry in self.entries))


@lru_cache(maxsize=4)
def claim_lists(kb: KnowledgeBase) -> tuple[ClaimList, ...]:
    """Return every list, by jurisdiction and class; entries by substance and effect."""
    found: dict[tuple[str, str], list[ListedClaimRecord]] = {}
    for record in kb.listed_claims:
        found.setdefault((record.jurisdiction.value, record.claim_class), []).append(record)
    return tuple(
        ClaimList(
            jurisdiction=jurisdiction,
            claim_class=claim_class,
            entries=tuple(sorted(entries, key=lambda entry: (entry.substance.casefold(), entry.effect))),
        )
        for (jurisdiction, claim_class), entries in sorted(found.items())
    )


def list_of(kb: KnowledgeBase, record: ListedClaimRecord) -> ClaimList:
    """Return the list that an entry stands on."""
    return next(
        one
        for one in claim_lists(kb)
        if (one.jurisdiction, one.claim_class) == (record.jurisdiction, record.claim_class)
    )


RulePage = Rule | PrincipleRecord | RegulationRecord | ClaimList


def rule_of(kb: KnowledgeBase, rule_id: str) -> RulePage | None:
    """Return the rule of an id: a risk rule's own, ``principle.…``, ``regulation.…`` or ``listed.…``."""
    prefix, _, rest = rule_id.partition(".")
    match prefix:
        case "principle":
            return next((one for one in kb.principles if one.id == rest), None)
        case "regulation":
            return next((one for one in kb.regulations if one.id == rest), None)
        case "listed":
            return next((one for one in claim_lists(kb) if one.id == rule_id), None)
        case _:
            return next((one for one in RULES if one.id == rule_id), None)


def risks_of_code(kb: KnowledgeBase, rule: Rule) -> tuple[RiskRecord, ...]:
    """Return the entries of the monographs that carry the code of a rule, worst first."""
    found = [record for record in kb.all_risks() if record.code is rule.code]
    return tuple(sorted(found, key=lambda record: (-record.level.rank, record.intervention)))


@dataclass(frozen=True, slots=True)
class Citations:
    """Everything that rests on one document."""

    statements: tuple[StatementRecord, ...] = ()
    risks: tuple[RiskRecord, ...] = ()
    principles: tuple[PrincipleRecord, ...] = ()
    regulations: tuple[RegulationRecord, ...] = ()
    listed_claims: tuple[ListedClaimRecord, ...] = ()

    @property
    def total(self) -> int:
        """How many things rest on it."""
        return sum(
            map(len, (self.statements, self.risks, self.principles, self.regulations, self.listed_claims))
        )


def citations(kb: KnowledgeBase, reference_id: str) -> Citations:
    """Return what cites the document of this id."""
    return Citations(
        statements=tuple(_citing(kb.all_statements(), reference_id)),
        risks=tuple(_citing(kb.all_risks(), reference_id)),
        principles=tuple(_citing(kb.principles, reference_id)),
        regulations=tuple(_citing(kb.regulations, reference_id)),
        listed_claims=tuple(_citing(kb.listed_claims, reference_id)),
    )


Citing = TypeVar("Citing", StatementRecord, RiskRecord, PrincipleRecord, RegulationRecord, ListedClaimRecord)


def _citing(records: Iterable[Citing], reference_id: str) -> Iterator[Citing]:
    return (record for record in records if reference_id in record.references)


def references_found(kb: KnowledgeBase, words: str, *, kind: str | None) -> tuple[Reference, ...]:
    """Return the documents whose title or publisher holds every word, of one kind or of all, by title."""
    wanted = words[:200].casefold().split()
    found = (
        one
        for one in kb.references()
        if (kind is None or one.kind == kind)
        and all(word in f"{one.title} {one.publisher}".casefold() for word in wanted)
    )
    return tuple(sorted(found, key=lambda one: (one.title.casefold(), one.id)))


@lru_cache(maxsize=4)
def reference_kinds(kb: KnowledgeBase) -> tuple[str, ...]:
    """Return the kinds of document that are cited, the commonest first."""
    tally: dict[str, int] = {}
    for one in kb.references():
        tally[one.kind] = tally.get(one.kind, 0) + 1
    return tuple(sorted(tally, key=lambda kind: (-tally[kind], kind)))
