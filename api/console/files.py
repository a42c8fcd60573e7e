"""What a dropped file says: its encoding found, the tags of a page taken out, in one pass over it."""

from __future__ import annotations

import codecs
import html
import string
from collections.abc import Iterator
from dataclasses import dataclass

from api.errors import NOT_TEXT, Problem, pointer

HTML_ENDINGS = (".html", ".htm", ".xhtml")
ENDINGS = (".txt", ".md", ".markdown", *HTML_ENDINGS)
# What stands inside these is no text of the page.
_SILENT = frozenset({"script", "style", "noscript", "template", "title", "svg", "math", "iframe", "object"})
_BLOCKS = frozenset(
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
        "fieldset",
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
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ]
)
_NAME = frozenset(string.ascii_letters + string.digits + "-")
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)


@dataclass(frozen=True, slots=True)
class ReadFile:
    """The words of a file, and the encoding they were in."""

    text: str
    encoding: str


def read(name: str, content: bytes) -> ReadFile:
    """Return what a file says; the ending of its name alone tells a page from a plain text.

    Raises:
        Problem: ``not-text``.
    """
    text, encoding = decoded(content)
    if name.lower().endswith(HTML_ENDINGS):
        text = words_of_page(text)
    return ReadFile(text.replace("\r\n", "\n").replace("\r", "\n"), encoding)


def decoded(content: bytes) -> tuple[str, str]:
    """Return the text of ``content`` and its encoding: by its byte order mark, else UTF-8, else Windows-1252.

    Raises:
        Problem: ``not-text``.
    """
    for mark, codec, name in _BOMS:
        if content.startswith(mark):
            return _as(content, codec), name
    try:
        return content.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        return _as(content, "cp1252"), "Windows-1252"


def _as(content: bytes, codec: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeDecodeError:
        raise Problem(NOT_TEXT, errors=[{"pointer": pointer("file"), "detail": NOT_TEXT.detail}]) from None


def words_of_page(source: str) -> str:
    r"""Return the visible words of a page of HTML: a line for each block, nothing of scripts and styles.

    Every step goes forward, so that no page, however broken, takes longer than its length.

    >>> words_of_page("<h1>Tea</h1><p>Cures <b>no</b> colds &amp; flu.<script>x</script>")
    'Tea\nCures no colds & flu.'
    """
    lines = (" ".join(line.split()) for line in "".join(_pieces(source)).split("\n"))
    return "\n".join(line for line in lines if line)


def _pieces(source: str) -> Iterator[str]:
    lowered = source.translate(_LOWER)  # keeps every offset, which lower() does not
    place = 0
    while (start := source.find("<", place)) >= 0:
        yield _plain(source[place:start])
        if source.startswith("<!--", start):
            place = _after(source, "-->", start)
            continue
        name = _tag_name(lowered, start)
        if not name:
            yield "<"
            place = start + 1
            continue
        place = _after(source, ">", start)
        if name in _SILENT:
            place = _after(lowered, ">", _before(lowered, f"</{name}", place))
        if name.lstrip("/") in _BLOCKS:
            yield "\n"
    yield _plain(source[place:])


def _plain(words: str) -> str:
    # A line break of the source is a space on the page.
    return html.unescape(words.replace("\r", " ").replace("\n", " "))


def _tag_name(lowered: str, start: int) -> str:
    """Return ``p``, ``/p`` or ``!`` for the tag that begins here; nothing where none does."""
    end = start + 1
    if lowered[end : end + 1] in ("!", "?"):
        return "!"
    if lowered[end : end + 1] == "/":
        end += 1
    first = end
    while end < len(lowered) and lowered[end] in _NAME and end - first < 20:
        end += 1
    return lowered[start + 1 : end] if end > first and lowered[first].isalpha() else ""


def _before(text: str, mark: str, place: int) -> int:
    found = text.find(mark, place)
    return len(text) if found < 0 else found


def _after(text: str, mark: str, place: int) -> int:
    """Return the place behind the next ``mark``, or the end of the text: nothing is looked for twice."""
    return min(len(text), _before(text, mark, place) + len(mark))
