"""Putting a text into the queue, with the report it was given."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.access.actors import Actor
from api.review import audit, facets
from api.storage.tables import Item, ItemClaim


def submit(
    session: Session,
    *,
    text: str,
    report: Mapping[str, Any],
    submitted_by: Actor,
    external_id: str | None = None,
    source: str | None = None,
    source_url: str | None = None,
    job_id: str | None = None,
) -> Item:
    """Store a text with its report (``Report.to_dict()``) and return it as an item of the queue.

    The same text under the same ``external_id`` from the same submitter is stored once: whoever
    sends it again gets the item that is there.
    """
    there = known(session, text=text, submitted_by=submitted_by, external_id=external_id)
    if there is not None:
        return there
    item = _item(text, report)
    item.external_id = external_id
    item.source = source
    item.source_url = source_url
    item.submitted_by = submitted_by.name
    item.job_id = job_id
    try:
        # Another connection may have stored the same between the look and this.
        with session.begin_nested():
            session.add(item)
            session.flush()
    except IntegrityError:
        there = known(session, text=text, submitted_by=submitted_by, external_id=external_id)
        if there is None:
            raise
        return there
    session.add_all(_claims(item.id, report))
    details = {"job_id": job_id} if job_id else {}
    audit.record(
        session,
        actor=submitted_by,
        action="item.submitted",
        object_kind="item",
        object_id=item.id,
        details=details,
    )
    session.flush()
    return item


def known(session: Session, *, text: str, submitted_by: Actor, external_id: str | None) -> Item | None:
    """Return the item that this submitter stored this text as, under this id; None without an id."""
    if external_id is None:
        return None
    return session.scalar(
        select(Item).where(
            Item.submitted_by == submitted_by.name,
            Item.external_id == external_id,
            Item.text_sha256 == _digest(text),
        )
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _item(text: str, report: Mapping[str, Any]) -> Item:
    claims = report["claims"]
    level = facets.highest_risk(report)
    priority = float(report["scores"]["priority"])
    topical = facets.top(claim for claim in claims if _concept(claim) is not None)
    grouping = facets.top(claim for claim in claims if claim["flagged"])
    return Item(
        text=text,
        text_sha256=_digest(text),
        length=len(text),
        language=str(report["text"]["language"])[:16],
        report=dict(report),
        report_versions=dict(report["versions"]),
        risk_rank=level.rank,
        risk_level=level.value,
        priority=priority,
        place=facets.place(level, priority),
        facets=facets.bits(claims),
        suggested_action=report["action"],
        claim_count=len(claims),
        flagged_count=sum(bool(claim["flagged"]) for claim in claims),
        topic=None if topical is None else _concept(topical),
        group_key=None if grouping is None else facets.group_key(grouping),
    )


def _concept(claim: Mapping[str, Any]) -> str | None:
    concept = (claim["intervention"] or {}).get("concept")
    return None if concept is None else str(concept["id"])[: facets.NAME_LENGTH]


def _claims(item_id: str, report: Mapping[str, Any]) -> list[ItemClaim]:
    return [
        ItemClaim(
            item_id=item_id,
            position=position,
            claim_id=claim["id"],
            group_key=facets.group_key(claim),
            relation=claim["relation"],
            intervention=facets.name(claim["intervention"]),
            target=facets.name(claim["target"]),
            assessment=claim["assessment"],
            risk_level=claim["risk"]["level"],
            flagged=claim["flagged"],
            probability=claim["probability"],
            rules=sorted({flag["rule"] for flag in claim["risk"]["flags"]}),
        )
        for position, claim in enumerate(report["claims"])
    ]
