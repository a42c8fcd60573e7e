"""Who is asking, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from api.storage.tables import Role, Scope


class Permission(StrEnum):
    """One thing that somebody may do."""

    SCORE = "score"
    """Check texts, which keeps nothing, and say that a claim is wrong."""
    READ = "read"
    """See the queue, its items and its history."""
    REVIEW = "review"
    """Put items into the queue, decide, correct."""
    LEAD = "lead"
    """Decide in bulk, see dashboards and the audit, undo what others decided, see others' jobs."""
    ADMIN = "admin"
    """Keys, accounts, webhooks, settings, purging."""


_READER = frozenset({Permission.SCORE, Permission.READ})
_MODERATOR = _READER | {Permission.REVIEW}
_LEAD = _MODERATOR | {Permission.LEAD}
_ALL = frozenset(Permission)

OF_ROLE: dict[Role, frozenset[Permission]] = {
    Role.READER: _READER,
    Role.MODERATOR: _MODERATOR,
    Role.LEAD: _LEAD,
    Role.ADMIN: _ALL,
}
OF_SCOPE: dict[Scope, frozenset[Permission]] = {
    Scope.SCORE: frozenset({Permission.SCORE}),
    Scope.REVIEW: _MODERATOR,
    Scope.ADMIN: _ALL,
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who asks.

    Attributes:
        kind: an account of the console, a key of the API, anybody (where no key is asked for), or
            the server itself (its worker, its command line).
        id: the account's or key's identifier; the address for anybody; ``system`` for the server.
        name: what history and audit call them; a key is called ``key:<its name>``.
        permissions: what they may do.
    """

    kind: Literal["user", "key", "open", "system"]
    id: str
    name: str
    permissions: frozenset[Permission]

    def may(self, permission: Permission) -> bool:
        """Tell whether they may do this."""
        return permission in self.permissions

    @property
    def identity(self) -> str:
        """What tells two actors apart, whatever they are called."""
        return f"{self.kind}:{self.id}"


SYSTEM = Actor(kind="system", id="system", name="system", permissions=_ALL)


def anybody(address: str) -> Actor:
    """Return the actor of a caller without a key, on a server that asks for none."""
    return Actor(kind="open", id=address, name="anybody", permissions=OF_SCOPE[Scope.SCORE])


def of_key(*, key_id: str, name: str, scope: str) -> Actor:
    """Return the actor that a key stands for."""
    return Actor(kind="key", id=key_id, name=f"key:{name}"[:80], permissions=OF_SCOPE[Scope(scope)])


def of_user(*, user_id: str, name: str, role: str) -> Actor:
    """Return the actor that an account stands for."""
    return Actor(kind="user", id=user_id, name=name, permissions=OF_ROLE[Role(role)])
