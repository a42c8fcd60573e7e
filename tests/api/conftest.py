"""A service over a checker that knows three phrases: real reports, no models, no waiting."""

from __future__ import annotations

import hashlib
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import pytest
from fastapi import FastAPI

from api.access import keys
from api.main import create_app
from api.settings import Settings
from api.storage.tables import Scope
from claimcheck.errors import NotText
from claimcheck.kb import schema
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

with warnings.catch_warnings():
    # The test client prefers another HTTP library and says so on import.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

VERSIONS = Versions(claimcheck="0.1.0", model="m1", kb="k1", rules="r1", policy="p1")


@pytest.fixture(scope="session")
def knowledge_base() -> KnowledgeBase:
    """A herb, a class with one medicine, two conditions, a principle, a regulation."""
    reference = schema.Reference(
        id="page",
        title="Kratom & health",
        publisher="A regulator",
        url="https://example.org/kratom?a=1&b=2",
        published="2024-07",
        retrieved="2026-11-22",
        kind="regulator",
    )
    return KnowledgeBase.build(
        Sources(
            meta=schema.Meta(date="2026.11.22"),
            references=[reference],
            monographs=[
                schema.Monograph(
                    id="kratom",
                    name="kratom",
                    kind=Kind.HERB,
                    aliases=["Mitragyna speciosa", "ketum"],
                    statements=[
                        _statement(Relation.TREATS, "mood-disorder", Evidence.INSUFFICIENT),
                        _statement(Relation.POTENTIATES, "antidepressants", Evidence.INSUFFICIENT),
                        _statement(Relation.IS_SAFE, None, Evidence.REFUTED),
                    ],
                    risks=[
                        schema.RiskEntry(
                            code=Risk.INTERACTION,
                            level=RiskLevel.HIGH,
                            because="The two together can be dangerous.",
                            references=["page"],
                            with_=["antidepressants"],
                        )
                    ],
                ),
                schema.Monograph(
                    id="sertraline",
                    name="sertraline",
                    kind=Kind.DRUG,
                    classes=["antidepressants"],
                    statements=[_statement(Relation.TREATS, "depression", Evidence.SUPPORTED)],
                ),
            ],
            conditions=[
                schema.Condition(id="mood-disorder", name="mood disorder", kind=Kind.CONDITION),
                schema.Condition(
                    id="depression",
                    name="depression",
                    kind=Kind.CONDITION,
                    aliases=["low spirits"],
                    broader=["mood-disorder"],
                    serious=True,
                    treatments=["antidepressants"],
                ),
            ],
            classes=[
                schema.DrugClass(
                    id="antidepressants",
                    name="antidepressants",
                    members=["sertraline"],
                    prescribed_for=["depression"],
                    dangerous_to_stop=True,
                    references=["page"],
                )
            ],
            principles=[
                schema.Principle(
                    id="herbs-cure-nothing",
                    kinds=[Kind.HERB],
                    relations=[Relation.CURES],
                    target_kinds=[Kind.CONDITION],
                    evidence=Evidence.INSUFFICIENT,
                    summary="No herb is known to cure a disease.",
                    grade=Grade.LOW,
                    as_of="2026-11",
                    references=["page"],
                )
            ],
            regulations=[
                schema.Regulation(
                    id="us-disease-claim",
                    jurisdiction=Jurisdiction.US,
                    applies_to_kinds=[Kind.HERB],
                    relations=[Relation.TREATS],
                    target_kinds=[Kind.CONDITION],
                    claim_class="disease_claim",
                    rule="21 CFR 101.93(g)",
                    message="A disease claim.",
                    references=["page"],
                )
            ],
        )
    )


def _statement(relation: Relation, target: str | None, evidence: Evidence) -> schema.Statement:
    return schema.Statement(
        relation=relation,
        target=target,
        evidence=evidence,
        summary=f"What is known of {relation.value} {target}.",
        grade=Grade.LOW,
        as_of="2026-11",
        references=["page"],
    )


