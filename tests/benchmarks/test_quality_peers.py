"""Peers asked whether a sentence holds a claim, and what the peers that learn are given."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from spacy.lang.en import English
from spacy.tokens import Doc

from benchmarks.quality.evaluate import score
from benchmarks.quality.figures import Counts
from benchmarks.quality.peers import Cost, Sentences, costs, judged, ours, page, read
from benchmarks.speed import readers
from benchmarks.speed.clauses import Clause, blinded, clauses
from benchmarks.speed.machine import machine
from benchmarks.speed.prepare_peers import cue_rules, prepare, teaching
from benchmarks.speed.train_peers import best_threshold, train_tfidf
from claimcheck.checker import Checker
from models.training.gold import GoldClaim, Passage

TEXT = "Ginger cures cancer. The bus leaves at nine."


def passage(stance: str = "asserted", start: int = 0, end: int = 19) -> Passage:
    labels = {"relation": "cures", "stance": stance, "flagged": True, "risk": []}
    return Passage("p", TEXT, "post", "p", (GoldClaim(start, end, (0, 6), (13, 19), labels),))


ROW = Sentences(passage(), ((0, 20), (21, 44)))


def test_a_claim_belongs_to_the_sentence_it_shares_most_with() -> None:
    assert ROW.gold() == {0}
    assert Sentences(passage(start=15, end=30), ROW.spans).gold() == {1}


@pytest.mark.parametrize(
    ("stance", "holds"), [("instructed", {0}), ("refuted", set()), ("questioned", set())]
)
def test_what_nobody_asserts_is_no_claim_here(stance: str, holds: set[int]) -> None:
    assert Sentences(passage(stance), ROW.spans).gold() == holds


def test_answers_are_counted_passage_by_passage() -> None:
    rows = [ROW, ROW, Sentences(passage("refuted"), ROW.spans)]
    answers = [True, False, False, True, False, False]
    assert judged(rows, lambda _texts: answers) == [Counts(1, 0, 0), Counts(0, 1, 1), Counts(0, 0, 0)]
    assert judged([ROW], lambda texts: ["cures" in t for t in texts]) == [Counts(1, 0, 0)]


def test_an_answer_too_few_is_refused() -> None:
    with pytest.raises(ValueError, match="as many answers"):
        judged([ROW], lambda _texts: [True])


def test_our_own_counts_are_those_of_the_quality_page(checker: Checker) -> None:
    rows = read([passage()], checker)
    assert rows[0].texts() == ["Ginger cures cancer.", "The bus leaves at nine."]
    assert ours(rows, checker) == [score(passage(), checker, rows[0].spans).holds] == [Counts(1, 0, 0)]


class Clockwork:
    """A worker that says it used 100 seconds at first and half a second a text from then on."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def ask(self, what: str, texts: Sequence[str] = ()) -> dict[str, Any]:
        assert what == "many"
        cold = len(self.texts) < 2 * len(texts)
        self.texts += texts
        return {"processor": 100.0 if cold else 0.5 * len(texts)}


def test_cost_is_for_a_thousand_texts() -> None:
    worker = Clockwork()
    assert costs({"fake": worker}, rounds=2, number=3) == {"fake": Cost(500.0, 500.0)}
    assert len(set(worker.texts)) == 3 * 2 * 3
    assert {len(text.split()) for text in worker.texts} == {300}


def test_the_page_states_price_and_interval() -> None:
    text = page({"tfidf": [Counts(2, 1, 1)]}, {"tfidf": Cost(3600.0, 36.0)}, machine(), price=0.05)
    assert "$0.05 for an hour" in text
    assert "| 0.667 | 0.667 | 0.667 | 0.667 to 0.667 | 3600 | 36.0 | $0.050000 | $0.000500 |" in text


def test_the_threshold_with_the_best_figure() -> None:
    assert best_threshold([0.9, 0.4, 0.3, 0.1], [True, True, False, False]) == (0.31, 1.0)
    assert best_threshold([0.2], [False]) == (0.5, 0.0)


