"""Templates made into pages; everything that enters one is escaped."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup, escape

from claimcheck.reporting import wording
from claimcheck.types import Basis

BASIS: dict[Basis, str] = {
    Basis.PAIR: "by a statement on exactly this",
    Basis.BROADER_TARGET: "by a statement on a wider condition",
    Basis.INTERVENTION: "by a statement on it for any use",
    Basis.CLASS: "by a statement on its class",
    Basis.PRINCIPLE: "by a general principle",
    Basis.NONE: "our knowledge base holds nothing on this",
}


def render(template: str, /, **values: Any) -> str:  # noqa: ANN401 -- a template takes any value
    """Return the page of ``template`` with these values."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("api.console", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["wording"] = wording
    environment.globals["basis"] = BASIS
    environment.filters["code_words"] = code_words
    environment.filters["exact_text"] = exact_text
    environment.filters["moment"] = moment
    environment.filters["sentence_case"] = sentence_case
    environment.tests["web_address"] = is_web_address
    return environment


def is_web_address(url: str) -> bool:
    """Tell whether a page may link there: http and https, nothing else."""
    return url.startswith(("https://", "http://"))


def sentence_case(words: str) -> str:
    """Return ``words`` with a capital letter at the start and the rest as it is."""
    return words[:1].upper() + words[1:]


def exact_text(text: str) -> Markup:
    r"""Return ``text`` escaped so that a browser's copy of it has the same code points.

    A parser of HTML makes one line feed of CR LF and of CR; written as a reference, the CR stays,
    and offsets counted in the page are those of the text.

    >>> str(exact_text("a < b\r\n"))
    'a &lt; b&#13;\n'
    """
    return Markup(str(escape(text)).replace("\r", "&#13;"))  # noqa: S704 -- escaped just before


def moment(at: datetime) -> Markup:
    """Return a time as a ``<time>`` element, to the minute, in UTC."""
    utc = at.astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        utc.isoformat(timespec="seconds"), utc.strftime("%Y-%m-%d %H:%M UTC")
    )


def code_words(text: str) -> Markup:
    """Return ``text`` escaped, with what stands between backticks set as code.

    >>> str(code_words("send `text` & more"))
    'send <code>text</code> &amp; more'
    """
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part)
        for index, part in enumerate(parts)
    )
