"""Is the text English?  A guess at any other language's claims would be worse than none.

Two witnesses, and both must speak against English: py3langid (an offline
model of 97 languages; Lui and Baldwin 2012) and the share of common English
words.  Short texts, lists and label fragments say too little for either, so
they pass.
"""

from __future__ import annotations

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


def language(text: str) -> str:
    """Return the ISO 639-1 code of the text's language, "en" where it cannot be told."""
    sample = text[:SAMPLE]
    words = [surface.plain(text[t.start : t.end]) for t in surface.cut(sample) if t.kind == "word"]
    letters = sum(c.isalpha() for c in sample)
    if letters < LETTERS or len(words) < 6:
        return "en" if _mostly_latin(sample, letters) else _other(sample)
    if not _mostly_latin(sample, letters):
        return _other(sample)
    share = sum(w in STOP_WORDS for w in words) / len(words)
    if share >= ENOUGH_STOP_WORDS:
        return "en"
    code, probability = _identifier().classify(sample)
    return str(code) if code != "en" and probability >= SURE else "en"


def _other(sample: str) -> str:
    code, _ = _identifier().classify(sample)
    return str(code) if code != "en" else "und"


def _mostly_latin(sample: str, letters: int) -> bool:
    if not letters:
        return True
    latin = sum(c.isalpha() and ord(c) < 0x250 for c in sample)
    return latin >= LATIN_SHARE * letters
