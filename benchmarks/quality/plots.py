"""Pictures of what was measured: a reliability plot and who is taken for whom.

Written as SVG without dates or random ids, so that the same figures give the
same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

BINS = 15
INK = "#1f3b57"
PALE = "#d9e2ec"

mpl.rcParams.update({"svg.hashsalt": "claimcheck", "svg.fonttype": "none", "font.size": 9})


def reliability(chances: Sequence[tuple[float, bool]], path: Path) -> None:
    """Draw predicted against observed shares in bins of equal mass, with the number in each bin."""
    figure = Figure(figsize=(4.6, 4.2))
    axes = figure.subplots()
    ordered = sorted(chances)
    for part in np.array_split(np.arange(len(ordered)), BINS):
        if len(part):
            predicted = float(np.mean([ordered[i][0] for i in part]))
            observed = float(np.mean([ordered[i][1] for i in part]))
            error = 1.96 * np.sqrt(observed * (1 - observed) / len(part))
            axes.errorbar(predicted, observed, yerr=error, fmt="o", color=INK, markersize=4, linewidth=1)
    axes.plot([0, 1], [0, 1], color=PALE, zorder=0)
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1),
        xlabel="probability given",
        ylabel="share that was a claim",
        title=f"{len(ordered)} proposals, {BINS} bins of equal mass",
    )
    _save(figure, path)


def confusion(pairs: Sequence[tuple[str, str]], labels: Sequence[str], path: Path) -> None:
    """Draw annotated (rows) against found labels (columns) of matched claims, as shares of the row."""
    counts = np.zeros((len(labels), len(labels)), dtype=int)
    for gold, found in pairs:
        counts[labels.index(gold), labels.index(found)] += 1
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    figure = Figure(figsize=(5.6, 4.8))
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in zip(*np.nonzero(counts), strict=True):
        color = "white" if shares[row, column] > 0.5 else INK
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=color)
    axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
    axes.set_yticks(
        range(len(labels)), [f"{n} ({c})" for n, c in zip(labels, counts.sum(axis=1), strict=True)]
    )
    axes.set(xlabel="found", ylabel="annotated (number)")
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
