"""From an argument of ``check`` to a text: a file, standard input or an address."""

from __future__ import annotations

import codecs
import os
import sys
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit, urlunsplit

from claimcheck.cli import web
from claimcheck.errors import InputError, NotText, TextTooLong

MAXIMUM_BYTES = 1_000_000
STANDARD_INPUT = "-"
_ADDRESS = ("https://", "http://")


def read_input(argument: str) -> str:
    """Return the text that ``argument`` stands for.

    Args:
        argument: a path, ``-`` for standard input, or an http or https address.

    Raises:
        TextTooLong: there are more than :data:`MAXIMUM_BYTES` bytes.
        NotText: the bytes are not UTF-8, or UTF-16 with a byte order mark.
        InputError: nothing can be read there; the message says why.
    """
    if argument.startswith(_ADDRESS):
        return _within_limit(web.page_text(argument).encode())
    if argument == STANDARD_INPUT:
        return _within_limit(_at_most_one_more(sys.stdin.buffer))
    try:
        with Path(argument).open("rb") as file:
            return _within_limit(_at_most_one_more(file))
    except IsADirectoryError as error:
        raise InputError("is a directory, not a file") from error
    except (OSError, ValueError) as error:
        # A ValueError is a path that no system takes: one with a NUL in it.
        reason = getattr(error, "strerror", None) or "not a usable path"
        raise InputError(f"cannot be read: {reason}") from error


def shown_name(argument: str) -> str:
    """Return ``argument`` as reports and messages name it: valid Unicode, without credentials."""
    if argument == STANDARD_INPUT:
        return "stdin"
    name = os.fsencode(argument).decode("utf-8", "replace")
    if not name.startswith(_ADDRESS):
        return name
    parts = urlsplit(name)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def decoded(data: bytes) -> str:
    """Return ``data`` as text; a byte order mark is dropped, line ends are kept.

    Raises:
        NotText: it is no text, or in an encoding that nothing announces.
    """
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        # "from None": the error beneath carries the bytes themselves.
        raise NotText(f"is not text: not UTF-8 at byte {error.start}") from None
    if "\0" in text:
        raise NotText("is not text: it holds NUL characters")
    return text


def _at_most_one_more(stream: BinaryIO) -> bytes:
    # One byte beyond the limit is enough to know that there are too many.
    return stream.read(MAXIMUM_BYTES + 1)


def _within_limit(data: bytes) -> str:
    if len(data) > MAXIMUM_BYTES:
        raise TextTooLong(f"is longer than {MAXIMUM_BYTES:,} bytes")
    return decoded(data)
