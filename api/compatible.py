"""What a report says, in the words of two other services' clients.

Both shapes know one number and one yes or no for each category of a text.  Two categories stand for
the two axes, and are never added up.  A category is true where a claim is flagged on that axis, or
where an alert, which needs no claim, is of moderate risk or more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api import checking
from api.bodies import parse_json, validated
from api.checking import Answer, Task
from api.errors import EMPTY_TEXT, INVALID_REQUEST, UNSUPPORTED_LANGUAGE, Problem, pointer
from api.pinning import written
from api.schemas.compatible import (
    RISK,
    UNSUPPORTED,
    AnalyzeRequest,
    Attribute,
    AttributeOptions,
    ModerationEnvelope,
    TextPart,
)
from claimcheck.types import Assessment, Jurisdiction, Risk, RiskLevel

_NOT_SUPPORTED = frozenset(
    assessment.value
    for assessment in (Assessment.OVERSTATED, Assessment.UNSUPPORTED, Assessment.CONTRADICTED)
)
_RISKY = frozenset(level.value for level in RiskLevel if level.rank >= RiskLevel.MODERATE.rank)
# An alert is a rule over words that stand there: it fires or it does not, and has no chance of its own.
_FIRED = 1.0
_UNREAD = "unsupported_language"
_PART_END = "\n\n"
# Neither shape has a place to say whose law is meant; regulatory notes are not in their replies either.
_LAW = (Jurisdiction.US,)


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of the text that counts on one axis.

    Attributes:
        begin: its first UTF-16 code unit.
        end: the one after its last.
        score: the chance that a reviewer would mark the claim; 1 for an alert.
        codes: the codes of the risks of moderate level or more.
    """

    begin: int
    end: int
    score: float
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Axis:
    """What one axis says of a text: one number, and where it comes from."""

    score: float
    marks: tuple[Mark, ...]


def unsupported(report: Mapping[str, Any]) -> Axis:
    """Return the axis of evidence: claims that hold less than they say."""
    marks = tuple(
        _mark(claim["span"], claim["probability"])
        for claim in report["claims"]
        if claim["flagged"] and claim["assessment"] in _NOT_SUPPORTED
    )
    return Axis(report["scores"]["unsupported"], marks)


def risk(report: Mapping[str, Any]) -> Axis:
    """Return the axis of risk: claims and alerts of moderate level or more."""
    claims = [
        _mark(claim["span"], claim["probability"], claim["risk"]["flags"])
        for claim in report["claims"]
        if claim["flagged"] and claim["risk"]["level"] in _RISKY
    ]
    alerts = [_mark(alert["span"], _FIRED, [alert]) for alert in report["alerts"] if alert["level"] in _RISKY]
    marks = sorted((*claims, *alerts), key=lambda mark: (mark.begin, mark.end))
    return Axis(_FIRED if alerts else report["scores"]["risk"], tuple(marks))


def _mark(span: Mapping[str, Any] | None, score: float, flags: Sequence[Mapping[str, Any]] = ()) -> Mark:
    codes = frozenset(flag["code"] for flag in flags if flag["level"] in _RISKY)
    # An alert that no words of the text carry stands for the whole text and marks none of it.
    begin, end = (0, 0) if span is None else (span["start_utf16"], span["end_utf16"])
    return Mark(begin, end, score, codes)


# The shape of POST /v1/moderations


def moderate(body: bytes, *, task: Task) -> Answer:
    """Answer ``POST /v1/moderations``.

    Raises:
        Problem: the body or one of its texts cannot be used.
    """
    request = validated(ModerationEnvelope, parse_json(body))
    reports = []
    for text, at in _inputs(request.input, most=task.settings.max_items):
        task.require_time()
        reports.append(_report(text, task=task, at=at))
    return Answer(
        {
            "id": _moderation_id(reports, task=task),
            "model": task.checker.versions.model,
            "results": [_moderation(report) for report in reports],
        }
    )


