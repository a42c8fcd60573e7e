"""Cuts a sentence into the word pieces of BERT, plain English text in a few microseconds.

WordPiece (Wu et al. 2016) takes the longest known beginning of a word, again and
again.  ``tokenizers`` does so for every script and keeps track of what each
step of normalising moved; for a sentence of ASCII nothing moves, and a look-up a
word is enough, at a quarter of the time.  The quotes, dashes and bullets of typeset text change nothing in
that.  Anything else goes to ``tokenizers``.
``tests/learn/test_wordpiece.py`` holds both against each other.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

# Punctuation of typeset English: dashes, quotes, bullet, ellipsis.
_TYPESET = "\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026"
# Text in which lower case is all that normalising does; a bracket may open the name of a special piece.
_PLAIN = re.compile(rf"[\t\n\r !-Z\\\]-~{_TYPESET}]*")
# BERT's words: runs of letters and digits, and every other character by itself.
_WORD = re.compile(rf"[0-9a-z]+|[!-/:-@\[-`{{-~{_TYPESET}]")
# A longer word is one unknown piece.
_LONGEST_WORD = 100
_UNKNOWN = "[UNK]"


class Cut(NamedTuple):
    """Pieces of a text: ids, code points ``(start, end)``, and whether each goes on inside a word."""

    ids: list[int]
    spans: list[tuple[int, int]]
    continues: list[bool]


class WordPieces:
    """A BERT tokenizer in lower case, as ``tokenizers`` loaded it; adds no markers, cuts nothing off."""

    def __init__(self, tokenizer: Any) -> None:  # noqa: ANN401 - loaded only where the encoder is
        self._tokenizer = tokenizer
        self._ids: dict[str, int] = tokenizer.get_vocab()
        self._longest = max(map(len, self._ids))

    @classmethod
    def read(cls, path: Path) -> WordPieces:
        """Load a ``tokenizer.json``.

        Raises:
            ImportError: ``tokenizers`` cannot be loaded on this machine.
        """
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(path))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return cls(tokenizer)

    def save(self, path: Path) -> None:
        """Write a ``tokenizer.json``."""
        self._tokenizer.save(str(path), pretty=False)

    def cut(self, text: str) -> Cut:
        """Return the word pieces of a text, in order."""
        if _PLAIN.fullmatch(text) is None:
            return self._by_the_library(text)
        matches = list(_WORD.finditer(text.lower()))
        words = [match[0] for match in matches]
        spans = [match.span() for match in matches]
        whole = list(map(self._ids.get, words))
        ids = [piece for piece in whole if piece is not None]
        if len(ids) == len(whole):
            return Cut(ids, spans, [False] * len(ids))
        return self._with_parts(words, spans, whole)

    def _with_parts(self, words: list[str], spans: list[tuple[int, int]], whole: list[int | None]) -> Cut:
        """Cut up the words that are no pieces themselves."""
        ids: list[int] = []
        places: list[tuple[int, int]] = []
        continues: list[bool] = []
        for word, span, known in zip(words, spans, whole, strict=True):
            if known is not None:
                ids.append(known)
                places.append(span)
                continues.append(False)
                continue
            start = span[0]
            for piece, first, last in self._parts(word):
                ids.append(piece)
                places.append((start + first, start + last))
                continues.append(first > 0)
        return Cut(ids, places, continues)

    def _parts(self, word: str) -> list[tuple[int, int, int]]:
        """Return (id, start, end) of the pieces of a word that is none itself."""
        whole = [(self._ids[_UNKNOWN], 0, len(word))]
        if len(word) > _LONGEST_WORD:
            return whole
        found: list[tuple[int, int, int]] = []
        start = 0
        while start < len(word):
            mark = "##" if start else ""
            for end in range(min(len(word), start + self._longest), start, -1):
                piece = self._ids.get(mark + word[start:end])
                if piece is not None:
                    found.append((piece, start, end))
                    start = end
                    break
            else:
                return whole
        return found

    def _by_the_library(self, text: str) -> Cut:
        told = self._tokenizer.encode(text, add_special_tokens=False)
        return Cut(told.ids, told.offsets, [t.startswith("##") for t in told.tokens])
