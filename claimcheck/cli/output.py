"""Where commands write: standard output or a file, always as UTF-8."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from claimcheck.errors import InputError
from claimcheck.reporting.drawing import drawn

_NARROWEST, _WIDEST = 40, 100


def write(chunks: Iterable[str], *, to: Path | None) -> None:
    """Write ``chunks`` to the file ``to``, or to standard output.

    Raises:
        InputError: the file cannot be written.
    """
    if to is None:
        _write_standard_output(chunks)
        return
    try:
        file = to.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise InputError(f"{to}: cannot be written: {error.strerror}") from error
    with file:
        for chunk in chunks:
            file.write(chunk)


def refuse_to_overwrite(inputs: Sequence[str], output: Path | None) -> None:
    """Refuse an output file that is also an input: it would be emptied before it is read.

    Raises:
        InputError: the two are the same file.
    """
    if output is None or not output.exists():
        return
    for argument in inputs:
        path = Path(argument)
        if path.exists() and path.samefile(output):
            raise InputError(f"{output}: is both input and output")


def colour_wanted() -> bool:
    """Tell whether standard output is a terminal whose user has not asked for plain text."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout.isatty()


def width() -> int:
    """Return the columns to write in: the terminal's, within what reads well; 80 when piped."""
    columns = shutil.get_terminal_size((80, 24)).columns
    return max(_NARROWEST, min(_WIDEST, columns))


def show_drawn(draw: Callable[[Console], None]) -> None:
    """Draw on standard output, in colour where a terminal wants it."""
    _write_standard_output([drawn(draw, width=width(), colour=colour_wanted())])


def show_json(value: object) -> None:
    """Write ``value`` on standard output as indented JSON."""
    _write_standard_output([msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"])


def _write_standard_output(chunks: Iterable[str]) -> None:
    stream = sys.stdout.buffer
    try:
        for chunk in chunks:
            stream.write(chunk.encode())
            stream.flush()
    except BrokenPipeError:
        # The reader (a pager, "head") has seen enough. Python would complain
        # once more when it flushes at exit, so there must be nothing to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
