"""Pictures of the dashboard's figures, as SVG that a page shows as an image, in light and in dark.

Drawn by matplotlib, which is imported at the first picture: a server that
nobody asks for one never loads it.  The same figures give the same bytes, so a
picture is drawn once and kept.  A picture never stands alone: the page shows
its figures as a table beside it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from markupsafe import escape

if TYPE_CHECKING:  # loaded by the first picture only
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Scheme = Literal["light", "dark"]
MOST_KEPT = 64
WIDE, HIGH = 7.2, 3.0
_ROW = 0.34
_LABELS = 12
_FONTS = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
_SHEET = re.compile(r'<style type="text/css">[^<]*</style>')
_STYLE = re.compile(r'style="([^"]*)"')
_MOST_LETTERS = 46

# The colours of Okabe and Ito, told apart by every kind of colour vision; the darker and the
# lighter one of a pair where a background asks for it.  Hatches tell bars apart in grey, too.
_SERIES: dict[Scheme, tuple[str, ...]] = {
    "light": ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9"),
    "dark": ("#56b4e9", "#e69f00", "#35c79a", "#ff8c42", "#e6a3c8", "#9ad0f5"),
}
_HATCHES = ("", "///", "---", "xxx", "\\\\\\", "|||")
_INK: dict[Scheme, str] = {"light": "#1d2126", "dark": "#e8ebee"}
_PALE: dict[Scheme, str] = {"light": "#d5d9de", "dark": "#3a4149"}
_BACK: dict[Scheme, str] = {"light": "#ffffff", "dark": "#1e2227"}

# matplotlib's settings are the process's own: one picture is drawn at a time.
_DRAWING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Series:
    """One row of bars, as long as the labels below them."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars over labels, several series on top of each other."""

    title: str
    description: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with the interval it lies in; ``number`` is how many cases it rests on."""

    name: str
    share: float
    low: float
    high: float
    number: int


@dataclass(frozen=True, slots=True)
class Intervals:
    """Shares with their intervals, one a line."""

    title: str
    description: str
    estimates: tuple[Estimate, ...]
    unit: str


Plot = Bars | Intervals


@lru_cache(maxsize=MOST_KEPT)
def svg(plot: Plot, scheme: Scheme) -> bytes:
    """Return the picture, drawn once for the same figures."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    ink, pale = _INK[scheme], _PALE[scheme]
    settings: dict[Any, Any] = {
        "svg.hashsalt": "claimcheck",
        "svg.fonttype": "none",
        "text.parse_math": False,
        "font.size": 9,
        "text.color": ink,
        "axes.labelcolor": ink,
        "axes.edgecolor": pale,
        "xtick.color": ink,
        "ytick.color": ink,
        "hatch.linewidth": 0.6,
    }
    with _DRAWING, mpl.rc_context(settings):
        figure = Figure(figsize=(WIDE, height(plot)), facecolor=_BACK[scheme], layout="constrained")
        axes = figure.subplots()
        axes.set_facecolor(_BACK[scheme])
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        match plot:
            case Bars():
                _draw_bars(axes, plot, scheme)
            case Intervals():
                _draw_intervals(axes, plot, scheme)
        return _named(_written(figure), plot)


def height(plot: Plot) -> float:
    """Return how high a picture is, in the unit in which it is ``WIDE`` wide."""
    return HIGH if isinstance(plot, Bars) else max(1.6, 0.9 + _ROW * len(plot.estimates))


def _draw_bars(axes: Axes, plot: Bars, scheme: Scheme) -> None:
    from matplotlib.ticker import MaxNLocator

    places = range(len(plot.labels))
    below = [0.0] * len(plot.labels)
    for index, series in enumerate(plot.series):
        look: dict[str, Any] = {"edgecolor": _BACK[scheme], "linewidth": 0.5}
        colour = _SERIES[scheme][index % len(_SERIES[scheme])]
        hatch = _HATCHES[index % len(_HATCHES)] if len(plot.series) > 1 else ""
        axes.bar(places, series.values, bottom=below, color=colour, hatch=hatch, label=series.name, **look)
        below = [low + value for low, value in zip(below, series.values, strict=True)]
    shown = list(places)[:: max(1, -(-len(plot.labels) // _LABELS))]
    axes.set_xticks(shown, [plot.labels[place] for place in shown])
    axes.set_ylabel(plot.unit)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(0, max(1.0, max(below, default=0.0) * 1.05))
    axes.grid(axis="y", color=_PALE[scheme], linewidth=0.6)
    axes.set_axisbelow(True)
    if len(plot.series) > 1:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.2), ncols=len(plot.series), frameon=False)


def _draw_intervals(axes: Axes, plot: Intervals, scheme: Scheme) -> None:
    lines = range(len(plot.estimates))
    for line, one in zip(lines, plot.estimates, strict=True):
        axes.plot([one.low, one.high], [line, line], color=_SERIES[scheme][0], linewidth=2.2, zorder=2)
        axes.plot(
            [one.share], [line], marker="o", markersize=6, color=_SERIES[scheme][3], zorder=3, clip_on=False
        )
    axes.set_yticks(list(lines), [f"{_short(one.name)} ({one.number})" for one in plot.estimates])
    axes.set_ylim(len(plot.estimates) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    axes.set_xlabel(plot.unit)
    axes.grid(axis="x", color=_PALE[scheme], linewidth=0.6)
    axes.set_axisbelow(True)


def _short(name: str) -> str:
    return name if len(name) <= _MOST_LETTERS else f"{name[: _MOST_LETTERS - 1]}…"


def _written(figure: Figure) -> str:
    out = BytesIO()
    figure.savefig(
        out, format="svg", facecolor=figure.get_facecolor(), metadata={"Date": None, "Creator": None}
    )
    return out.getvalue().decode("utf-8")


def _named(drawn: str, plot: Plot) -> bytes:
    """Put what a screen reader says of the picture into it, and take inline styles out of it.

    The pages' policy forbids inline styles, also in a picture that is opened by itself.
    """
    start = drawn.index("<svg")
    end = drawn.index(">", start)
    words = f'<title id="title">{escape(plot.title)}</title><desc id="desc">{escape(plot.description)}</desc>'
    opened = (
        f'{drawn[start:end]} role="img" aria-labelledby="title desc"'
        f' stroke-linejoin="round" font-family="{_FONTS}">'
    )
    body = _SHEET.sub("", drawn[end + 1 :])
    return f"{opened}{words}{_STYLE.sub(_attributes, body)}".encode()


def _attributes(found: re.Match[str]) -> str:
    """Return the attributes that say what an inline style says."""
    said = []
    for declaration in filter(None, map(str.strip, found[1].split(";"))):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "font":
            said.append(f'font-size="{value.split()[0]}"')
        elif name != "font-family":  # the whole picture has one
            said.append(f'{name}="{value}"')
    return " ".join(said)


def busiest(labels: Sequence[str], values: Sequence[float]) -> str:
    """Return the label of the largest value, for a description; the first of several."""
    return max(zip(values, labels, strict=True), key=lambda pair: pair[0])[1] if labels else ""
