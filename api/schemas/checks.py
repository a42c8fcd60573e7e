"""What goes over the wire: requests, checked strictly, and replies, described for clients.

Requests forbid fields they do not know.  Reply models mirror the contract so
that clients can be generated from ``/openapi.json``; a report itself is built
by ``Report.to_dict`` and sent as it is.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from api.examples import BATCH_EXAMPLE, CHECK_EXAMPLE, PROBLEM_EXAMPLE, REPORT_EXAMPLE, SCORE_EXAMPLE
from api.schemas.base import Name, Reply, Request, WebAddress
from api.settings import ITEMS_CAP, TEXT_BYTES_CAP
from claimcheck.types import (
    Action,
    Assessment,
    Basis,
    Certainty,
    Evidence,
    Grade,
    Jurisdiction,
    Kind,
    Polarity,
    Relation,
    Risk,
    RiskLevel,
    Source,
    Stance,
)


class OffsetUnit(StrEnum):
    """The unit a caller counts in; both are always sent."""

    CODE_POINT = "code_point"
    UTF16 = "utf16"


# Whether a text is empty, too long or no text at all is judged by bodies.require_usable, which
# answers each with its own type of problem; the schema only tells clients.
Text = Annotated[
    str,
    Field(
        description=f"The text to check, at most {TEXT_BYTES_CAP:,} bytes in UTF-8.",
        json_schema_extra={"minLength": 1, "maxLength": TEXT_BYTES_CAP},
    ),
]
OptionalName = Annotated[
    Name | None, Field(description="The caller's own name for the text, sent back as is.")
]
Jurisdictions = Annotated[
    list[Annotated[Jurisdiction, Field(strict=False)]],
    Field(min_length=1, max_length=len(Jurisdiction), description="Whose law the regulatory notes speak of."),
]
MinProbability = Annotated[
    float | None,
    Field(
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Leave out claims less probable than this; 0.5 where it is left out.",
    ),
]
Unit = Annotated[
    OffsetUnit,
    Field(
        strict=False,
        description="Accepted so that a client can say what it counts in. Every span carries both units: "
        "`start`, `end` in code points and `start_utf16`, `end_utf16`; nothing is renamed.",
    ),
]
Store = Annotated[
    bool,
    Field(
        description="True puts the text and its report into the moderators' queue, for who may do so; "
        "without it, nothing is kept."
    ),
]
SourceUrl = Annotated[
    WebAddress | None,
    Field(description="Where the text stands. Recorded with stored texts only; never fetched."),
]


class CheckRequest(Request):
    """One text to check."""

    model_config = ConfigDict(json_schema_extra={"examples": [CHECK_EXAMPLE]})

    text: Text
    id: OptionalName = None
    offset_unit: Unit = OffsetUnit.CODE_POINT
    jurisdictions: Jurisdictions = [Jurisdiction.US]
    min_probability: MinProbability = None
    store: Store = False
    source_url: SourceUrl = None


class BatchItem(Request):
    """One text of a batch; an option given here goes before the batch's own."""

    id: Name
    text: Text
    jurisdictions: Jurisdictions | None = None
    min_probability: MinProbability = None
    source_url: SourceUrl = None


class BatchEnvelope(Request):
    """A batch whose items are still unread: a bad item must not spoil the others."""

    items: Annotated[list[Any], Field(min_length=1)]
    offset_unit: Unit = OffsetUnit.CODE_POINT
    jurisdictions: Jurisdictions = [Jurisdiction.US]
    min_probability: MinProbability = None
    store: Store = False


class BatchRequest(BatchEnvelope):
    """Up to 100 texts to check."""

    model_config = ConfigDict(json_schema_extra={"examples": [BATCH_EXAMPLE]})

    items: Annotated[list[BatchItem], Field(min_length=1, max_length=ITEMS_CAP)]


class ScoreEnvelope(Request):
    """A score request whose texts are still unread."""

    text: Text | None = None
    texts: Annotated[list[Any] | None, Field(min_length=1)] = None
    jurisdictions: Jurisdictions = [Jurisdiction.US]
    min_probability: MinProbability = None


