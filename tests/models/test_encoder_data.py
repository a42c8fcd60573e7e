"""Sentences as the encoder learns them, and what is put into them."""

from __future__ import annotations

import random

import pytest
from tokenizers import Tokenizer

from claimcheck import artefacts
from claimcheck.kb.store import KnowledgeBase
from claimcheck.learn.wordpiece import WordPieces
from claimcheck.reading.claims.encoder_input import CONDITION, PLAIN, REMEDY
from models.training.encoder_data import IGNORE, LABELS, Example, Substitution, claim_tags, examples
from models.training.gold import GoldClaim, Passage

TEXT = "Kratom eases pain and lifts mood. The shop is open."
LABELS_OF = {
    "relation": "relieves",
    "polarity": "affirmed",
    "certainty": "certain",
    "stance": "asserted",
    "source": "author",
    "assessment": "unsupported",
}


def gold(start: int, end: int, intervention: tuple[int, int] | None, target: tuple[int, int]) -> GoldClaim:
    return GoldClaim(start, end, intervention, target, dict(LABELS_OF))


CLAIMS = (gold(0, 17, (0, 6), (13, 17)), gold(22, 32, (0, 6), (28, 32)))


@pytest.fixture(scope="module")
def tokenizer() -> WordPieces:
    return artefacts.load_encoder().tokenizer


@pytest.fixture(scope="module")
def rows(tokenizer: WordPieces) -> list[Example]:
    return examples([Passage("p1", TEXT, "post", "site", CLAIMS)], KnowledgeBase.load(), tokenizer)


def text_of(row: Example, run: tuple[int, int] | None) -> str:
    assert run is not None
    spans = [o for o in row.offsets[run[0] : run[1]] if o is not None]
    return row.text[spans[0][0] : spans[-1][1]]


def test_only_sentences_that_the_gate_lets_through(rows: list[Example]) -> None:
    assert [r.text for r in rows] == ["Kratom eases pain and lifts mood."]


def test_claims_are_runs_of_pieces(rows: list[Example]) -> None:
    (row,) = rows
    assert [text_of(row, c.claim) for c in row.claims] == ["Kratom eases pain", "lifts mood"]
    assert [text_of(row, c.intervention) for c in row.claims] == ["Kratom", "Kratom"]
    assert [text_of(row, c.target) for c in row.claims] == ["pain", "mood"]
    assert row.claims[0].labels[0] == LABELS["relation"].index("relieves")


def test_names_are_marked(rows: list[Example]) -> None:
    (row,) = rows
    named = {text_of(row, (n.start, n.end)): row.types[n.start] for n in row.names}
    assert named["Kratom"] == REMEDY
    assert named["pain"] != PLAIN
    assert CONDITION not in row.types


def test_tags_begin_each_claim_and_leave_the_markers_out(rows: list[Example]) -> None:
    tags = claim_tags(rows[0])
    assert (tags[0], tags[-1]) == (IGNORE, IGNORE)
    assert tags.count(1) == 2


def test_what_nothing_is_to_be_learnt_from_is_left_out(tokenizer: WordPieces) -> None:
    unsure = Passage("p1", TEXT, "post", "site", (), unsure=((0, 33),))
    assert examples([unsure], KnowledgeBase.load(), tokenizer) == []


def test_another_name_of_the_same_sort_moves_all_runs(rows: list[Example], tokenizer: WordPieces) -> None:
    library = Tokenizer.from_file(str(artefacts.find("claim-encoder").path / "tokenizer.json"))
    other = examples(
        [Passage("p2", "Ashwagandha root eases pain.", "post", "s", ())], KnowledgeBase.load(), tokenizer
    )
    change = Substitution([*rows, *other], share=1.0, hidden=0.0)
    rng = random.Random(3)
    seen = set()
    for _ in range(40):
        changed = change(rows[0], rng)
        words = library.decode(changed.ids)
        seen.add(words)
        assert len(changed.ids) == len(changed.types) == len(changed.offsets) == len(changed.continues)
        target = changed.claims[1].target
        assert target is not None
        assert library.decode(changed.ids[target[0] : target[1]]) in words
        if words != library.decode(rows[0].ids):
            assert changed.claims[0].labels[-1] == IGNORE, "what a name makes true is not learnt from another"
    assert len(seen) > 1


def test_hidden_names_lose_their_mark_only(rows: list[Example]) -> None:
    hidden = Substitution(rows, share=0.0, hidden=1.0)(rows[0], random.Random(0))
    assert hidden.ids == rows[0].ids
    assert all(hidden.types[n.start] == PLAIN for n in hidden.names)
