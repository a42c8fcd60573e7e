"""The dashboard's pictures: their words, their colours, and that the same figures give the same bytes."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Literal
from xml.etree import ElementTree

import pytest

from api.console.plots import Bars, Estimate, Intervals, Plot, Series, busiest, height, svg

BARS = Bars(
    title="Items <that> came",
    description='Two days & a "quote".',
    labels=("11-21", "11-22"),
    series=(Series("high", (1.0, 2.0)), Series("low", (0.0, 3.0))),
    unit="items",
)
LINES = Intervals(
    title="Right claims",
    description="One rule.",
    estimates=(Estimate("$rule$ " + "long" * 20, 0.8, 0.5, 0.95, 10), Estimate("b", 0.0, 0.0, 0.6, 3)),
    unit="share",
)
SVG = "{http://www.w3.org/2000/svg}"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("plot", [BARS, LINES])
def test_picture_says_what_it_shows(plot: Plot, scheme: Literal["light", "dark"]) -> None:
    root = ElementTree.fromstring(svg(plot, scheme))
    assert (root.tag, root.get("role")) == (f"{SVG}svg", "img")
    named = {one.get("id"): one.text for one in root if one.tag in (f"{SVG}title", f"{SVG}desc")}
    assert named == {"title": plot.title, "desc": plot.description}
    assert str(root.get("aria-labelledby")).split() == ["title", "desc"]


@pytest.mark.parametrize("plot", [BARS, LINES])
def test_picture_needs_no_inline_style(plot: Plot) -> None:
    drawn = svg(plot, "light").decode()
    assert "style" not in re.sub(r">[^<]*<", "><", drawn)
    assert "<script" not in drawn
    assert not re.search(r'(?:href|src)="(?!#)', drawn)


def test_schemes_differ_and_bytes_are_stable() -> None:
    assert svg(BARS, "light") != svg(BARS, "dark")
    first = svg(BARS, "light")
    svg.cache_clear()
    assert svg(BARS, "light") == first


def test_names_are_shown_as_they_are() -> None:
    words = [one.text for one in ElementTree.fromstring(svg(LINES, "light")).iter(f"{SVG}text")]
    assert any(word and word.startswith("$rule$") and word.endswith("… (10)") for word in words)


def test_more_lines_make_a_higher_picture() -> None:
    more = Intervals(LINES.title, LINES.description, LINES.estimates * 6, LINES.unit)
    assert height(more) > height(LINES) > 0


def test_busiest() -> None:
    assert busiest(("a", "b", "c"), (1, 3, 3)) == "b"
    assert busiest((), ()) == ""


def test_a_server_that_draws_nothing_never_loads_the_library() -> None:
    program = "import sys, api.main; raise SystemExit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
