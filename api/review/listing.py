"""The queue: by risk, then priority, then age, filtered, page by page.

Two steps for each page: the first reads nothing but the queue's index, which
is in the queue's order and holds whatever is filtered by; the second fetches
the rows of the page.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, defer

from api.access.actors import Actor
from api.review import facets
from api.review.errors import FilterError
from api.review.paging import decode, encode, moment_of
from api.storage.columns import now
from api.storage.tables import Item, ItemClaim, ItemState
from claimcheck.types import Action, Assessment, Relation, RiskLevel

ANY_STATE = "any"
LONGEST_FILTER = 300
MOST_ITEMS_OF_A_PAGE = 200
_CANDIDATES = 1_000
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ID_START = re.compile(r"[0-9a-f]{4,32}")
_LAST_CHARACTER = "\U0010ffff"
_FORWARD, _BACKWARD = "n", "p"

_Holds = Callable[[InstrumentedAttribute[Any], str], ColumnElement[bool]]
_Where = list[ColumnElement[bool]]
_Key = Row[str, int, datetime]


@dataclass(frozen=True, slots=True)
class Filters:
    """What part of the queue is wanted; None leaves a field open.

    Attributes:
        state: pending unless told; None for every state.
        risk: the least risk level.
        topic: an intervention's concept id.
        language: as the report names it.
        source: where the text came from, as its submitter named it.
        assigned: whose items.
        action: what the machine suggests.
        relation: a relation that one of the claims has; with ``assessment``, the same claim has both.
        assessment: an assessment that one of the claims has.
        group: a group of near duplicates, by its key.
        query: an external id or its beginning, a topic, the beginning of an item's id, the SHA-256 of
            a text, or words in the names that its claims are about.
        job: the import it came with.
        decided_by: who decided it.
    """

    state: ItemState | None = ItemState.PENDING
    risk: RiskLevel | None = None
    topic: str | None = None
    language: str | None = None
    source: str | None = None
    assigned: str | None = None
    action: Action | None = None
    relation: Relation | None = None
    assessment: Assessment | None = None
    group: str | None = None
    query: str | None = None
    job: str | None = None
    decided_by: str | None = None

    @classmethod
    def from_query(cls, values: Mapping[str, str]) -> Filters:
        """Return the filters that a query names; empty values and other names are left alone.

        Raises:
            FilterError: a value is one that no item can have.
        """
        given = {field.name: values.get(field.name, "").strip() for field in fields(cls)}
        found: dict[str, Any] = {name: _readable(name, value) for name, value in given.items() if value}
        for name, kind in _ENUMERATIONS.items():
            if name in found:
                found[name] = _member(kind, found[name], name)
        if given["state"] == ANY_STATE:
            found["state"] = None
        elif given["state"]:
            found["state"] = _member(ItemState, given["state"], "state")
        return cls(**found)

    def to_query(self) -> dict[str, str]:
        """Return what :meth:`from_query` reads, without what is left open."""
        query = {
            field.name: str(value)
            for field in fields(self)
            if field.name != "state" and (value := getattr(self, field.name)) is not None
        }
        if self.state is not ItemState.PENDING:
            query["state"] = ANY_STATE if self.state is None else self.state.value
        return query


_ENUMERATIONS: Mapping[str, type[StrEnum]] = {
    "risk": RiskLevel,
    "action": Action,
    "relation": Relation,
    "assessment": Assessment,
}
FILTER_NAMES: tuple[str, ...] = tuple(field.name for field in fields(Filters))


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the queue, and the cursors of the next and the previous; None at either end."""

    items: tuple[Item, ...]
    next: str | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """Items whose gravest claim says the same."""

    key: str
    count: int
    top_risk: RiskLevel
    relation: str
    intervention: str | None
    target: str | None
    example_item_id: str


def page(
    session: Session,
    filters: Filters,
    *,
    after: str | None = None,
    limit: int = 50,
    skip_leased_by_others_than: Actor | None = None,
) -> Page:
    """Return a page of the queue, the most urgent first; ``after`` is a cursor of either direction.

    Raises:
        FilterError: ``after`` is no cursor.
    """
    limit = max(1, min(limit, MOST_ITEMS_OF_A_PAGE))
    where = _conditions(session, filters)
    if skip_leased_by_others_than is not None:
        where.append(_not_held_by_others(skip_leased_by_others_than))
    start = None if after is None else _Start.read(after)
    backward = start is not None and start.backward
    keys = _keys(session, filters, where, start=start, most=limit + 1)
    more, keys = len(keys) > limit, keys[:limit]
    if backward:
        keys.reverse()
    items = _loaded(session, [key.id for key in keys])
    if not items:
        return Page((), None, None)
    has_next, has_previous = (True, more) if backward else (more, start is not None)
    return Page(
        items,
        next=_cursor(items[-1], _FORWARD) if has_next else None,
        previous=_cursor(items[0], _BACKWARD) if has_previous else None,
    )


