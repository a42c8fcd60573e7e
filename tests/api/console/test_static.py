"""What the console sends beside its pages: a vendored library as it was published, small files of our own."""

from __future__ import annotations

import hashlib
from importlib.resources import files

# htmx 4.0.1, dist/htmx.min.js of the npm package htmx.org.
HTMX_SHA256 = "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"
STATIC = files("api.console").joinpath("static")
# The rest of the 120 KB of a cold page is for the page itself.
MOST_BYTES = 75_000


def test_htmx_is_the_published_file() -> None:
    assert hashlib.sha256(STATIC.joinpath("vendor/htmx.min.js").read_bytes()).hexdigest() == HTMX_SHA256
    assert "Zero-Clause BSD" in STATIC.joinpath("vendor/htmx.LICENSE").read_text("utf-8")


def test_what_the_desk_loads_is_small() -> None:
    names = ("vendor/htmx.min.js", "keys.js", "claim-editor.js", "queue.css", "console.css", "icon.svg")
    assert sum(len(STATIC.joinpath(name).read_bytes()) for name in names) <= MOST_BYTES


def test_our_scripts_make_no_markup() -> None:
    for name in ("keys.js", "claim-editor.js"):
        script = STATIC.joinpath(name).read_text("utf-8")
        for forbidden in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "eval(",
            "Function(",
            "http:",
            "https:",
        ):
            assert forbidden not in script, (name, forbidden)
