"""The checking calls, from the bytes of a request to what is answered.

Everything here runs in a worker thread and knows nothing of HTTP beyond the
problems it raises: decode, validate, check, encode.  What a caller wants
stored is handed back beside the answer; the route stores it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from api.access.actors import Actor, Permission
from api.bodies import parse_json, require_usable, validated
from api.errors import (
    FORBIDDEN,
    INVALID_REQUEST,
    TIME_LIMIT,
    TOO_MANY_ITEMS,
    Problem,
    from_input_error,
    pointer,
)
from api.knowledge import versions_reply
from api.ports import CheckedText, TextChecker
from api.schemas.checks import BatchEnvelope, BatchItem, CheckRequest, ScoreEnvelope
from api.schemas.items import ItemRequest
from api.settings import Settings
from claimcheck.errors import InputError
from claimcheck.types import Jurisdiction

# Several texts stop being begun after this share of the time limit, so that the reply still holds
# what was done.
_SHARE_FOR_SEVERAL = 0.8


@dataclass(frozen=True, slots=True)
class Task:
    """What a checking call works with; ``begun`` is the monotonic time at which the request came."""

    checker: TextChecker
    settings: Settings
    begun: float
    actor: Actor

    def require_time(self) -> None:
        """Stop between two texts: what cannot be begun in time is answered as such.

        Raises:
            Problem: ``time-limit``.
        """
        if time.monotonic() - self.begun > self.settings.time_limit_seconds * _SHARE_FOR_SEVERAL:
            raise Problem(TIME_LIMIT)


@dataclass(frozen=True, slots=True)
class Storable:
    """A text that is to be stored, with its report; ``repr`` shows neither."""

    text: str = field(repr=False)
    report: dict[str, Any] = field(repr=False)
    external_id: str | None
    source: str | None
    source_url: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caller is told, and what is to be stored before: each with the object that will name it."""

    content: dict[str, Any] = field(repr=False)
    stored: tuple[tuple[Storable, dict[str, Any]], ...] = ()

    def encoded(self) -> bytes:
        """Return the body of the reply."""
        return msgspec.json.encode(self.content)


def item(body: bytes, *, task: Task) -> Storable:
    """Check a text that is to enter the queue: the first half of ``POST /v1/items``.

    Raises:
        Problem: the body or its text cannot be used.
    """
    request = validated(ItemRequest, parse_json(body))
    report = judge(
        request.text,
        task=task,
        jurisdictions=request.jurisdictions,
        min_probability=request.min_probability,
        at=("text",),
    )
    return Storable(
        text=request.text,
        report=report.to_dict(),
        external_id=request.id,
        source=request.source,
        source_url=None if request.source_url is None else str(request.source_url),
    )


def check(body: bytes, *, task: Task) -> Answer:
    """Answer ``POST /v1/check``.

    Raises:
        Problem: the body or its text cannot be used, or is to be stored by who may not.
    """
    request = validated(CheckRequest, parse_json(body))
    _require_storer(request.store, task.actor)
    report = judge(
        request.text,
        task=task,
        jurisdictions=request.jurisdictions,
        min_probability=request.min_probability,
        at=("text",),
    )
    content = _named(report.to_dict(), request.id)
    return Answer(content, ((_storable(request, content), content),) if request.store else ())


def check_batch(body: bytes, *, task: Task) -> Answer:
    """Answer ``POST /v1/check/batch``: one result an item, in the order of the request.

    Raises:
        Problem: the body itself cannot be used, or is to be stored by who may not; what is wrong with
            one item stands in its result.
    """
    batch = read_batch(body, task=task)
    answers = [
        check_batch_item(value, index=index, batch=batch, task=task)
        for index, value in enumerate(batch.items)
    ]
    stored = tuple(one for answer in answers for one in answer.stored)
    return Answer({"results": [answer.content for answer in answers]}, stored)


def read_batch(body: bytes, *, task: Task) -> BatchEnvelope:
    """Return the batch, its items still unread.

    Raises:
        Problem: the body itself cannot be used, or is to be stored by who may not.
    """
    batch = validated(BatchEnvelope, parse_json(body))
    _require_storer(batch.store, task.actor)
    bound(batch.items, most=task.settings.max_items, at="items")
    return batch


def check_batch_item(value: object, *, index: int, batch: BatchEnvelope, task: Task) -> Answer:
    """Return the result of one item of a batch: its report, or what is wrong with it."""
    try:
        task.require_time()
        item = validated(BatchItem, value, at=("items", index))
        report = _check_item(item, index=index, batch=batch, task=task)
    except Problem as problem:
        return Answer(failed_item(value, index=index, problem=problem))
    content = {"index": index, "id": item.id, "report": report}
    return Answer(content, ((_storable(item, report), report),) if batch.store else ())


