"""The report as every caller receives it: names, order and meaning are fixed for version 1.

Each dictionary below is one object of the JSON; the order of its keys here is
the order on the wire.  Every output format starts from these dictionaries, so
that no two formats can say different things of one claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NotRequired, TypedDict

from claimcheck.kb.schema import Reference
from claimcheck.kb.store import KnowledgeBase, StatementRecord
from claimcheck.reporting.offsets import utf16_offsets
from claimcheck.types import (
    Claim,
    ConceptId,
    EvidenceResult,
    Finding,
    Link,
    ReferenceId,
    ReportWarning,
    RiskFlag,
    Span,
    StatementId,
    Verdict,
)

REPORT_VERSION = "1"
CONTEXT = 32  # code points of prefix and suffix: enough to find the quote again in a changed page
_NAMED_CLAIMS = 5  # a warning names this many claims and counts the rest


class TextDict(TypedDict):
    """The text by its fingerprint, never its words; ``length`` in code points."""

    sha256: str
    length: int
    language: str


class SentenceDict(TypedDict):
    """The sentence that holds a claim."""

    start: int
    end: int


class WarningDict(TypedDict):
    """Something the caller should know."""

    code: str
    message: str


class ConceptDict(TypedDict):
    """What a mention stands for."""

    id: str
    name: str
    kind: str


class ScoresDict(TypedDict):
    """Maxima over the asserted claims, 0 to 1."""

    unsupported: float
    risk: float
    priority: float


RegulatoryDict = TypedDict("RegulatoryDict", {"jurisdiction": str, "class": str, "rule": str, "message": str})


class SpanDict(TypedDict):
    """A half-open stretch of the text, in both units, with its words and their surroundings."""

    start: int
    end: int
    start_utf16: int
    end_utf16: int
    exact: str
    prefix: str
    suffix: str


class MentionDict(TypedDict):
    """An argument of a claim; ``span`` is null where it was resolved from elsewhere."""

    span: SpanDict | None
    text: str
    concept: ConceptDict | None


class ReferenceDict(TypedDict):
    """A cited document; dates are ISO dates, possibly of a year or month only."""

    title: str
    publisher: str
    url: str
    published: str | None
    retrieved: str


class StatementDict(TypedDict):
    """What the knowledge base states, and where it says so."""

    id: str
    summary: str
    status: str
    references: list[ReferenceDict]


class EvidenceDict(TypedDict):
    """What is known of the effect; ``prior`` is present only where one decided."""

    status: str
    basis: str
    confidence: float
    as_of: str | None
    statements: list[StatementDict]
    prior: NotRequired[float]


class FlagDict(TypedDict):
    """A risk rule that fired on a claim."""

    rule: str
    code: str
    level: str
    message: str
    references: list[ReferenceDict]


class AlertDict(TypedDict):
    """A risk that needs no claim, and the words that carry it."""

    span: SpanDict | None
    rule: str
    code: str
    level: str
    message: str
    references: list[ReferenceDict]


class RiskDict(TypedDict):
    """The second axis: what can happen to someone who believes the claim."""

    level: str
    flags: list[FlagDict]


class ClaimDict(TypedDict):
    """One judged claim."""

    id: str
    span: SpanDict
    sentence: SentenceDict
    relation: str
    intervention: MentionDict | None
    target: MentionDict | None
    polarity: str
    certainty: str
    stance: str
    source: str
    probability: float
    evidence: EvidenceDict
    assessment: str
    risk: RiskDict
    regulatory: list[RegulatoryDict]
    flagged: bool
    priority: float
    explanation: str


class VersionsDict(TypedDict):
    """The versions that move apart."""

    claimcheck: str
    model: str
    kb: str
    rules: str
    policy: str


class ReportDict(TypedDict):
    """The whole report."""

    report_version: str
    text: TextDict
    claims: list[ClaimDict]
    alerts: list[AlertDict]
    scores: ScoresDict
    action: str
    warnings: list[WarningDict]
    versions: VersionsDict


def report_dict(verdict: Verdict, kb: KnowledgeBase) -> ReportDict:
    """Return the report of ``verdict``; names and references are looked up in ``kb``."""
    writer = _Writer(verdict, kb)
    versions, scores = verdict.versions, verdict.scores
    return {
        "report_version": REPORT_VERSION,
        "text": {
            "sha256": verdict.text_sha256,
            "length": len(verdict.text),
            "language": verdict.language,
        },
        "claims": [writer.claim(finding) for finding in verdict.findings],
        "alerts": [writer.alert(flag) for flag in verdict.alerts],
        "scores": {
            "unsupported": rounded(scores.unsupported),
            "risk": rounded(scores.risk),
            "priority": rounded(scores.priority),
        },
        "action": verdict.action.value,
        "warnings": [{"code": w.code, "message": w.message} for w in warnings_of(verdict)],
        "versions": {
            "claimcheck": versions.claimcheck,
            "model": versions.model,
            "kb": versions.kb,
            "rules": versions.rules,
            "policy": versions.policy,
        },
    }


def rounded(value: float) -> float:
    """Return ``value`` with the four decimals that the wire carries."""
    return round(float(value), 4)


def warnings_of(verdict: Verdict) -> tuple[ReportWarning, ...]:
    """Return the verdict's warnings, and one more where old evidence was used."""
    stale = [finding.claim.id for finding in verdict.findings if finding.evidence.stale]
    if not stale:
        return verdict.warnings
    named = ", ".join(stale[:_NAMED_CLAIMS])
    more = f" and {len(stale) - _NAMED_CLAIMS} more" if len(stale) > _NAMED_CLAIMS else ""
    message = f"Evidence that nobody has reviewed for three years or longer was used for: {named}{more}."
    return (*verdict.warnings, ReportWarning(code="stale_evidence", message=message))


