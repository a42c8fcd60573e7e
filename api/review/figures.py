"""Numbers for those who run the queue: volume, decisions, agreement, precision, age.

They describe the machine and the queue, never a person: no figure is by moderator.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from api.review.deciding import stands
from api.storage.columns import now
from api.storage.tables import (
    Correction,
    CorrectionKind,
    Decision,
    DecisionAction,
    Item,
    ItemClaim,
    ItemState,
)
from claimcheck.types import Action, RiskLevel

# Which decisions follow a suggestion.  "review" asks a person to look, and whatever they then do
# about the content follows it; leaving the content as it is does not.
FOLLOWS: Mapping[Action, frozenset[DecisionAction]] = {
    Action.ALLOW: frozenset({DecisionAction.ALLOW}),
    Action.LABEL: frozenset({DecisionAction.LABEL}),
    Action.REVIEW: frozenset(
        {DecisionAction.LABEL, DecisionAction.LIMIT, DecisionAction.REMOVE, DecisionAction.ESCALATE}
    ),
    Action.ESCALATE: frozenset({DecisionAction.ESCALATE, DecisionAction.LIMIT, DecisionAction.REMOVE}),
}
AGES: tuple[tuple[str, timedelta | None], ...] = (
    ("under 1 hour", timedelta(hours=1)),
    ("1 to 4 hours", timedelta(hours=4)),
    ("4 to 24 hours", timedelta(days=1)),
    ("1 to 3 days", timedelta(days=3)),
    ("3 to 7 days", timedelta(days=7)),
    ("over 7 days", None),
)
_WRONG = (CorrectionKind.NOT_A_CLAIM, CorrectionKind.WRONG_ASSESSMENT)
_Z = 1.959964  # two-sided 95 %
_MOST_CLAIMS = 200_000


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many on one day (UTC), by something."""

    day: str
    what: str
    count: int


@dataclass(frozen=True, slots=True)
class Share:
    """A share of ``total`` with its 95 % Wilson interval; all three are 0 where nothing was counted."""

    name: str
    count: int
    total: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was decided where this was suggested."""

    suggested: str
    decided: Mapping[str, int]
    followed: Share


def wilson(count: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of Wilson (1927) for ``count`` of ``total``.

    >>> [round(bound, 3) for bound in wilson(8, 10)]
    [0.49, 0.943]
    """
    if total == 0:
        return 0.0, 0.0
    share, square = count / total, _Z * _Z
    middle = share + square / (2 * total)
    spread = _Z * sqrt(share * (1 - share) / total + square / (4 * total * total))
    scale = 1 + square / total
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def volume(session: Session, *, since: datetime, until: datetime) -> list[DayCount]:
    """Return how many items came each day, by risk level."""
    day = _day(session, Item.created_at)
    rows = session.execute(
        select(day, Item.risk_level, func.count())
        .where(Item.created_at >= since, Item.created_at < until)
        .group_by(day, Item.risk_level)
        .order_by(day, Item.risk_level)
    )
    return [DayCount(*row) for row in rows]


def decisions(session: Session, *, since: datetime, until: datetime) -> list[DayCount]:
    """Return how many decisions that stand were made each day, by action."""
    day = _day(session, Decision.created_at)
    rows = session.execute(
        select(day, Decision.action, func.count())
        .where(*_standing(since, until))
        .group_by(day, Decision.action)
        .order_by(day, Decision.action)
    )
    return [DayCount(*row) for row in rows]


def agreement(session: Session, *, since: datetime, until: datetime) -> list[Agreement]:
    """Return what was decided by what was suggested: how often decisions follow, see :data:`FOLLOWS`."""
    rows = session.execute(
        select(Decision.suggested_action, Decision.action, func.count())
        .where(*_standing(since, until))
        .group_by(Decision.suggested_action, Decision.action)
    )
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for suggested, action, number in rows:
        found[suggested][action] += number
    result = []
    for suggestion in Action:
        decided = found[suggestion]
        followed = sum(decided[action] for action in FOLLOWS[suggestion])
        result.append(
            Agreement(
                suggestion.value, dict(decided), _share(suggestion.value, followed, sum(decided.values()))
            )
        )
    return result


def precision_by_relation(session: Session, *, since: datetime, until: datetime) -> list[Share]:
    """Return how many flagged claims of decided items were right, by relation."""
    wrong = _is_wrong()
    rows = session.execute(
        select(ItemClaim.relation, func.count(), func.sum(case((wrong, 0), else_=1)))
        .join(Item, Item.id == ItemClaim.item_id)
        .where(ItemClaim.flagged, *_decided(since, until))
        .group_by(ItemClaim.relation)
        .order_by(ItemClaim.relation)
    )
    return [_share(relation, int(right), total) for relation, total, right in rows]


def precision_by_rule(session: Session, *, since: datetime, until: datetime) -> list[Share]:
    """Return how many flagged claims of decided items were right, by each risk rule that fired on them.

    A claim counts as right unless a moderator corrected it as no claim or as wrongly assessed.
    """
    rows = session.execute(
        select(ItemClaim.rules, _is_wrong())
        .join(Item, Item.id == ItemClaim.item_id)
        .where(ItemClaim.flagged, *_decided(since, until))
        .limit(_MOST_CLAIMS)
    )
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for rules, wrong in rows:
        total.update(rules)
        if not wrong:
            right.update(rules)
    return [_share(rule, right[rule], total[rule]) for rule in sorted(total)]


def queue_age(session: Session, *, at: datetime | None = None) -> list[DayCount]:
    """Return how long the pending items have waited, by risk level; ``day`` is the name of the span."""
    moment = at or now()
    bucket = case(
        *(
            (Item.created_at > moment - most, index)
            for index, (_, most) in enumerate(AGES)
            if most is not None
        ),
        else_=len(AGES) - 1,
    )
    rows = session.execute(
        select(bucket, Item.risk_level, func.count())
        .where(Item.state == ItemState.PENDING)
        .group_by(bucket, Item.risk_level)
    )
    found = {(index, level): number for index, level, number in rows}
    return [
        DayCount(name, level.value, found.get((index, level.value), 0))
        for index, (name, _) in enumerate(AGES)
        for level in RiskLevel
    ]


def _share(name: str, count: int, total: int) -> Share:
    low, high = wilson(count, total)
    return Share(name, count, total, count / total if total else 0.0, low, high)


def _standing(since: datetime, until: datetime) -> Iterable[ColumnElement[bool]]:
    # An escalation that somebody decided over is not undone, and stands no longer all the same.
    return (stands(), Decision.created_at >= since, Decision.created_at < until)


def _decided(since: datetime, until: datetime) -> Iterable[ColumnElement[bool]]:
    return (Item.state == ItemState.DECIDED, Item.decided_at >= since, Item.decided_at < until)


def _is_wrong() -> ColumnElement[bool]:
    return exists().where(
        and_(
            Correction.item_id == ItemClaim.item_id,
            Correction.claim_id == ItemClaim.claim_id,
            Correction.kind.in_(_WRONG),
        )
    )


def _day(session: Session, moment: InstrumentedAttribute[Any]) -> ColumnElement[str]:
    """Return the day of a moment in UTC, as text, in either database."""
    if session.get_bind().dialect.name == "sqlite":
        return func.strftime("%Y-%m-%d", moment)
    return func.to_char(func.timezone("UTC", moment), "YYYY-MM-DD")