def failed_item(value: object, *, index: int, problem: Problem) -> dict[str, Any]:
    """Return the result of an item of a batch that has no report."""
    return {"index": index, "id": _readable_id(value), "error": problem.to_dict()}


def _check_item(item: BatchItem, *, index: int, batch: BatchEnvelope, task: Task) -> dict[str, Any]:
    report = judge(
        item.text,
        task=task,
        jurisdictions=batch.jurisdictions if item.jurisdictions is None else item.jurisdictions,
        min_probability=batch.min_probability if item.min_probability is None else item.min_probability,
        at=("items", index, "text"),
    )
    return _named(report.to_dict(), item.id)


def score(body: bytes, *, task: Task) -> Answer:
    """Answer ``POST /v1/score``: scores and action only, of one text or of several.

    Raises:
        Problem: the body cannot be used; with several texts, what is wrong with one stands in its result.
    """
    request = validated(ScoreEnvelope, parse_json(body))
    versions = versions_reply(task.checker.versions).model_dump()
    if (request.text is None) == (request.texts is None):
        raise Problem(INVALID_REQUEST, errors=[{"pointer": "", "detail": "Send either text or texts."}])
    if request.text is not None:
        scored = _score(request.text, request=request, task=task, at=("text",))
        return Answer({**scored, "versions": versions})
    texts = request.texts or []
    bound(texts, most=task.settings.max_items, at="texts")
    results = []
    for index, text in enumerate(texts):
        result: dict[str, Any] = {"index": index}
        try:
            task.require_time()
            result |= _score(text, request=request, task=task, at=("texts", index))
        except Problem as problem:
            result["error"] = problem.to_dict()
        results.append(result)
    return Answer({"results": results, "versions": versions})


def _score(
    text: object,
    *,
    request: ScoreEnvelope,
    task: Task,
    at: Sequence[str | int],
) -> dict[str, Any]:
    if not isinstance(text, str):
        detail = "Input should be a valid string"
        raise Problem(INVALID_REQUEST, errors=[{"pointer": pointer(*at), "detail": detail}])
    report = judge(
        text,
        task=task,
        jurisdictions=request.jurisdictions,
        min_probability=request.min_probability,
        at=at,
    )
    scores = report.scores
    return {
        "scores": {
            "unsupported": round(scores.unsupported, 4),
            "risk": round(scores.risk, 4),
            "priority": round(scores.priority, 4),
        },
        "action": str(report.action),
        "warnings": [{"code": w.code, "message": w.message} for w in report.warnings],
    }


def judge(
    text: str,
    *,
    task: Task,
    jurisdictions: Sequence[Jurisdiction],
    min_probability: float | None,
    at: Sequence[str | int],
) -> CheckedText:
    """Check one text that stands ``at`` this place of the body.

    Raises:
        Problem: the text cannot be used.
    """
    require_usable(text, max_bytes=task.settings.max_text_bytes, at=at)
    try:
        return task.checker.check(
            text, jurisdictions=tuple(dict.fromkeys(jurisdictions)), min_probability=min_probability
        )
    except InputError as error:
        raise from_input_error(error, at=pointer(*at)) from None


def _named(report: dict[str, Any], name: str | None) -> dict[str, Any]:
    return report if name is None else {"id": name, **report}


def _readable_id(value: object) -> str | None:
    """Return the item's id if it is one, so that an error can be matched with its item."""
    given = value.get("id") if isinstance(value, dict) else None
    try:
        return BatchItem.model_validate({"id": given, "text": ""}).id
    except ValueError:
        return None


def _require_storer(store: bool, actor: Actor) -> None:
    if store and not actor.may(Permission.REVIEW):
        detail = "This key may check texts and may not store them."
        raise Problem(FORBIDDEN, errors=[{"pointer": "/store", "detail": detail}])


def _storable(request: CheckRequest | BatchItem, report: Mapping[str, Any]) -> Storable:
    return Storable(
        text=request.text,
        # The caller's id is no part of a report; the item keeps it beside.
        report={name: value for name, value in report.items() if name != "id"},
        external_id=request.id,
        source=None,
        source_url=None if request.source_url is None else str(request.source_url),
    )


def bound(values: Sequence[Any], *, most: int, at: str) -> None:
    """Refuse a list with more than ``most`` texts.

    Raises:
        Problem: ``too-many-items``.
    """
    if len(values) > most:
        detail = f"At most {most} are allowed."
        raise Problem(TOO_MANY_ITEMS, errors=[{"pointer": pointer(at), "detail": detail}])
