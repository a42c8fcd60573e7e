"""The three checking calls, from the bytes of a request to the bytes of its reply.

Everything here runs in a worker thread and knows nothing of HTTP beyond the
problems it raises: decode, validate, check, encode.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from api.bodies import parse_json, require_usable, validated
from api.errors import (
    INVALID_REQUEST,
    STORING_UNAVAILABLE,
    TIME_LIMIT,
    TOO_MANY_ITEMS,
    Problem,
    from_input_error,
    pointer,
)
from api.knowledge import versions_reply
from api.ports import CheckedText, TextChecker
from api.schemas.checks import BatchEnvelope, BatchItem, CheckRequest, ScoreEnvelope
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

    def require_time(self) -> None:
        """Stop between two texts: what cannot be begun in time is answered as such.

        Raises:
            Problem: ``time-limit``.
        """
        if time.monotonic() - self.begun > self.settings.time_limit_seconds * _SHARE_FOR_SEVERAL:
            raise Problem(TIME_LIMIT)


def check(body: bytes, *, task: Task) -> bytes:
    """Answer ``POST /v1/check``.

    Raises:
        Problem: the body or its text cannot be used.
    """
    request = validated(CheckRequest, parse_json(body))
    _refuse_storing(request.store)
    report = _judge(
        request.text,
        task=task,
        jurisdictions=request.jurisdictions,
        min_probability=request.min_probability,
        at=("text",),
    )
    return msgspec.json.encode(_named(report.to_dict(), request.id))


def check_batch(body: bytes, *, task: Task) -> bytes:
    """Answer ``POST /v1/check/batch``: one result an item, in the order of the request.

    Raises:
        Problem: the body itself cannot be used; what is wrong with one item stands in its result.
    """
    batch = validated(BatchEnvelope, parse_json(body))
    _refuse_storing(batch.store)
    _bound(batch.items, most=task.settings.max_items, at="items")
    results = []
    for index, value in enumerate(batch.items):
        result: dict[str, Any] = {"index": index, "id": _readable_id(value)}
        try:
            task.require_time()
            result["report"] = _check_item(value, index=index, batch=batch, task=task)
        except Problem as problem:
            result["error"] = problem.to_dict()
        results.append(result)
    return msgspec.json.encode({"results": results})


def _check_item(value: object, *, index: int, batch: BatchEnvelope, task: Task) -> dict[str, Any]:
    item = validated(BatchItem, value, at=("items", index))
    report = _judge(
        item.text,
        task=task,
        jurisdictions=batch.jurisdictions if item.jurisdictions is None else item.jurisdictions,
        min_probability=batch.min_probability if item.min_probability is None else item.min_probability,
        at=("items", index, "text"),
    )
    return _named(report.to_dict(), item.id)


def score(body: bytes, *, task: Task) -> bytes:
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
        return msgspec.json.encode({**scored, "versions": versions})
    texts = request.texts or []
    _bound(texts, most=task.settings.max_items, at="texts")
    results = []
    for index, text in enumerate(texts):
        result: dict[str, Any] = {"index": index}
        try:
            task.require_time()
            result |= _score(text, request=request, task=task, at=("texts", index))
        except Problem as problem:
            result["error"] = problem.to_dict()
        results.append(result)
    return msgspec.json.encode({"results": results, "versions": versions})


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
    report = _judge(
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


def _judge(
    text: str,
    *,
    task: Task,
    jurisdictions: Sequence[Jurisdiction],
    min_probability: float | None,
    at: Sequence[str | int],
) -> CheckedText:
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


def _refuse_storing(store: bool) -> None:
    if store:
        detail = STORING_UNAVAILABLE.detail
        raise Problem(STORING_UNAVAILABLE, errors=[{"pointer": "/store", "detail": detail}])


def _bound(values: Sequence[Any], *, most: int, at: str) -> None:
    if len(values) > most:
        detail = f"At most {most} are allowed."
        raise Problem(TOO_MANY_ITEMS, errors=[{"pointer": pointer(at), "detail": detail}])
