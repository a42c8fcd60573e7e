"""What bounds the figures: errors sorted by cause, and counted.

Usage: python -m benchmarks.quality.causes DEV.jsonl
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from spacy.tokens import Doc

import claimcheck
from benchmarks.quality.matching import Pair, by_overlap, same_argument
from claimcheck.checker import Checker
from claimcheck.reading.claims.detector import Reading
from claimcheck.reading.claims.encoder import shown
from claimcheck.reading.pipeline import build_surface
from claimcheck.types import ConceptId, Evidence, Link
from models.training.gold import Passage, characters, passages

# A claim that was proposed at all has at least this probability.
PROPOSED = 0.2
REPORTED = 0.5
Counts = dict[str, Counter[str]]


def counts(path: Path, checker: Checker) -> Counts:
    """Return errors by kind and cause."""
    nlp = build_surface(checker.kb)
    found: Counts = {
        name: Counter() for name in ("missed", "false alarm", "relation", "argument", "unknown evidence")
    }
    for passage in passages(path):
        everything = checker.check(passage.text, min_probability=PROPOSED).claims
        reported = [f for f in everything if f.claim.probability >= REPORTED]
        pairs = by_overlap(passage.claims, reported)
        matched = {id(p.gold) for p in pairs}
        doc = nlp(passage.text)
        gated = _gated(doc, Reading(doc, checker.kb))
        for claim in passage.claims:
            if id(claim) in matched:
                continue
            words = (claim.start, claim.end)
            if any(_meet(words, (f.claim.span.start, f.claim.span.end)) for f in reported):
                found["missed"]["another claim was matched to the same words"] += 1
            elif any(_meet(words, (f.claim.span.start, f.claim.span.end)) for f in everything):
                found["missed"]["proposed, but not likely enough"] += 1
            elif any(_meet(words, span) for span in gated):
                found["missed"]["sentence holds no name and no cue: not read"] += 1
            else:
                found["missed"]["read, nothing proposed"] += 1
        used = {id(p.found) for p in pairs}
        for finding in reported:
            if id(finding) not in used:
                where = (finding.claim.span.start, finding.claim.span.end)
                touches = any(_meet((c.start, c.end), where) for c in passage.claims)
                cause = "a second claim on annotated words" if touches else "no annotated claim there"
                found["false alarm"][cause] += 1
        for pair in pairs:
            _of_pair(pair, passage, checker, found)
    return found


def _of_pair(pair: Pair, passage: Passage, checker: Checker, found: Counts) -> None:
    claim = pair.found.claim
    if pair.gold.relation != claim.relation.value.value:
        found["relation"][f"{pair.gold.relation} taken for {claim.relation.value.value}"] += 1
    for name in ("intervention", "target"):
        link: Link | None = getattr(claim, name)
        span, referent = getattr(pair.gold, name), pair.gold.labels.get(f"{name}_ref")
        if not same_argument(span, referent, link, passage.text, checker.kb):
            found["argument"][f"{name}: {_argument_cause(span, link)}"] += 1
    if pair.gold.labels["flagged"] and pair.found.evidence.status is Evidence.UNKNOWN:
        found["unknown evidence"][_unknown_cause(claim.intervention, claim.target, checker)] += 1


def _argument_cause(span: tuple[int, int] | None, link: Link | None) -> str:
    if span is None:
        return "left out in the text; another referent found" if link else "left out; no referent found"
    if link is None:
        return "in the text, not found"
    if link.span is None:
        return "in the text, taken from elsewhere"
    overlaps = _meet(span, (link.span.start, link.span.end))
    return "other words than annotated" if not overlaps else "too many or too few words"


def _unknown_cause(intervention: Link | None, target: Link | None, checker: Checker) -> str:
    def reviewed(concept: ConceptId | None) -> bool:
        known = checker.kb.concept(concept)
        return known is not None and known.reviewed

    if intervention is None or intervention.concept_id is None:
        return "intervention without a concept"
    if not reviewed(intervention.concept_id):
        return "intervention known by name only"
    if target is None or target.concept_id is None:
        return "reviewed intervention, target without a concept"
    return "reviewed intervention, no statement on this target"


def _gated(doc: Doc, reading: Reading) -> list[tuple[int, int]]:
    """Return the sentences that the gate keeps from the encoder, in code points."""
    read = set(shown(doc, reading))
    return [characters(doc, s.start, s.end) for i, s in enumerate(reading.sentences) if i not in read]


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])


def table(found: Mapping[str, Counter[str]], *, most: int = 8) -> str:
    """Return the causes as Markdown, the commonest of each kind first."""
    lines = [
        "\n## What bounds the figures: errors by cause\n",
        "| error | cause | number |",
        "| --- | --- | --- |",
    ]
    for kind, causes in found.items():
        rows = causes.most_common()
        lines += [f"| {kind} | {cause} | {number} |" for cause, number in rows[:most]]
        if rest := sum(number for _, number in rows[most:]):
            lines.append(f"| {kind} | anything else | {rest} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("passages", type=Path)
    arguments = parser.parse_args()
    sys.stdout.write(table(counts(arguments.passages, claimcheck.load())))


if __name__ == "__main__":
    main()
