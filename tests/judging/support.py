"""A small knowledge base in memory, and claims written as compact JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TypeVar

from claimcheck.kb import schema
from claimcheck.kb.sources import Sources
from claimcheck.kb.store import KnowledgeBase
from claimcheck.types import (
    Certainty,
    Claim,
    ClaimId,
    ConceptId,
    Dose,
    Evidence,
    Grade,
    Jurisdiction,
    Kind,
    Link,
    Polarity,
    Qualified,
    Relation,
    Risk,
    RiskLevel,
    Signal,
    Source,
    Span,
    Stance,
)

T = TypeVar("T")
Record = Mapping[str, object]

CLAIM_KEYS = {
    *("relation", "intervention", "target", "polarity", "certainty", "stance", "source"),
    *("context", "probability", "unlinked_intervention", "unlinked_target"),
}
SIGNAL_KEYS = {"kind", "concepts", "milligrams", "of"}
SENTENCE = Span(0, 80)
WORDS = Span(0, 40)


def claim(
    relation: Relation | str,
    intervention: str | None = None,
    target: str | None = None,
    *,
    polarity: str = "affirmed",
    certainty: str = "certain",
    stance: str = "asserted",
    source: str = "author",
    context: Sequence[str] = (),
    probability: float = 1.0,
    unlinked_intervention: bool = False,
    unlinked_target: bool = False,
    span: Span = WORDS,
    sentence: Span = SENTENCE,
) -> Claim:
    """Return a claim; an ``unlinked`` argument stands in the text but fits no concept."""
    return Claim(
        id=ClaimId("c-1"),
        span=span,
        sentence=sentence,
        relation=Qualified(Relation(relation)),
        intervention=_link(intervention, unlinked=unlinked_intervention),
        target=_link(target, unlinked=unlinked_target),
        polarity=Qualified(Polarity(polarity)),
        certainty=Qualified(Certainty(certainty)),
        stance=Qualified(Stance(stance)),
        source=Qualified(Source(source)),
        probability=probability,
        context=tuple(map(ConceptId, context)),
    )


def _link(concept: str | None, *, unlinked: bool) -> Link | None:
    if unlinked:
        return Link(text="our formula", span=Span(0, 11))
    return Link(text=concept, span=Span(0, 4), concept_id=ConceptId(concept)) if concept else None


def claim_of(record: Record) -> Claim:
    """Return the claim of a JSON record; an unknown key is an error."""
    unknown = set(record) - CLAIM_KEYS
    assert not unknown, f"unknown keys {unknown}"
    return claim(**dict(record))  # type: ignore[arg-type]


def signal(kind: str, *concepts: str, milligrams: float | None = None, of: str | None = None) -> Signal:
    """Return a signal in the sentence that claims stand in."""
    dose = None
    if milligrams is not None:
        concept = ConceptId(of) if of else None
        dose = Dose(Span(20, 25), milligrams, "mg", milligrams, concept_id=concept)
    return Signal(kind, Span(20, 30), SENTENCE, tuple(map(ConceptId, concepts)), dose)


def signal_of(record: Record) -> Signal:
    """Return the signal of a JSON record; an unknown key is an error."""
    unknown = set(record) - SIGNAL_KEYS
    assert not unknown, f"unknown keys {unknown}"
    concepts, amount, of = record.get("concepts", []), record.get("milligrams"), record.get("of")
    assert isinstance(concepts, list)
    assert amount is None or isinstance(amount, (int, float))
    return signal(str(record["kind"]), *concepts, milligrams=amount, of=str(of) if of else None)


def statement(
    relation: str,
    target: str | None,
    evidence: str,
    *,
    grade: str = "moderate",
    as_of: str = "2026-11",
    limits: str | None = None,
    exact: bool = False,
) -> schema.Statement:
    """Return a written statement whose summary names its parts."""
    return schema.Statement(
        relation=Relation(relation),
        target=target,
        evidence=Evidence(evidence),
        summary=f"What is known of {relation} {target or 'anything'} is {evidence}.",
        grade=Grade(grade),
        as_of=as_of,
        references=["ref-a"],
        limits=limits,
        exact=exact,
    )


def risk(
    code: str,
    level: str,
    *,
    meets: Sequence[str] = (),
    groups: Sequence[str] = (),
    jurisdictions: Sequence[str] = (),
    max_daily_mg: float | None = None,
) -> schema.RiskEntry:
    """Return a written risk entry."""
    return schema.RiskEntry(
        code=Risk(code),
        level=RiskLevel(level),
        because=f"A {level} {code} is on record.",
        references=["ref-b"],
        with_=list(meets),
        groups=list(groups),
        jurisdictions=[Jurisdiction(j) for j in jurisdictions],
        max_daily_mg=max_daily_mg,
    )


def monograph(
    concept_id: str,
    kind: str,
    *parts: schema.Statement | schema.RiskEntry,
    classes: Sequence[str] = (),
) -> schema.Monograph:
    """Return a monograph of statements and risk entries."""
    return schema.Monograph(
        id=concept_id,
        name=concept_id.replace("-", " "),
        kind=Kind(kind),
        classes=list(classes),
        statements=[part for part in parts if isinstance(part, schema.Statement)],
        risks=[part for part in parts if isinstance(part, schema.RiskEntry)],
    )


def condition(
    concept_id: str,
    *broader: str,
    kind: str = "condition",
    treatments: Sequence[str] | None = None,
) -> schema.Condition:
    """Return a condition, serious where it has treatments."""
    return schema.Condition(
        id=concept_id,
        name=concept_id.replace("-", " "),
        kind=Kind(kind),
        broader=list(broader),
        serious=treatments is not None,
        treatments=list(treatments or ()),
    )


def drug_class(
    concept_id: str,
    *members: str,
    classes: Sequence[str] = (),
    prescribed_for: Sequence[str] = (),
    dangerous_to_stop: bool = False,
) -> schema.DrugClass:
    """Return a class of medicines with its members."""
    return schema.DrugClass(
        id=concept_id,
        name=concept_id.replace("-", " "),
        members=list(members),
        classes=list(classes),
        prescribed_for=list(prescribed_for),
        dangerous_to_stop=dangerous_to_stop,
        references=["ref-a"],
    )


def principle(
    concept_id: str,
    evidence: str,
    relations: Sequence[str],
    *,
    kinds: Sequence[str] = (),
    interventions: Sequence[str] = (),
    targets: Sequence[str] = (),
    target_kinds: Sequence[str] = (),
) -> schema.Principle:
    """Return a principle."""
    return schema.Principle(
        id=concept_id,
        kinds=[Kind(k) for k in kinds],
        interventions=list(interventions),
        relations=[Relation(r) for r in relations],
        targets=list(targets),
        target_kinds=[Kind(k) for k in target_kinds],
        evidence=Evidence(evidence),
        summary=f"The principle {concept_id} holds.",
        grade=Grade.MODERATE,
        as_of="2026-11",
        references=["ref-a"],
    )


def reference(concept_id: str) -> schema.Reference:
    """Return a reference."""
    return schema.Reference(
        id=concept_id,
        title="A page",
        publisher="The Agency",
        url="https://example.org/page",
        published="2024-05-01",
        retrieved="2026-11-22",
        kind="regulator",
    )


@cache
def small_kb() -> KnowledgeBase:
    """Return the knowledge base that most tests and the ``small`` examples use."""
    return KnowledgeBase.build(small_sources())


def small_sources() -> Sources:
    """Return the sources of :func:`small_kb`, new at each call."""
    return Sources(
        meta=schema.Meta(date="2026.11.22"),
        monographs=_monographs(),
        conditions=_conditions(),
        classes=[
            drug_class(
                "antidepressants",
                "mirtazapine",
                prescribed_for=["depression", "anxiety"],
                dangerous_to_stop=True,
            ),
            drug_class("ssris", "sertraline", classes=["antidepressants"], dangerous_to_stop=True),
            drug_class("opioids", "morphine", prescribed_for=["pain"]),
            drug_class("antihistamines", "cetirizine", prescribed_for=["hay-fever"]),
            drug_class("anticoagulants", "warfarin", prescribed_for=["stroke"], dangerous_to_stop=True),
            drug_class("vaccines", "flu-shot"),
        ],
        principles=[
            principle("natural-replaces", "refuted", ["replaces"], kinds=["herb", "food"]),
            principle(
                "herbs-cure-nothing", "insufficient", ["cures"], kinds=["herb"], target_kinds=["condition"]
            ),
            principle("herbs-cure-no-cancer", "refuted", ["cures"], kinds=["herb"], targets=["cancer"]),
            principle("detox", "insufficient", ["improves"], targets=["detoxification"]),
        ],
        regulations=[
            schema.Regulation(
                id="us-disease",
                jurisdiction=Jurisdiction.US,
                applies_to_kinds=[Kind.HERB, Kind.FOOD],
                relations=[Relation.TREATS, Relation.CURES, Relation.PREVENTS],
                target_kinds=[Kind.CONDITION],
                claim_class="disease_claim",
                rule="21 CFR 101.93(g)",
                message="A supplement may not be sold with this claim.",
                references=["ref-a"],
            ),
            schema.Regulation(
                id="eu-any",
                jurisdiction=Jurisdiction.EU,
                applies_to_kinds=[Kind.HERB],
                relations=[Relation.TREATS, Relation.IS_SAFE],
                target_kinds=[],
                claim_class="health_claim",
                rule="Regulation (EC) 1924/2006",
                message="A health claim needs authorisation.",
                references=["ref-a"],
            ),
        ],
        references=[reference("ref-a"), reference("ref-b")],
    )


def _monographs() -> list[schema.Monograph]:
    return [
        monograph(
            "kratom",
            "herb",
            statement("treats", "depression", "insufficient", grade="very_low"),
            statement("relieves", "pain", "limited", grade="low", limits="one dose"),
            statement("potentiates", "antidepressants", "insufficient"),
            statement("is_safe", None, "refuted"),
            statement("harms", "liver-injury", "supported"),
            statement("harms", "seizures", "limited"),
            risk("interaction", "high", meets=["ssris", "opioids"]),
            risk("dependence", "high"),
            risk("toxicity", "high"),
            risk("vulnerable_group", "high", groups=["pregnancy"]),
            risk("illegal_or_recalled", "moderate", jurisdictions=["us"]),
            risk("unsupervised_use", "moderate"),
        ),
        monograph(
            "garlic",
            "food",
            statement("improves", "blood-pressure", "mixed"),
            statement("cures", "cancer", "refuted"),
            statement("treats", "cancer", "insufficient"),
            statement("prevents", "common-cold", "limited"),
            statement("treats", None, "insufficient", as_of="2020-01"),
            risk("interaction", "moderate", meets=["warfarin"]),
        ),
        monograph(
            "ginger",
            "herb",
            statement("relieves", "nausea", "supported", grade="high"),
            statement("harms", "heartburn", "supported"),
            statement("treats", "breast-cancer", "supported"),
            risk("dosage", "moderate", max_daily_mg=4000),
            risk("dosage", "high"),
        ),
        monograph(
            "insulin",
            "drug",
            statement("treats", "diabetes", "supported", grade="high"),
            risk("discontinuation", "critical"),
            risk("substitution", "critical"),
            risk("toxicity", "moderate"),
        ),
        monograph(
            "ssris",
            "drug_class",
            statement("treats", "depression", "supported", grade="high"),
            risk("toxicity", "low"),
        ),
        monograph("opioids", "drug_class", risk("dependence", "high"), risk("toxicity", "high")),
        monograph("ivermectin", "drug", risk("toxicity", "high"), risk("unsupervised_use", "high")),
        monograph(
            "homeopathy",
            "homeopathic",
            statement("treats", None, "refuted"),
            risk("substitution", "high"),
            risk("serious_condition", "critical"),
            risk("emergency", "moderate"),
        ),
        monograph("arnica-pills", "homeopathic", classes=["homeopathy"]),
        monograph(
            "st-johns-wort",
            "herb",
            statement("treats", "anxiety", "mixed"),
            classes=["ssris"],
        ),
        monograph(
            "mmr-vaccine",
            "vaccine",
            statement("prevents", "measles", "supported", grade="high"),
            statement("harms", "autism", "refuted", grade="high"),
            risk("vaccine_hesitancy", "high"),
            classes=["vaccines"],
        ),
        monograph("paracetamol", "drug", risk("toxicity", "high")),
        monograph("acupuncture", "procedure"),
        monograph("walking", "exercise"),
        monograph("bleach", "other", risk("toxicity", "critical")),
        monograph("cbt", "psychotherapy", statement("treats", "depression", "supported")),
    ]


def _conditions() -> list[schema.Condition]:
    return [
        condition("mental-illness", treatments=["hospital-care"]),
        condition("depression", "mental-illness", treatments=["antidepressants", "cbt"]),
        condition("postnatal-depression", "depression"),
        condition("anxiety"),
        condition("cancer", treatments=["chemotherapy"]),
        condition("breast-cancer", "cancer"),
        condition("diabetes", treatments=["insulin"]),
        condition("blood-sugar"),
        condition("heart-attack", treatments=["warfarin"]),
        condition("stroke", treatments=["anticoagulants"]),
        condition("covid-19", treatments=["flu-shot"]),
        condition("measles"),
        condition("autism"),
        condition("common-cold"),
        condition("hay-fever"),
        condition("colic"),
        condition("heartburn"),
        condition("myocarditis"),
        condition("liver-injury"),
        condition("pain", kind="symptom"),
        condition("nausea", kind="symptom"),
        condition("seizures", kind="symptom"),
        condition("dependence"),
        condition("blood-pressure", kind="function"),
        condition("detoxification", kind="function"),
    ]
