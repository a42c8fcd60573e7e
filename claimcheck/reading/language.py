"""Is the text English?  A guess at any other language's claims would be worse than none.

Two witnesses, and both must speak against English: py3langid (an offline
model of 97 languages; Lui and Baldwin 2012) and the share of common English
words.  Short texts, lists and label fragments say too little for either, so
they pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier
from spacy.lang.en.stop_words import STOP_WORDS

from claimcheck import surface

SAMPLE = 4_000
# Fewer letters than this name no language.
LETTERS = 40
# English prose has a stop word in every second or third word; adverts and lists, every sixth.
ENOUGH_STOP_WORDS = 0.12
SURE = 0.95
LATIN_SHARE = 0.5


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language(text: str, cut: Iterable[tuple[str, str]] | None = None) -> str:
    """Return the ISO 639-1 code of the text's language, "en" where it cannot be told.

    Args:
        text: the text; only its beginning is looked at.
        cut: its tokens with their kinds, where somebody has cut it already.
    """
    sample = text[:SAMPLE]
    words = _words(((sample[t.start : t.end], t.kind) for t in surface.cut(sample)) if cut is None else cut)
    letters = sum(map(str.isalpha, sample))
    if letters < LETTERS or len(words) < 6:
        return "en" if _mostly_latin(sample, letters) else _other(sample)
    if not _mostly_latin(sample, letters):
        return _other(sample)
    share = sum(w in STOP_WORDS for w in words) / len(words)
    if share >= ENOUGH_STOP_WORDS:
        return "en"
    code, probability = _identifier().classify(sample)
    return str(code) if code != "en" and probability >= SURE else "en"


def _words(cut: Iterable[tuple[str, str]]) -> list[str]:
    """Return the comparable words that begin in the sample."""
    words: list[str] = []
    position = 0
    for word, kind in cut:
        if position >= SAMPLE:
            break
        position += len(word)
        if kind == "word":
            words.append(surface.plain(word))
    return words


def _other(sample: str) -> str:
    code, _ = _identifier().classify(sample)
    return str(code) if code != "en" else "und"


def _mostly_latin(sample: str, letters: int) -> bool:
    if not letters or sample.isascii():
        return True
    latin = sum(c.isalpha() and ord(c) < 0x250 for c in sample)
    return latin >= LATIN_SHARE * letters