class ScoreRequest(ScoreEnvelope):
    """Either one text or up to 100."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [SCORE_EXAMPLE],
            "oneOf": [{"required": ["text"]}, {"required": ["texts"]}],
        }
    )

    texts: Annotated[list[Text] | None, Field(min_length=1, max_length=ITEMS_CAP)] = None


class ConceptsQuery(Request):
    """What to look for in the knowledge base."""

    q: Annotated[str, Field(min_length=1, max_length=200, description="A name, an alias, or its beginning.")]
    limit: Annotated[int, Field(ge=1, le=100, strict=False)] = 20


class EvidenceQuery(Request):
    """An intervention and, if wanted, what it is said to affect; ids, names or aliases."""

    intervention: Annotated[str, Field(min_length=1, max_length=200)]
    target: Annotated[str | None, Field(min_length=1, max_length=200)] = None


class ProblemFault(Reply):
    """One place in the request that is wrong."""

    pointer: Annotated[str, Field(description="JSON pointer (RFC 6901); `/query/<name>` for parameters.")]
    detail: str


class ItemProblem(Reply):
    """An error that belongs to one item of several."""

    type: Annotated[str, Field(description="Stable; a relative reference to a page that explains it.")]
    title: str
    status: int
    detail: str
    errors: list[ProblemFault]


class Problem(ItemProblem):
    """An error, after RFC 9457."""

    model_config = ConfigDict(json_schema_extra={"examples": [PROBLEM_EXAMPLE]})

    request_id: str | None


class TextInfo(Reply):
    """What the text was."""

    sha256: str
    length: Annotated[int, Field(description="In code points.")]
    language: str


class ReportSpan(Reply):
    """A half-open stretch of the text as it was sent, in both units."""

    start: int
    end: int
    start_utf16: int
    end_utf16: int
    exact: str
    prefix: str
    suffix: str


class Offsets(Reply):
    """A half-open stretch of the text, in code points."""

    start: int
    end: int


class ConceptBrief(Reply):
    """A concept of the knowledge base, by name."""

    id: str
    name: str
    kind: Kind


class Argument(Reply):
    """An intervention or a target, where it stands and what it stands for."""

    span: Annotated[ReportSpan | None, Field(description="Null where it is resolved from elsewhere.")]
    text: str
    concept: Annotated[ConceptBrief | None, Field(description="Null where nothing known fits.")]


class Reference(Reply):
    """A cited document."""

    title: str
    publisher: str
    url: str
    published: str | None
    retrieved: str


class ReportStatement(Reply):
    """What the knowledge base says, and where it says so."""

    id: str
    summary: str
    status: Evidence
    references: list[Reference]


class ReportEvidence(Reply):
    """What is known of the effect, whatever the text says."""

    status: Evidence
    basis: Basis
    confidence: float
    as_of: str | None
    prior: Annotated[
        float | None,
        Field(description="Present where status is unknown: the chance that such a claim would not hold."),
    ] = None
    statements: list[ReportStatement]


class ReportRiskFlag(Reply):
    """A risk rule that fired."""

    rule: str
    code: Risk
    level: RiskLevel
    message: str
    references: list[Reference]


class ReportRisk(Reply):
    """What can happen to someone who believes the claim."""

    level: RiskLevel
    flags: list[ReportRiskFlag]


class ReportRegulation(Reply):
    """What the law calls a claim of this kind."""

    jurisdiction: Jurisdiction
    claim_class: Annotated[str, Field(alias="class")]
    rule: str
    message: str


class ReportClaim(Reply):
    """One claim, judged on two axes: what is known, and what can happen."""

    id: str
    span: ReportSpan
    sentence: Offsets
    relation: Relation
    intervention: Argument | None
    target: Argument | None
    polarity: Polarity
    certainty: Certainty
    stance: Stance
    source: Source
    probability: float
    evidence: ReportEvidence
    assessment: Assessment
    risk: ReportRisk
    regulatory: list[ReportRegulation]
    flagged: bool
    priority: float
    explanation: str


class ReportAlert(ReportRiskFlag):
    """A risk that needs no therapeutic claim."""

    span: ReportSpan | None


class ReportScores(Reply):
    """Maxima over the claims that are asserted, each 0 to 1."""

    unsupported: float
    risk: float
    priority: float


class ReportWarning(Reply):
    """Something the caller should know."""

    code: str
    message: str


class ReportVersions(Reply):
    """What the result depends on."""

    claimcheck: str
    model: str
    kb: str
    rules: str
    policy: str


class StoredItem(Reply):
    """Where a text was stored."""

    id: str
    url: str


class ReportReply(Reply):
    """The report on one text."""

    model_config = ConfigDict(json_schema_extra={"examples": [REPORT_EXAMPLE]})

    id: Annotated[str | None, Field(description="The caller's name for the text, where one was sent.")] = None
    report_version: Literal["1"]
    text: TextInfo
    claims: list[ReportClaim]
    alerts: list[ReportAlert]
    scores: ReportScores
    action: Action
    warnings: list[ReportWarning]
    versions: ReportVersions
    item: Annotated[
        StoredItem | None, Field(description="Present where the text was stored: its item in the queue.")
    ] = None


class BatchResult(Reply):
    """Either the report on an item or what was wrong with it."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["report"]}, {"required": ["error"]}]}
    )

    index: Annotated[int, Field(description="Place in the request, from 0.")]
    id: Annotated[str | None, Field(description="The caller's id; null where it could not be read.")]
    report: ReportReply | None = None
    error: ItemProblem | None = None


class BatchReply(Reply):
    """One result for each item, in the order of the request."""

    results: list[BatchResult]


class ScoreReply(Reply):
    """Scores and suggested action of one text."""

    scores: ReportScores
    action: Action
    warnings: list[ReportWarning]
    versions: ReportVersions


