"""Scores the whole pipeline on annotated passages.

Usage: python -m benchmarks.quality.evaluate DEV.jsonl [--json FILE] [--without-encoder]

Prints detection, extraction, attributes, verdicts and calibration, overall and
per genre and relation, with counts and 95% intervals over passages.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import claimcheck
from benchmarks.quality.figures import Counts, calibration_error, interval, macro_f1
from benchmarks.quality.matching import ASSERTIVE, Pair, by_overlap, is_exact, is_triple, overlap
from claimcheck import artefacts
from claimcheck.checker import Checker
from claimcheck.judging.policy import Policy
from claimcheck.kb.store import KnowledgeBase
from claimcheck.reading.pipeline import build_surface
from claimcheck.types import Finding, Risk, RiskLevel, Stance
from models.training.gold import GoldClaim, Passage, characters, passages

# Calibration is read over everything the detector proposes, not only over what it reports.
FLOOR = 0.2


@dataclass(frozen=True, slots=True)
class Scored:
    """One passage with what was found in it."""

    passage: Passage
    holds: Counts
    flagged: Counts
    claims: Counts
    triples: Counts
    exact: int
    pairs: tuple[Pair, ...]
    sentences: int
    chances: tuple[tuple[float, bool], ...]
    by_relation: dict[str, Counts]
    by_stance: dict[str, Counts]
    by_risk: dict[str, Counts]


def score(passage: Passage, checker: Checker, spans: Sequence[tuple[int, int]]) -> Scored:
    """Check one passage and lay the annotation over the answer."""
    everything = checker.check(passage.text, min_probability=FLOOR).claims
    chances = _chances(passage.claims, everything)
    found = [f for f in everything if f.claim.probability >= 0.5]
    pairs = by_overlap(passage.claims, found)
    triples = sum(is_triple(p, passage.text, checker.kb) for p in pairs)
    relations = {
        str(r)
        for r in (*[c.relation for c in passage.claims], *[f.claim.relation.value.value for f in found])
    }
    return Scored(
        passage=passage,
        holds=_sentences(
            spans,
            [(c.start, c.end) for c in passage.claims if c.labels["stance"] in ASSERTIVE],
            [_span(f) for f in found if f.claim.stance.value in ASSERTIVE],
        ),
        flagged=_sentences(
            spans,
            [(c.start, c.end) for c in passage.claims if c.labels["flagged"]],
            [_span(f) for f in found if f.flagged],
        ),
        claims=Counts(len(pairs), len(found) - len(pairs), len(passage.claims) - len(pairs)),
        triples=Counts(triples, len(found) - triples, len(passage.claims) - triples),
        exact=sum(map(is_exact, pairs)),
        pairs=tuple(pairs),
        sentences=len(spans),
        chances=chances,
        by_relation={r: _of_relation(r, passage.claims, found) for r in sorted(relations)},
        by_stance=_by_stance(passage.claims, found),
        by_risk=_by_risk(passage.claims, found, pairs),
    )


def _by_stance(gold: Sequence[GoldClaim], found: Sequence[Finding]) -> dict[str, Counts]:
    """Count claims found with the right stance."""
    counts = {}
    for stance in Stance:
        some_gold = [c for c in gold if c.labels["stance"] == stance]
        some_found = [f for f in found if f.claim.stance.value is stance]
        true = len(by_overlap(some_gold, some_found))
        counts[str(stance)] = Counts(true, len(some_found) - true, len(some_gold) - true)
    return counts


def _by_risk(gold: Sequence[GoldClaim], found: Sequence[Finding], pairs: Sequence[Pair]) -> dict[str, Counts]:
    """Count risk codes on claims: right where a matched claim carries it on both sides."""
    counts = {}
    for code in Risk:
        true = sum(code in p.gold.labels["risk"] and _carries(p.found, code) for p in pairs)
        have = sum(code in c.labels["risk"] for c in gold)
        got = sum(_carries(f, code) for f in found)
        counts[str(code)] = Counts(true, got - true, have - true)
    return counts


def _carries(finding: Finding, code: Risk) -> bool:
    return any(flag.code is code for flag in finding.risks)


def _of_relation(relation: str, gold: Sequence[GoldClaim], found: Sequence[Finding]) -> Counts:
    some_gold = [c for c in gold if c.relation == relation]
    some_found = [f for f in found if f.claim.relation.value.value == relation]
    true = len(by_overlap(some_gold, some_found))
    return Counts(true, len(some_found) - true, len(some_gold) - true)


def _chances(gold: Sequence[GoldClaim], found: Sequence[Finding]) -> tuple[tuple[float, bool], ...]:
    matched = {id(p.found) for p in by_overlap(gold, found)}
    return tuple((f.claim.probability, id(f) in matched) for f in found)


def _span(finding: Finding) -> tuple[int, int]:
    return finding.claim.span.start, finding.claim.span.end


def _sentences(
    spans: Sequence[tuple[int, int]], gold: Sequence[tuple[int, int]], found: Sequence[tuple[int, int]]
) -> Counts:
    """Count sentences; each claim belongs to the sentence it shares most with."""
    have = {_home(s, spans) for s in gold} - {None}
    got = {_home(s, spans) for s in found} - {None}
    return Counts(len(have & got), len(got - have), len(have - got))


def _home(span: tuple[int, int], spans: Sequence[tuple[int, int]]) -> int | None:
    best = max(range(len(spans)), key=lambda i: overlap(span, spans[i]), default=None)
    return best if best is not None and overlap(span, spans[best]) else None


def evaluate(path: Path, checker: Checker) -> list[Scored]:
    """Score every passage of a file."""
    nlp = build_surface(checker.kb)
    rows = []
    for passage in passages(path):
        doc = nlp(passage.text)
        spans = [characters(doc, s.start, s.end) for s in doc._.sentences]
        rows.append(score(passage, checker, spans))
    return rows


def summary(rows: Sequence[Scored]) -> dict[str, Any]:
    """Return all figures of some passages, rounded."""
    pairs = [p for r in rows for p in r.pairs]
    clean = [r for r in rows if not r.passage.claims]
    chances = [c for r in rows for c in r.chances]
    levels = list(RiskLevel)
    gold_levels = [levels.index(RiskLevel(p.gold.labels["risk_level"])) for p in pairs]
    found_levels = [levels.index(p.found.risk_level) for p in pairs]
    grave = [f >= 3 for g, f in zip(gold_levels, found_levels, strict=True) if g >= 3]
    flagged_pairs = [p for p in pairs if p.gold.labels["flagged"]]
    figures: dict[str, Any] = {
        "passages": len(rows),
        "gold_claims": sum(len(r.passage.claims) for r in rows),
        "sentence_holds_claim": _prf(rows, lambda r: r.holds),
        "sentence_flagged": _prf(rows, lambda r: r.flagged),
        "claim_overlap": _prf(rows, lambda r: r.claims),
        "triple": _prf(rows, lambda r: r.triples),
        "exact_triples": sum(r.exact for r in rows),
        "matched": len(pairs),
        "false_alarms_on_claimless": round(
            sum(r.claims.false for r in clean) / max(1, sum(r.sentences for r in clean)), 4
        ),
        "calibration_error": round(calibration_error([c for c, _ in chances], [o for _, o in chances]), 4),
        "risk_level_error": _mean([abs(g - f) for g, f in zip(gold_levels, found_levels, strict=True)]),
        "recall_high_or_critical": _mean(grave),
        "unknown_on_flagged": _mean([p.found.evidence.status == "unknown" for p in flagged_pairs]),
    }
    attributes: dict[str, tuple[Callable[[Pair], str], str]] = {
        "relation": (lambda p: p.found.claim.relation.value.value, "relation"),
        "polarity": (lambda p: p.found.claim.polarity.value.value, "polarity"),
        "certainty": (lambda p: p.found.claim.certainty.value.value, "certainty"),
        "stance": (lambda p: p.found.claim.stance.value.value, "stance"),
        "source": (lambda p: p.found.claim.source.value.value, "source"),
        "evidence": (lambda p: p.found.evidence.status.value, "evidence"),
        "assessment": (lambda p: p.found.assessment.value, "assessment"),
    }
    for name, (take, label) in attributes.items():
        gold = [str(p.gold.labels[label]) for p in pairs]
        found = [take(p) for p in pairs]
        figures[f"accuracy_{name}"] = _mean([g == f for g, f in zip(gold, found, strict=True)])
        figures[f"macro_f1_{name}"] = round(macro_f1(gold, found), 4)
    return figures


def _prf(rows: Sequence[Scored], take: Callable[[Scored], Counts]) -> dict[str, Any]:
    counts = sum((take(r) for r in rows), Counts())
    low, high = interval(rows, lambda some: sum((take(r) for r in some), Counts()).f1)
    return {
        "precision": round(counts.precision, 4),
        "recall": round(counts.recall, 4),
        "f1": round(counts.f1, 4),
        "interval": [round(low, 4), round(high, 4)],
        "n": counts.true + counts.missed,
    }


def _mean(values: Sequence[bool] | Sequence[int]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None


def slices(rows: Sequence[Scored]) -> dict[str, dict[str, Any]]:
    """Return claim F1 and sentence F1 per genre, claim F1 per relation, stance and risk code."""
    found: dict[str, dict[str, Any]] = {}
    for genre in sorted({r.passage.genre for r in rows}):
        some = [r for r in rows if r.passage.genre == genre]
        holds = sum((r.holds for r in some), Counts())
        claims = sum((r.claims for r in some), Counts())
        found[f"genre:{genre}"] = {
            "passages": len(some),
            "n": claims.true + claims.missed,
            "sentence_f1": round(holds.f1, 4),
            "claim_f1": round(claims.f1, 4),
        }
    for name in ("relation", "stance", "risk"):
        tallies: list[dict[str, Counts]] = [getattr(r, f"by_{name}") for r in rows]
        for label in sorted({k for tally in tallies for k in tally}):
            counts = sum((tally.get(label, Counts()) for tally in tallies), Counts())
            if counts != Counts():
                found[f"{name}:{label}"] = {
                    "n": counts.true + counts.missed,
                    "precision": round(counts.precision, 4),
                    "recall": round(counts.recall, 4),
                    "claim_f1": round(counts.f1, 4),
                }
    return found


def degraded() -> Checker:
    """Return the checker of a machine on which the trained encoder cannot be loaded."""
    return Checker(
        kb=KnowledgeBase.load(),
        model=artefacts.load_detector(),
        model_version=artefacts.find("cue-detector").version,
        policy=Policy.load(),
        prior=artefacts.load_prior(),
        calibrate=artefacts.load_scores(),
    )


def main() -> None:
    """Print the figures; write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("passages", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--without-encoder", action="store_true", help="as on a machine that cannot run it")
    arguments = parser.parse_args()
    checker = degraded() if arguments.without_encoder else claimcheck.load()
    rows = evaluate(arguments.passages, checker)
    result = {"versions": _versions(checker), "all": summary(rows), "slices": slices(rows)}
    text = json.dumps(result, indent=1)
    print(text)
    if arguments.json:
        arguments.json.write_text(text + "\n", encoding="utf-8")


def _versions(checker: Checker) -> dict[str, str]:
    versions = checker.versions
    return {"model": versions.model, "kb": versions.kb, "rules": versions.rules, "policy": versions.policy}


if __name__ == "__main__":
    main()
