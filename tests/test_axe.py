"""The accessibility rules themselves: the vendored file is the one that was reviewed, and it finds faults."""

from __future__ import annotations

import hashlib

import pytest

from tests import axe
from tests.api.console.browser.serving import running_chromium


def test_vendored_file_is_the_one_that_was_reviewed() -> None:
    assert hashlib.sha256(axe.SCRIPT.read_bytes()).hexdigest() == axe.SHA256
    assert axe.version() == axe.VERSION
    assert "Mozilla Public License" in (axe.VENDOR / "axe.LICENSE.txt").read_text("utf-8")


@pytest.mark.browser
def test_a_fault_of_one_scheme_is_found() -> None:
    with running_chromium() as browser:
        page = browser.new_page()
        page.set_content(
            """<!doctype html><html lang="en"><title>A page</title><style>
            :root { background: #fff; color: #000 }
            @media (prefers-color-scheme: dark) { :root { background: #111; color: #333 } }
            </style><main><h1>Words</h1></main></html>"""
        )
        found = axe.violations(page)
        assert [one.split(":")[:2] for one in found] == [["dark", " color-contrast"]]
        page.set_content(
            "<!doctype html><html lang=en><title>A page</title><main><img src=x><h1>A</h1></main>"
        )
        assert any("image-alt" in one for one in axe.violations(page))
