"""How well arguments meet concepts, on annotated passages.

Usage: python -m benchmarks.quality.linking DEV.jsonl

Nobody annotated concepts.  So for each argument of a matched claim the words
that the annotator named (the referent, else the marked words) are looked up by
themselves in the knowledge base; where they are the name of a concept, that is
the expected one.  Recall: the share of those that were linked to it; precision:
the share of links on them that are right.  ``linked`` counts all arguments.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import claimcheck
from benchmarks.quality.matching import by_overlap
from claimcheck.checker import Checker
from claimcheck.types import ConceptId, Link
from models.training.gold import GoldClaim, passages

ON_INTERVENTION = frozenset(("potentiates", "replaces"))


def expected(claim: GoldClaim, name: str, text: str, checker: Checker) -> frozenset[ConceptId]:
    """Return the concepts that the annotator's own words name; empty where they name none."""
    span = getattr(claim, name)
    words = claim.labels.get(f"{name}_ref") or (text[span[0] : span[1]] if span else "")
    wants_target = name == "target" and claim.relation not in ON_INTERVENTION
    found = (checker.kb.concept(i) for i in checker.kb.lookup(words)) if words else ()
    return frozenset(c.id for c in found if c is not None and c.kind.is_target == wants_target)


def figures(path: Path, checker: Checker) -> dict[str, dict[str, float]]:
    """Return recall and precision of linking for interventions and targets."""
    result = {}
    counts: dict[str, Counter[str]] = {"intervention": Counter(), "target": Counter()}
    for passage in passages(path):
        for pair in by_overlap(passage.claims, checker.check(passage.text).claims):
            for name, count in counts.items():
                link: Link | None = getattr(pair.found.claim, name)
                concept = link.concept_id if link is not None else None
                wanted = expected(pair.gold, name, passage.text, checker)
                count["arguments"] += 1
                count["linked"] += concept is not None
                count["expected"] += bool(wanted)
                count["answered"] += bool(wanted) and concept is not None
                count["right"] += concept in wanted
    for name, count in counts.items():
        result[name] = {
            "arguments": count["arguments"],
            "linked": round(count["linked"] / max(1, count["arguments"]), 4),
            "with_an_expected_concept": count["expected"],
            "recall": round(count["right"] / max(1, count["expected"]), 4),
            "precision": round(count["right"] / max(1, count["answered"]), 4),
        }
    return result


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("passages", type=Path)
    arguments = parser.parse_args()
    print(json.dumps(figures(arguments.passages, claimcheck.load()), indent=1))


if __name__ == "__main__":
    main()
