"""Bodies in the shapes of two other services: a client of theirs needs another address and no other code.

``POST /v1/moderations`` after OpenAI's moderations, ``POST /v1/comments:analyze`` after the Perspective
API's AnalyzeComment.  Names are theirs, and so is the spelling.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from api.schemas.base import Name, Reply, Request
from api.schemas.checks import ReportWarning, Text
from api.settings import ITEMS_CAP

UNSUPPORTED = "unsupported_health_claim"
RISK = "health_risk"
_TEXT = "Kratom potentiates antidepressants."
MODERATION_EXAMPLE: dict[str, Any] = {"input": _TEXT, "model": "omni-moderation-latest"}
MODERATION_REPLY_EXAMPLE: dict[str, Any] = {
    "id": "modr-3f0c9d5be2c94c6f8a3a0f2f",
    "model": "2026.11.22",
    "results": [
        {
            "flagged": True,
            "categories": {UNSUPPORTED: True, RISK: True, RISK + "/interaction": True},
            "category_scores": {UNSUPPORTED: 0.93, RISK: 0.91, RISK + "/interaction": 0.97},
            "category_applied_input_types": {
                UNSUPPORTED: ["text"],
                RISK: ["text"],
                RISK + "/interaction": ["text"],
            },
            "warnings": [],
        }
    ],
}
ANALYZE_EXAMPLE: dict[str, Any] = {
    "comment": {"text": _TEXT, "type": "PLAIN_TEXT"},
    "requestedAttributes": {"UNSUPPORTED_HEALTH_CLAIM": {}, "HEALTH_RISK": {"scoreThreshold": 0.5}},
    "spanAnnotations": True,
    "languages": ["en"],
    "doNotStore": True,
    "clientToken": "comment-17",
}
_CLAIM = {"begin": 0, "end": 34, "score": {"value": 0.97, "type": "PROBABILITY"}}
ANALYZE_REPLY_EXAMPLE: dict[str, Any] = {
    "attributeScores": {
        "UNSUPPORTED_HEALTH_CLAIM": {
            "summaryScore": {"value": 0.93, "type": "PROBABILITY"},
            "spanScores": [_CLAIM],
        },
        "HEALTH_RISK": {"summaryScore": {"value": 0.91, "type": "PROBABILITY"}, "spanScores": [_CLAIM]},
    },
    "languages": ["en"],
    "detectedLanguages": ["en"],
    "clientToken": "comment-17",
}
_MOST_LANGUAGES = 20


class TextPart(Request):
    """A part of one text, as clients of several media send it; parts are read with a blank line between."""

    type: Literal["text"]
    text: Text


class ModerationEnvelope(Request):
    """A moderation request whose input is still unread."""

    input: Any
    model: Annotated[
        Name | None,
        Field(
            description="Accepted and not used: one model runs here, and the reply names it. "
            "`Claimcheck-Pin` asks for a version."
        ),
    ] = None


class ModerationRequest(ModerationEnvelope):
    """One text, up to 100, or the parts of one."""

    model_config = ConfigDict(json_schema_extra={"examples": [MODERATION_EXAMPLE]})

    input: (
        Text
        | Annotated[list[Text], Field(min_length=1, max_length=ITEMS_CAP)]
        | Annotated[list[TextPart], Field(min_length=1, max_length=ITEMS_CAP)]
    )


class ModerationResult(Reply):
    """What is said of one text: two axes, and the second by kind of risk."""

    flagged: Annotated[bool, Field(description="Whether any category is true.")]
    categories: Annotated[
        dict[str, bool],
        Field(description=f"`{UNSUPPORTED}`, `{RISK}`, and `{RISK}/<code>` for each code of a risk."),
    ]
    category_scores: Annotated[
        dict[str, float],
        Field(description="The same names; what each number means is said in docs/how-to."),
    ]
    category_applied_input_types: dict[str, list[Literal["text"]]]
    warnings: Annotated[
        list[ReportWarning],
        Field(description="Not in the other shape: above all, that a text is not English and was not read."),
    ]


class ModerationReply(Reply):
    """One result for each text, in the order of the request."""

    model_config = ConfigDict(json_schema_extra={"examples": [MODERATION_REPLY_EXAMPLE]})

    id: Annotated[
        str, Field(description="The same for the same texts under the same versions; nothing is kept.")
    ]
    model: Annotated[str, Field(description="The version of the model that runs here.")]
    results: list[ModerationResult]


class Attribute(StrEnum):
    """What can be asked of a comment."""

    UNSUPPORTED_HEALTH_CLAIM = "UNSUPPORTED_HEALTH_CLAIM"
    HEALTH_RISK = "HEALTH_RISK"


def _readable(value: str) -> str:
    if not value.isprintable():
        raise PydanticCustomError("readable", "Control characters and lone surrogates are not allowed.")
    return value


# Echoed or ignored, never looked at.
Opaque = Annotated[str, Field(max_length=1_000), AfterValidator(_readable)]
LanguageTag = Annotated[str, Field(max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]


def _with_english(tags: list[str]) -> list[str]:
    if tags and not any(tag.lower().split("-")[0] == "en" for tag in tags):
        raise PydanticCustomError("not_english", "Only English is read: languages must name it.")
    return tags


Languages = Annotated[
    list[LanguageTag],
    Field(max_length=_MOST_LANGUAGES, description="Where any are named, English must be one of them."),
    AfterValidator(_with_english),
]


class Comment(Request):
    """The text to score."""

    text: Text
    type: Literal["PLAIN_TEXT", "TEXT_TYPE_UNSPECIFIED"] = "PLAIN_TEXT"


class AttributeOptions(Request):
    """How one attribute is to be scored."""

    model_config = ConfigDict(alias_generator=to_camel)

    score_type: Literal["PROBABILITY", "SCORE_TYPE_UNSPECIFIED"] = "PROBABILITY"
    score_threshold: Annotated[
        float, Field(ge=0, le=1, allow_inf_nan=False, description="Scores below it are left out.")
    ] = 0.0


class RequestedAttributes(Request):
    """What is asked: at least one of two."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    UNSUPPORTED_HEALTH_CLAIM: AttributeOptions = Field(default_factory=AttributeOptions)
    HEALTH_RISK: AttributeOptions = Field(default_factory=AttributeOptions)

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError(
                "no_attribute", "Ask for UNSUPPORTED_HEALTH_CLAIM, HEALTH_RISK or both."
            )
        return self

    def asked(self) -> dict[Attribute, AttributeOptions]:
        """Return the attributes that were asked for."""
        return {name: getattr(self, name.value) for name in Attribute if name.value in self.model_fields_set}


