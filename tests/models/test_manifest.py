"""The shipped files are those that were trained and described."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from models.training.manifest import manifest, table, with_figures

ARTEFACTS = Path(__file__).parents[2] / "models" / "artefacts"


def test_manifest_and_cards_are_up_to_date() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "models.training.manifest", "--artefacts", str(ARTEFACTS), "--check"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ARTEFACTS.parents[1],
    )
    assert found.returncode == 0, found.stdout


def test_the_manifest_names_every_file_of_every_part() -> None:
    listed = json.loads((ARTEFACTS / "manifest.json").read_text(encoding="utf-8"))
    assert listed == manifest(ARTEFACTS)
    assert {name.split("/")[0] for name in listed} == {
        "claim-encoder",
        "cue-detector",
        "referents",
        "text-scores",
        "unknown-prior",
    }


def test_shipped_parts_are_small() -> None:
    assert sum(p.stat().st_size for p in ARTEFACTS.rglob("*") if p.is_file()) < 30_000_000


def test_an_altered_file_is_found_out(tmp_path: Path) -> None:
    part = tmp_path / "part"
    part.mkdir()
    (part / "weights.json").write_text("1", encoding="utf-8")
    before = manifest(tmp_path)
    (part / "weights.json").write_text("2", encoding="utf-8")
    assert manifest(tmp_path) != before


def test_a_card_without_a_place_for_figures_is_refused() -> None:
    with pytest.raises(ValueError, match="figures"):
        with_figures("# A card", {"figures": {}})


def test_figures_stand_between_the_marks() -> None:
    card = "a\n<!-- figures -->\nold\n<!-- end of figures -->\nb\n"
    meta = {"figures": {"f1": 0.5, "train": "left out", "by": {"x": 1}}}
    assert with_figures(card, meta) == f"a\n<!-- figures -->\n{table(meta)}<!-- end of figures -->\nb\n"
    assert "left out" not in table(meta)
    assert "| by: x | 1 |" in table(meta)
