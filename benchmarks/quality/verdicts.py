"""Scores verdicts on sentences that hold one claim each.

Usage: python -m benchmarks.quality.verdicts fresh [tests/golden/fresh_claims.jsonl]
       python -m benchmarks.quality.verdicts questions QUESTIONS.jsonl.gz

``fresh``: 300 claims written from A-Z lists before anybody looked at the
monographs, with the verdict a pharmacist expects.  ``questions``: lay questions
with the answer of a Cochrane review (White & Hassan 2014).
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import claimcheck
from benchmarks.quality.matching import overlap
from claimcheck.checker import Checker
from claimcheck.types import Evidence, Finding, RiskLevel

FRESH = Path("tests/golden/fresh_claims.jsonl")
# A question is read, too, where it hardly counts as a claim.
LEAST = 0.2
WORKS = frozenset((Evidence.SUPPORTED, Evidence.LIMITED))
FAILS = frozenset((Evidence.REFUTED, Evidence.INSUFFICIENT))


def fresh(rows: Iterable[dict[str, Any]], checker: Checker) -> dict[str, float]:
    """Return how often a claim is found, linked, and judged as expected."""
    count: Counter[str] = Counter()
    for row in rows:
        count["claims"] += 1
        finding = _about(row, checker.check(row["text"]).claims)
        if finding is None:
            count["flagged_right"] += not row["flagged"]
            continue
        claim, status = finding.claim, finding.evidence.status
        known = status is not Evidence.UNKNOWN
        count["found"] += 1
        count["intervention_linked"] += claim.intervention is not None and bool(claim.intervention.concept_id)
        count["target_linked"] += row["target"] is not None and bool(claim.target and claim.target.concept_id)
        count["with_target"] += row["target"] is not None
        count["known"] += known
        count["evidence_right"] += known and status in (row["evidence"], *row["acceptable"])
        count["supported_but_refuted"] += status is Evidence.SUPPORTED and row["evidence"] == Evidence.REFUTED
        count["flagged_right"] += finding.flagged == row["flagged"]
        grave = RiskLevel(row["risk_level"]).rank >= RiskLevel.HIGH.rank
        count["grave"] += grave
        count["grave_found"] += grave and finding.risk_level.rank >= RiskLevel.HIGH.rank
    return {
        "claims": count["claims"],
        "found": _share(count["found"], count["claims"]),
        "intervention_linked": _share(count["intervention_linked"], count["found"]),
        "target_linked": _share(count["target_linked"], count["with_target"]),
        "known": _share(count["known"], count["found"]),
        "evidence_right_where_known": _share(count["evidence_right"], count["known"]),
        "refuted_called_supported": _share(count["supported_but_refuted"], count["found"]),
        "flagged_right": _share(count["flagged_right"], count["claims"]),
        "recall_high_or_critical": _share(count["grave_found"], count["grave"]),
    }


def questions(rows: Iterable[dict[str, Any]], checker: Checker) -> dict[str, float]:
    """Return the share that is covered, the share of it that is right, and the dangerous mistakes."""
    count: Counter[str] = Counter()
    for row in rows:
        count["questions"] += 1
        findings = checker.check(row["claim"], min_probability=LEAST).claims
        known = [f for f in findings if f.evidence.status is not Evidence.UNKNOWN]
        if not known:
            continue
        status = max(known, key=lambda f: f.claim.probability).evidence.status
        works = row["label"] == "supported"
        count["covered"] += 1
        count["right"] += status in (WORKS if works else FAILS)
        count["refuted_called_supported"] += not works and status is Evidence.SUPPORTED
    return {
        "questions": count["questions"],
        "covered": _share(count["covered"], count["questions"]),
        "right_of_covered": _share(count["right"], count["covered"]),
        "refuted_called_supported": _share(count["refuted_called_supported"], count["covered"]),
    }


def _about(row: dict[str, Any], findings: Sequence[Finding]) -> Finding | None:
    """Return the finding that shares most words with the claim's arguments."""
    spans = []
    for name in ("intervention", "target"):
        if row[name] is not None:
            start = row["text"].index(row[name])
            spans.append((start, start + len(row[name])))

    def shared(finding: Finding) -> int:
        own = (finding.claim.span.start, finding.claim.span.end)
        return sum(overlap(own, s) for s in spans)

    best = max(findings, key=shared, default=None)
    return best if best is not None and shared(best) else None


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def read(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSONL file, gzipped or not."""
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("fresh", "questions"))
    parser.add_argument("path", type=Path, nargs="?", default=FRESH)
    arguments = parser.parse_args()
    score = fresh if arguments.kind == "fresh" else questions
    print(json.dumps(score(read(arguments.path), claimcheck.load()), indent=1))


if __name__ == "__main__":
    main()
