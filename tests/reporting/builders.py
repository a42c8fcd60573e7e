"""A small knowledge base and verdicts made by hand, so that no test here needs a reader."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

from claimcheck.kb.schema import (
    Condition,
    DrugClass,
    Indication,
    Meta,
    Monograph,
    Principle,
    Reference,
    RiskEntry,
    Statement,
)
from claimcheck.kb.sources import Sources
from claimcheck.kb.store import KnowledgeBase
from claimcheck.reporting.report import Report
from claimcheck.types import (
    Action,
    Assessment,
    Basis,
    Certainty,
    Claim,
    ClaimId,
    ConceptId,
    Evidence,
    EvidenceResult,
    Finding,
    Grade,
    Jurisdiction,
    Kind,
    Link,
    Polarity,
    Qualified,
    ReferenceId,
    RegulatoryNote,
    Relation,
    ReportWarning,
    Risk,
    RiskFlag,
    RiskLevel,
    RuleId,
    Scores,
    Source,
    Span,
    Stance,
    StatementId,
    Verdict,
    Versions,
)

KRATOM = "Kratom potentiates antidepressants."
VERSIONS = Versions(
    claimcheck="0.1.0", model="rules-1", kb="2026.11.22+00000000", rules="1", policy="2026.11.22"
)


@cache
def small_kb() -> KnowledgeBase:
    """Kratom, antidepressants, depression and what two documents say of them."""
    review = Reference(
        id="review",
        title="Kratom & mood: a review",
        publisher="Journal of Reviews",
        kind="systematic_review",
        url="https://example.org/review?a=1&b=2",
        published="2023-05",
        retrieved="2026-11-22",
        licence="CC BY 4.0",
    )
    notice = Reference(
        id="notice",
        title="Notice on kratom",
        publisher="Food and Drug Administration",
        kind="regulator",
        url="https://example.org/notice",
        published=None,
        retrieved="2026-11-22",
        checked=False,
    )
    kratom = Monograph(
        id="kratom",
        name="kratom",
        kind=Kind.HERB,
        aliases=["mitragynine"],
        statements=[
            Statement(
                relation=Relation.POTENTIATES,
                target="antidepressants",
                evidence=Evidence.INSUFFICIENT,
                grade=Grade.VERY_LOW,
                as_of="2026-11",
                references=["review"],
                summary="No trial has tested kratom together with antidepressants.",
            ),
            Statement(
                relation=Relation.TREATS,
                target="depression",
                evidence=Evidence.INSUFFICIENT,
                grade=Grade.LOW,
                as_of="2026-11",
                references=["review", "notice"],
                summary="No trial shows that kratom treats depression.",
                limits="Regular users only.",
            ),
        ],
        risks=[
            RiskEntry(
                code=Risk.INTERACTION,
                level=RiskLevel.HIGH,
                because="Serotonin may rise too far.",
                references=["notice"],
                with_=["antidepressants"],
            ),
            RiskEntry(
                code=Risk.DOSAGE,
                level=RiskLevel.MODERATE,
                because="Large amounts cause seizures.",
                references=["notice"],
                max_daily_mg=5000.0,
            ),
        ],
    )
    return KnowledgeBase.build(
        Sources(
            meta=Meta(date="2026.11.22"),
            monographs=[kratom],
            conditions=[
                Condition(
                    id="depression",
                    name="depression",
                    aliases=["serious depression"],
                    kind=Kind.CONDITION,
                    serious=True,
                    treatments=["antidepressants"],
                )
            ],
            classes=[
                DrugClass(
                    id="antidepressants",
                    name="antidepressants",
                    members=["sertraline"],
                    prescribed_for=["depression"],
                    dangerous_to_stop=True,
                )
            ],
            principles=[
                Principle(
                    id="herbs",
                    kinds=[Kind.HERB],
                    relations=[Relation.CURES],
                    evidence=Evidence.INSUFFICIENT,
                    grade=Grade.LOW,
                    as_of="2026-11",
                    summary="No herb is known to cure a disease.",
                    references=["review"],
                )
            ],
            references=[review, notice],
            indications=[Indication(drug="sertraline", condition="depression", references=["review"])],
        )
    )


def statement_of(target: str) -> StatementId:
    """Return the id of the small knowledge base's statement on kratom and ``target``."""
    return next(s.id for s in small_kb().statements("kratom") if s.target == target)


