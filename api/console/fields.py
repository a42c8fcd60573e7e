"""Reading the fields of a form that a page of ours made."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from starlette.datastructures import FormData

from api.errors import BAD_REQUEST, NOT_FOUND, Problem
from api.storage.columns import ID_LENGTH

Word = TypeVar("Word", bound=StrEnum)
_LONGEST_NUMBER = 9


def text(form: FormData, name: str) -> str:
    """Return a field's text; empty where it is missing or a file."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def texts(form: FormData, name: str) -> list[str]:
    """Return every text that was sent under a name: the boxes that are ticked."""
    return [value for value in form.getlist(name) if isinstance(value, str)]


def whole(form: FormData, name: str) -> int | None:
    """Return a field's whole number; None where the field is empty, -1 where it holds something else."""
    value = text(form, name).strip()
    if not value:
        return None
    return int(value) if value.isascii() and value.isdigit() and len(value) <= _LONGEST_NUMBER else -1


def word(form: FormData, name: str, words: type[Word]) -> Word:
    """Return one of the words that the page offers.

    Raises:
        Problem: ``bad-request``: it is none of them, so our page did not send it.
    """
    try:
        return words(text(form, name))
    except ValueError:
        raise Problem(BAD_REQUEST) from None


def identifier(value: str) -> str:
    """Return an identifier from an address as it is looked up.

    Raises:
        Problem: ``not-found``: nothing can have this one.
    """
    if len(value) != ID_LENGTH or not value.isascii() or not value.isalnum():
        raise Problem(NOT_FOUND)
    return value
