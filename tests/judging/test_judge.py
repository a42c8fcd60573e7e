"""Everything put together on whole readings."""

from __future__ import annotations

from datetime import date

from claimcheck.judging.judge import Judgement, judge
from claimcheck.judging.policy import Policy
from claimcheck.kb.store import KnowledgeBase
from claimcheck.types import (
    Action,
    Assessment,
    Claim,
    Evidence,
    EvidenceResult,
    Jurisdiction,
    Reading,
    RiskFlag,
    RiskLevel,
    Scores,
    Signal,
    Span,
)

from .support import claim, signal, small_kb


def words(
    a_claim: Claim,
    evidence: EvidenceResult,
    assessment: Assessment,
    risks: tuple[RiskFlag, ...],
    kb: KnowledgeBase,
) -> str:
    assert kb is small_kb()
    return f"{a_claim.relation.value} {evidence.status} {assessment} {len(risks)}"


def judged(
    *claims: Claim, signals: tuple[Signal, ...] = (), jurisdictions: tuple[str, ...] = ("us",)
) -> Judgement:
    return judge(
        Reading(claims=claims, signals=signals),
        small_kb(),
        jurisdictions=[Jurisdiction(j) for j in jurisdictions],
        policy=Policy.load(),
        today=date(2026, 11, 22),
        explain=words,
    )


def test_a_promise_and_its_dangers() -> None:
    findings, alerts, scores, action = judged(
        claim("potentiates", "kratom", "antidepressants", certainty="possible", probability=0.97)
    )
    (finding,) = findings
    assert (finding.evidence.status, finding.assessment) == (Evidence.INSUFFICIENT, Assessment.UNSUPPORTED)
    assert finding.risk_level is RiskLevel.HIGH
    assert "interaction" in {f.code for f in finding.risks}
    assert finding.flagged
    assert finding.explanation == f"potentiates insufficient unsupported {len(finding.risks)}"
    assert alerts == ()
    assert scores == Scores(unsupported=0.97, risk=0.9215, priority=0.9409)
    assert action is Action.REVIEW


def test_established_treatment_is_left_alone() -> None:
    findings, _, scores, action = judged(claim("treats", "cbt", "depression"))
    assert [(f.assessment, f.risk_level, f.flagged) for f in findings] == [("supported", "none", False)]
    assert (scores, action) == (Scores(), Action.ALLOW)


def test_an_overstated_cure() -> None:
    (finding,) = judged(claim("cures", "sertraline", "depression")).findings
    assert (finding.assessment, finding.flagged) == (Assessment.OVERSTATED, True)


def test_a_caution_we_know_nothing_of_is_not_flagged() -> None:
    (finding,) = judged(claim("harms", "ginger", "pain")).findings
    assert (finding.evidence.status, finding.assessment) == ("unknown", "unsupported")
    assert not finding.flagged
    assert finding.priority == 0.0


def test_jurisdictions_choose_notes_and_warnings() -> None:
    us, eu = (
        judged(claim("treats", "kratom", "depression"), jurisdictions=(j,)).findings[0] for j in ("us", "eu")
    )
    assert [n.jurisdiction for f in (us, eu) for n in f.regulatory] == ["us", "eu"]
    assert "illegal_or_recalled" in {f.code for f in us.risks} - {f.code for f in eu.risks}


def test_signals_without_a_claim_become_alerts() -> None:
    result = judged(signals=(signal("drink_disinfectant"),))
    assert [a.span for a in result.alerts] == [Span(20, 30)]
    assert result.action is Action.ESCALATE


def test_a_signal_counts_in_its_own_sentence_only() -> None:
    here = claim("relieves", "ginger", "nausea")
    elsewhere = claim("relieves", "ginger", "nausea", sentence=Span(80, 120))
    found = judged(here, elsewhere, signals=(signal("unsupervised"),)).findings
    # the second has money and hope at stake, as any promise of a herb has, and nothing else
    assert [f.risk_level for f in found] == ["moderate", "low"]


def test_findings_keep_the_order_of_the_reading() -> None:
    given = [claim("relieves", "kratom", "pain"), claim("cures", "garlic", "cancer")]
    assert [f.claim for f in judged(*given).findings] == given


def test_the_same_reading_gives_the_same_judgement() -> None:
    given = [claim("relieves", "kratom", "pain", context=["kratom", "morphine", "sertraline"])]
    assert judged(*given) == judged(*given)


def test_nothing_read_nothing_found() -> None:
    assert judged() == Judgement(findings=(), alerts=(), scores=Scores(), action=Action.ALLOW)
