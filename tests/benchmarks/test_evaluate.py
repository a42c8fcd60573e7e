"""The whole scoring on two passages that a person can count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.quality.evaluate import Scored, evaluate, slices, summary
from claimcheck.checker import Checker
from models.training.gold import passages

CLAIM = "Ginger cures cancer."
PLAIN = "The bus leaves at nine."


def row(text: str, *claims: dict[str, Any], genre: str = "post", name: str = "p-1") -> dict[str, Any]:
    return {"id": name, "text": text, "genre": genre, "claims": list(claims)}


def claim(text: str, words: str, relation: str, intervention: str, target: str) -> dict[str, Any]:
    def span(part: str) -> dict[str, int]:
        return {"start": text.index(part), "end": text.index(part) + len(part)}

    return {
        **span(words),
        "relation": relation,
        "intervention": span(intervention),
        "intervention_ref": None,
        "target": span(target),
        "target_ref": None,
        "polarity": "affirmed",
        "certainty": "certain",
        "stance": "asserted",
        "source": "author",
        "evidence": "insufficient",
        "assessment": "unsupported",
        "risk": ["serious_condition"],
        "risk_level": "high",
        "flagged": True,
    }


@pytest.fixture
def scored(checker: Checker, tmp_path: Path) -> list[Scored]:
    """One passage with two sentences and one claim that anyone finds, one without any."""
    first = f"{CLAIM} {PLAIN}"
    path = tmp_path / "dev.jsonl"
    rows = [
        row(first, claim(first, "Ginger cures cancer", "cures", "Ginger", "cancer")),
        row(f"{PLAIN} {PLAIN}", genre="news", name="p-2"),
    ]
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return evaluate(path, checker)


def test_counts_of_two_passages(scored: list[Scored]) -> None:
    figures = summary(scored)
    assert (figures["passages"], figures["gold_claims"], figures["matched"]) == (2, 1, 1)
    for name in ("sentence_holds_claim", "sentence_flagged", "claim_overlap", "triple"):
        assert (figures[name]["precision"], figures[name]["recall"], figures[name]["n"]) == (1.0, 1.0, 1), (
            name
        )
    assert figures["exact_triples"] == 1
    assert figures["false_alarms_on_claimless"] == 0.0
    assert figures["accuracy_relation"] == figures["macro_f1_stance"] == 1.0


def test_slices_name_genre_and_relation(scored: list[Scored]) -> None:
    found = slices(scored)
    named = {name for name in found if not name.startswith(("stance:", "risk:"))}
    assert named == {"genre:news", "genre:post", "relation:cures"}
    assert found["stance:asserted"]["n"] == 1
    assert found["relation:cures"] == {"n": 1, "precision": 1.0, "recall": 1.0, "claim_f1": 1.0}
    assert found["genre:news"]["n"] == 0


def test_a_claim_that_nobody_annotated_is_a_false_alarm(checker: Checker, tmp_path: Path) -> None:
    path = tmp_path / "dev.jsonl"
    path.write_text(json.dumps(row(f"{CLAIM} {PLAIN}")) + "\n", encoding="utf-8")
    figures = summary(evaluate(path, checker))
    assert figures["claim_overlap"]["precision"] == 0.0
    assert figures["false_alarms_on_claimless"] == 0.5


def test_a_claim_that_is_not_found_is_missed(checker: Checker, tmp_path: Path) -> None:
    path = tmp_path / "dev.jsonl"
    text = f"{PLAIN} It came."
    path.write_text(
        json.dumps(row(text, claim(text, "bus leaves", "cures", "bus", "nine"))) + "\n", encoding="utf-8"
    )
    figures = summary(evaluate(path, checker))
    assert (figures["claim_overlap"]["recall"], figures["claim_overlap"]["n"]) == (0.0, 1)
    assert figures["accuracy_relation"] is None


def test_passages_read_the_guideline_record(tmp_path: Path) -> None:
    path = tmp_path / "dev.jsonl"
    made = claim(CLAIM, "Ginger cures cancer", "cures", "Ginger", "cancer") | {"target": None}
    path.write_text(json.dumps(row(CLAIM, made) | {"repo": "site-1"}) + "\n", encoding="utf-8")
    [passage] = passages(path)
    assert (passage.id, passage.genre, passage.site) == ("p-1", "post", "site-1")
    [found] = passage.claims
    assert (found.start, found.end, found.intervention, found.target) == (0, 19, (0, 6), None)
    assert found.relation == "cures"
