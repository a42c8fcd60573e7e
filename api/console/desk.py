"""One item before whoever decides it: everything its page shows, gathered in one transaction."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access.actors import Permission
from api.access.sessions import Visitor, tell
from api.console.context import see_other, show
from api.console.marks import pieces
from api.console.rows import ACTION_MEANS, SHORT_ID, Way, gravest, lines, query_of
from api.errors import NOT_FOUND, Problem
from api.review import deciding, leases, listing, reasons
from api.review.listing import Filters
from api.review.reasons import Reason
from api.storage.tables import Correction, CorrectionKind, Decision, DecisionAction, Item, ItemState

_ID = re.compile(r"[0-9a-f]{32}")
_BEFORE, _BEHIND = 4, 12
_CORRECTIONS_SHOWN = 500
_ALIKE_COUNTED = 1_000
DONE: Mapping[str, str] = {
    DecisionAction.ALLOW: "allowed",
    DecisionAction.LABEL: "labelled",
    DecisionAction.LIMIT: "limited",
    DecisionAction.REMOVE: "removed",
    DecisionAction.ESCALATE: "escalated",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """What was written into the form and must not be lost."""

    reason_code: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A decision that waits for its reason."""

    action: str
    version: int
    message: str
    reasons: tuple[Reason, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Late:
    """A decision that came after another one: both, side by side."""

    by: str
    at: datetime
    action: str
    reason: str | None
    note: str | None
    yours: str
    your_reason: str | None
    your_reason_code: str
    your_note: str


@dataclass(frozen=True, slots=True)
class State:
    """What happened just now on the desk.

    Attributes:
        said: read to whoever sits there.
        kept: what the form held.
        asked: a reason is needed first.
        late: somebody else was faster.
        moved: the item changed, though nobody decided it.
        fault: why a form was not carried out.
    """

    said: str = ""
    kept: Kept = Kept()
    asked: Asked | None = None
    late: Late | None = None
    moved: bool = False
    fault: str = ""


def known_id(value: str) -> str:
    """Return ``value`` where it can be an identifier.

    Raises:
        Problem: ``not-found``.
    """
    if _ID.fullmatch(value) is None:
        raise Problem(NOT_FOUND)
    return value


def find(session: Session, item_id: str) -> Item:
    """Return an item.

    Raises:
        Problem: ``not-found``.
    """
    item = session.get(Item, known_id(item_id))
    if item is None:
        raise Problem(NOT_FOUND)
    return item


def name(item_id: str) -> str:
    """Return what messages call an item."""
    return f"Item {item_id[:SHORT_ID]}"


def gathered(session: Session, item: Item, *, visitor: Visitor, way: Way, state: State) -> dict[str, Any]:
    """Return what the template shows; takes or prolongs the visitor's lease on what can be decided."""
    actor = visitor.actor
    decision = session.get(Decision, item.decision_id) if item.decision_id else None
    may_decide = actor.may(Permission.REVIEW) and _is_open_to(visitor, decision)
    may_lease = actor.may(Permission.REVIEW) and item.state != ItemState.DECIDED
    lease = leases.take(session, item, actor=actor) if may_lease else leases.current(item, actor=actor)
    policy = reasons.policy(session)
    reason = policy.find(decision.reason_code) if decision else None
    corrections = _corrections(session, item)
    beside = around(session, way.filters, item)
    place = next((at for at, one in enumerate(beside) if one.id == item.id), None)
    return {
        "title": name(item.id),
        "item": item,
        "report": item.report,
        "numbered": list(enumerate(item.report["claims"], 1)),
        "pieces": pieces(item.text, item.report["claims"]),
        "assessment": gravest(item),
        "meaning": ACTION_MEANS,
        "lease": lease,
        "decision": decision,
        "reason_label": reason.label if reason else None,
        "may_decide": may_decide and state.late is None,
        "actions": [action.value for action in DecisionAction],
        "reasons": policy.reasons,
        "required": [action.value for action in DecisionAction if action in policy.required],
        "corrections": corrections,
        "missed": [one for one in corrections if one.kind == CorrectionKind.MISSED_CLAIM],
        "last": last_of(session, visitor),
        "beside": lines(beside, actor=actor),
        "previous": _neighbour(beside, place, -1),
        "following": _neighbour(beside, place, 1),
        "link": way.to,
        "url": way.to(item.id),
        "query": way.query,
        "chosen": way.filters.to_query(),
        "alike": _alike(session, item),
        "alike_query": query_of(Filters(group=item.group_key)),
        "said": state.said,
        "kept": state.kept,
        "asked": state.asked,
        "late": state.late,
        "moved": state.moved,
        "fault": state.fault,
    }


def _is_open_to(visitor: Visitor, decision: Decision | None) -> bool:
    """Tell whether the visitor may decide: what nobody decided, what they did, and anything as a lead."""
    return decision is None or decision.actor == visitor.actor.name or visitor.actor.may(Permission.LEAD)


def _corrections(session: Session, item: Item) -> Sequence[Correction]:
    query = select(Correction).where(Correction.item_id == item.id).order_by(Correction.created_at)
    return session.scalars(query.limit(_CORRECTIONS_SHOWN)).all()


def _alike(session: Session, item: Item) -> int:
    if item.group_key is None:
        return 0
    return listing.count(session, Filters(group=item.group_key), most=_ALIKE_COUNTED)


def _neighbour(beside: Sequence[Item], place: int | None, step: int) -> str | None:
    if place is None:
        # The item is not of this filter any more; what follows it is where one goes on.
        return beside[0].id if beside and step > 0 else None
    at = place + step
    return beside[at].id if 0 <= at < len(beside) else None


def around(session: Session, filters: Filters, item: Item) -> list[Item]:
    """Return a few items of the filter before ``item``, itself where it belongs to it, and some behind it."""
    behind = listing.page(session, filters, after=listing.cursor_after(item), limit=_BEHIND)
    if behind.previous is None:
        # Nothing is behind it.  The whole of a short list is what comes before.
        return list(listing.page(session, filters, limit=_BEFORE + _BEHIND).items)
    before = listing.page(session, filters, after=behind.previous, limit=_BEFORE)
    return [*before.items, *behind.items]


def last_of(session: Session, visitor: Visitor) -> Decision | None:
    """Return the visitor's last decision that can be undone."""
    if not visitor.actor.may(Permission.REVIEW):
        return None
    found = deciding.recent(session, actor=visitor.actor)
    standing = deciding.standing_among(session, found)
    return next((one for one in found if one.id in standing), None)


def next_for(session: Session, filters: Filters, item: Item, *, visitor: Visitor) -> Item | None:
    """Return where to go on from ``item``: the next of the filter that nobody else holds, else its first."""
    actor = visitor.actor
    found = listing.next_item(session, filters, actor=actor, after=listing.cursor_after(item))
    if found is None:
        found = listing.next_item(session, filters, actor=actor)
    return None if found is None or found.id == item.id else found


def is_part(request: Request) -> bool:
    """Tell whether the script asks for the desk alone."""
    return "hx-request" in request.headers


def answer(request: Request, values: Mapping[str, Any], *, status: int = 200) -> Response:
    """Return the desk: alone for the script, else as a page."""
    return show(request, "_desk.html" if is_part(request) else "item.html", status=status, **values)


@dataclass(frozen=True, slots=True)
class Move:
    """Where to go after a form was carried out: an item, or the list where none waits."""

    said: str
    way: Way
    item: Item | None
    values: Mapping[str, Any] | None


def moved(
    request: Request, session: Session, item: Item | None, *, visitor: Visitor, way: Way, said: str
) -> Move:
    """Prepare the way on: what the script shows at once, or what a browser without it is told there."""
    if not is_part(request):
        tell(session, visitor, said)
        return Move(said, way, item, None)
    if item is None:
        last = last_of(session, visitor)
        return Move(said, way, None, {"last": last, "query": way.query, "url": way.to_queue(), "said": said})
    values = gathered(session, item, visitor=visitor, way=way, state=State(said=said))
    return Move(said, way, item, values)


def carried_out(request: Request, move: Move) -> Response:
    """Answer a form that was carried out."""
    if move.values is None:
        return see_other(move.way.to_queue() if move.item is None else move.way.to(move.item.id))
    return show(request, "_desk_empty.html" if move.item is None else "_desk.html", **move.values)
