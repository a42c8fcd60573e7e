"""Which words a relation joins: a table with the arguments marked, ``i`` intervention and ``t`` target."""

from __future__ import annotations

import pytest
from spacy.language import Language

from claimcheck import surface
from claimcheck.kb.store import KnowledgeBase
from claimcheck.reading.claims.arguments import Argument, words
from claimcheck.reading.claims.detector import Reading
from claimcheck.types import Relation
from tests.helpers import parse

LABELS = frozenset(("i", "t"))
TABLE = [
    ("relieves", "{i|Ginger} eases {t|nausea}."),
    ("relieves", "{i|Ginger} gently eases {t|nausea} in most people."),
    ("relieves", "{i|Ginger} may help to ease {t|chronic pain}."),
    ("treats", "{i|Turmeric} treats {t|arthritis}."),
    ("treats", "{i|Turmeric} is a natural remedy for {t|arthritis}."),
    ("prevents", "{i|Vitamin C} prevents {t|colds}."),
    ("prevents", "{i|Statins} lower the risk of {t|stroke}."),
    ("harms", "{i|Vaccines} cause {t|autism}."),
    # lists
    ("relieves", "{i|Ginger and peppermint} ease {t|nausea}."),
    ("relieves", "{i|Ginger} eases {t|nausea, colds and flu}."),
    ("treats", "{i|Turmeric} treats {t|arthritis, gout and asthma}."),
    ("treats", "{i|Turmeric, ginger and garlic} treat {t|arthritis}."),
    # passive
    ("relieves", "{t|Nausea} is relieved by {i|ginger}."),
    ("cures", "{t|Diabetes} was cured by {i|cinnamon}."),
    ("treats", "{t|Migraine} can be treated with {i|magnesium}."),
    ("prevents", "{t|Scurvy} is prevented by {i|vitamin C}."),
    # take X for Y
    ("treats", "Take {i|ginger} for {t|nausea}."),
    ("treats", "I was prescribed {i|sertraline} for {t|anxiety}."),
    ("treats", "Try {i|ginger tea} against {t|nausea}."),
    # stop X
    ("replaces", "Stop taking your {t|insulin}."),
    ("replaces", "You no longer need your {t|statins}."),
    ("replaces", "Throw away your {t|metformin}!"),
    ("replaces", "{i|Berberine} is a natural alternative to {t|metformin}."),
    ("replaces", "Use {i|cinnamon} instead of {t|insulin}."),
    # possessive and implied
    ("relieves", "{i|Kratom}'s analgesic effects are known."),
    ("improves", "{i|Maca} is a natural aphrodisiac."),
    # two interventions
    ("potentiates", "{i|Kratom} potentiates {t|antidepressants}."),
    ("potentiates", "{i|Grapefruit} enhances the effects of {t|statins}."),
    ("potentiates", "the synergy between {i|kratom} and {t|antidepressants}"),
    # stand-ins
    ("relieves", "{i|It} eases {t|nausea}."),
    ("relieves", "{i|This tea} eases {t|nausea}."),
    ("improves", "{i|Our formula} boosts {t|immunity}."),
    # what stands between, and what follows a preposition
    ("relieves", "{i|Ginger}, a root from Asia, eases {t|nausea}."),
    ("relieves", "Unlike mint, {i|ginger} eases {t|nausea}."),
    ("is_safe", "{i|Kratom} is completely safe."),
    ("is_safe", "{i|Kratom} has no side effects."),
    # half-open to other clauses
    ("relieves", "Garlic is cheap, but {i|ginger} eases {t|nausea}."),
    ("relieves", "🍋 {i|Ginger} eases {t|nausea} 🤢."),
    ("relieves", "<p>{i|Ginger} eases <b>{t|nausea}</b></p>"),
]


def spelled(reader: Language, text: str, argument: Argument | None) -> str | None:
    if argument is None or argument.how == "implied":
        return None
    doc = reader.make_doc(text)
    first, last = doc[argument.range.start], doc[argument.range.end - 1]
    return text[first.idx : last.idx + len(last)]


def found(
    reader: Language, kb: KnowledgeBase, text: str, relation: str
) -> list[tuple[str | None, str | None]]:
    """Return the arguments of every candidate of one relation, as they are spelled."""
    reading = Reading(reader(text), kb)
    candidates = [a for index in range(len(reading.sentences)) for a in reading.candidates(index)]
    return [
        (spelled(reader, text, a.intervention), spelled(reader, text, a.target))
        for a in candidates
        if a.cue.relation == relation
    ]


@pytest.mark.parametrize(("relation", "source"), TABLE, ids=[s for _, s in TABLE])
def test_arguments(reader: Language, kb: KnowledgeBase, relation: str, source: str) -> None:
    marked = parse(source, labels=LABELS)
    assert (marked.word("i"), marked.word("t")) in found(reader, kb, marked.text, Relation(relation))


def test_every_relation_is_in_the_table() -> None:
    assert {relation for relation, _ in TABLE} == set(Relation)


def test_two_claims_of_one_sentence(reader: Language, kb: KnowledgeBase) -> None:
    text = "Ginger eases nausea and prevents flu."
    assert ("Ginger", "nausea") in found(reader, kb, text, Relation.RELIEVES)
    assert ("Ginger", "flu") in found(reader, kb, text, Relation.PREVENTS)


def test_arguments_do_not_cross_a_sentence(reader: Language, kb: KnowledgeBase) -> None:
    assert found(reader, kb, "It was ginger. Relieves the need for words.", Relation.RELIEVES) in (
        [],
        [(None, "need")],
        [(None, "need for words")],
    )


@pytest.mark.parametrize(
    "text", ["Use a spoon for the soup.", "The bus leaves at nine.", "He was prescribed rest for a week."]
)
def test_words_that_join_nothing_known_are_no_candidates(
    reader: Language, kb: KnowledgeBase, text: str
) -> None:
    assert found(reader, kb, text, Relation.TREATS) == []


@pytest.mark.parametrize("name", words().__struct_fields__)
def test_a_word_list_holds_forms_as_they_are_compared(name: str) -> None:
    listed: frozenset[str] = getattr(words(), name)
    assert listed
    assert sorted(w for w in listed if w != "--" and surface.comparable(w) != (w,)) == []
