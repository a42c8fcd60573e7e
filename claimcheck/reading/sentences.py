"""Sentences of real web text: prose, headings, bullets, table cells, run-on lines.

Never changes the text.  A rule per kind of border, decided on plain token
lists; the component alone writes to the Doc.  Borders it knows: blank lines,
block tags, line breaks before a new line that does not merely continue the
old one, bullets and numbers of list items, tabs and bars of tables, sentence
marks (not after abbreviations, initials, or a unit that the sentence goes on
from), and full stops that a scraper has glued to the next word.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from spacy.attrs import SENT_START
from spacy.language import Language
from spacy.tokens import Doc

from claimcheck import surface
from claimcheck.reading.shapes import Sentence, SentenceKind

# "No." and "etc." end sentences too often to stand here without a look at the next word.
ABBREVIATIONS = frozenset(
    [
        "dr",
        "mr",
        "mrs",
        "ms",
        "prof",
        "st",
        "vs",
        "fig",
        "figs",
        "approx",
        "eg",
        "ie",
        "e.g",
        "i.e",
        "cf",
        "ca",
        "al",
        "inc",
        "ltd",
        "co",
        "corp",
        "dept",
        "est",
        "ref",
        "refs",
        "vol",
        "nos",
        "jr",
        "sr",
        "gen",
        "rep",
        "sen",
        "gov",
        "capt",
        "lt",
        "mt",
        "rev",
        "hon",
    ]
)
MAY_END = frozenset(
    ("etc", "no", "mg", "mcg", "g", "kg", "ml", "iu", "oz", "lb", "lbs", "min", "hr", "hrs", "a.m", "p.m")
)
ENDERS = frozenset((".", "!", "?", "…", "。", "！", "？"))
CLOSERS = frozenset(('"', "'", "”", "’", ")", "]", "»"))
BULLETS = frozenset("•●▪◦‣·∙■□◆◇★☆✓✔✅☑➤➔→►▶❖✦✧👉🔹🔸💊🌿✨")
LINE_BULLETS = BULLETS | frozenset("*-–—+o")
# Longer "sentences" are lists or tables without marks; cut them so that work stays bounded.
LONGEST = 160
HEADING_WORDS = 16


@Language.component(
    "claimcheck_sentences",
    requires=["doc._.forms", "doc._.kinds"],
    assigns=["token.is_sent_start", "doc._.sentences"],
)
def sentences(doc: Doc) -> Doc:
    """Set ``doc._.sentences`` and spaCy's own sentence starts."""
    found = split(doc._.words, doc._.kinds, doc._.forms, doc._.spaced)
    starts = {s.start for s in found} | {0}
    # One array instead of a setter a token: spaCy's setter looks through the whole Doc each time.
    flags = [[1 if index in starts else -1] for index in range(len(doc))]
    if flags:
        doc.from_array([SENT_START], np.array(flags, dtype="int64").astype("uint64"))  # type: ignore[arg-type]
    doc._.sentences = found
    return doc


def split(
    texts: Sequence[str], kinds: Sequence[str], forms: Sequence[str], spaced: Sequence[bool]
) -> tuple[Sentence, ...]:
    """Return the sentences of a tokenised text; tokens between them are white space or markup."""
    borders = _borders(texts, kinds, forms, spaced)
    found: list[Sentence] = []
    heading: int | None = None
    start, block = 0, 0
    for border, blank in [*borders, (len(texts), True)]:
        trimmed = _trim(start, border, kinds, forms)
        if trimmed is not None:
            for piece_start, piece_end in _pieces(*trimmed):
                kind = _kind(piece_start, piece_end, texts, kinds)
                if kind is SentenceKind.HEADING and _under_heading(texts, kinds, piece_end):
                    heading = len(found)
                    found.append(Sentence(piece_start, piece_end, kind, None, block))
                else:
                    kind = SentenceKind.PROSE if kind is SentenceKind.HEADING else kind
                    found.append(Sentence(piece_start, piece_end, kind, heading, block))
        start = border
        block += blank
    return tuple(found)


def _borders(
    texts: Sequence[str], kinds: Sequence[str], forms: Sequence[str], spaced: Sequence[bool]
) -> list[tuple[int, bool]]:
    """Return (first token after the border, whether a new block begins there)."""
    borders: list[tuple[int, bool]] = []
    wrapped = _is_hard_wrapped(texts, kinds)
    line_chars = 0
    last = len(texts) - 1
    for index, text in enumerate(texts):
        kind = kinds[index]
        if kind == "space":
            breaks = text.count("\n") + text.count("\r") - text.count("\r\n")
            if breaks >= 2 or "\x0c" in text or "\u2029" in text:
                borders.append((index + 1, True))
            elif (breaks == 1 and _breaks_line(texts, kinds, index, line_chars, wrapped)) or "\t" in text:
                borders.append((index + 1, False))
            if breaks:
                line_chars = 0
            continue
        line_chars += len(text) + 1
        if kind == "tag" and surface.tag_name(text) in surface.BLOCK_TAGS:
            borders.append((index + 1, True))
        elif text in BULLETS and index < last and _starts_item(texts, kinds, index):
            borders.append((index, False))
        elif text == "|" and index < last:
            borders.append((index + 1, False))
        elif text in ENDERS or kind == "dots":
            after = _after_enders(texts, kinds, index)
            if after <= last and _ends_sentence(texts, kinds, forms, spaced, index, after):
                borders.append((after, False))
    return sorted(set(borders))


def _after_enders(texts: Sequence[str], kinds: Sequence[str], index: int) -> int:
    """Return the first token after the sentence mark and the quotes or brackets that close on it."""
    after = index + 1
    while (
        after < len(texts) and (texts[after] in CLOSERS or texts[after] in ENDERS) and kinds[after] != "space"
    ):
        after += 1
    return after