def resolved(link: Link) -> bool:
    """Tell whether the argument was found elsewhere than in the claim's own words."""
    return link.span is None or link.ref is not None


class _Writer:
    """Writes the parts of one report; holds the text and its converted offsets."""

    def __init__(self, verdict: Verdict, kb: KnowledgeBase) -> None:
        self._text = verdict.text
        self._kb = kb
        ends = (end for span in _written_spans(verdict) for end in (span.start, span.end))
        self._utf16 = utf16_offsets(verdict.text, ends)

    def claim(self, finding: Finding) -> ClaimDict:
        claim = finding.claim
        return {
            "id": claim.id,
            "span": self.span(claim.span),
            "sentence": {"start": claim.sentence.start, "end": claim.sentence.end},
            "relation": claim.relation.value.value,
            "intervention": self.mention(claim.intervention),
            "target": self.mention(claim.target),
            "polarity": claim.polarity.value.value,
            "certainty": claim.certainty.value.value,
            "stance": claim.stance.value.value,
            "source": claim.source.value.value,
            "probability": rounded(claim.probability),
            "evidence": self.evidence(finding.evidence),
            "assessment": finding.assessment.value,
            "risk": {
                "level": finding.risk_level.value,
                "flags": [self.flag(flag) for flag in finding.risks],
            },
            "regulatory": [
                {
                    "jurisdiction": note.jurisdiction.value,
                    "class": note.claim_class,
                    "rule": note.rule,
                    "message": note.message,
                }
                for note in finding.regulatory
            ],
            "flagged": finding.flagged,
            "priority": rounded(finding.priority),
            "explanation": finding.explanation,
        }

    def span(self, span: Span) -> SpanDict:
        return {
            "start": span.start,
            "end": span.end,
            "start_utf16": self._utf16[span.start],
            "end_utf16": self._utf16[span.end],
            "exact": span.of(self._text),
            "prefix": self._text[max(0, span.start - CONTEXT) : span.start],
            "suffix": self._text[span.end : span.end + CONTEXT],
        }

    def mention(self, link: Link | None) -> MentionDict | None:
        if link is None:
            return None
        if link.span is None or resolved(link):
            span, words = None, link.ref or link.text
        else:
            span, words = self.span(link.span), link.text
        return {"span": span, "text": words, "concept": self.concept(link.concept_id)}

    def concept(self, concept_id: ConceptId | None) -> ConceptDict | None:
        concept = self._kb.concept(concept_id)
        if concept is None:
            return None
        return {"id": concept.id, "name": concept.name, "kind": concept.kind.value}

    def evidence(self, evidence: EvidenceResult) -> EvidenceDict:
        written: EvidenceDict = {
            "status": evidence.status.value,
            "basis": evidence.basis.value,
            "confidence": rounded(evidence.confidence),
            "as_of": evidence.as_of,
            "statements": [self.statement(s) for s in _statements(evidence.statements, self._kb)],
        }
        if evidence.prior is not None:
            written["prior"] = rounded(evidence.prior)
        return written

    def statement(self, statement: StatementRecord) -> StatementDict:
        return {
            "id": statement.id,
            "summary": statement.summary,
            "status": statement.evidence.value,
            "references": self.references(statement.references),
        }

    def flag(self, flag: RiskFlag) -> FlagDict:
        return {
            "rule": flag.rule,
            "code": flag.code.value,
            "level": flag.level.value,
            "message": flag.message,
            "references": self.references(flag.references),
        }

    def alert(self, flag: RiskFlag) -> AlertDict:
        return {"span": None if flag.span is None else self.span(flag.span), **self.flag(flag)}

    def references(self, reference_ids: Iterable[ReferenceId]) -> list[ReferenceDict]:
        found = (self._kb.reference(reference_id) for reference_id in reference_ids)
        return [_reference(reference) for reference in found if reference is not None]


def _reference(reference: Reference) -> ReferenceDict:
    return {
        "title": reference.title,
        "publisher": reference.publisher,
        "url": reference.url,
        "published": reference.published,
        "retrieved": reference.retrieved,
    }


def _statements(statement_ids: Iterable[StatementId], kb: KnowledgeBase) -> Iterator[StatementRecord]:
    for statement_id in statement_ids:
        statement = kb.statement(statement_id)
        if statement is not None:
            yield statement


def _written_spans(verdict: Verdict) -> Iterator[Span]:
    """Yield every span that the report writes in both units."""
    for finding in verdict.findings:
        yield from _claim_spans(finding.claim)
    for flag in verdict.alerts:
        if flag.span is not None:
            yield flag.span


def _claim_spans(claim: Claim) -> Iterator[Span]:
    yield claim.span
    for link in (claim.intervention, claim.target):
        if link is not None and link.span is not None and not resolved(link):
            yield link.span
