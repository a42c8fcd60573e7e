"""Gives the peers what is ours: cue words as rules, and passages to learn from.

Usage: python -m benchmarks.speed.prepare_peers [--train FILE] [--pool FILE] [--quick]

Writes ``build/peers/data`` and has the peers' environment train on it
(``train_peers.py``, some minutes, once).  Run again, it does nothing unless the
passages changed.  Where the annotated texts are not at hand, only the passages
that were written for the project teach: enough for speed, not for quality.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.quality.matching import ASSERTIVE
from benchmarks.speed.readers import CUES
from benchmarks.speed.texts import WRITTEN
from benchmarks.speed.train_peers import PASSAGES
from claimcheck.kb.store import KnowledgeBase
from claimcheck.reading.claims.cues import entries
from claimcheck.reading.inflection import expand
from claimcheck.reading.pipeline import build_surface
from models.training.gold import Passage, by_sentence, characters, every_passage, passages
from models.training.held_out import SHARE, is_held_out

ROOT = Path("build/peers")
MAIN = ROOT / "main/bin/python"
MEDSPACY = ROOT / "medspacy/bin/python"
TRAIN = Path("../shared/data/claims/train.jsonl")
POOL = Path("../shared/data/claims/pool.jsonl.gz")
_STAMP = "taught.json"
_FORMAT = 2  # of what is taught: a change teaches anew
_QUICK_PASSAGES = 200


def cue_rules() -> list[dict[str, Any]]:
    """Return every phrase of our relation cues once, with its relation and whether it is weak alone."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries():
        for template in entry.patterns:
            for phrase in expand(template):
                known = found.setdefault(
                    phrase, {"phrase": phrase, "relation": entry.relation.value, "weak": entry.weak}
                )
                known["weak"] = known["weak"] and entry.weak
    return list(found.values())


def teaching(rows: Sequence[Passage]) -> Iterator[dict[str, Any]]:
    """Yield passages as ``train_peers`` reads them."""
    nlp = build_surface(KnowledgeBase.load())
    for row in rows:
        doc = nlp(row.text)
        sentences = doc._.sentences
        spans = [characters(doc, s.start, s.end) for s in sentences]
        claims = [c for c in row.claims if c.labels["stance"] in ASSERTIVE]
        # Every name that the knowledge base knows, claim or not, as Healthsea's annotators marked every
        # condition: names of claims alone would teach the classifier that a name is a claim.
        names = [
            (*characters(doc, m.start, m.end), "CONDITION" if m.target else "INTERVENTION")
            for m in doc._.mentions
            if m.target or m.intervention
        ]
        yield {
            "text": row.text,
            "sentences": [row.text[start:end] for start, end in spans],
            "holds": [bool(found) for found in by_sentence(doc, sentences, claims)],
            "claims": [(c.start, c.end) for c in claims],
            "names": names,
            "held_out": is_held_out(row.site, SHARE),
        }


def prepare(*, train: Path = TRAIN, pool: Path = POOL, root: Path = ROOT, quick: bool = False) -> Path:
    """Write the peers' data, have them trained, and return the folder.

    Raises:
        SystemExit: the peers' environments are not there.
    """
    if not (root / "main/bin/python").exists():
        raise SystemExit("The peers are not installed: run benchmarks/speed/install_peers.sh")
    whole = train.exists() and pool.exists()
    rows = every_passage(train, pool, WRITTEN.parent) if whole else list(passages(WRITTEN))
    folder = root / ("data-quick" if quick else "data")
    digest = hashlib.sha256(json.dumps([[r.id, r.text] for r in rows]).encode()).hexdigest()
    stamp = {"format": _FORMAT, "passages": len(rows), "annotated": whole, "digest": digest}
    if _known(folder / _STAMP) == stamp:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / CUES).write_text(json.dumps(cue_rules()), encoding="utf-8")
    (folder / PASSAGES).write_text(json.dumps(list(teaching(rows))), encoding="utf-8")
    limits = ["--only", str(_QUICK_PASSAGES), "--epochs", "1"] if quick else []
    python = str((root / "main/bin/python").absolute())
    subprocess.run([python, "-m", "benchmarks.speed.train_peers", str(folder), *limits], check=True)
    (folder / _STAMP).write_text(json.dumps(stamp) + "\n", encoding="utf-8")
    return folder


def _known(path: Path) -> object:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def main() -> None:
    """Prepare and say where."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, default=TRAIN)
    parser.add_argument("--pool", type=Path, default=POOL)
    parser.add_argument("--quick", action="store_true", help="train on 200 passages: to try the scripts")
    arguments = parser.parse_args()
    print(prepare(train=arguments.train, pool=arguments.pool, quick=arguments.quick))


if __name__ == "__main__":
    main()
