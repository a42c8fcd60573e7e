"""What callers and readers said of claims: to read, to mark as handled, counted by rule."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from api.access.same_site import local_path
from api.access.sessions import SignedInModerator, tell
from api.console import browsing
from api.console.context import see_other, show
from api.deps import ServicesDep
from api.errors import INVALID_REQUEST, NOT_FOUND, Problem
from api.review import audit
from api.review.errors import FilterError
from api.review.paging import newest_first
from api.storage.columns import now
from api.storage.tables import CorrectionKind, Feedback
from claimcheck.kb.store import KnowledgeBase

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

PAGE = 50
OPEN, HANDLED, ALL = "open", "handled", "all"
STATES = ((OPEN, "not handled"), (HANDLED, "handled"), (ALL, "all"))
NO_RULE = "none"
_MOST_RULES = 50

Word = Annotated[str, Query(max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$")]
Cursor = Annotated[str, Query(max_length=400)]


def _has_page(kb: KnowledgeBase, rule: str | None) -> bool:
    """Tell whether a rule that a caller named is one of ours."""
    return rule is not None and browsing.rule_of(kb, rule) is not None


def _narrowed(query: Select[Feedback], *, state: str, kind: str, rule: str) -> Select[Feedback]:
    if state == OPEN:
        query = query.where(Feedback.handled_at.is_(None))
    elif state == HANDLED:
        query = query.where(Feedback.handled_at.is_not(None))
    if kind:
        query = query.where(Feedback.kind == kind)
    if rule:
        query = query.where(Feedback.rule.is_(None) if rule == NO_RULE else Feedback.rule == rule)
    return query


def _key(one: Feedback) -> tuple[datetime, str]:
    return one.created_at, one.id


def tally(session: Session) -> list[tuple[str | None, int, int]]:
    """Return for each rule how much was said of it, and how much of that is not handled; most first."""
    handled = func.count(Feedback.handled_at)
    rows = session.execute(
        select(Feedback.rule, func.count(), func.count() - handled)
        .group_by(Feedback.rule)
        .order_by(func.count().desc(), Feedback.rule)
        .limit(_MOST_RULES)
    )
    return [(rule, total, still_open) for rule, total, still_open in rows]


@router.get("/feedback")
def feedback_page(
    request: Request,
    services: ServicesDep,
    _: SignedInModerator,
    state: Word = OPEN,
    kind: Word = "",
    rule: Word = "",
    after: Cursor = "",
) -> Response:
    """Show what was said, newest first."""
    kinds = tuple(one.value for one in CorrectionKind)
    if kind not in ("", *kinds) or state not in (OPEN, HANDLED, ALL):
        raise Problem(INVALID_REQUEST)
    query = _narrowed(select(Feedback), state=state, kind=kind, rule=rule)
    with services.database.read() as session:
        try:
            found = newest_first(
                session,
                query,
                moment=Feedback.created_at,
                identifier=Feedback.id,
                key=_key,
                after=after or None,
                limit=PAGE,
            )
        except FilterError:
            raise Problem(INVALID_REQUEST) from None
        counted = tally(session)
    given = {name: value for name, value in (("state", state), ("kind", kind), ("rule", rule)) if value}
    return show(
        request,
        "feedback.html",
        found=found.rows,
        tally=counted,
        given={"state": state, "kind": kind, "rule": rule},
        states=STATES,
        kinds=kinds,
        here=f"/feedback?{urlencode(given)}",
        next=f"/feedback?{urlencode({**given, 'after': found.next})}" if found.next else None,
        no_rule=NO_RULE,
        has_page=partial(_has_page, services.checker.kb),
    )


@router.post("/feedback/{feedback_id}/handled")
def mark_handled(
    services: ServicesDep,
    visitor: SignedInModerator,
    feedback_id: Annotated[str, Path(max_length=32)],
) -> Response:
    """Mark one as handled, or as not handled again, and go back to the list."""
    again = visitor.form.get("do") == "again"
    with services.database.begin() as session:
        is_id = feedback_id.isalnum() and feedback_id.isascii()
        found = session.get(Feedback, feedback_id, with_for_update=True) if is_id else None
        if found is None:
            raise Problem(NOT_FOUND)
        if again is (found.handled_at is None):
            tell(session, visitor, "Somebody did that already.", failed=True)
        else:
            found.handled_at = None if again else now()
            found.handled_by = None if again else visitor.actor.name
            audit.record(
                session,
                actor=visitor.actor,
                action="feedback.reopened" if again else "feedback.handled",
                object_kind="feedback",
                object_id=found.id,
                details={"kind": found.kind, "rule": found.rule},
            )
            tell(session, visitor, "Open again." if again else "Marked as handled.")
    return see_other(local_path(str(visitor.form.get("next", "")), otherwise="/feedback"))
