"""Two things named together that the knowledge base says do not go together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from claimcheck.judging.risk import lookup
from claimcheck.judging.risk.rule import Rule, flag
from claimcheck.judging.risk.situation import Situation
from claimcheck.kb.store import KnowledgeBase, RiskRecord
from claimcheck.types import ConceptId, Relation, Risk, RiskFlag, RuleId

ID = RuleId("interaction.knowledge_base")
MOST_NAMED = 3
# Pairs grow with the square: a sentence that lists more is a catalogue, not advice to combine.
MOST_MET = 40


def apply(situation: Situation) -> Iterator[RiskFlag]:
    """Flag every interacting pair of the sentence that the claim's own arguments take part in."""
    if not (situation.is_promise or _denies_interaction(situation)):
        return
    met = _met(situation)
    own = {situation.intervention_id, situation.target_id} & set(met) or set(met)
    for one in met:
        for record in lookup.records(situation.kb, Risk.INTERACTION, one):
            others = [o for o in _partners(record, one, met, situation.kb) if one in own or o in own]
            if others:
                yield _flag(record, one, others, situation.kb)


def _denies_interaction(situation: Situation) -> bool:
    """Tell whether it says "no interactions between X and Y": a denied harm with no other target."""
    target = situation.target
    return situation.is_denied_harm and (target is None or not target.kind.is_target)


def _met(situation: Situation) -> tuple[ConceptId, ...]:
    """Return the interventions met in the sentence, the claim's own first; never one that is given up."""
    left = situation.target_id if situation.relation is Relation.REPLACES else None
    named = (situation.intervention_id, situation.target_id, *situation.claim.context)
    ids = [concept_id for concept_id in named if concept_id != left]
    concepts = [situation.kb.concept(i) for i in islice(dict.fromkeys(ids), MOST_MET)]
    return tuple(c.id for c in concepts if c is not None and not c.kind.is_target)


def _partners(
    record: RiskRecord, one: ConceptId, met: tuple[ConceptId, ...], kb: KnowledgeBase
) -> list[ConceptId]:
    """Return the things met that the record warns of: members of what it names, or their class."""
    apart = [o for o in met if not (kb.is_a(o, one) or kb.is_a(one, o))]
    return [o for o in apart if any(kb.is_a(o, named) or kb.is_a(named, o) for named in record.with_)]


def _flag(record: RiskRecord, one: ConceptId, others: list[ConceptId], kb: KnowledgeBase) -> RiskFlag:
    partners = " and ".join(lookup.name(kb, other, other) for other in others[:MOST_NAMED])
    message = f"{lookup.name(kb, one, one)} with {partners}: {record.because}"
    return flag(ID, record.code, record.level, message, record.references)


RULE = Rule(
    id=ID,
    code=Risk.INTERACTION,
    title="Two interventions that interact are named together",
    basis="Interaction entries of the monographs, met through the classes of both sides.",
    apply=apply,
)