def span_of(text: str, words: str) -> Span:
    """Return where ``words`` first stand in ``text``."""
    start = text.index(words)
    return Span(start, start + len(words))


def link_to(text: str, words: str, concept: str | None = None) -> Link:
    """Return an argument that stands in the text."""
    return Link(words, span_of(text, words), concept_id=ConceptId(concept) if concept else None)


def claim_of(text: str, words: str, **changes: object) -> Claim:
    """Return a claim of ``words``, affirmed and certain unless ``changes`` say otherwise."""
    span = span_of(text, words)
    fields: dict[str, Any] = {
        "id": ClaimId(f"c-{span.start}-{span.end}"),
        "span": span,
        "sentence": Span(0, len(text)),
        "relation": Relation.POTENTIATES,
        "intervention": None,
        "target": None,
        "polarity": Polarity.AFFIRMED,
        "certainty": Certainty.CERTAIN,
        "stance": Stance.ASSERTED,
        "source": Source.AUTHOR,
        "probability": 0.97,
        **changes,
    }
    qualified = ("relation", "polarity", "certainty", "stance", "source")
    fields |= {key: Qualified(fields[key]) for key in qualified}
    return Claim(**fields)


def interaction(**changes: object) -> RiskFlag:
    """Return the interaction of kratom and antidepressants."""
    fields: dict[str, Any] = {
        "rule": RuleId("interaction.knowledge_base"),
        "code": Risk.INTERACTION,
        "level": RiskLevel.HIGH,
        "message": "Kratom with antidepressants may raise serotonin too far.",
        "references": (ReferenceId("notice"),),
        **changes,
    }
    return RiskFlag(**fields)


def finding_of(claim: Claim, **changes: object) -> Finding:
    """Return the claim judged as unsupported and of high risk unless ``changes`` say otherwise."""
    fields: dict[str, Any] = {
        "evidence": EvidenceResult(
            Evidence.INSUFFICIENT, Basis.PAIR, 0.9, (statement_of("antidepressants"),), as_of="2026-11"
        ),
        "assessment": Assessment.UNSUPPORTED,
        "risks": (interaction(),),
        "risk_level": RiskLevel.HIGH,
        "regulatory": (
            RegulatoryNote(
                Jurisdiction.US, "disease_claim", "21 CFR 101.93(g)", "A disease claim needs approval."
            ),
        ),
        "flagged": True,
        "priority": 0.94,
        "explanation": "The text says that kratom strengthens antidepressants. No trial has tested it.",
        **changes,
    }
    return Finding(claim=claim, **fields)


def verdict_of(text: str, *findings: Finding, **changes: object) -> Verdict:
    """Return a verdict on ``text``."""
    fields: dict[str, Any] = {
        "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "language": "en",
        "findings": findings,
        "alerts": (),
        "scores": Scores(0.97, 0.92, 0.94) if findings else Scores(),
        "action": Action.REVIEW if findings else Action.ALLOW,
        "warnings": (),
        "versions": VERSIONS,
        **changes,
    }
    return Verdict(text=text, **fields)


def report_of(text: str, *findings: Finding, **changes: object) -> Report:
    """Return a report on ``text``, with names and references of the small knowledge base."""
    return Report(verdict_of(text, *findings, **changes), small_kb())


def kratom_report() -> Report:
    """The contract's own example."""
    claim = claim_of(
        KRATOM,
        "Kratom potentiates antidepressants",
        intervention=link_to(KRATOM, "Kratom", "kratom"),
        target=link_to(KRATOM, "antidepressants", "antidepressants"),
    )
    return report_of(KRATOM, finding_of(claim))


def drinking_alert(text: str, words: str, **changes: object) -> RiskFlag:
    """Return an alert on swallowing what stands in the text."""
    return interaction(
        rule=RuleId("alert.drink_disinfectant"),
        code=Risk.TOXICITY,
        level=RiskLevel.CRITICAL,
        message="Swallowing bleach can kill.",
        span=span_of(text, words),
        **changes,
    )


STALE_WARNING = "stale_evidence"
LANGUAGE_WARNING = ReportWarning("unsupported_language", "The text is not in English.")
