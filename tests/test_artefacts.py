"""Trained parts are checked before they are built: hash, presence, types."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from claimcheck import artefacts
from claimcheck.errors import ArtefactError

NAME = "cue-detector"


class Surprise:
    """A type that no trained part of ours holds."""


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


def replace_part(folder: Path, part: str, value: object) -> None:
    """Put another object in the place of a part, with a hash that fits."""
    path = folder / f"{part}.skops"
    skops.io.dump(value, path)
    found = meta(folder)
    found["files"][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    write_meta(folder, found)


def test_the_shipped_part_loads(folder: Path) -> None:
    part = artefacts.find(NAME)
    assert part.path == folder
    assert set(part.meta["files"]) == {"sentence.skops", "candidate.skops", "relation.skops"}
    assert 0.0 < artefacts.load_detector(NAME).bare_threshold < 1.0


def test_the_version_names_part_date_and_hash(folder: Path) -> None:
    before = artefacts.find(NAME).version
    assert before.startswith(f"{NAME}-{meta(folder)['date']}+")
    replace_part(folder, "relation", LogisticRegression())
    assert artefacts.find(NAME).version != before


@pytest.mark.parametrize("part", ["sentence", "candidate", "relation"])
def test_an_altered_file_is_refused(folder: Path, part: str) -> None:
    path = folder / f"{part}.skops"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArtefactError, match=f"{part}.skops: sha256"):
        artefacts.load_detector(NAME)


@pytest.mark.parametrize("file", ["meta.json", "sentence.skops", "candidate.skops", "relation.skops"])
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
    del found["files"]["relation.skops"]
    write_meta(folder, found)
    with pytest.raises(ArtefactError):
        artefacts.load_detector(NAME)


def test_metadata_without_a_threshold_is_refused(folder: Path) -> None:
    found = meta(folder)
    del found["bare_threshold"]
    write_meta(folder, found)
    with pytest.raises(ArtefactError):
        artefacts.load_detector(NAME)


def test_an_unexpected_type_is_refused(folder: Path) -> None:
    replace_part(folder, "relation", {"part": Surprise()})
    with pytest.raises(ArtefactError, match="unexpected types"):
        artefacts.load_detector(NAME)


def test_an_unknown_part_is_refused(folder: Path) -> None:
    assert folder.is_dir()
    with pytest.raises(ArtefactError, match="'nothing'"):
        artefacts.find("nothing")
