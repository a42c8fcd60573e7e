"""Code points to UTF-16 code units, converted once, at the border.

Inside, every offset counts code points.  Browsers and many editors count
UTF-16 code units, where a character beyond U+FFFF (most emoji) counts twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise


def utf16_offsets(text: str, offsets: Iterable[int]) -> dict[int, int]:
    """Return the UTF-16 offset of each code-point offset in ``offsets``.

    Linear in the length of ``text`` however many offsets there are: the text
    is walked once, from one wanted offset to the next.

    >>> utf16_offsets("🍋 cures", [0, 1, 2])
    {0: 0, 1: 2, 2: 3}

    Args:
        text: the text the offsets point into.
        offsets: code-point offsets, each from 0 to ``len(text)``, in any order.

    Raises:
        ValueError: an offset lies outside the text.
    """
    wanted = sorted(set(offsets))
    if wanted and not 0 <= wanted[0] <= wanted[-1] <= len(text):
        raise ValueError("an offset lies outside the text")
    if text.isascii() or _units(text) == len(text):
        return {offset: offset for offset in wanted}
    converted: dict[int, int] = {}
    units = 0
    for before, offset in pairwise([0, *wanted]):
        units += _units(text[before:offset])
        converted[offset] = units
    return converted


def _units(text: str) -> int:
    # "surrogatepass": a lone surrogate is refused long before, never here.
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
