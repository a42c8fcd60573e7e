"""Entity tags of items: the version in quotation marks, and what ``If-Match`` asks of it."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Header

from api.errors import PRECONDITION_FAILED, PRECONDITION_REQUIRED, Problem

_TAG = re.compile(r'"([1-9][0-9]{0,8})"')
_POINTER = "/header/If-Match"

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description='The item\'s `ETag`, as it was read: `"3"`.', max_length=200),
]


def of_version(version: int) -> str:
    """Return the entity tag of a version.

    >>> of_version(3)
    '"3"'
    """
    return f'"{version}"'


def required_version(if_match: str | None) -> int:
    """Return the version that ``If-Match`` names.

    ``*`` names none: it would let a caller overwrite what they never saw.  A weak tag or one that
    this server never sent matches nothing (RFC 9110, section 13.1.1).

    Raises:
        Problem: ``precondition-required`` without a tag, ``precondition-failed`` for a foreign one.
    """
    written = (if_match or "").strip()
    if written in ("", "*"):
        detail = PRECONDITION_REQUIRED.detail
        raise Problem(PRECONDITION_REQUIRED, errors=[{"pointer": _POINTER, "detail": detail}])
    match = _TAG.fullmatch(written)
    if match is None:
        detail = "This is no ETag of an item."
        raise Problem(PRECONDITION_FAILED, errors=[{"pointer": _POINTER, "detail": detail}])
    return int(match.group(1))
