"""Candidates for what a claim leaves out, and what is said of each."""

from __future__ import annotations

import pytest
from spacy.language import Language

from claimcheck.kb.store import KnowledgeBase
from claimcheck.reading.linking.referents import MOST_CANDIDATES, Before, Gap, Gapped, Surroundings
from claimcheck.types import ConceptId, Kind, Source


def asked(
    reader: Language,
    kb: KnowledgeBase,
    text: str,
    word: str = "It",
    *,
    before: Before = Before(),  # noqa: B008 - immutable
    avoid: frozenset[ConceptId | None] = frozenset(),
    kinds: frozenset[Kind] = frozenset(),
    gap: Gap = Gap.PRONOUN,
) -> dict[str, list[str]]:
    """Return the features of each candidate for the last ``word`` of the text, nearest first."""
    doc = reader(text)
    start = max(i for i, w in enumerate(doc._.words) if w == word)
    sentence = next(i for i, s in enumerate(doc._.sentences) if s.start <= start < s.end)
    around = Surroundings(doc._.mentions, doc._.sentences, doc._.forms, frozenset(), kb)
    gapped = Gapped(
        gap=gap,
        sentence=sentence,
        start=start,
        end=start + 1,
        forms=(doc._.forms[start],),
        words=(doc._.words[start],),
        source=Source.AUTHOR,
        kinds=kinds,
        avoid=avoid,
    )
    choice = around.candidates(gapped, before)
    return {str(n.mention.intervention): [*n.features, *choice.about] for n in choice.near}


PLAIN = "Ginger is a root. Kratom is a leaf. It eases pain."


def test_nearest_come_first_and_say_how_near(reader: Language, kb: KnowledgeBase) -> None:
    found = asked(reader, kb, PLAIN)
    assert list(found) == ["kratom", "ginger"]
    assert found["kratom"][0] == "back1"
    assert found["ginger"][0] == "back2"
    assert "first" in found["ginger"]
    assert "first" not in found["kratom"]


def test_another_block_is_told_apart(reader: Language, kb: KnowledgeBase) -> None:
    found = asked(reader, kb, "Kratom is a leaf.\n\nIt eases pain.")
    assert found["kratom"][0] == "back1_other_block"


def test_what_cannot_be_meant_is_no_candidate(reader: Language, kb: KnowledgeBase) -> None:
    assert list(asked(reader, kb, PLAIN, avoid=frozenset({ConceptId("kratom")}))) == ["ginger"]


def test_the_claim_before_counts(reader: Language, kb: KnowledgeBase) -> None:
    found = asked(reader, kb, PLAIN, before=Before(ConceptId("ginger")))
    assert "last" in found["ginger"]
    assert "last" not in found["kratom"]


def test_a_stranger_before_speaks_of_the_claim(reader: Language, kb: KnowledgeBase) -> None:
    found = asked(reader, kb, PLAIN, before=Before(strange=True))
    assert all("after_stranger" in features for features in found.values())


def test_a_class_of_another_candidate_is_marked(reader: Language, kb: KnowledgeBase) -> None:
    found = asked(reader, kb, "Sertraline came late. It is an old antidepressant. It eases pain.")
    assert "class_of_rival" in found["antidepressants"]
    assert "member_of_rival" in found["sertraline"]


def test_kinds_fit_or_differ(reader: Language, kb: KnowledgeBase) -> None:
    found = asked(reader, kb, "Metformin beats ginger. It works.", kinds=frozenset({Kind.DRUG}))
    assert "kind_fits" in found["metformin"]
    assert "kind_differs" in found["ginger"]


def test_candidates_are_bounded(reader: Language, kb: KnowledgeBase) -> None:
    names = "ginger kratom garlic turmeric honey valerian ginkgo echinacea melatonin zinc iron aspirin cbd"
    assert len(asked(reader, kb, f"{', '.join(names.split())} are sold. It works.")) == MOST_CANDIDATES


def test_nothing_named_means_no_candidates(reader: Language, kb: KnowledgeBase) -> None:
    assert asked(reader, kb, "It works.") == {}


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("Kratom is sold. Zoplex works.", "Zoplex", "capital"),
        ("Kratom is sold. The Zoplex works.", "Zoplex", "named"),
        ("Kratom is sold. Noticing works.", "Noticing", "ends=ing"),
    ],
)
def test_unknown_words_are_described(
    reader: Language, kb: KnowledgeBase, text: str, word: str, expected: str
) -> None:
    assert expected in asked(reader, kb, text, word, gap=Gap.WORDS)["kratom"]
