"""Accessibility rules run over a page in a real browser, in both colour schemes.

The rules are axe-core's (``tests/vendor``), which finds what a program can
find: names, roles, contrast, order.  It says nothing of what only a person sees.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

VENDOR = Path(__file__).parent / "vendor"
SCRIPT = VENDOR / "axe.min.js"
VERSION = "4.13.0"
SHA256 = "c24f097bd2f451d4f933e8bc7d8d539f8672a2ebcb5cc9f9f3eec8ca9470a0c1"

SCHEMES: Sequence[Literal["light", "dark"]] = ("light", "dark")
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN = """async tags => {
    const found = await axe.run(document, {
        runOnly: {type: 'tag', values: tags}, resultTypes: ["violations"]});
    return found.violations.map(v => `${v.id}: ${v.help}: ` + v.nodes.slice(0, 5).map(
        n => n.target.join(' ') + ' ' + n.any.map(a => a.message).join('; ')).join(' | '));
}"""


def violations(page: Page, *, tags: Sequence[str] = TAGS) -> list[str]:
    """Return every rule that the open page breaks, in light and in dark, each with its places.

    The page may forbid scripts of other sites; what is evaluated through the
    browser's own channel is not bound by that.
    """
    found: list[str] = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        if not page.evaluate("typeof axe !== 'undefined'"):
            page.evaluate(SCRIPT.read_text("utf-8"))
        found += [f"{scheme}: {one}" for one in page.evaluate(_RUN, list(tags))]
    return found


def version() -> str:
    """Return the version that the vendored file says it is."""
    head = SCRIPT.read_text("utf-8")[:40]
    return head.split(" v", 1)[1].split(maxsplit=1)[0]


def describe(found: Sequence[str]) -> str:
    """Return violations as a message that a failing test can show."""
    return json.dumps(list(found), indent=1, ensure_ascii=False)
