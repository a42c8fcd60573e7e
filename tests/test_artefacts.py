"""Trained parts are checked before they are built: hash, presence, types."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from claimcheck import artefacts
from claimcheck.errors import ArtefactError

NAME = "cue-detector"


WEIGHTS = "weights.npz"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the trained part that may be spoilt."""
    copy = tmp_path / NAME
    shutil.copytree(artefacts.root() / NAME, copy)
    monkeypatch.setattr(artefacts, "root", lambda: tmp_path)
    return copy


def meta(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    return found


def write_meta(folder: Path, found: dict[str, Any]) -> None:
    (folder / "meta.json").write_text(json.dumps(found), encoding="utf-8")


def replace_weights(folder: Path, **arrays: Any) -> None:  # noqa: ANN401 - anything that a file can hold
    """Put other arrays in the place of the weights, with a hash that fits."""
    path = folder / WEIGHTS
    np.savez(path, **arrays)
    found = meta(folder)
    found["files"][WEIGHTS] = hashlib.sha256(path.read_bytes()).hexdigest()
    write_meta(folder, found)


def test_the_shipped_part_loads(folder: Path) -> None:
    part = artefacts.find(NAME)
    assert part.path == folder
    assert set(part.meta["files"]) == {WEIGHTS}
    assert 0.0 < artefacts.load_detector(NAME).bare_threshold < 1.0


def test_the_version_names_part_date_and_hash(folder: Path) -> None:
    before = artefacts.find(NAME).version
    assert before.startswith(f"{NAME}-{meta(folder)['date']}+")
    replace_weights(folder, relation_coef=np.zeros(3))
    assert artefacts.find(NAME).version != before


def test_an_altered_file_is_refused(folder: Path) -> None:
    path = folder / WEIGHTS
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArtefactError, match=f"{WEIGHTS}: sha256"):
        artefacts.load_detector(NAME)


@pytest.mark.parametrize("file", ["meta.json", WEIGHTS])
def test_a_missing_file_is_refused(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(ArtefactError, match="missing or incomplete"):
        artefacts.load_detector(NAME)


@pytest.mark.parametrize("content", ["", "{", "{}", '{"date": "2026"}', "[]"])
def test_metadata_that_says_nothing_is_refused(folder: Path, content: str) -> None:
    (folder / "meta.json").write_text(content, encoding="utf-8")
    with pytest.raises(ArtefactError):
        artefacts.load_detector(NAME)


def test_a_part_that_the_metadata_leaves_out_is_refused(folder: Path) -> None:
    """A file without a recorded hash was checked by nobody."""
    found = meta(folder)
    del found["files"][WEIGHTS]
    write_meta(folder, found)
    with pytest.raises(ArtefactError):
        artefacts.load_detector(NAME)


def test_metadata_without_a_threshold_is_refused(folder: Path) -> None:
    found = meta(folder)
    del found["bare_threshold"]
    write_meta(folder, found)
    with pytest.raises(ArtefactError):
        artefacts.load_detector(NAME)


def test_an_array_that_is_missing_is_refused(folder: Path) -> None:
    replace_weights(folder, sentence_coef=np.zeros((1, 4)))
    with pytest.raises(ArtefactError, match="not the arrays"):
        artefacts.load_detector(NAME)


def test_an_object_in_the_place_of_numbers_is_never_built(folder: Path) -> None:
    """An array of objects is a pickle inside."""
    with np.load(folder / WEIGHTS) as kept:
        arrays = {name: kept[name] for name in kept.files}
    replace_weights(folder, **{**arrays, "relation_coef": np.array([{"part": 1}], dtype=object)})
    with pytest.raises(ArtefactError, match="not the arrays"):
        artefacts.load_detector(NAME)


def test_an_unknown_part_is_refused(folder: Path) -> None:
    assert folder.is_dir()
    with pytest.raises(ArtefactError, match="'nothing'"):
        artefacts.find("nothing")
