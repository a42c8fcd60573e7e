"""What every wire model shares: strict requests, frozen replies, plain names."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl
from pydantic_core import PydanticCustomError


def _plain_name(value: str) -> str:
    """Refuse control characters and lone surrogates: the name is sent back as it came."""
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        raise PydanticCustomError("plain_name", "Control characters and lone surrogates are not allowed.")
    return value


class Request(BaseModel):
    """A request body: no field it does not know, no value of the wrong type."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class Reply(BaseModel):
    """A reply body."""

    model_config = ConfigDict(frozen=True)


Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_plain_name)]
# Words that a query looks for: no database takes more in a comparison than it could hold.
Words = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_plain_name)]


def _kept_whole(url: HttpUrl) -> HttpUrl:
    """Refuse an address that is longer, as it is written in full, than the column for it."""
    if len(str(url)) > _LONGEST_URL:
        raise PydanticCustomError("long_url", "An address may have 2,000 characters at most.")
    return url


_LONGEST_URL = 2_000
WebAddress = Annotated[HttpUrl, AfterValidator(_kept_whole)]
