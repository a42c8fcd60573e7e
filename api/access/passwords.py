"""Passwords: hashed by argon2id, and refused where they are guessed first.

Length is what counts, so no mixture of signs is asked for (NIST SP 800-63B,
section 5.1.1.2).  What is refused is a password that little is left of once
common words, the account's name, runs and repetitions are taken out.
"""

from __future__ import annotations

import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 128
_LEFT_OVER = 6
_NAME_COUNTS_FROM = 3
_RANDOM_BYTES = 15
# One hash fills 64 MiB; this many at once, and no more, however many ask.
_AT_ONCE = 4
_WAIT_SECONDS = 10.0

_COMMON = (
    "password",
    "passwort",
    "passw",
    "letmein",
    "welcome",
    "willkommen",
    "iloveyou",
    "trustno",
    "monkey",
    "dragon",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "superman",
    "batman",
    "master",
    "shadow",
    "secret",
    "changeme",
    "default",
    "temporary",
    "login",
    "admin",
    "administrator",
    "moderator",
    "claimcheck",
    "console",
    "system",
    "server",
    "summer",
    "winter",
    "spring",
    "autumn",
    "monday",
    "january",
    "hello",
    "correcthorsebatterystaple",
)
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
    "1q2w3e4r5t6z7u8i9o0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "qazwsxedcrfvtgbyhnujm",
)
_RUN = 4
_AS_LETTERS = str.maketrans("@4310$57!", "aaeiosstl")

_slots = threading.BoundedSemaphore(_AT_ONCE)


class TooManyAtOnce(Exception):
    """So many passwords are being checked that this one had to wait too long."""


@cache
def hasher() -> PasswordHasher:
    """Return the hasher with the parameters of today (RFC 9106, section 4, second choice)."""
    return PasswordHasher()


def fault_of(password: str, *, name: str) -> str | None:
    """Return what is wrong with ``password`` for the account ``name``, as a sentence; None where nothing is.

    >>> fault_of("Passw0rd1234", name="ada")
    'It is too easy to guess: leave out names, common words, runs and repetitions.'
    >>> fault_of("seven herons under glass", name="ada") is None
    True
    """
    if len(password) < SHORTEST:
        return f"It has fewer than {SHORTEST} characters."
    if len(password) > LONGEST:
        return f"It has more than {LONGEST} characters."
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in password):
        return "It holds a character that cannot be typed."
    if len(set(_left_over(password, name))) < _LEFT_OVER:
        return "It is too easy to guess: leave out names, common words, runs and repetitions."
    return None


def _left_over(password: str, name: str) -> str:
    """Return what an attacker would still have to guess."""
    plain = unicodedata.normalize("NFKC", password).casefold()
    spoken = plain.translate(_AS_LETTERS)
    words = sorted((*_COMMON, *_runs(), *_name_parts(name)), key=len, reverse=True)
    # What looks like a word in either spelling is blanked out in both.
    guessed = [False] * len(plain)
    for text in (plain, spoken):
        if len(text) != len(plain):
            continue
        for word in words:
            at = text.find(word)
            while at >= 0:
                guessed[at : at + len(word)] = [True] * len(word)
                at = text.find(word, at + 1)
    return "".join(c for c, known in zip(plain, guessed, strict=True) if not known and not c.isspace())


@cache
def _runs() -> tuple[str, ...]:
    rows = (*_ROWS, *(row[::-1] for row in _ROWS))
    return tuple(sorted({row[i : i + _RUN] for row in rows for i in range(len(row) - _RUN + 1)}))


def _name_parts(name: str) -> list[str]:
    parts = {name, *name.replace("@", ".").replace("-", ".").replace("_", ".").split(".")}
    return [part.casefold() for part in parts if len(part) >= _NAME_COUNTS_FROM]


def random_password() -> str:
    """Return a password nobody chose: 120 random bits."""
    return secrets.token_urlsafe(_RANDOM_BYTES)


def hashed(password: str) -> str:
    """Return what is kept of ``password``.

    Raises:
        TooManyAtOnce: too many are being hashed.
    """
    with _slot():
        return hasher().hash(_prepared(password))


def fits(password: str, kept: str | None) -> bool:
    """Tell whether ``password`` is the one of ``kept``; the work is the same where there is none.

    Raises:
        TooManyAtOnce: too many are being checked.
    """
    with _slot():
        try:
            hasher().verify(kept or _nobodys(), _prepared(password[: LONGEST + 1]))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None and len(password) <= LONGEST


def outdated(kept: str) -> bool:
    """Tell whether ``kept`` was made with other parameters than those of today."""
    return hasher().check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    # Outside of the slots: it is made once, while one is held.
    return hasher().hash(secrets.token_urlsafe(_RANDOM_BYTES))


def _prepared(password: str) -> bytes:
    # The same password typed on another keyboard may arrive in another form.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(timeout=_WAIT_SECONDS):
        raise TooManyAtOnce
    try:
        yield
    finally:
        _slots.release()
