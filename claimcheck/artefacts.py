"""Finds the trained parts, checks their hashes and loads them.

The only module that deserialises anything trained.  Files are plain arrays, JSON
and ONNX (no pickle): nothing in them is ever run.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from claimcheck.errors import ArtefactError, ArtefactUnavailable
from claimcheck.learn.detector import DetectorModel
from claimcheck.learn.encoder import EncoderModel
from claimcheck.learn.linear import HashedRegression
from claimcheck.learn.prior import PriorModel
from claimcheck.learn.referents import ReferentModel
from claimcheck.learn.scores import Curve, ScoreCalibration
from claimcheck.learn.wordpiece import WordPieces

# onnxruntime 1.31 runs this fused form a fifth slower than its two parts.
SLOW_FUSIONS = ["SkipLayerNormFusion"]
WEIGHTS = "weights.npz"
_PACKAGED = Path(__file__).parent / "_artefacts"
_CHECKOUT = Path(__file__).parent.parent / "models" / "artefacts"


@dataclass(frozen=True, slots=True)
class Artefact:
    """One trained part: its folder, its metadata, and the files it holds."""

    name: str
    path: Path
    meta: dict[str, Any]

    @property
    def version(self) -> str:
        """Return ``name-date+hash8``."""
        digest = hashlib.sha256(json.dumps(self.meta["files"], sort_keys=True).encode()).hexdigest()
        return f"{self.name}-{self.meta['date']}+{digest[:8]}"


def root() -> Path:
    """Return the folder of artefacts, in an installed package or in a checkout."""
    return _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT


def find(name: str) -> Artefact:
    """Return a trained part after checking the sha256 of each of its files.

    Raises:
        ArtefactUnavailable: the part is missing or incomplete.
        ArtefactError: a file does not match its hash.
    """
    path = root() / name
    try:
        meta = json.loads((path / "meta.json").read_text(encoding="utf-8"))
        for file, expected in meta["files"].items():
            actual = hashlib.sha256((path / file).read_bytes()).hexdigest()
            if actual != expected:
                raise ArtefactError(f"{name}/{file}: sha256 does not match meta.json")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtefactUnavailable(f"trained part {name!r} is missing or incomplete") from error
    return Artefact(name, path, meta)


def load_encoder(name: str = "claim-encoder") -> EncoderModel:
    """Return the trained encoder, ready to run on one thread.

    Raises:
        ArtefactUnavailable: see :func:`find`; also where onnxruntime or
            tokenizers cannot be loaded on this machine.
        ArtefactError: a file was altered.
    """
    artefact = find(name)
    try:
        import onnxruntime

        tokenizer = WordPieces.read(artefact.path / "tokenizer.json")
    except ImportError as error:
        raise ArtefactUnavailable(f"{name}: onnxruntime or tokenizers cannot be loaded") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return EncoderModel(
        session=onnxruntime.InferenceSession(
            str(artefact.path / "model.onnx"),
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=SLOW_FUSIONS,
        ),
        tokenizer=tokenizer,
        heads=artefact.meta["heads"],
        calibration=tuple(artefact.meta["calibration"]),
        places=np.array(artefact.meta["places"], dtype=np.float32),
        context=artefact.meta["context"],
    )


def load_prior(name: str = "unknown-prior") -> PriorModel:
    """Return the chance that decides where the knowledge base is silent.

    Raises:
        ArtefactError: see :func:`find`.
    """
    weights = json.loads((find(name).path / "weights.json").read_text(encoding="utf-8"))
    return PriorModel(with_doubt=weights["with_doubt"], without_doubt=weights["without_doubt"])


def load_referents(name: str = "referents") -> ReferentModel:
    """Return what tells who is meant where a claim names nobody.

    Raises:
        ArtefactError: see :func:`find`.
    """
    kept = json.loads((find(name).path / "weights.json").read_text(encoding="utf-8"))
    return ReferentModel(kept["weights"], kept["least"])


def load_scores(name: str = "text-scores") -> ScoreCalibration:
    """Return what a text's scores mean.

    Raises:
        ArtefactError: see :func:`find`.
    """
    curves = json.loads((find(name).path / "curves.json").read_text(encoding="utf-8"))
    unsupported, risk = (
        Curve(tuple(curves[axis]["at"]), tuple(curves[axis]["chance"])) for axis in ("unsupported", "risk")
    )
    return ScoreCalibration(unsupported, risk)


def load_detector(name: str = "cue-detector") -> DetectorModel:
    """Return the trained parts of the cue detector.

    Raises:
        ArtefactError: see :func:`find`; also where an array is missing or is none of numbers and names.
    """
    artefact = find(name)
    if "bare_threshold" not in artefact.meta:
        raise ArtefactError(f"{name}: meta.json names no bare_threshold")
    if WEIGHTS not in artefact.meta["files"]:
        raise ArtefactError(f"{name}: meta.json has no hash for {WEIGHTS}")
    try:
        with np.load(artefact.path / WEIGHTS, allow_pickle=False) as arrays:
            sentence, candidate, relation = (
                HashedRegression(
                    arrays[f"{part}_coef"].astype(np.float64),
                    arrays[f"{part}_intercept"],
                    tuple(map(str, arrays[f"{part}_classes"])),
                )
                for part in ("sentence", "candidate", "relation")
            )
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise ArtefactError(f"{name}/{WEIGHTS}: not the arrays that were expected") from error
    return DetectorModel(
        sentence=sentence,
        candidate=candidate,
        relation=relation,
        bare_threshold=float(artefact.meta["bare_threshold"]),
    )
