"""Pictures of growth: SVG without dates or random ids, so that the same figures give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK = {"dense": "#1f3b57", "ordinary": "#b5651d"}
MARK = {"dense": "o", "ordinary": "s"}
PALE = "#9fb3c8"
Line = Sequence[tuple[int, float]]


def lengths(lines: Mapping[str, Line], path: Path) -> None:
    """Draw seconds against words, with a linear line for the eye."""
    figure, axes = _axes("words", "seconds of processor")
    for kind, points in lines.items():
        _draw(axes, kind, points)
        words, seconds = points[-1]
        first = max(points[0][0], words / 10_000)
        axes.plot(
            [first, words],
            [seconds * first / words, seconds],
            color=PALE,
            linestyle="--",
            linewidth=1,
            zorder=0,
        )
    axes.plot([], [], color=PALE, linestyle="--", linewidth=1, label="linear")
    axes.set_title("Time against length of text", fontsize=10)
    _save(figure, axes, path)


def bases(lines: Mapping[str, Line], path: Path) -> None:
    """Draw milliseconds of a text of 300 words against the number of concepts."""
    figure, axes = _axes("concepts in the knowledge base", "milliseconds for 300 words")
    for kind, points in lines.items():
        _draw(axes, kind, [(size, 1000 * seconds) for size, seconds in points])
    axes.set_title("Time against size of the knowledge base", fontsize=10)
    least = min(seconds for points in lines.values() for _, seconds in points)
    most = max(seconds for points in lines.values() for _, seconds in points)
    axes.set_ylim(1000 * least / 3, 1000 * most * 3)
    _save(figure, axes, path)


def _axes(across: str, up: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(5.6, 3.8))
    axes = figure.subplots()
    axes.set(xscale="log", yscale="log", xlabel=across, ylabel=up)
    axes.grid(visible=True, which="major", color="#e6ebf0", linewidth=0.8)
    return figure, axes


def _draw(axes: Axes, kind: str, points: Line) -> None:
    sizes, values = zip(*points, strict=True)
    axes.plot(
        sizes, values, marker=MARK[kind], color=INK[kind], markersize=4.5, linewidth=1.4, label=f"{kind} text"
    )


def _save(figure: Figure, axes: Axes, path: Path) -> None:
    axes.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({"svg.hashsalt": "claimcheck", "svg.fonttype": "none", "font.size": 9}):
        figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
