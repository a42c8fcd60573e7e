"""From what was read to what is found: both axes, then policy, then the explanation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple, TypeAlias

from claimcheck.judging.assessment import assess
from claimcheck.judging.evidence import claims_more, weigh
from claimcheck.judging.policy import Policy
from claimcheck.judging.regulation import notes
from claimcheck.judging.risk.alerts import alerts
from claimcheck.judging.risk.level import at_stake, highest, overall
from claimcheck.judging.risk.registry import risks_of
from claimcheck.judging.risk.situation import Situation
from claimcheck.kb.store import KnowledgeBase
from claimcheck.types import (
    Action,
    Assessment,
    Claim,
    Evidence,
    EvidenceResult,
    Finding,
    Jurisdiction,
    Reading,
    RiskFlag,
    Scores,
    Signal,
    Span,
)

Prior: TypeAlias = Callable[[Claim], float]
"""The chance that a claim we know nothing of does not hold: learned, and handed in."""
Calibrate: TypeAlias = Callable[[Scores], Scores]
"""What turns a text's raw scores into chances: learned, and handed in."""
Explain: TypeAlias = Callable[[Claim, EvidenceResult, Assessment, tuple[RiskFlag, ...], KnowledgeBase], str]
"""What puts a finding into words: handed in, because judging knows no reporting."""


class Judgement(NamedTuple):
    """All that judging says of one text."""

    findings: tuple[Finding, ...]
    alerts: tuple[RiskFlag, ...]
    scores: Scores
    action: Action


def judge(
    reading: Reading,
    kb: KnowledgeBase,
    *,
    jurisdictions: Sequence[Jurisdiction],
    policy: Policy,
    today: date,
    explain: Explain,
    prior: Prior | None = None,
    calibrate: Calibrate | None = None,
) -> Judgement:
    """Judge every claim and signal of a text.

    Args:
        reading: claims and signals as read; findings keep their order.
        kb: the knowledge base.
        jurisdictions: whose warnings and laws to tell of.
        policy: what is flagged, in which order, and what is suggested.
        today: the day against which a statement's age is measured.
        explain: puts one finding into words.
        prior: consulted where evidence is ``unknown``; without one the claim
            counts as the guideline says.
        calibrate: turns the scores of the whole text into chances.
    """
    chosen, by_sentence = tuple(jurisdictions), _by_sentence(reading.signals)
    findings = tuple(
        _finding(
            claim,
            by_sentence.get(claim.sentence, ()),
            kb,
            jurisdictions=chosen,
            policy=policy,
            today=today,
            explain=explain,
            prior=prior,
        )
        for claim in reading.claims
    )
    raised = alerts(reading.signals, kb, reading.claims)
    scores = policy.scores(findings)
    return Judgement(
        findings=findings,
        alerts=raised,
        scores=calibrate(scores) if calibrate is not None else scores,
        action=policy.action(findings, raised),
    )


def _by_sentence(signals: Iterable[Signal]) -> dict[Span, list[Signal]]:
    found: dict[Span, list[Signal]] = {}
    for signal in signals:
        found.setdefault(signal.sentence, []).append(signal)
    return found


def _finding(
    claim: Claim,
    signals: Sequence[Signal],
    kb: KnowledgeBase,
    *,
    jurisdictions: tuple[Jurisdiction, ...],
    policy: Policy,
    today: date,
    explain: Explain,
    prior: Prior | None,
) -> Finding:
    evidence = weigh(claim, kb, today=today)
    if prior is not None and evidence.status is Evidence.UNKNOWN:
        evidence = replace(evidence, prior=prior(claim))
    assessment = assess(claim, evidence, claims_more=claims_more(claim, evidence, kb))
    risks = risks_of(claim, kb, signals=signals, jurisdictions=jurisdictions)
    risk_level = highest((overall(risks), at_stake(Situation(claim, kb))))
    return Finding(
        claim=claim,
        evidence=evidence,
        assessment=assessment,
        risks=risks,
        risk_level=risk_level,
        regulatory=notes(claim, kb, jurisdictions),
        flagged=policy.flagged(claim, evidence, assessment, risk_level),
        priority=policy.priority(claim, evidence, assessment, risk_level),
        explanation=explain(claim, evidence, assessment, risks, kb),
    )
