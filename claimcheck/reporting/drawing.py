"""Draws for a terminal into a string, so that the output depends on its arguments only."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

from rich.console import Console


def drawn(draw: Callable[[Console], None], *, width: int, colour: bool) -> str:
    """Return what ``draw`` prints, ``width`` columns wide, without spaces at line ends.

    Mark-up, emoji codes and highlighting are off: words are printed as they
    stand.  Every switch is set here, so that the environment changes nothing.
    """
    paper = StringIO()
    console = Console(
        file=paper,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
    )
    draw(console)
    return "\n".join(line.rstrip(" ") for line in paper.getvalue().split("\n"))
