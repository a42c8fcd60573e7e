"""The words and shapes that every part of claimcheck shares.

Labels are those of the annotation guideline, letter for letter: a relation, a
certainty or a risk code means here exactly what it means there.  All offsets
are half-open and count Unicode code points of the text *as it was sent*.
Standard library only; every class is frozen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Generic, NewType, TypeVar

ConceptId = NewType("ConceptId", str)
StatementId = NewType("StatementId", str)
ReferenceId = NewType("ReferenceId", str)
RuleId = NewType("RuleId", str)
ClaimId = NewType("ClaimId", str)


class OrderedEnum(StrEnum):
    """A string enum whose members are ordered by declaration, weakest first."""

    @property
    def rank(self) -> int:
        """Position in the order of declaration, 0 for the weakest."""
        return _ranks(type(self))[self]


@cache
def _ranks(kind: type[OrderedEnum]) -> dict[OrderedEnum, int]:
    return {member: place for place, member in enumerate(kind)}


class Relation(StrEnum):
    """What the intervention is said to do."""

    TREATS = "treats"
    CURES = "cures"
    PREVENTS = "prevents"
    RELIEVES = "relieves"
    IMPROVES = "improves"
    POTENTIATES = "potentiates"
    REPLACES = "replaces"
    IS_SAFE = "is_safe"
    HARMS = "harms"


class Polarity(StrEnum):
    """Whether the relation is affirmed or denied by the words themselves."""

    AFFIRMED = "affirmed"
    NEGATED = "negated"


class Certainty(OrderedEnum):
    """How sure the wording is, least sure first."""

    POSSIBLE = "possible"
    PROBABLE = "probable"
    CERTAIN = "certain"


class Stance(StrEnum):
    """The writer's own position towards the claim."""

    ASSERTED = "asserted"
    REPORTED = "reported"
    QUESTIONED = "questioned"
    REFUTED = "refuted"
    INSTRUCTED = "instructed"


class Source(StrEnum):
    """Who says it, as given in the text."""

    AUTHOR = "author"
    STUDY = "study"
    EXPERT = "expert"
    TRADITION = "tradition"
    TESTIMONIAL = "testimonial"
    VENDOR = "vendor"
    UNSPECIFIED_OTHERS = "unspecified_others"


class Evidence(StrEnum):
    """What is known of the effect, whatever the text says.

    ``unknown`` is the silence of our knowledge base, ``insufficient`` that of
    science: never the same thing.
    """

    SUPPORTED = "supported"
    LIMITED = "limited"
    MIXED = "mixed"
    INSUFFICIENT = "insufficient"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


class Assessment(StrEnum):
    """What a reviewer sees: evidence read against the wording."""

    SUPPORTED = "supported"
    OVERSTATED = "overstated"
    UNSUPPORTED = "unsupported"
    CONTRADICTED = "contradicted"
    NOT_ASSERTED = "not_asserted"


class Risk(StrEnum):
    """What can happen to someone who believes the claim."""

    INTERACTION = "interaction"
    TOXICITY = "toxicity"
    DEPENDENCE = "dependence"
    SUBSTITUTION = "substitution"
    DISCONTINUATION = "discontinuation"
    SERIOUS_CONDITION = "serious_condition"
    VULNERABLE_GROUP = "vulnerable_group"
    DOSAGE = "dosage"
    EMERGENCY = "emergency"
    ILLEGAL_OR_RECALLED = "illegal_or_recalled"
    VACCINE_HESITANCY = "vaccine_hesitancy"
    UNSUPERVISED_USE = "unsupervised_use"


class RiskLevel(OrderedEnum):
    """How bad it can get, least first."""

    NONE = "none"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    CRITICAL = "critical"


class Grade(OrderedEnum):
    """GRADE certainty of a statement's evidence, least first."""

    VERY_LOW = "very_low"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


class Kind(StrEnum):
    """What sort of thing a concept of the knowledge base is."""

    DRUG = "drug"
    DRUG_CLASS = "drug_class"
    VACCINE = "vaccine"
    SUPPLEMENT = "supplement"
    HERB = "herb"
    FOOD = "food"
    DIET = "diet"
    DEVICE = "device"
    PROCEDURE = "procedure"
    PSYCHOTHERAPY = "psychotherapy"
    EXERCISE = "exercise"
    PRACTICE = "practice"
    HOMEOPATHIC = "homeopathic"
    OTHER = "other"
    CONDITION = "condition"
    SYMPTOM = "symptom"
    FUNCTION = "function"

    @property
    def is_target(self) -> bool:
        """True for what is affected, false for what is taken or done."""
        return self in (Kind.CONDITION, Kind.SYMPTOM, Kind.FUNCTION)


class Basis(StrEnum):
    """The step of the walk through the knowledge base that settled a claim."""

    PAIR = "pair"
    BROADER_TARGET = "broader_target"
    INTERVENTION = "intervention"
    CLASS = "class"
    PRINCIPLE = "principle"
    NONE = "none"