def test_cue_rules_are_written_out_once() -> None:
    rules = cue_rules()
    phrases = [rule["phrase"] for rule in rules]
    assert len(set(phrases)) == len(phrases)
    assert not any(sign in phrase for phrase in phrases for sign in "{}[]|")
    by_phrase = {rule["phrase"]: rule for rule in rules}
    assert by_phrase["cured"] == {"phrase": "cured", "relation": "cures", "weak": False}
    assert by_phrase["treatment"]["weak"] is True
    # Weak in one place, strong in another, whichever comes first.
    assert by_phrase["beats"]["weak"] is by_phrase["detoxifying"]["weak"] is False


def test_cue_words_take_whole_words(tmp_path: Path) -> None:
    (tmp_path / readers.CUES).write_text(json.dumps(cue_rules()), encoding="utf-8")
    holds = readers.cue_words(tmp_path).holds
    assert holds is not None
    sentences = ["Ginger CURES cancer.", "It gets rid of pain.", "Curesomething else.", "Take the bus.", ""]
    assert holds(sentences) == [True, True, False, False, False]


def test_teaching_marks_names_in_and_outside_of_claims() -> None:
    text = "Ginger cures cancer. My aunt has asthma."
    row = next(teaching([Passage("p", text, "post", "site", passage().claims)]))
    assert row["sentences"] == ["Ginger cures cancer.", "My aunt has asthma."]
    assert row["holds"] == [True, False]
    assert {text[start:end]: label for start, end, label in row["names"]} == {
        "Ginger": "INTERVENTION",
        "cancer": "CONDITION",
        "asthma": "CONDITION",
    }


def test_tfidf_learns_what_it_is_given() -> None:
    sentences = ["ginger cures cancer", "the bus is late"] * 20
    model = train_tfidf(sentences, [True, False] * 20)
    reader = readers.by_sentence_score(model, threshold=0.6)
    assert reader.holds is not None
    assert reader.holds(["cures cancer", "a late bus", ""]) == [True, False, False]
    assert reader.holds([]) == []
    assert reader.one("Ginger cures cancer. The bus is late.") == [True, False]


def parsed(words: Sequence[str], heads: Sequence[int], deps: Sequence[str], pos: Sequence[str]) -> Doc:
    return Doc(English().vocab, words=list(words), heads=list(heads), deps=list(deps), pos=list(pos))


def test_a_clause_ends_where_the_verb_above_changes() -> None:
    doc = parsed(
        ["Ginger", "eases", "nausea", "but", "it", "tastes", "awful"],
        [1, 1, 1, 1, 5, 1, 5],
        ["nsubj", "ROOT", "dobj", "cc", "nsubj", "conj", "acomp"],
        ["NOUN", "VERB", "NOUN", "CCONJ", "PRON", "VERB", "ADJ"],
    )
    assert clauses(doc) == [Clause(0, 4), Clause(4, 7)]


def test_names_joined_by_and_stay_in_one_clause() -> None:
    doc = parsed(
        ["Ginger", "eases", "nausea", "and", "very", "severe", "pain"],
        [1, 1, 1, 2, 5, 6, 2],
        ["nsubj", "ROOT", "dobj", "cc", "advmod", "amod", "conj"],
        ["NOUN", "VERB", "NOUN", "CCONJ", "ADV", "ADJ", "NOUN"],
    )
    assert clauses(doc) == [Clause(0, 7)]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], "Ginger tea eases nausea"),
        ([(0, 2, "INTERVENTION"), (3, 4, "CONDITION")], "_INTERVENTION_ eases _CONDITION_"),
        ([(3, 5, "CONDITION")], "Ginger tea eases _CONDITION_"),
        ([(4, 5, "CONDITION")], "Ginger tea eases nausea"),
    ],
)
def test_blinding_replaces_names_of_the_clause(names: list[tuple[int, int, str]], expected: str) -> None:
    words = ["Ginger", "tea", "eases", "nausea", "badly"]
    doc = parsed(words, [2] * 5, ["dep", "dep", "ROOT", "dep", "dep"], ["NOUN"] * 5)
    assert blinded(doc, Clause(0, 4), names) == expected


def test_peers_that_are_not_installed_are_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"install_peers\.sh"):
        prepare(root=tmp_path)