class ScoreResult(Reply):
    """Scores of one text of several, or what was wrong with it."""

    index: int
    scores: ReportScores | None = None
    action: Action | None = None
    warnings: list[ReportWarning] | None = None
    error: ItemProblem | None = None


class ScoresReply(Reply):
    """One result for each text, in the order of the request."""

    results: list[ScoreResult]
    versions: ReportVersions


class FoundConcept(ConceptBrief):
    """A concept that a search found."""

    aliases: Annotated[list[str], Field(description="The first ten.")]
    reviewed: Annotated[
        bool,
        Field(description="True where people wrote its entry; false for a bare name known for recognition."),
    ]


class ConceptsReply(Reply):
    """What a search found, best first."""

    concepts: list[FoundConcept]


class CitedDocument(Reference):
    """A cited document, with what kind it is and whether somebody opened it."""

    id: str
    kind: str
    licence: str
    checked: bool


class StatementEntry(Reply):
    """A statement of the knowledge base."""

    id: str
    relation: Relation
    target: ConceptBrief | None
    status: Evidence
    grade: Grade
    summary: str
    limits: str | None
    as_of: str
    generated: Annotated[bool, Field(description="True where it comes from a public table.")]
    references: list[CitedDocument]


class BearingStatement(StatementEntry):
    """A statement that bears on an intervention and a target."""

    basis: Annotated[Basis, Field(description="How it bears on what was asked.")]
    intervention: Annotated[
        ConceptBrief | None,
        Field(description="Whom it speaks of: the intervention, one of its classes, or null."),
    ]


class RiskEntry(Reply):
    """A way in which the intervention can hurt."""

    code: Risk
    level: RiskLevel
    because: str
    interacts_with: list[ConceptBrief]
    groups: list[str]
    jurisdictions: list[Jurisdiction]
    max_daily_mg: float | None
    references: list[CitedDocument]


class ConceptReply(ConceptBrief):
    """Everything known of one concept."""

    reviewed: bool
    aliases: list[str]
    ancestors: Annotated[list[ConceptBrief], Field(description="Wider conditions or classes, nearest first.")]
    members: Annotated[list[ConceptBrief], Field(description="Narrower ones, at most 200.")]
    member_count: int
    serious: bool
    treatments: list[ConceptBrief]
    prescribed_for: list[ConceptBrief]
    dangerous_to_stop: bool
    statements: list[StatementEntry]
    risks: list[RiskEntry]


class EvidenceReply(Reply):
    """What the knowledge base holds on an intervention, and on its effect on a target."""

    intervention: ConceptBrief
    target: ConceptBrief | None
    statements: list[BearingStatement]
    risks: list[RiskEntry]


class RiskRule(Reply):
    """A rule that may raise a risk."""

    id: str
    code: Risk
    title: str
    basis: Annotated[str, Field(description="What the rule rests on.")]


class PrincipleEntry(Reply):
    """A statement that holds for a whole class of claims."""

    id: str
    kinds: list[Kind]
    interventions: list[str]
    relations: list[Relation]
    targets: list[str]
    target_kinds: list[Kind]
    status: Evidence
    grade: Grade
    summary: str
    as_of: str
    references: list[CitedDocument]


class RegulationEntry(Reply):
    """What the law of one jurisdiction calls a kind of claim."""

    id: str
    jurisdiction: Jurisdiction
    kinds: list[Kind]
    relations: list[Relation]
    target_kinds: list[Kind]
    claim_class: Annotated[str, Field(alias="class")]
    rule: str
    message: str
    references: list[CitedDocument]


class ListedClaimEntry(Reply):
    """One effect of one substance on a list of the law: permitted, allowed with a qualification, refused."""

    id: str
    jurisdiction: Jurisdiction
    claim_class: Annotated[str, Field(alias="class")]
    rule: str
    substance: str
    effect: str
    conditions: str
    message: Annotated[str, Field(description="What a report says where a claim meets this entry alone.")]
    relations: list[Relation]
    interventions: list[str]
    targets: list[str]
    references: Annotated[list[str], Field(description="Ids of documents in `listed_claim_references`.")]


class RulesReply(Reply):
    """Everything that decides and is not a monograph."""

    risk_rules: list[RiskRule]
    principles: list[PrincipleEntry]
    regulations: list[RegulationEntry]
    listed_claims: Annotated[
        list[ListedClaimEntry], Field(description="Claims that the lists of the law name one by one.")
    ]
    listed_claim_references: Annotated[
        list[CitedDocument],
        Field(description="The documents that listed claims cite, each once: hundreds cite the same few."),
    ]
    versions: ReportVersions


class VersionReply(ReportVersions):
    """What runs here."""

    report_version: Literal["1"]


class StatusReply(Reply):
    """The state of the server."""

    status: Literal["ok"]


class ReadyReply(Reply):
    """Whether texts can be checked; ``degraded`` where a simpler reader stands in, as the warnings say."""

    status: Literal["ok", "degraded"]
    warnings: list[ReportWarning] = []
