"""What the gate before the encoder saves, and what it loses.

Usage: python -m benchmarks.quality.skipped PASSAGES.jsonl

Sentences that name nothing known and hold no cue are not read, unless half of
their block's sentences do; nor is any sentence of a text that names nothing known
of health at all.  Passages without
an annotated claim stand for ordinary text.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from claimcheck.kb.store import KnowledgeBase
from claimcheck.reading.claims.detector import Reading
from claimcheck.reading.claims.encoder import shown
from claimcheck.reading.pipeline import build_surface
from models.training.gold import by_sentence, passages


def figures(path: Path) -> dict[str, dict[str, float]]:
    """Return shares of sentences and words not read, and of claims lost, for both kinds of text."""
    kb = KnowledgeBase.load()
    nlp = build_surface(kb)
    counts: dict[str, Counter[str]] = {"with claims": Counter(), "without": Counter()}
    for passage in passages(path):
        doc = nlp(passage.text)
        reading = Reading(doc, kb)
        read = set(shown(doc, reading))
        count = counts["with claims" if passage.claims else "without"]
        gold = by_sentence(doc, reading.sentences, passage.claims)
        for index, sentence in enumerate(reading.sentences):
            words = sentence.end - sentence.start
            count["sentences"] += 1
            count["words"] += words
            count["claims"] += len(gold[index])
            if index not in read:
                count["sentences skipped"] += 1
                count["words skipped"] += words
                count["claims lost"] += len(gold[index])
    return {
        kind: {
            "sentences": count["sentences"],
            "sentences_skipped": round(count["sentences skipped"] / max(1, count["sentences"]), 4),
            "words_skipped": round(count["words skipped"] / max(1, count["words"]), 4),
            "claims": count["claims"],
            "claims_lost": round(count["claims lost"] / max(1, count["claims"]), 4),
        }
        for kind, count in counts.items()
    }


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("passages", type=Path)
    print(json.dumps(figures(parser.parse_args().passages), indent=1))


if __name__ == "__main__":
    main()
