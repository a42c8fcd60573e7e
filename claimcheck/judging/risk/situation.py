"""What a risk rule may look at: one claim, its sentence's signals, the concepts, the jurisdictions.

Nothing here reads a statement of evidence: a claim that is well supported and
one that is refuted carry the same risk when the same thing is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from claimcheck.judging import wording
from claimcheck.judging.risk import lookup
from claimcheck.kb.store import Concept, KnowledgeBase, RiskRecord
from claimcheck.types import Claim, ConceptId, Jurisdiction, Kind, Relation, Risk, Signal, Stance

MEDICINES = frozenset({Kind.DRUG, Kind.DRUG_CLASS, Kind.VACCINE})
"""Kinds that come with a label and, mostly, a prescriber."""

CARE = MEDICINES | {Kind.PSYCHOTHERAPY}
"""Kinds that are given by people who answer for them."""

STOP_MEDICINE = "stop_medicine"
DRINK_DISINFECTANT = "drink_disinfectant"
DELAY_EMERGENCY = "delay_emergency"
DOSE = "dose"
VULNERABLE_GROUP = "vulnerable_group"
UNSUPERVISED = "unsupervised"
CLINICAL_HOLD = "clinical_hold"


@dataclass(frozen=True)
class Situation:
    """One claim where it stands.

    ``signals`` are those of the claim's own sentence; ``jurisdictions`` those
    the caller asked for.  A dozen rules ask the same few questions: each is
    answered once.
    """

    claim: Claim
    kb: KnowledgeBase
    signals: tuple[Signal, ...] = ()
    jurisdictions: tuple[Jurisdiction, ...] = (Jurisdiction.US,)

    @cached_property
    def relation(self) -> Relation:
        """What the intervention is said to do."""
        return self.claim.relation.value

    @cached_property
    def is_heard(self) -> bool:
        """The claim is offered for belief, neither refuted nor merely asked."""
        return wording.is_heard(self.claim)

    @cached_property
    def is_promise(self) -> bool:
        """A believer is given a reason to use the intervention or to leave another."""
        return wording.is_promise(self.claim)

    @cached_property
    def is_told_to_act(self) -> bool:
        """A believer is told what to do, to leave a treatment, or that a remedy makes it needless."""
        if self.claim.stance.value is Stance.INSTRUCTED or self.relation in (
            Relation.CURES,
            Relation.REPLACES,
        ):
            return True
        return any(self.says(kind) for kind in (DRINK_DISINFECTANT, DELAY_EMERGENCY, STOP_MEDICINE))

    @cached_property
    def is_denied_harm(self) -> bool:
        """A believer is told that some harm does not happen."""
        return wording.is_denied_harm(self.claim)

    @cached_property
    def intervention_id(self) -> ConceptId | None:
        """Id of the intervention, where it is linked."""
        return self.claim.intervention.concept_id if self.claim.intervention else None

    @cached_property
    def target_id(self) -> ConceptId | None:
        """Id of the target, where it is linked."""
        return self.claim.target.concept_id if self.claim.target else None

    @cached_property
    def intervention(self) -> Concept | None:
        """The intervention's concept."""
        return self.kb.concept(self.intervention_id)

    @cached_property
    def target(self) -> Concept | None:
        """The target's concept."""
        return self.kb.concept(self.target_id)

    @cached_property
    def kind(self) -> Kind | None:
        """The intervention's kind, None where nothing in the knowledge base fits."""
        concept = self.intervention
        return concept.kind if concept else None

    def lineage(self, concept_id: ConceptId | None) -> tuple[ConceptId, ...]:
        """Return the concept and everything wider, nearest first; empty for None."""
        return lookup.lineage(self.kb, concept_id)

    def records(self, code: Risk) -> tuple[RiskRecord, ...]:
        """Return the risk entries of that code for the intervention and its classes."""
        return lookup.records(self.kb, code, self.intervention_id)

    def says(self, kind: str) -> tuple[Signal, ...]:
        """Return the sentence's signals of that kind."""
        return tuple(signal for signal in self.signals if signal.kind == kind)
