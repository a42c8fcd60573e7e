"""Words of a text made safe to show on one line of a terminal.

A text may carry escape sequences that would move the cursor, recolour the
screen or turn the direction of writing; a terminal must never obey them.
"""

from __future__ import annotations

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
_DIRECTIONS = [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C]
_SURROGATES = range(0xD800, 0xE000)
_TABLE: dict[int, str | None] = {
    **dict.fromkeys(_CONTROLS, _REPLACEMENT),
    **dict.fromkeys(_SURROGATES, _REPLACEMENT),
    **dict.fromkeys(_DIRECTIONS, None),
    **dict.fromkeys(map(ord, "\t\n\v\f\r\x85\u2028\u2029"), " "),
}


def printable(text: str, *, limit: int = 400) -> str:
    """Return ``text`` on one line, without control characters, cut at ``limit`` code points."""
    line = " ".join(text[: 4 * limit].translate(_TABLE).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
