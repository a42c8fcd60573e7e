"""How a command says that something is wrong: one line on standard error, and a status."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from claimcheck.errors import ClaimcheckError
from claimcheck.reporting.printable import printable

NOTHING_FLAGGED = 0
FLAGGED = 1
UNUSABLE = 2  # wrong use, or input that cannot be read


def complain(message: str) -> None:
    """Write ``message`` to standard error, on one line."""
    typer.echo(f"claimcheck: {printable(message, limit=500)}", err=True)


def give_up(message: str) -> NoReturn:
    """Say what is wrong and end the command with status 2."""
    complain(message)
    raise typer.Exit(UNUSABLE)


@contextmanager
def explained() -> Iterator[None]:
    """End the command with status 2 and one line where claimcheck raises on purpose."""
    try:
        yield
    except ClaimcheckError as error:
        complain(str(error))
        raise typer.Exit(UNUSABLE) from error