def _inputs(value: object, *, most: int) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Yield the texts of ``input`` and where each stands: a string, several, or the parts of one text."""
    if isinstance(value, str):
        yield value, ("input",)
        return
    if not isinstance(value, list):
        raise _wrong_input("input")
    if not value:
        raise Problem(EMPTY_TEXT, errors=[{"pointer": "/input", "detail": EMPTY_TEXT.detail}])
    checking.bound(value, most=most, at="input")
    if isinstance(value[0], dict):
        parts = [validated(TextPart, part, at=("input", index)).text for index, part in enumerate(value)]
        yield _PART_END.join(parts), ("input",)
        return
    for index, text in enumerate(value):
        if not isinstance(text, str):
            raise _wrong_input("input", index)
        yield text, ("input", index)


def _wrong_input(*steps: str | int) -> Problem:
    detail = "Send a text, a list of texts, or a list of parts of type text."
    return Problem(INVALID_REQUEST, errors=[{"pointer": pointer(*steps), "detail": detail}])


def _moderation_id(reports: Sequence[Mapping[str, Any]], *, task: Task) -> str:
    """Return a name that the same texts get under the same versions; it leads to nothing that is kept."""
    made_of = [written(task.checker.versions), *(report["text"]["sha256"] for report in reports)]
    return "modr-" + hashlib.sha256("\n".join(made_of).encode()).hexdigest()[:24]


def _moderation(report: Mapping[str, Any]) -> dict[str, Any]:
    scores = dict(_category_scores(unsupported(report), risk(report)))
    categories = {name: found for name, (found, _) in scores.items()}
    return {
        "flagged": any(categories.values()),
        "categories": categories,
        "category_scores": {name: score for name, (_, score) in scores.items()},
        "category_applied_input_types": {name: ["text"] for name in categories},
        "warnings": report["warnings"],
    }


def _category_scores(evidence: Axis, harm: Axis) -> Iterator[tuple[str, tuple[bool, float]]]:
    """Yield each category: whether it holds, and its score."""
    yield UNSUPPORTED, (bool(evidence.marks), evidence.score)
    yield RISK, (bool(harm.marks), harm.score)
    for code in Risk:
        found = [mark.score for mark in harm.marks if code.value in mark.codes]
        yield f"{RISK}/{code.value}", (bool(found), max(found, default=0.0))


# The shape of POST /v1alpha1/comments:analyze


def analyze(body: bytes, *, task: Task) -> Answer:
    """Answer ``POST /v1/comments:analyze``.

    Raises:
        Problem: the body or its text cannot be used, or the text is not English.
    """
    request = validated(AnalyzeRequest, parse_json(body))
    report = _report(request.comment.text, task=task, at=("comment", "text"))
    if any(warning["code"] == _UNREAD for warning in report["warnings"]):
        detail = UNSUPPORTED_LANGUAGE.detail
        raise Problem(UNSUPPORTED_LANGUAGE, errors=[{"pointer": "/comment/text", "detail": detail}])
    detected = [report["text"]["language"]]
    content: dict[str, Any] = {
        "attributeScores": _attribute_scores(request, report),
        "languages": request.languages or detected,
        "detectedLanguages": detected,
    }
    if request.client_token is not None:
        content["clientToken"] = request.client_token
    return Answer(content)


def _attribute_scores(request: AnalyzeRequest, report: Mapping[str, Any]) -> dict[str, Any]:
    axes = {Attribute.UNSUPPORTED_HEALTH_CLAIM: unsupported(report), Attribute.HEALTH_RISK: risk(report)}
    asked = request.requested_attributes.asked()
    return {
        name.value: _attribute(axes[name], options, with_spans=request.span_annotations)
        for name, options in asked.items()
        if axes[name].score >= options.score_threshold
    }


def _attribute(axis: Axis, options: AttributeOptions, *, with_spans: bool) -> dict[str, Any]:
    content: dict[str, Any] = {"summaryScore": _probability(axis.score)}
    if with_spans:
        content["spanScores"] = [
            {"begin": mark.begin, "end": mark.end, "score": _probability(mark.score)}
            for mark in axis.marks
            if mark.end and mark.score >= options.score_threshold
        ]
    return content


def _probability(value: float) -> dict[str, Any]:
    return {"value": value, "type": "PROBABILITY"}


def _report(text: str, *, task: Task, at: Sequence[str | int]) -> dict[str, Any]:
    return checking.judge(text, task=task, jurisdictions=_LAW, min_probability=None, at=at).to_dict()
