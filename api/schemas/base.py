"""What every wire model shares: strict requests, frozen replies, plain names."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
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
