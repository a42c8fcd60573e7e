"""Words as they stand in a text, and the plain form in which they are compared.

Both the knowledge base (its names) and the reader (the text) cut and compare
words by this one module, so that an alias and its mention can never disagree.
Standard library only.

The cutter is one regular expression of bounded repetitions: linear in the
length of the text, whatever the text is.  Nothing is changed or dropped from
the text itself: tokens carry half-open code-point offsets, and white space
between tokens is whatever the offsets leave out.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

# Zero-width characters and the soft hyphen split no word and mean nothing.
INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_LETTER = rf"[\w\u0300-\u036f{INVISIBLE}]"

TOKEN = re.compile(
    rf"""
      (?P<space>\s{{1,1000}})
    | (?P<tag></?[A-Za-z!][^<>]{{0,2000}}>)
    | (?P<entity>&(?:[A-Za-z]{{2,8}}|\#\d{{1,7}}|\#x[0-9A-Fa-f]{{1,6}});)
    | (?P<url>(?:https?://|www\.)[^\s<>"']{{1,500}})
    | (?P<number>\d{{1,40}}(?:[.,]\d{{1,40}}){{0,8}}(?=(?:mcg|mg|kg|ml|cl|iu|g|l|µg|μg|%)?(?![\w])))
    | (?P<clitic>['’]s(?![\w]))
    | (?P<word>{_LETTER}{{1,100}}(?:['’](?!s(?![\w])){_LETTER}{{1,20}})?)
    | (?P<dots>\.{{2,10}}|…)
    | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)

HYPHENS = frozenset("-‐‑–")
_STRIP = {ord(c): None for c in INVISIBLE}
_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'"})

# Tags that end a block: what stands before and after is not one sentence.
BLOCK_TAGS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
# Tags whose content is not text for a reader.
SILENT_TAGS = frozenset(("script", "style", "template", "noscript", "svg", "head"))


class Token(NamedTuple):
    """One cut of the text: ``kind`` is the name of the pattern group that cut it."""

    start: int
    end: int
    kind: str


def cut(text: str) -> Iterator[Token]:
    """Yield every token of ``text`` in order; together they cover it without gaps."""
    for match in TOKEN.finditer(text):
        yield Token(match.start(), match.end(), match.lastgroup or "mark")


def plain(token: str) -> str:
    """Return the form in which two tokens are compared.

    Lower case, compatibility-folded (full-width letters, ligatures), without
    accents and invisible characters; an HTML entity is decoded.
    """
    if token.isascii() and not (token.startswith("&") and token.endswith(";")):
        return token.lower()
    if token.startswith("&") and token.endswith(";") and len(token) > 2:
        token = html.unescape(token)
    token = token.translate(_STRIP).translate(_STRAIGHT)
    decomposed = unicodedata.normalize("NFKD", token)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()


def tag_name(tag: str) -> str:
    """Return the lower-case element name of an HTML tag token."""
    return re.sub(r"[^a-z0-9]", " ", tag[1:60].lower().lstrip("/")).split(" ", 1)[0]


def comparable(text: str) -> tuple[str, ...]:
    """Return the plain forms of ``text`` that take part in a comparison.

    Hyphens inside a word, tags and white space are left out, so that
    "omega-3", "omega 3" and "Omega&nbsp;3" compare equal.
    """
    forms: list[str] = []
    tokens = [t for t in cut(text) if t.kind != "tag"]
    for index, token in enumerate(tokens):
        if token.kind == "space" or is_joining_hyphen(text, tokens, index):
            continue
        form = plain(text[token.start : token.end]).strip()
        if form:
            forms.append(form)
    return tuple(forms)


def is_joining_hyphen(text: str, tokens: list[Token], index: int) -> bool:
    """Tell whether the token is a hyphen with a word hard on both sides."""
    token = tokens[index]
    if token.end - token.start != 1 or text[token.start] not in HYPHENS:
        return False
    if not 0 < index < len(tokens) - 1:
        return False
    joined = ("word", "number")
    return tokens[index - 1].kind in joined and tokens[index + 1].kind in joined


def pattern(forms: tuple[str, ...]) -> str:
    """Return the string a matcher looks for: each form between two spaces of its own.

    With two spaces between neighbours a match can begin and end only at word
    borders, and two neighbouring matches never share a character.
    """
    return "".join(f" {form} " for form in forms)


def inflections(forms: tuple[str, ...]) -> set[tuple[str, ...]]:
    """Return ``forms`` with the singular and the plural of its last word."""
    *head, last = forms
    found = {forms}
    if len(last) < 3 or not last.isalpha() or not last.isascii():
        return found
    if last.endswith("s"):
        if len(last) < 5:
            return found  # "ALS", "TENS" and "MMS" are no plurals
        if last.endswith("ories"):
            return found  # "anti-inflammatory" is no medicine but what anything may be
        if last.endswith("ies"):
            found.add((*head, last[:-3] + "y"))
        elif not last.endswith(("ss", "us", "is", "as", "os")):
            found.add((*head, last[:-1]))
    elif last.endswith(("x", "z", "ch", "sh")):
        found.add((*head, last + "es"))
    elif last.endswith("y") and last[-2] not in "aeiou":
        found.add((*head, last[:-1] + "ies"))
    else:
        found.add((*head, last + "s"))
    return found
