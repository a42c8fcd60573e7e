"""Items of the queue as one line each, and the addresses that lead from one to the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from fastapi import Request

from api.access.actors import Actor
from api.errors import INVALID_REQUEST, Fault, Problem
from api.review import facets, leases, listing
from api.review.errors import FilterError
from api.review.listing import FILTER_NAMES, Filters
from api.storage.columns import now
from api.storage.tables import Item, ItemState
from claimcheck.types import Action, Assessment, Relation, RiskLevel

SHORT_ID = 8
_WORDS_SHOWN = 160
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
# The word that weighs most is shown; the item has them all.
_GRAVEST = (
    Assessment.CONTRADICTED,
    Assessment.UNSUPPORTED,
    Assessment.OVERSTATED,
    Assessment.SUPPORTED,
    Assessment.NOT_ASSERTED,
)
ACTION_MEANS: Mapping[str, str] = {
    Action.ALLOW: "nothing stands against it",
    Action.LABEL: "readers should be told more",
    Action.REVIEW: "a person should look",
    Action.ESCALATE: "a lead should look",
}


@dataclass(frozen=True, slots=True)
class Line:
    """What a list shows of one item; risk and assessment are two things, side by side."""

    id: str
    version: int
    words: str
    risk_level: str
    assessment: str | None
    claim_count: int
    flagged_count: int
    age: str
    suggested_action: str
    state: str
    assigned_to: str | None
    holder: str | None

    @property
    def short_id(self) -> str:
        """The beginning of the id, enough to recognise it by."""
        return self.id[:SHORT_ID]


def line(item: Item, *, actor: Actor) -> Line:
    """Return what a list shows ``actor`` of ``item``."""
    lease = leases.current(item, actor=actor)
    return Line(
        id=item.id,
        version=item.version,
        words=first_words(item.text),
        risk_level=item.risk_level,
        assessment=gravest(item),
        claim_count=item.claim_count,
        flagged_count=item.flagged_count,
        age=age(item.created_at),
        suggested_action=item.suggested_action,
        state=item.state,
        assigned_to=item.assigned_to,
        holder=None if lease is None or lease.mine else lease.holder,
    )


def lines(items: Iterable[Item], *, actor: Actor) -> list[Line]:
    """Return what a list shows ``actor`` of ``items``."""
    return [line(item, actor=actor) for item in items]


def first_words(text: str) -> str:
    """Return the beginning of a text on one line."""
    start = " ".join(text[: _WORDS_SHOWN * 4].split())
    return start if len(start) <= _WORDS_SHOWN else f"{start[:_WORDS_SHOWN].rstrip()}…"


def gravest(item: Item) -> str | None:
    """Return the assessment of the item's claims that weighs most; None where it has no claims."""
    found = (one for one in _GRAVEST if item.facets & facets.ASSESSMENT_BITS[one])
    return next((one.value for one in found), None)


def age(moment: datetime) -> str:
    """Return how long ago that was, in one unit."""
    seconds = max(0, int((now() - moment).total_seconds()))
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    return f"{seconds // _HOUR} h" if seconds < 2 * _DAY else f"{seconds // _DAY} days"


def filters_of(request: Request) -> Filters:
    """Return the filters in the address.

    Raises:
        Problem: ``invalid-request`` where a value is none that an item can have.
    """
    try:
        return Filters.from_query(request.query_params)
    except FilterError as error:
        fault: Fault = {"pointer": f"/{error.field}", "detail": error.detail}
        raise Problem(INVALID_REQUEST, errors=[fault]) from None


def query_of(filters: Filters, **more: str) -> str:
    """Return filters as the query of an address."""
    return urlencode({**filters.to_query(), **more})


@dataclass(frozen=True, slots=True)
class Way:
    """Where an item stands in a filter of the queue, for moving on from it."""

    filters: Filters

    @property
    def query(self) -> str:
        """The filters as the query of an address."""
        return query_of(self.filters)

    def to(self, item_id: str) -> str:
        """Return the address of an item that keeps the filters."""
        query = self.query
        return f"/items/{item_id}?{query}" if query else f"/items/{item_id}"

    def to_queue(self) -> str:
        """Return the address of the list."""
        query = self.query
        return f"/queue?{query}" if query else "/queue"


Choices = Sequence[tuple[str, str]]


def selects(*, actor: Actor, chosen: Mapping[str, str]) -> list[tuple[str, str, Choices]]:
    """Return the fields of the filter that have a list of values: name, label, values with words."""
    mine = [("", "anyone's"), (actor.name, "mine")]
    assigned = chosen.get("assigned", "")
    if assigned not in ("", actor.name):
        mine.append((assigned, assigned))
    return [
        (
            "state",
            "State",
            [
                ("", "waiting"),
                (ItemState.ESCALATED, "escalated"),
                (ItemState.DECIDED, "decided"),
                (listing.ANY_STATE, "any"),
            ],
        ),
        ("risk", "Risk at least", _open([(level, level.value) for level in reversed(list(RiskLevel))])),
        ("assessment", "Assessment", _open([(one, one.value.replace("_", " ")) for one in Assessment])),
        ("relation", "Relation", _open([(one, one.value.replace("_", " ")) for one in Relation])),
        ("action", "Suggested", _open([(one, one.value) for one in Action])),
        ("assigned", "Assigned", mine),
    ]


def _open(values: Choices) -> Choices:
    return [("", "any"), *values]


FIELDS = (("topic", "Topic"), ("language", "Language"), ("source", "Source"), ("query", "Search"))
"""The fields of the filter that are typed."""
SHOWN_FIELDS = frozenset({"state", "risk", "assessment", "relation", "action", "assigned"}) | {
    name for name, _ in FIELDS
}
HIDDEN_FIELDS = tuple(name for name in FILTER_NAMES if name not in SHOWN_FIELDS)
