"""Holds quality up: figures may rise, and a fall is a decision with a name.

Usage: python -m benchmarks.quality.gate DEV.jsonl [--update] [--allow-regression]

``baseline.json`` keeps a floor for every figure and slice, and the sha256 of
the passages they were taken on.  Without options the gate fails where a figure
lies below its floor.  ``--update`` raises floors to today's figures, less a
margin for noise; it refuses to lower one without ``--allow-regression``, whose
reason belongs in the changelog.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import claimcheck
from benchmarks.quality.evaluate import evaluate, slices, summary

BASELINE = Path(__file__).parent / "baseline.json"
# Figures of a slice with fewer claims than this say little; of risks and stances there are never many.
ENOUGH = 20
ENOUGH_OF_FEW = 8
FEW = ("stance:", "risk:")
# A floor lies this far below the figure it was taken from.
MARGIN = 0.01
LOWER_IS_BETTER = frozenset(
    ("false_alarms_on_claimless", "calibration_error", "risk_level_error", "unknown_on_flagged")
)
OVERALL = (
    "accuracy_relation",
    "accuracy_polarity",
    "accuracy_certainty",
    "accuracy_stance",
    "accuracy_source",
    "accuracy_evidence",
    "accuracy_assessment",
    "recall_high_or_critical",
    *sorted(LOWER_IS_BETTER),
)
Figures = dict[str, float]


def figures_of(whole: Mapping[str, Any], parts: Mapping[str, Mapping[str, Any]]) -> Figures:
    """Return the figures that have floors, by name."""
    found: Figures = {}
    for name in ("sentence_holds_claim", "sentence_flagged", "claim_overlap", "triple"):
        found[f"{name}.f1"] = whole[name]["f1"]
    found.update({name: whole[name] for name in OVERALL if whole[name] is not None})
    for name, part in parts.items():
        if part["n"] >= (ENOUGH_OF_FEW if name.startswith(FEW) else ENOUGH):
            found[f"{name}.claim_f1"] = part["claim_f1"]
    return found


def below(figures: Figures, floors: Figures) -> list[str]:
    """Return a line for each figure that is worse than its floor, or missing."""
    lines = []
    for name, floor in sorted(floors.items()):
        value = figures.get(name)
        if value is None:
            lines.append(f"{name}: no figure, floor {floor:.4f}")
        elif is_worse(name, value, floor):
            lines.append(f"{name}: {value:.4f} against a floor of {floor:.4f}")
    return lines


def is_worse(name: str, value: float, floor: float) -> bool:
    """Tell whether a figure is on the wrong side of its floor."""
    return value > floor if name in LOWER_IS_BETTER else value < floor


def raised(figures: Figures, floors: Figures, *, allow_regression: bool) -> Figures:
    """Return new floors.

    Raises:
        ValueError: a floor would fall and that was not allowed; names them.
    """
    found: Figures = {}
    fallen = []
    for name, value in figures.items():
        sign = 1 if name in LOWER_IS_BETTER else -1
        wanted = round(value + sign * MARGIN, 4)
        old = floors.get(name)
        if old is not None and is_worse(name, wanted, old):
            if is_worse(name, value, old) and not allow_regression:
                fallen.append(name)
            wanted = wanted if allow_regression else old
        found[name] = wanted
    fallen += [name for name in floors if name not in figures and not allow_regression]
    if fallen:
        raise ValueError("would lower: " + ", ".join(sorted(fallen)))
    return found


def main() -> int:
    """Compare, or write new floors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("passages", type=Path)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--allow-regression", action="store_true")
    arguments = parser.parse_args()
    baseline: dict[str, Any] = json.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.exists() else {}
    digest = hashlib.sha256(arguments.passages.read_bytes()).hexdigest()
    if baseline and baseline["passages_sha256"] != digest and not arguments.update:
        print("the passages are not those the floors were taken on", file=sys.stderr)
        return 2
    rows = evaluate(arguments.passages, claimcheck.load())
    figures = figures_of(summary(rows), slices(rows))
    floors: Figures = baseline.get("floors", {})
    if arguments.update:
        try:
            floors = raised(figures, floors, allow_regression=arguments.allow_regression)
        except ValueError as error:
            print(error, file=sys.stderr)
            return 1
        text = json.dumps({"passages_sha256": digest, "floors": floors}, indent=1, sort_keys=True)
        BASELINE.write_text(text + "\n", encoding="utf-8")
    lines = below(figures, floors)
    print("\n".join(lines) or f"{len(floors)} floors held")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