class AnalyzeRequest(Request):
    """One comment and what is asked of it."""

    model_config = ConfigDict(alias_generator=to_camel, json_schema_extra={"examples": [ANALYZE_EXAMPLE]})

    comment: Comment
    requested_attributes: RequestedAttributes
    span_annotations: Annotated[
        bool, Field(description="Also score the claims, by where they stand, in UTF-16 code units.")
    ] = False
    languages: Languages = []
    do_not_store: Annotated[bool, Field(description="Nothing is stored either way.")] = False
    client_token: Annotated[Opaque | None, Field(description="Sent back as it came.")] = None
    session_id: Annotated[Opaque | None, Field(description="Accepted and not used.")] = None
    community_id: Annotated[Opaque | None, Field(description="Accepted and not used.")] = None
    context: Annotated[dict[str, Any] | None, Field(description="Accepted and not read.")] = None


class AttributeScore(Reply):
    """A number between 0 and 1."""

    value: float
    type: Literal["PROBABILITY"]


class SpanScore(Reply):
    """A claim or an alert: where it stands, half-open, in UTF-16 code units, and its score."""

    begin: int
    end: int
    score: AttributeScore


class AttributeScores(Reply):
    """What is said of one attribute."""

    model_config = ConfigDict(alias_generator=to_camel)

    summary_score: AttributeScore
    span_scores: Annotated[
        list[SpanScore], Field(description="Present where the request sets spanAnnotations.")
    ] = []


class AnalyzeReply(Reply):
    """The scores of one comment; an attribute below its threshold is left out."""

    model_config = ConfigDict(
        alias_generator=to_camel, json_schema_extra={"examples": [ANALYZE_REPLY_EXAMPLE]}
    )

    attribute_scores: dict[Attribute, AttributeScores]
    languages: list[str]
    detected_languages: list[str]
    client_token: str | None = None
