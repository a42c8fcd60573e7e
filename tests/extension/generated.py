"""Pages too large to keep: comments by the hundred, made the same each time."""

from __future__ import annotations

_CLAIMS = (
    "Garlic cures cancer.",
    "Homeopathy cures asthma.",
    "Turmeric cures diabetes.",
    "Colloidal silver cures infections.",
)
_HEAD = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Comments</title>'
    "<style>body{font:15px/1.5 sans-serif;margin:1em;background:#fff;color:#222}.c{margin:0 0 1em}</style>"
    "</head><body>"
)


def comments(count: int) -> bytes:
    """Return a page of ``count`` comments, ten elements each; every seventh makes a claim."""
    return (_HEAD + "".join(_comment(number) for number in range(count)) + "</body></html>").encode()


def _comment(number: int) -> str:
    words = (
        f"Number {number} says: {_CLAIMS[number // 7 % len(_CLAIMS)]}"
        if number % 7 == 0
        else f"I read entry {number} twice and then went for a walk with the dog."
    )
    return (
        f'<div class="c"><div class="h"><b>Reader {number}</b> <i>wrote</i> <span>yesterday</span></div>'
        f'<div class="t"><p>{words}</p></div>'
        '<div class="f"><span>Answer</span> <span>Share</span></div></div>'
    )
