"""What moderators find wrong with what the machine said, kept as data to train and test it with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access.actors import Actor
from api.review import audit
from api.review.deciding import LONGEST_NOTE, usable_words
from api.review.errors import UnknownClaim, UnknownItem, UnusableValue
from api.storage.database import Reading
from api.storage.tables import Correction, CorrectionKind, Item
from claimcheck.types import Assessment, Relation

_BATCH = 200
# What ``value`` says of each kind; the others take none.
_VALUES: Mapping[CorrectionKind, type[StrEnum]] = {
    CorrectionKind.WRONG_ASSESSMENT: Assessment,
    CorrectionKind.MISSED_CLAIM: Relation,
}
_NEEDS_A_SPAN = frozenset({CorrectionKind.WRONG_SPAN, CorrectionKind.MISSED_CLAIM})
_OF_NO_CLAIM = frozenset({CorrectionKind.MISSED_CLAIM, CorrectionKind.OTHER})


def correct(
    session: Session,
    item_id: str,
    *,
    actor: Actor,
    kind: CorrectionKind,
    claim_id: str | None = None,
    start: int | None = None,
    end: int | None = None,
    value: str | None = None,
    note: str | None = None,
) -> Correction:
    """Store what is wrong; the item and what is decided of it stay as they are.

    Args:
        session: the transaction.
        item_id: the item.
        actor: who says so.
        kind: what is wrong.
        claim_id: the claim it is said of; a missed claim has none.
        start: where the right or missed span begins, in code points of the text.
        end: where it ends.
        value: the right assessment, or the relation of a missed claim.
        note: anything else.

    Raises:
        UnknownItem: there is none of this id.
        UnknownClaim: the item has no claim of this id.
        UnusableValue: a span, value or note is missing or does not fit the kind.
    """
    item = session.get(Item, item_id)
    if item is None:
        raise UnknownItem("no such item")
    _require_claim(item, kind, claim_id)
    _require_span(item, kind, start, end)
    _require_value(kind, value)
    correction = Correction(
        item_id=item.id,
        kind=kind.value,
        claim_id=claim_id,
        start=start,
        end=end,
        value=value,
        note=None if note is None else usable_words(note, field="note", longest=LONGEST_NOTE),
        actor=actor.name,
        versions=item.report_versions,
    )
    session.add(correction)
    session.flush()
    audit.record(
        session,
        actor=actor,
        action="item.corrected",
        object_kind="item",
        object_id=item.id,
        details={"correction_id": correction.id, "kind": kind.value, "claim_id": claim_id},
    )
    session.flush()
    return correction


def export(read: Reading) -> Iterator[dict[str, Any]]:
    """Yield every correction as one example: the text, what was said of it, and what is right.

    Each batch is read in a session of its own: a slow reader keeps no connection.
    """
    last = ""
    while True:
        with read() as session:
            rows = session.execute(
                select(Correction, Item)
                .join(Item, Item.id == Correction.item_id)
                .where(Correction.id > last)
                .order_by(Correction.id)
                .limit(_BATCH)
            ).all()
            examples = [_example(correction, item) for correction, item in rows]
        yield from examples
        if len(rows) < _BATCH:
            return
        last = rows[-1][0].id


def _example(correction: Correction, item: Item) -> dict[str, Any]:
    claim = _claim(item, correction.claim_id)
    return {
        "id": correction.id,
        "kind": correction.kind,
        "text": item.text,
        "text_sha256": item.text_sha256,
        "language": item.language,
        "said": None if claim is None else _said(claim),
        "right": {
            "start": correction.start,
            "end": correction.end,
            "exact": None if correction.start is None else item.text[correction.start : correction.end],
            "value": correction.value,
            "note": correction.note,
        },
        "versions": correction.versions,
        "created_at": correction.created_at.isoformat(),
    }


def _said(claim: Mapping[str, Any]) -> dict[str, Any]:
    span = claim["span"]
    kept = ("id", "relation", "polarity", "certainty", "stance", "source", "assessment", "probability")
    return {
        "start": span["start"],
        "end": span["end"],
        "exact": span["exact"],
        **{name: claim[name] for name in kept},
        "evidence": claim["evidence"]["status"],
        "statements": [statement["id"] for statement in claim["evidence"]["statements"]],
        "risk_level": claim["risk"]["level"],
        "flagged": claim["flagged"],
    }


def _claim(item: Item, claim_id: str | None) -> Mapping[str, Any] | None:
    return next((claim for claim in item.report["claims"] if claim["id"] == claim_id), None)


def _require_claim(item: Item, kind: CorrectionKind, claim_id: str | None) -> None:
    if claim_id is None:
        if kind not in _OF_NO_CLAIM:
            raise UnusableValue("claim_id", "This kind of correction is said of a claim.")
    elif kind is CorrectionKind.MISSED_CLAIM:
        raise UnusableValue("claim_id", "A missed claim has no id.")
    elif _claim(item, claim_id) is None:
        raise UnknownClaim("no such claim")


def _require_span(item: Item, kind: CorrectionKind, start: int | None, end: int | None) -> None:
    if start is None and end is None:
        if kind in _NEEDS_A_SPAN:
            raise UnusableValue("start", "This kind of correction needs start and end.")
        return
    if start is None or end is None or not 0 <= start < end <= item.length:
        raise UnusableValue("start" if start is None else "end", "Start and end are no part of the text.")


def _require_value(kind: CorrectionKind, value: str | None) -> None:
    known = _VALUES.get(kind)
    if value is None:
        if kind is CorrectionKind.WRONG_ASSESSMENT:
            raise UnusableValue("value", "Say which assessment is right.")
        return
    if known is None:
        raise UnusableValue("value", "This kind of correction takes no value.")
    if value not in {member.value for member in known}:
        raise UnusableValue("value", "Known values are: " + ", ".join(known) + ".")
