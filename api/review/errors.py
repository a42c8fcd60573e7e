"""What the moderators' work can refuse, drawn as one tree."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import inspect

from api.storage.tables import Decision, DecisionAction


class ReviewError(Exception):
    """Something that cannot be done; the message never holds a text."""


class UnknownItem(ReviewError):
    """There is no item of this id."""


class UnknownDecision(ReviewError):
    """There is no decision of this id."""


class UnknownClaim(ReviewError):
    """The item's report has no claim of this id."""


class UnusableValue(ReviewError):
    """A value does not fit what it is said of; ``field`` names it."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field
        self.detail = detail


class FilterError(UnusableValue):
    """A filter of the queue has a value that no item can have."""


class Conflict(ReviewError):
    """The item moved on since it was read.

    Attributes:
        version: the item's version now.
        decision: what somebody decided meanwhile; None where nobody did.  It is a copy, which can still
            be read when the transaction is over.
        by: who that was, and ``at`` when.
    """

    def __init__(self, *, version: int, decision: Decision | None) -> None:
        super().__init__("the item moved on")
        self.version = version
        self.decision = None if decision is None else _copy(decision)
        self.by: str | None = None if decision is None else decision.actor
        self.at: datetime | None = None if decision is None else decision.created_at


def _copy(decision: Decision) -> Decision:
    names = (attribute.key for attribute in inspect(Decision).column_attrs)
    return Decision(**{name: getattr(decision, name) for name in names})


class ReasonRequired(ReviewError):
    """This action is not taken without a reason code."""

    def __init__(self, action: DecisionAction) -> None:
        super().__init__(f"{action.value} needs a reason")
        self.action = action


class UnknownReason(ReviewError):
    """The reason code does not exist, or is not offered for this action."""


class NotAllowed(ReviewError):
    """Only whoever did it, while it is recent, or a lead may take this back."""


class NotStanding(ReviewError):
    """The decision was undone already, or another one took its place."""