class Jurisdiction(StrEnum):
    """Whose law the regulatory notes of a report speak of."""

    US = "us"
    EU = "eu"
    UK = "uk"


class Action(OrderedEnum):
    """A suggestion to the moderator, mildest first; none ever removes text."""

    ALLOW = "allow"
    LABEL = "label"
    REVIEW = "review"
    ESCALATE = "escalate"


T = TypeVar("T")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch of the original text, in code points."""

    start: int
    end: int

    def __post_init__(self) -> None:
        """Refuse a span that no text could have."""
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: {self.start}..{self.end}")

    def of(self, text: str) -> str:
        """Return the slice of ``text`` that this span covers."""
        return text[self.start : self.end]

    def overlaps(self, other: Span) -> bool:
        """Tell whether the two share at least one code point."""
        return max(self.start, other.start) < min(self.end, other.end)


@dataclass(frozen=True, slots=True)
class Qualified(Generic[T]):
    """A value together with the words of the text that gave it."""

    value: T
    cues: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One concept that a mention may stand for, and why."""

    concept_id: ConceptId
    alias: str
    method: str


@dataclass(frozen=True, slots=True)
class Link:
    """An argument of a claim: where it stands, what it refers to.

    ``span`` is None where the text leaves the argument to a heading or an
    earlier sentence; ``ref`` is then (and for "it", "this tea") the wording it
    was resolved to.  ``concept_id`` is None where nothing in the knowledge
    base fits.
    """

    text: str
    span: Span | None = None
    ref: str | None = None
    concept_id: ConceptId | None = None
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """One therapeutic claim as read from the text, before any judgement.

    ``probability`` is the calibrated chance that a reviewer following the
    guideline marks this claim, and nothing else.  ``context`` names every
    intervention concept met in the claim's sentence, so that risk rules need
    no text.  ``doubt`` is what the trained reader makes of such a claim, 0 to 1:
    never a verdict, only a feature of the prior where nothing is known.
    """

    id: ClaimId
    span: Span
    sentence: Span
    relation: Qualified[Relation]
    intervention: Link | None
    target: Link | None
    polarity: Qualified[Polarity]
    certainty: Qualified[Certainty]
    stance: Qualified[Stance]
    source: Qualified[Source]
    probability: float
    context: tuple[ConceptId, ...] = ()
    doubt: float | None = None


@dataclass(frozen=True, slots=True)
class Dose:
    """An amount named in the text, in milligrams where the unit allows it."""

    span: Span
    amount: float
    unit: str
    milligrams: float | None
    concept_id: ConceptId | None = None
    per_day: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """All that the reader found in one text; what judging starts from."""

    claims: tuple[Claim, ...]
    signals: tuple[Signal, ...] = ()
    warnings: tuple[ReportWarning, ...] = ()
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Signal:
    """Words that carry a risk by themselves, with no therapeutic claim.

    ``kind`` names the pattern (``stop_medicine``, ``drink_disinfectant``,
    ``dose``, ``delay_emergency`` …); ``concepts`` what it was said of.
    """

    kind: str
    span: Span
    sentence: Span
    concepts: tuple[ConceptId, ...] = ()
    dose: Dose | None = None


@dataclass(frozen=True, slots=True)
class ReportWarning:
    """Something the caller should know of this report."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class RiskFlag:
    """A rule that fired: its code, its level and where it says so."""

    rule: RuleId
    code: Risk
    level: RiskLevel
    message: str
    references: tuple[ReferenceId, ...] = ()
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class EvidenceResult:
    """What the knowledge base knows of a claim, and by which step."""

    status: Evidence
    basis: Basis
    confidence: float
    statements: tuple[StatementId, ...] = ()
    as_of: str | None = None
    prior: float | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class RegulatoryNote:
    """What the law of one jurisdiction calls a claim of this kind."""

    jurisdiction: Jurisdiction
    claim_class: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One judged claim: two axes, never one score."""

    claim: Claim
    evidence: EvidenceResult
    assessment: Assessment
    risks: tuple[RiskFlag, ...]
    risk_level: RiskLevel
    regulatory: tuple[RegulatoryNote, ...]
    flagged: bool
    priority: float
    explanation: str


@dataclass(frozen=True, slots=True)
class Scores:
    """Maxima over the findings that are asserted, each 0 to 1."""

    unsupported: float = 0.0
    risk: float = 0.0
    priority: float = 0.0


@dataclass(frozen=True, slots=True)
class Versions:
    """The four versions that move apart, and the knowledge base's date."""

    claimcheck: str
    model: str
    kb: str
    rules: str
    policy: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything judged about one text; :class:`claimcheck.Report` renders it.

    Holds the text only to quote it back to whoever sent it: the field is left
    out of ``repr`` so that no log line can carry it.
    """

    text: str = field(repr=False)
    text_sha256: str
    language: str
    findings: tuple[Finding, ...]
    alerts: tuple[RiskFlag, ...]
    scores: Scores
    action: Action
    warnings: tuple[ReportWarning, ...]
    versions: Versions
