"""One text, one slice: what the service calls a place is the same words in a browser."""

from __future__ import annotations

import json

import pytest

from claimcheck.checker import Checker
from tests.extension.chromium import Reader

pytestmark = pytest.mark.browser

TEXTS = (
    "Garlic cures cancer.",
    "😀😀 Garlic cures cancer.",
    "👩‍👩‍👧‍👦 and 🏴󠁧󠁢󠁳󠁣󠁴󠁿 say: Garlic cures cancer.",
    "𝒳𝒴𝒵 Garlic cures cancer.",
    "Café and naïve: Garlic cures cancer.",
    "אמר and قال in the middle: Garlic cures cancer, they say.",
    "First line.\r\nGarlic cures cancer.\r\nLast line.",
    "No\u00a0break\u00a0here: Garlic cures\u00a0cancer.",
)


def test_utf16_offsets_cut_the_quoted_words(reader: Reader, checker: Checker) -> None:
    cut = []
    for text in TEXTS:
        spans = [claim["span"] for claim in checker.check(text).to_dict()["claims"]]
        assert spans, text
        cut += [(text, span["start_utf16"], span["end_utf16"], span["exact"]) for span in spans]
        assert all(text[span["start"] : span["end"]] == span["exact"] for span in spans)
    page = reader.open("frame.html")
    slices = page.evaluate(
        "all => all.map(([text, start, end]) => text.slice(start, end))", [one[:3] for one in cut]
    )
    assert slices == [one[3] for one in cut], json.dumps(slices)