def next_item(session: Session, filters: Filters, *, actor: Actor, after: str | None = None) -> Item | None:
    """Return the first item that nobody else holds; with ``after``, the first behind that cursor."""
    found = page(session, filters, after=after, limit=1, skip_leased_by_others_than=actor)
    return found.items[0] if found.items else None


def cursor_after(item: Item) -> str:
    """Return the cursor of the page that begins behind ``item``."""
    return _cursor(item, _FORWARD)


def count(session: Session, filters: Filters, *, most: int = 10_000) -> int:
    """Return how many items fit, counting no further than ``most``."""
    where = _conditions(session, filters)
    fitting = select(Item.id).where(*_in_state(filters), *where).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(fitting)) or 0


def groups(session: Session, filters: Filters, *, limit: int = 50, least: int = 2) -> list[Group]:
    """Return the largest groups of near duplicates among the items that fit."""
    where = [*_in_state(filters), *_conditions(session, filters)]
    if filters == Filters(state=filters.state):
        # By the state itself the queue's index would be read, and all of it sorted by group; as an
        # expression, the state is read from the groups' index, which has their order.
        where = [func.coalesce(Item.state, "").in_(_states(filters))]
    size = func.count()
    rows = session.execute(
        select(Item.group_key, size, func.min(Item.place), func.min(Item.id))
        .where(*where, Item.group_key.is_not(None))
        .group_by(Item.group_key)
        .having(size >= least)
        .order_by(size.desc(), Item.group_key)
        .limit(limit)
    )
    return [
        Group(key, number, facets.level_at(place), *facets.group_parts(key), example_item_id=example)
        for key, number, place, example in rows
        if key is not None
    ]


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a page begins: behind this item of the queue, or before it."""

    backward: bool
    place: int
    created_at: datetime
    id: str

    @classmethod
    def read(cls, cursor: str) -> _Start:
        direction, position, written, identifier = decode(cursor, str, int, str, str)
        if direction not in (_FORWARD, _BACKWARD):
            raise FilterError("cursor", "This is no cursor of this list.")
        return cls(direction == _BACKWARD, position, moment_of(written), identifier)

    def parts(self) -> tuple[_Where, _Where]:
        """Return the rest of this place, then the places beyond: two ranges of one index."""
        at, identifier = self.created_at, self.id
        if self.backward:
            rest = or_(Item.created_at < at, Item.id < identifier)
            return [Item.place == self.place, Item.created_at <= at, rest], [Item.place < self.place]
        rest = or_(Item.created_at > at, Item.id > identifier)
        return [Item.place == self.place, Item.created_at >= at, rest], [Item.place > self.place]


def _cursor(item: Item, direction: str) -> str:
    return encode(direction, item.place, item.created_at.isoformat(), item.id)


def _keys(
    session: Session, filters: Filters, where: _Where, *, start: _Start | None, most: int
) -> list[_Key]:
    """Return the keys of the page: each state is its own range of the index, so they are merged here."""
    backward = start is not None and start.backward
    found: list[_Key] = []
    for state in _states(filters):
        of_state: list[_Key] = []
        for part in _parts(start):
            if len(of_state) < most:
                query = _ordered(backward).where(Item.state == state, *where, *part)
                of_state += session.execute(query.limit(most - len(of_state)))
        found += of_state
    found.sort(key=lambda key: (key.place, key.created_at, key.id), reverse=backward)
    return found[:most]


def _parts(start: _Start | None) -> tuple[_Where, ...]:
    return ([],) if start is None else start.parts()


def _ordered(backward: bool) -> Select[str, int, datetime]:
    order = (Item.place, Item.created_at, Item.id)
    query = select(Item.id, Item.place, Item.created_at)
    return query.order_by(*(column.desc() if backward else column for column in order))


def _loaded(session: Session, identifiers: list[str]) -> tuple[Item, ...]:
    # Pages show a few words of each item; a report may be many times as long and is read where it is used.
    rows = session.scalars(select(Item).where(Item.id.in_(identifiers)).options(defer(Item.report)))
    by_id = {item.id: item for item in rows}
    return tuple(by_id[identifier] for identifier in identifiers if identifier in by_id)


def _states(filters: Filters) -> list[ItemState]:
    return list(ItemState) if filters.state is None else [filters.state]


def _in_state(filters: Filters) -> _Where:
    return [Item.state.in_(_states(filters))]


def _conditions(session: Session, filters: Filters) -> _Where:
    where: _Where = []
    for column, value in (
        (Item.topic, filters.topic),
        (Item.language, filters.language),
        (Item.source, filters.source),
        (Item.assigned_to, filters.assigned),
        (Item.suggested_action, filters.action),
        (Item.group_key, filters.group),
        (Item.job_id, filters.job),
        (Item.decided_by, filters.decided_by),
    ):
        if value is not None:
            where.append(column == value)
    if filters.risk is not None:
        where.append(Item.place <= facets.least_place(filters.risk))
    where += _of_claims(filters)
    if filters.query is not None:
        where.append(_found(session, filters.query))
    return where


def _of_claims(filters: Filters) -> _Where:
    relation, assessment = filters.relation, filters.assessment
    where: _Where = []
    if relation is not None:
        where.append(Item.facets.bitwise_and(facets.RELATION_BITS[relation]) != 0)
    if assessment is not None:
        where.append(Item.facets.bitwise_and(facets.ASSESSMENT_BITS[assessment]) != 0)
    if relation is not None and assessment is not None:
        # The bits say that some claim has each; only the claims say that one has both.
        where.append(
            exists().where(
                ItemClaim.item_id == Item.id,
                ItemClaim.relation == relation,
                ItemClaim.assessment == assessment,
            )
        )
    return where


def _found(session: Session, words: str) -> ColumnElement[bool]:
    """Return the condition of a search.

    Few hits are named one by one, so that the queue is not gone through for them; where there are
    many, going through the queue meets them soon.
    """
    lowered = words.lower()
    if _SHA256.fullmatch(lowered):
        return Item.text_sha256 == lowered
    holds = _holds(session)
    of_items: _Where = [Item.topic == lowered.replace(" ", "-"), _begins(session, Item.external_id, words)]
    if _ID_START.fullmatch(lowered):
        of_items.append(_begins(session, Item.id, lowered))
    named = _named(holds, lowered)
    searches = [
        *(select(Item.id).where(condition) for condition in of_items),
        *(select(ItemClaim.item_id).where(condition) for condition in named),
    ]
    # Each search reads one index from end to end at worst, and stops at the first thousand hits.
    bounded = (search.limit(_CANDIDATES + 1).subquery() for search in searches)
    few = set(session.scalars(union_all(*(select(hits.c[0]) for hits in bounded))))
    if len(few) <= _CANDIDATES:
        return Item.id.in_(few)
    return or_(*of_items, exists().where(ItemClaim.item_id == Item.id, or_(*named)))


def _named(holds: _Holds, lowered: str) -> _Where:
    """Return the conditions that a claim's name holds these words; concepts' ids have hyphens for spaces."""
    written = dict.fromkeys((lowered, lowered.replace(" ", "-")))
    return [
        or_(*(holds(column, needle) for needle in written))
        for column in (ItemClaim.intervention, ItemClaim.target)
    ]


def _holds(session: Session) -> _Holds:
    """Return what tells whether a column holds a word: LIKE would fold the letters of each row."""
    function = func.instr if session.get_bind().dialect.name == "sqlite" else func.strpos
    return lambda column, needle: function(column, needle) > 0


def _begins(session: Session, column: InstrumentedAttribute[Any], start: str) -> ColumnElement[bool]:
    """Return the condition that a column begins with ``start``."""
    if session.get_bind().dialect.name == "sqlite":
        # Its index sorts by code point, so that a beginning is a range of it.
        return and_(column >= start, column < start + _LAST_CHARACTER)
    return column.startswith(start, autoescape=True)


def _not_held_by_others(actor: Actor) -> ColumnElement[bool]:
    return or_(
        Item.lease_holder.is_(None),
        Item.lease_holder == actor.name,
        Item.lease_until.is_(None),
        Item.lease_until <= now(),
    )


def _readable(name: str, value: str) -> str:
    if len(value) > LONGEST_FILTER or any(unicodedata.category(c) in ("Cc", "Cs") for c in value):
        raise FilterError(name, "No item has such a value.")
    return value


def _member(kind: type[StrEnum], value: str, name: str) -> StrEnum:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(member.value for member in kind)
        raise FilterError(name, f"Known values are: {known}.") from None
