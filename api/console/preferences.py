"""What each account may set for itself: colours, keys, and what makes a long day easier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from api.review.settings import Keyboard


class Theme(StrEnum):
    """Whose colours a page has."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


KEYS: Mapping[str, str] = dict(Keyboard().keys)
"""What a key of the queue does, and the key it has unless an account sets another."""

BREAK_MINUTES = (0, 20, 30, 45, 60)
"""After how long without a pause a break is spoken of; 0 for never."""


class KeyFault(ValueError):
    """A key cannot be used for an action; ``action`` says for which."""

    def __init__(self, action: str, reason: str) -> None:
        super().__init__(reason)
        self.action = action
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Preferences:
    """The preferences of one account.

    Attributes:
        theme: light, dark, or what the system asks for.
        keys_on: whether single keys decide and move (WCAG 2.1.4 asks that they can be turned off).
        keys: the key of each action of :data:`KEYS`.
        break_minutes: when to speak of a break; 0 for never.
        grey_text: show texts of the queue in a quieter colour until they are pointed at.
    """

    theme: Theme = Theme.SYSTEM
    keys_on: bool = True
    keys: Mapping[str, str] = field(default_factory=lambda: dict(KEYS))
    break_minutes: int = 0
    grey_text: bool = False

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Preferences:
        """Return what an account has stored; what is missing or unknown is as if it had not been set."""
        theme, minutes = stored.get("theme"), stored.get("break_minutes")
        keys = stored.get("keys")
        return cls(
            theme=Theme(theme) if theme in tuple(Theme) else Theme.SYSTEM,
            keys_on=stored.get("keys_on") is not False,
            keys={**KEYS, **_known(keys if isinstance(keys, dict) else {})},
            break_minutes=minutes if minutes in BREAK_MINUTES else 0,
            grey_text=stored.get("grey_text") is True,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what to store."""
        return {
            "theme": self.theme.value,
            "keys_on": self.keys_on,
            "keys": dict(self.keys),
            "break_minutes": self.break_minutes,
            "grey_text": self.grey_text,
        }


def _known(keys: Mapping[Any, Any]) -> dict[str, str]:
    return {str(action): str(key) for action, key in keys.items() if action in KEYS and _usable(str(key))}


def _usable(key: str) -> bool:
    return len(key) == 1 and key.isprintable() and not key.isspace()


def remapped(wanted: Mapping[str, str]) -> dict[str, str]:
    """Return the keys of ``wanted``, with the usual one where an action has none.

    Raises:
        KeyFault: a key is not one sign, or two actions have the same.
    """
    keys: dict[str, str] = {}
    for action, usual in KEYS.items():
        key = wanted.get(action, "").strip().lower() or usual
        if not _usable(key):
            raise KeyFault(action, "A key is one sign.")
        if key in keys.values():
            raise KeyFault(action, "Another action has this key.")
        keys[action] = key
    return keys
