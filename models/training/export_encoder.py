"""Calibrates a trained encoder and writes it as an int8 ONNX artefact; needs torch and onnx.

Usage: python -m models.training.export_encoder --run FOLDER --minilm FOLDER --train TRAIN.jsonl
           --pool POOL.jsonl.gz [--out models/artefacts/claim-encoder] [--date 2026.11.22]

Signed int8 weights, per channel: twice as fast as float on the processors we
measured; unsigned or per-tensor weights lose speed or accuracy.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from onnx import TensorProto  # type: ignore[import-not-found]
from onnxruntime import InferenceSession, SessionOptions
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model
from sklearn.linear_model import LogisticRegression

from claimcheck.kb.store import KnowledgeBase
from claimcheck.learn.encoder import EncoderModel
from claimcheck.learn.wordpiece import WordPieces
from claimcheck.reading.claims.decode import chance_features, decode
from claimcheck.reading.claims.encoder_input import Pieces
from models.training.encoder_data import Example, examples
from models.training.gold import every_passage
from models.training.held_out import is_held_out
from models.training.scoring import pairs
from models.training.train_encoder import HEADS, Reader

# Settings of a run that name places on the machine it ran on.
PATHS = frozenset(("train", "pool", "data", "minilm", "out", "silver", "start"))


def export(run: Path, minilm: Path, figures: dict[str, Any], out: Path) -> list[list[float]]:
    """Write ``model.onnx`` (int8) into ``out``; return what an argument's place counts for."""
    model = Reader(
        str(minilm),
        figures["layers"],
        width=figures.get("width"),
        attention_heads=figures.get("attention_heads"),
        activation=figures.get("activation"),
        attention="eager",
    )
    model.load_state_dict(torch.load(run / "weights.pt", weights_only=True))
    model.eval()
    sample = torch.ones(2, 12, dtype=torch.long)
    axes: dict[str, dict[int, str]] = {
        name: {0: "batch", 1: "pieces"} for name in ("ids", "mask", "types", "tokens")
    }
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        torch.onnx.export(
            model,
            (sample, sample, sample * 0),
            str(plain),
            input_names=["ids", "mask", "types"],
            output_names=["tokens", "holds"],
            dynamic_axes={**axes, "holds": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )
        fused = Path(folder) / "fused.onnx"
        _fuse_attention(plain, fused, model.bert.encoder.layer[0].attention.self)
        quantize_dynamic(
            str(fused),
            str(out / "model.onnx"),
            per_channel=True,
            weight_type=QuantType.QInt8,
            reduce_range=False,
            # of the fused nodes' results the quantiser cannot tell the type by itself
            extra_options={"MatMulConstBOnly": True, "DefaultTensorType": TensorProto.FLOAT},
        )
    return [[round(v, 6) for v in row] for row in model.places.detach().tolist()]


def _fuse_attention(plain: Path, fused: Path, attention: Any) -> None:  # noqa: ANN401 - of transformers
    """Write the graph with each layer's attention as one node, which int8 knows: a tenth of the time less."""
    options = FusionOptions("bert")
    # one pass over the numbers more than two plain nodes take, on the processors we measured
    options.enable_skip_layer_norm = False
    options.enable_bias_skip_layer_norm = False
    optimize_model(
        str(plain),
        model_type="bert",
        num_heads=attention.num_attention_heads,
        hidden_size=attention.all_head_size,
        optimization_options=options,
        opt_level=0,
    ).save_model_to_file(str(fused))


def session(path: Path) -> InferenceSession:
    """Open a session on one thread."""
    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def calibrate(model: EncoderModel, rows: list[Example]) -> tuple[float, ...]:
    """Fit the chance that a proposed claim is one, on real sentences of sites the encoder never saw.

    Two proposals on the words of one annotated claim are one right and one wrong.
    """
    features: list[list[float]] = []
    labels: list[int] = []
    heads = model.run([(r.ids, r.types) for r in rows])
    for row, head in zip(rows, heads, strict=True):
        piece = Pieces(row.ids, row.types, row.offsets, row.continues)
        found = decode(head, piece, model.places, ("relation",))
        right = {id(f) for _, f in pairs(row.claims, found)}
        features += [chance_features(head.holds, f, piece) for f in found]
        labels += [int(id(f) in right) for f in found]
    regression = LogisticRegression(C=1.0, max_iter=1000).fit(features, labels)
    print(f"calibrated on {len(labels)} proposals, {sum(labels)} right")
    return (*(float(c) for c in regression.coef_[0]), float(regression.intercept_[0]))


def main() -> None:
    """Export, calibrate, describe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--minilm", type=Path, required=True)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("models/data"))
    parser.add_argument("--out", type=Path, default=Path("models/artefacts/claim-encoder"))
    parser.add_argument("--date", default="2026.11.22")
    parser.add_argument("--only", type=int, help="calibrate on this many sentences, to see that it runs")
    arguments = parser.parse_args()
    figures = json.loads((arguments.run / "figures.json").read_text())
    arguments.out.mkdir(parents=True, exist_ok=True)
    places = export(arguments.run, arguments.minilm, figures, arguments.out)
    tokenizer = WordPieces.read(arguments.minilm / "tokenizer.json")
    tokenizer.save(arguments.out / "tokenizer.json")
    rows = examples(
        every_passage(arguments.train, arguments.pool, arguments.data),
        KnowledgeBase.load(),
        tokenizer,
        context=figures["context"],
    )
    # what was written for the project is easier than what people write
    kept = [r for r in rows if is_held_out(r.site, figures["hold_out"]) and r.site != r.passage]
    random.Random(3).shuffle(kept)
    kept = kept[: arguments.only]
    model = EncoderModel(
        session=session(arguments.out / "model.onnx"),
        tokenizer=tokenizer,
        heads=dict(HEADS),
        calibration=(),
        places=np.array(places, dtype=np.float32),
        context=figures["context"],
    )
    calibration = calibrate(model, kept)
    shutil.rmtree(arguments.out / "__pycache__", ignore_errors=True)
    files = {
        name: hashlib.sha256((arguments.out / name).read_bytes()).hexdigest()
        for name in ("model.onnx", "tokenizer.json")
    }
    meta = {
        "name": arguments.out.name,
        "date": arguments.date,
        "heads": dict(HEADS),
        "calibration": calibration,
        "places": places,
        "context": figures["context"],
        "figures": {k: v for k, v in figures.items() if k not in PATHS},
        "files": files,
    }
    (arguments.out / "meta.json").write_text(
        json.dumps(meta, indent=1, sort_keys=False) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
