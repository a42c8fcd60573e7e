"""Reads examples with inline mark-up: ``{i|Ginger} eases {t|nausea}``.

A span is ``{label|words}``; spans do not nest.  A brace that opens and never
closes, closes without opening, or names no label is an error: an example that
is not understood must never pass.
"""

from __future__ import annotations

from dataclasses import dataclass

from claimcheck.types import Span


@dataclass(frozen=True, slots=True)
class Marked:
    """A text without its mark-up, and the spans that were marked, by label."""

    text: str
    spans: dict[str, tuple[Span, ...]]

    def words(self, label: str) -> tuple[str, ...]:
        """Return the marked words of one label, in order."""
        return tuple(span.of(self.text) for span in self.spans.get(label, ()))

    def word(self, label: str) -> str | None:
        """Return the words of a label marked at most once, None where it is not marked."""
        found = self.words(label)
        if len(found) > 1:
            raise ValueError(f"{label!r} is marked {len(found)} times")
        return found[0] if found else None


def parse(source: str, *, labels: frozenset[str] | None = None) -> Marked:
    """Return the text and spans of an example.

    Raises:
        ValueError: unclosed, nested, unlabelled or empty mark-up, or a label not in ``labels``.
    """
    text: list[str] = []
    spans: dict[str, list[Span]] = {}
    length = 0
    position = 0
    while position < len(source):
        sign = source[position]
        if sign == "}":
            raise ValueError(f"mark-up closes without opening at {position}")
        if sign != "{":
            text.append(sign)
            length += 1
            position += 1
            continue
        label, words, position = _marked(source, position)
        if labels is not None and label not in labels:
            raise ValueError(f"unknown label {label!r}")
        spans.setdefault(label, []).append(Span(length, length + len(words)))
        text.append(words)
        length += len(words)
    return Marked("".join(text), {label: tuple(found) for label, found in spans.items()})


def _marked(source: str, start: int) -> tuple[str, str, int]:
    """Return label, words and the position behind one ``{label|words}``."""
    end = source.find("}", start)
    if end < 0:
        raise ValueError(f"mark-up never closes from {start}")
    inside = source[start + 1 : end]
    if "{" in inside:
        raise ValueError(f"mark-up inside mark-up at {start}")
    label, bar, words = inside.partition("|")
    if not bar or not label.isalpha() or not words:
        raise ValueError(f"mark-up without label or words at {start}")
    return label, words, end + 1
