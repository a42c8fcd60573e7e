"""Two things named together that the knowledge base says do not go together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from claimcheck.judging.risk import lookup
from claimcheck.judging.risk.level import one_lower
from claimcheck.judging.risk.rule import Rule, flag
from claimcheck.judging.risk.situation import MEDICINES, Situation
from claimcheck.kb.store import KnowledgeBase, RiskRecord
from claimcheck.types import ConceptId, Relation, Risk, RiskFlag, RiskLevel, RuleId, Stance

ID = RuleId("interaction.knowledge_base")
JOINING = frozenset({Relation.POTENTIATES, Relation.IS_SAFE})
"""Relations that a sentence states of two things taken together."""
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
                yield _flag(record, one, others, situation)


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


def _flag(record: RiskRecord, one: ConceptId, others: list[ConceptId], situation: Situation) -> RiskFlag:
    kb = situation.kb
    partners = " and ".join(lookup.name(kb, other, other) for other in others[:MOST_NAMED])
    message = f"{lookup.name(kb, one, one)} with {partners}: {record.because}"
    prescribed = all(_is_medicine(i, kb) for i in (one, *others))
    level = _only_named(record.level, situation) if prescribed else record.level
    return flag(ID, record.code, level, message, record.references)


def _is_medicine(concept_id: ConceptId, kb: KnowledgeBase) -> bool:
    concept = kb.concept(concept_id)
    return concept is not None and concept.kind in MEDICINES


def _only_named(level: RiskLevel, situation: Situation) -> RiskLevel:
    """Two prescribed medicines that a text names side by side are two levels milder.

    Whoever prescribes both knows of it.  A text that joins them itself, by calling one stronger or
    safe with the other, or by telling the reader to take them, counts in full.
    """
    joined = situation.relation in JOINING or situation.claim.stance.value is Stance.INSTRUCTED
    return level if joined else one_lower(one_lower(level))


RULE = Rule(
    id=ID,
    code=Risk.INTERACTION,
    title="Two interventions that interact are named together",
    basis="Interaction entries of the monographs, met through the classes of both sides.",
    apply=apply,
)