def _ends_sentence(
    texts: Sequence[str],
    kinds: Sequence[str],
    forms: Sequence[str],
    spaced: Sequence[bool],
    index: int,
    after: int,
) -> bool:
    """Decide on one sentence mark, from the word before it and the word after it."""
    if texts[min(after, len(texts) - 1)] in ENDERS:
        return False
    follower = after
    while follower < len(texts) - 1 and kinds[follower] in ("space", "tag"):
        follower += 1
    next_text = texts[follower]
    begins = next_text[:1].isupper() or next_text[:1].isdigit() or not next_text[:1].isalnum()
    if texts[index] in ("!", "?", "。", "！", "？"):
        return True
    before = forms[index - 1] if index else ""
    gap = follower > after or any(spaced[index:after])
    if not gap:
        glued = begins and next_text[:1].isupper() and len(before) > 2 and before.isalpha()
        return glued and len(next_text) > 1 and kinds[index - 1] == "word"
    if kinds[index] == "dots":
        return begins
    if before in ABBREVIATIONS or _numbers_an_item(kinds, forms, index):
        return False
    if len(before) == 1 and before.isalpha() and before not in ("i", "a"):
        # an initial ("J. Smith") or a lettered vitamin ("vitamin C. It ...")
        return (
            begins
            and index >= 2
            and forms[index - 2] in ("vitamin", "vitamins", "hepatitis", "type", "grade")
        )
    if before in MAY_END:
        return begins and next_text[:1].isupper()
    return begins


def _numbers_an_item(kinds: Sequence[str], forms: Sequence[str], index: int) -> bool:
    """The full stop of "1." at the start of a line ends nothing."""
    before = index - 1
    if before < 0 or not forms[before].isdigit() or len(forms[before]) > 2:
        return False
    return before == 0 or kinds[before - 1] in ("space", "tag")


def _breaks_line(
    texts: Sequence[str],
    kinds: Sequence[str],
    index: int,
    line_chars: int,
    wrapped: bool,
) -> bool:
    """Decide whether a single line break ends a sentence."""
    following = index + 1
    if following >= len(texts):
        return True
    text = texts[following]
    if text in LINE_BULLETS or _is_list_number(texts, kinds, following):
        return True
    if text[:1].islower():
        return False
    if wrapped and line_chars >= 50:
        previous = index - 1
        return previous >= 0 and texts[previous] in ENDERS | CLOSERS
    return True


def _is_hard_wrapped(texts: Sequence[str], kinds: Sequence[str]) -> bool:
    """Tell whether most lines were broken at one width, as in plain-text mail."""
    lengths: list[int] = []
    chars = 0
    for text, kind in zip(texts, kinds, strict=True):
        if kind == "space" and "\n" in text:
            lengths.append(chars)
            chars = 0
        else:
            chars += len(text) + 1
    full = [n for n in lengths if 55 <= n <= 90]
    return len(full) >= 4 and len(full) >= 0.6 * len([n for n in lengths if n])


def _is_list_number(texts: Sequence[str], kinds: Sequence[str], index: int) -> bool:
    return (
        kinds[index] == "number"
        and len(texts[index]) <= 3
        and index + 1 < len(texts)
        and texts[index + 1] in (".", ")")
    )


def _starts_item(texts: Sequence[str], kinds: Sequence[str], index: int) -> bool:
    """A bullet sign in running text starts an item; a middle dot inside a word pair does not."""
    if texts[index] == "·":
        return index == 0 or kinds[index - 1] == "space"
    return True


def _trim(start: int, end: int, kinds: Sequence[str], forms: Sequence[str]) -> tuple[int, int] | None:
    """Return the range without white space and markup at its ends; None where no word is left."""
    skip = ("space", "tag")
    while start < end and (kinds[start] in skip or not forms[start]):
        start += 1
    while end > start and (kinds[end - 1] in skip or not forms[end - 1]):
        end -= 1
    if not any(kinds[i] in ("word", "number") and forms[i] for i in range(start, end)):
        return None
    return start, end


def _pieces(start: int, end: int) -> list[tuple[int, int]]:
    """Cut an over-long range into pieces of bounded length."""
    return [(at, min(at + LONGEST, end)) for at in range(start, end, LONGEST)]


def _kind(start: int, end: int, texts: Sequence[str], kinds: Sequence[str]) -> SentenceKind:
    """Name the kind of line from its first and last tokens."""
    if texts[start] in LINE_BULLETS or _is_list_number(texts, kinds, start):
        return SentenceKind.ITEM
    if start and texts[start - 1] == "|":
        return SentenceKind.CELL
    words = [i for i in range(start, end) if kinds[i] in ("word", "number")]
    ended = texts[end - 1] in ENDERS and texts[end - 1] != "?"
    if (
        not ended
        and len(words) <= HEADING_WORDS
        and _alone_on_line(start, end, texts, kinds)
        and texts[start][:1].isupper()
    ):
        return SentenceKind.HEADING
    if texts[start] == "#":
        return SentenceKind.HEADING
    return SentenceKind.PROSE


def _alone_on_line(start: int, end: int, texts: Sequence[str], kinds: Sequence[str]) -> bool:
    before = start == 0 or _is_break(texts[start - 1], kinds[start - 1])
    after = end == len(texts) or _is_break(texts[end], kinds[end])
    return before and after


def _is_break(text: str, kind: str) -> bool:
    return (kind == "space" and ("\n" in text or "\r" in text)) or kind == "tag"


def _under_heading(texts: Sequence[str], kinds: Sequence[str], end: int) -> bool:
    """A heading has text below it; the last line of a text heads nothing."""
    return any(kinds[i] == "word" for i in range(end, min(end + 40, len(texts))))
