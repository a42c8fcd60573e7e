"""Items for the queue of a started application, and what a page says in plain text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from fastapi import FastAPI
from sqlalchemy import select

from api.access.actors import SYSTEM
from api.review import intake
from api.storage.tables import AuditEntry, Correction, Decision, Item, Job
from tests.api.console.visiting import services_of

CLAIM = "Kratom potentiates antidepressants"
OVERLAP = f"{CLAIM} and cures depression, but sertraline treats depression."
TAGS = re.compile(r"<[^>]*>")


def fill(app: FastAPI, texts: Iterable[str], *, source: str | None = None) -> list[str]:
    """Put texts into the queue; return the ids of their items in the order of the texts."""
    services = services_of(app)
    found = []
    with services.database.begin() as session:
        for text in texts:
            report = services.checker.check(text).to_dict()
            found.append(
                intake.submit(session, text=text, report=report, submitted_by=SYSTEM, source=source).id
            )
    return found


def item_of(app: FastAPI, item_id: str) -> Item:
    """Return an item as it stands."""
    with services_of(app).database.read() as session:
        return session.get_one(Item, item_id)


def decisions_of(app: FastAPI, item_id: str | None = None) -> list[Decision]:
    """Return decisions, the oldest first."""
    query = select(Decision).order_by(Decision.created_at)
    if item_id is not None:
        query = query.where(Decision.item_id == item_id)
    with services_of(app).database.read() as session:
        return list(session.scalars(query))


def corrections_of(app: FastAPI, item_id: str) -> list[Correction]:
    """Return what was found wrong with an item."""
    with services_of(app).database.read() as session:
        return list(session.scalars(select(Correction).where(Correction.item_id == item_id)))


def jobs_of(app: FastAPI) -> list[Job]:
    """Return every job."""
    with services_of(app).database.read() as session:
        return list(session.scalars(select(Job)))


def audited(app: FastAPI) -> list[str]:
    """Return the actions of the audit, the oldest first."""
    with services_of(app).database.read() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.at)))


def text_region(page: str) -> str:
    """Return the marked text of a page, as HTML."""
    found = re.search(r'<div class="text"[^>]*>(.*?)</div>', page, re.DOTALL)
    assert found is not None
    return found.group(1)


def plain(region: str) -> str:
    """Return what a browser shows of some HTML, by its code points."""
    return html.unescape(TAGS.sub("", region))
