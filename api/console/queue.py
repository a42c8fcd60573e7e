"""Lists: the queue, groups of items that make the same claim, decisions that were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import select

from api.access.actors import Permission
from api.access.sessions import SignedIn
from api.console import desk
from api.console.context import show
from api.console.rows import FIELDS, HIDDEN_FIELDS, Way, lines, query_of, selects
from api.deps import ServicesDep
from api.errors import INVALID_REQUEST, Problem
from api.review import deciding, listing, reasons
from api.review.errors import FilterError
from api.review.listing import Filters, Group
from api.review.paging import newest_first
from api.storage.tables import Decision
from claimcheck.kb.store import KnowledgeBase
from claimcheck.reporting import wording
from claimcheck.types import Relation, RiskLevel

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_PAGE = 50
_COUNTED = 10_000
_GROUPS = 100
_DECISIONS = 50


@router.get("/queue")
def queue_page(request: Request, services: ServicesDep, visitor: SignedIn) -> Response:
    """Show the queue by risk, priority and age, as far as the filters in the address let it through."""
    fault = ""
    try:
        filters = Filters.from_query(request.query_params)
    except FilterError as error:
        filters, fault = Filters(), f"{error.field}: {error.detail}"
    cursor = request.query_params.get("cursor") or None
    with services.database.read() as session:
        try:
            page = listing.page(session, filters, after=cursor, limit=_PAGE)
        except FilterError as error:
            cursor, fault = None, error.detail
            page = listing.page(session, filters, limit=_PAGE)
        waiting = listing.count(session, filters, most=_COUNTED)
        last = desk.last_of(session, visitor)
    chosen = filters.to_query()
    more = {"cursor": cursor} if cursor else {}
    values: dict[str, Any] = {
        "items": lines(page.items, actor=visitor.actor),
        "link": Way(filters).to,
        "counted": counted(waiting),
        "chosen": chosen,
        "hidden": {name: chosen[name] for name in HIDDEN_FIELDS if name in chosen},
        "selects": selects(actor=visitor.actor, chosen=chosen),
        "fields": FIELDS,
        "query": query_of(filters),
        "fault": fault,
        "last": last,
        "before": _address(filters, page.previous),
        "after": _address(filters, page.next),
        "bulk_page": f"/bulk?{query_of(filters, **more)}",
        "bulk_all": f"/bulk?{query_of(filters, scope='all')}",
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK
    return show(request, "queue.html", status=status, **values)


def counted(number: int) -> str:
    """Return how many items there are, as far as they are counted."""
    if number >= _COUNTED:
        return f"{_COUNTED:,} items or more"
    return "1 item" if number == 1 else f"{number:,} items"


def _address(filters: Filters, cursor: str | None) -> str | None:
    return None if cursor is None else f"/queue?{query_of(filters, cursor=cursor)}"


@dataclass(frozen=True, slots=True)
class SameClaim:
    """A group in words, and the filter that lists it."""

    words: str
    count: int
    top_risk: RiskLevel
    query: str


@router.get("/groups")
def groups_page(request: Request, services: ServicesDep, visitor: SignedIn) -> Response:  # noqa: ARG001 -- who may look
    """Show which waiting items make the same claim, the largest groups first."""
    with services.database.read() as session:
        found = listing.groups(session, Filters(), limit=_GROUPS)
    groups = [_same_claim(group, services.checker.kb) for group in found]
    return show(request, "groups.html", groups=groups)


def _same_claim(group: Group, kb: KnowledgeBase) -> SameClaim:
    words = [_name(group.intervention, kb), wording.RELATION[Relation(group.relation)][0]]
    if group.target is not None or group.relation != Relation.IS_SAFE:
        words.append(_name(group.target, kb))
    return SameClaim(
        words=" ".join(words),
        count=group.count,
        top_risk=group.top_risk,
        query=query_of(Filters(group=group.key)),
    )


def _name(known_as: str | None, kb: KnowledgeBase) -> str:
    if known_as is None:
        return "(not named)"
    found = kb.concept(known_as)
    return found.name if found else known_as


@router.get("/decisions")
def decisions_page(request: Request, services: ServicesDep, visitor: SignedIn) -> Response:
    """Show one's own decisions, or everyone's to a lead, newest first, each with its undo."""
    is_lead = visitor.actor.may(Permission.LEAD)
    everyone = is_lead and bool(request.query_params.get("all"))
    query = select(Decision)
    if not everyone:
        query = query.where(Decision.actor == visitor.actor.name)
    with services.database.read() as session:
        try:
            page = newest_first(
                session,
                query,
                moment=Decision.created_at,
                identifier=Decision.id,
                key=lambda one: (one.created_at, one.id),
                after=request.query_params.get("cursor") or None,
                limit=_DECISIONS,
            )
        except FilterError as error:
            raise Problem(INVALID_REQUEST, errors=[{"pointer": "/cursor", "detail": error.detail}]) from None
        own = {one.id for one in deciding.recent(session, actor=visitor.actor)}
        labels: Mapping[str, str] = {one.code: one.label for one in reasons.policy(session).reasons}
        standing = deciding.standing_among(session, page.rows)
    undoable = {one for one in standing if is_lead or one in own}
    after = None
    if page.next is not None:
        after = f"/decisions?{'all=1&' if everyone else ''}cursor={page.next}"
    values: dict[str, Any] = {
        "decisions": page.rows,
        "everyone": everyone,
        "labels": labels,
        "undoable": undoable,
        "most": deciding.UNDOABLE,
        "after": after,
    }
    return show(request, "decisions.html", **values)