@dataclass
class PhraseChecker:
    """Finds fixed phrases; some words make it fail or wait, as a real one might."""

    kb: KnowledgeBase
    versions: Versions = VERSIONS
    warnings: tuple[ReportWarning, ...] = ()
    calls: list[tuple[tuple[str, ...], float | None]] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    def check(
        self,
        text: str,
        *,
        jurisdictions: Sequence[Jurisdiction | str] = ("us",),
        min_probability: float | None = None,
    ) -> Report:
        """Return a report on the phrases of ``text``."""
        self.calls.append((tuple(map(str, jurisdictions)), min_probability))
        if "refuse me" in text:
            raise NotText(f"cannot read {text!r}")
        if "break me" in text:
            raise RuntimeError(f"broken by {text!r}")
        if "wait for me" in text:
            self.release.wait(timeout=20)
        findings = tuple(f for phrase in _PHRASES if (f := phrase.found(text, self.kb)) is not None)
        german = "Knoblauch" in text
        return Report(
            Verdict(
                text=text,
                text_sha256=hashlib.sha256(text.encode()).hexdigest(),
                language="de" if german else "en",
                findings=tuple(sorted(findings, key=lambda finding: finding.claim.span)),
                alerts=_alerts(text),
                scores=Scores(unsupported=0.97001, risk=0.9, priority=0.94) if findings else Scores(),
                action=Action.REVIEW if findings else Action.ALLOW,
                warnings=(ReportWarning("unsupported_language", "Only English is read."),) if german else (),
                versions=self.versions,
            ),
            self.kb,
        )


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that make a claim, and how it is judged."""

    words: str
    relation: Relation
    intervention: str | None
    target: str | None
    assessment: Assessment
    level: RiskLevel
    flagged: bool

    def found(self, text: str, kb: KnowledgeBase) -> Finding | None:
        """Return the finding of the first place that holds the words."""
        start = text.find(self.words)
        if start < 0:
            return None
        span = Span(start, start + len(self.words))
        claim = Claim(
            id=ClaimId(f"c-{self.relation.value}"),
            span=span,
            sentence=span,
            relation=Qualified(self.relation),
            intervention=_link(self.intervention, self.words, start, kb),
            target=_link(self.target, self.words, start, kb),
            polarity=Qualified(Polarity.AFFIRMED),
            certainty=Qualified(Certainty.CERTAIN),
            stance=Qualified(Stance.ASSERTED),
            source=Qualified(Source.AUTHOR),
            probability=0.97,
        )
        flag = RiskFlag(
            rule=RuleId("interaction.knowledge_base"),
            code=Risk.INTERACTION,
            level=self.level,
            message="The two together can be dangerous.",
            references=(ReferenceId("page"),),
        )
        known = kb.statements("kratom")[1]
        return Finding(
            claim=claim,
            evidence=EvidenceResult(
                status=Evidence.INSUFFICIENT,
                basis=Basis.PAIR,
                confidence=0.9,
                statements=(StatementId(known.id),),
                as_of="2026-11",
            ),
            assessment=self.assessment,
            risks=() if self.level is RiskLevel.NONE else (flag,),
            risk_level=self.level,
            regulatory=(
                RegulatoryNote(Jurisdiction.US, "disease_claim", "21 CFR 101.93(g)", "A disease claim."),
            ),
            flagged=self.flagged,
            priority=0.94,
            explanation=f"The text says that {self.words}.",
        )


_PHRASES = (
    Phrase(
        "Kratom potentiates antidepressants",
        Relation.POTENTIATES,
        "kratom",
        "antidepressants",
        Assessment.UNSUPPORTED,
        RiskLevel.HIGH,
        True,
    ),
    # Overlaps the first where both are there.
    Phrase(
        "antidepressants and cures depression",
        Relation.CURES,
        "kratom",
        "depression",
        Assessment.CONTRADICTED,
        RiskLevel.MODERATE,
        True,
    ),
    Phrase(
        "sertraline treats depression",
        Relation.TREATS,
        "sertraline",
        "depression",
        Assessment.SUPPORTED,
        RiskLevel.NONE,
        False,
    ),
)


def _link(concept_id: str | None, words: str, offset: int, kb: KnowledgeBase) -> Link | None:
    concept = kb.concept(concept_id)
    if concept is None:
        return None
    start = words.lower().find(concept.name)
    if start < 0:
        return Link(text=concept.name, ref=concept.name, concept_id=ConceptId(concept.id))
    span = Span(offset + start, offset + start + len(concept.name))
    return Link(text=words[start : start + len(concept.name)], span=span, concept_id=ConceptId(concept.id))


def _alerts(text: str) -> tuple[RiskFlag, ...]:
    start = text.find("drink bleach")
    if start < 0:
        return ()
    return (
        RiskFlag(
            rule=RuleId("toxicity.disinfectant"),
            code=Risk.TOXICITY,
            level=RiskLevel.CRITICAL,
            message="Swallowing a disinfectant can kill.",
            references=(ReferenceId("page"),),
            span=Span(start, start + len("drink bleach")),
        ),
    )


@pytest.fixture(autouse=True)
def surroundings(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test touches the user's own database; keys are asked for only where a test is about them."""
    monkeypatch.setenv("CLAIMCHECK_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("CLAIMCHECK_REQUIRE_KEY", "false")
    # The knowledge base of these tests does not get younger.
    monkeypatch.setenv("CLAIMCHECK_MAX_KB_AGE_DAYS", "0")


@pytest.fixture
def checker(knowledge_base: KnowledgeBase) -> Iterator[PhraseChecker]:
    """A fresh checker; whatever still waits in it is let go at the end."""
    made = PhraseChecker(knowledge_base)
    yield made
    made.release.set()


@pytest.fixture
def calls(checker: PhraseChecker) -> list[tuple[tuple[str, ...], float | None]]:
    """Jurisdictions and least probability of every check that was made."""
    return checker.calls


@pytest.fixture
def release(checker: PhraseChecker) -> threading.Event:
    """What lets the checks of "wait for me" go on."""
    return checker.release


@pytest.fixture
def application(checker: PhraseChecker) -> FastAPI:
    """The application over that checker, not started."""
    return create_app(checker=checker, settings=Settings(log_format="off"))


@pytest.fixture
def client(application: FastAPI) -> Iterator[TestClient]:
    """A client of the started application; an error that nobody handles is its problem reply, not ours."""
    with TestClient(application, raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def client_with(checker: PhraseChecker) -> Callable[..., AbstractContextManager[TestClient]]:
    """Return what makes a client of an application with other settings."""

    def made(settings: Settings) -> AbstractContextManager[TestClient]:
        app = create_app(checker=checker, settings=settings)
        opened: AbstractContextManager[TestClient] = TestClient(app, raise_server_exceptions=False)
        return opened

    return made


@pytest.fixture
def bearer(application: FastAPI) -> Callable[..., dict[str, str]]:
    """Return what makes a key in the started application and the header that carries it."""

    def made(scope: Scope, name: str | None = None) -> dict[str, str]:
        with application.state.services.database.begin() as session:
            secret = keys.create(session, name=name or scope.value, scope=scope, created_by="test").secret
        return {"authorization": f"Bearer {secret}"}

    return made
