"""Someone may forgo a vaccine."""

from __future__ import annotations

from collections.abc import Iterator

from claimcheck.judging.risk import lookup
from claimcheck.judging.risk.rule import Rule, flag, from_record
from claimcheck.judging.risk.situation import Situation
from claimcheck.judging.wording import BENEFITS, is_denial
from claimcheck.types import ConceptId, Kind, Relation, Risk, RiskFlag, RiskLevel, RuleId

ID = RuleId("vaccine_hesitancy.frightening_claim")
VACCINES = "vaccines"

FEARED: frozenset[str] = frozenset(
    {
        "adhd",
        "alzheimers-disease",
        "autism",
        "autoimmune-disease",
        "birth-defects",
        "brain-damage",
        "cancer",
        "death",
        "dementia",
        "diabetes",
        "epilepsy",
        "heart-attack",
        "heavy-metal-poisoning",
        "hiv",
        "immunity",
        "infertility",
        "miscarriage",
        "multiple-sclerosis",
        "stroke",
        "sudden-infant-death",
    }
)
"""What vaccines are falsely said to cause.  Known rare reactions (anaphylaxis,
myocarditis, fever fits) are left out: to tell of them is a true caution."""

FEARED_AT_LARGE: frozenset[str] = frozenset(
    {"disease-in-general", "heart-health", "injuries", "immune-function"}
)
"""Harm so general that it can only frighten.  Only these themselves: what is
narrower may be a known reaction."""

PREVENTABLE: frozenset[str] = frozenset(
    {
        "chickenpox",
        "covid-19",
        "death",
        "diphtheria",
        "hepatitis",
        "infection",
        "influenza",
        "measles",
        "meningitis",
        "mumps",
        "pneumonia",
        "polio",
        "rabies",
        "rubella",
        "shingles",
        "tetanus",
        "tuberculosis",
        "viral-infection",
        "whooping-cough",
    }
)
"""What vaccines do protect from.  The common cold is left out: nothing does."""

FRIGHTENING = "Fear of vaccines leaves people open to diseases that disable and kill."
BELITTLING = "Doubt that vaccines work leaves people open to diseases that they prevent."
REPLACING = "Nothing takes the place of a vaccine: without it people stay open to the disease."


def apply(situation: Situation) -> Iterator[RiskFlag]:
    """Flag feared harms, denied protection and replacements of vaccines."""
    if not situation.is_heard:
        return
    if situation.relation is Relation.REPLACES and situation.is_promise:
        yield from _flags(situation.target_id, RiskLevel.HIGH, REPLACING, situation)
        return
    level, message = _about_a_vaccine(situation)
    yield from _flags(situation.intervention_id, level, message, situation)


def _about_a_vaccine(situation: Situation) -> tuple[RiskLevel, str]:
    """Return how frightening the claim is, were its intervention a vaccine."""
    denied, target = is_denial(situation.claim), set(situation.lineage(situation.target_id))
    at_large = situation.claim.target is None
    match situation.relation:
        case Relation.HARMS if not denied and (target & FEARED or situation.target_id in FEARED_AT_LARGE):
            return RiskLevel.HIGH, FRIGHTENING
        case Relation.HARMS if not denied and at_large:
            return RiskLevel.MODERATE, FRIGHTENING
        case Relation.IS_SAFE if denied:
            return (RiskLevel.MODERATE if at_large else RiskLevel.LOW), FRIGHTENING
        case relation if relation in BENEFITS and denied and (at_large or target & PREVENTABLE):
            return RiskLevel.HIGH, BELITTLING
    return RiskLevel.NONE, ""


def _flags(
    vaccine: ConceptId | None, level: RiskLevel, message: str, situation: Situation
) -> Iterator[RiskFlag]:
    """Yield the flag, in the knowledge base's words where it has an entry, if the concept is a vaccine."""
    concept = situation.kb.concept(vaccine)
    if level is RiskLevel.NONE or concept is None:
        return
    if concept.kind is not Kind.VACCINE and VACCINES not in situation.lineage(vaccine):
        return
    records = lookup.records(situation.kb, Risk.VACCINE_HESITANCY, vaccine)
    nearest = [r for r in records if r.intervention == records[0].intervention]
    yield from (from_record(ID, record, level=level) for record in nearest)
    if not records:
        yield flag(ID, Risk.VACCINE_HESITANCY, level, message)


RULE = Rule(
    id=ID,
    code=Risk.VACCINE_HESITANCY,
    title="A vaccine may be forgone",
    basis="A list of harms falsely ascribed to vaccines and one of the diseases they prevent.",
    apply=apply,
)
