"""Sentences of real web text: a table of texts and what they are cut into."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from spacy.language import Language
from spacy.tokens import Doc

from claimcheck.reading.sentences import LONGEST
from claimcheck.reading.shapes import Sentence, SentenceKind
from tests.test_surface import ANY_TEXT


def read(reader: Language, text: str) -> Doc:
    with reader.select_pipes(enable=["claimcheck_forms", "claimcheck_sentences"]):
        return reader(text)


def words(doc: Doc, sentence: Sentence) -> str:
    last = doc[sentence.end - 1]
    return doc.text[doc[sentence.start].idx : last.idx + len(last)]


def sentences(reader: Language, text: str) -> list[str]:
    doc = read(reader, text)
    return [words(doc, s) for s in doc._.sentences]


TABLE: list[tuple[str, str, list[str]]] = [
    ("plain", "Ginger eases nausea. Mint does not.", ["Ginger eases nausea.", "Mint does not."]),
    ("question", "Does it work? No! It fails.", ["Does it work?", "No!", "It fails."]),
    ("closing quote", '"Ginger works." She said so.', ['"Ginger works."', "She said so."]),
    ("closing bracket", "(Ginger works.) She said so.", ["(Ginger works.)", "She said so."]),
    ("ellipsis", "Wait... Ginger works.", ["Wait...", "Ginger works."]),
    ("ellipsis within", "Wait... then ginger works.", ["Wait... then ginger works."]),
    ("glued full stop", "It eased my pain.Then I slept.", ["It eased my pain.", "Then I slept."]),
    ("host name", "Read healthline.com for more.", ["Read healthline.com for more."]),
    ("doctor", "Dr. Lee treats pain. He is kind.", ["Dr. Lee treats pain.", "He is kind."]),
    ("for example", "Herbs, e.g. Ginger, ease nausea.", ["Herbs, e.g. Ginger, ease nausea."]),
    ("that is", "Roots, i.e. Ginger, ease nausea.", ["Roots, i.e. Ginger, ease nausea."]),
    ("versus", "Ginger vs. Placebo in nausea.", ["Ginger vs. Placebo in nausea."]),
    ("unit goes on", "Take 500 mg. daily with food.", ["Take 500 mg. daily with food."]),
    ("unit ends", "Take 500 mg. Then rest.", ["Take 500 mg.", "Then rest."]),
    ("initials", "J. R. Smith et al. Found no effect.", ["J. R. Smith et al. Found no effect."]),
    ("vitamin letter", "It holds vitamin C. It cures colds.", ["It holds vitamin C.", "It cures colds."]),
    ("decimal", "It fell by 2.5 points. Pain too.", ["It fell by 2.5 points.", "Pain too."]),
    ("exclamations", "Ginger works!!! Buy it.", ["Ginger works!!!", "Buy it."]),
    ("blank line", "Ginger\n\neases nausea", ["Ginger", "eases nausea"]),
    ("form feed", "Ginger\x0ceases nausea", ["Ginger", "eases nausea"]),
    ("windows lines", "Ginger works.\r\n\r\nMint does not.", ["Ginger works.", "Mint does not."]),
    ("line goes on", "Ginger eases\nnausea well.", ["Ginger eases\nnausea well."]),
    ("new line", "Ginger works\nMint fails", ["Ginger works", "Mint fails"]),
    ("hyphen bullets", "Good for:\n- colds\n- flu", ["Good for:", "- colds", "- flu"]),
    ("star bullets", "Good for:\n* colds\n* flu", ["Good for:", "* colds", "* flu"]),
    ("bullets in a line", "Uses • cures colds • eases pain", ["Uses", "• cures colds", "• eases pain"]),
    ("emoji bullets", "✅ Cures colds ✅ Eases pain", ["✅ Cures colds", "✅ Eases pain"]),
    ("numbered list", "Steps\n1. Take ginger\n2. Sleep", ["Steps", "1. Take ginger", "2. Sleep"]),
    ("table row", "Herb | Use\nGinger | nausea", ["Herb |", "Use", "Ginger |", "nausea"]),
    ("tab cells", "Ginger\tnausea", ["Ginger", "nausea"]),
    ("block tags", "<p>Ginger works</p><p>Mint fails</p>", ["Ginger works", "Mint fails"]),
    ("inline tags", "<p>Ginger <b>eases</b> nausea</p>", ["Ginger <b>eases</b> nausea"]),
    ("list tags", "<ul><li>cures colds</li><li>eases pain</li></ul>", ["cures colds", "eases pain"]),
    ("script", "<p>Ginger works</p><script>var a = 1;</script><p>Yes</p>", ["Ginger works", "Yes"]),
    ("line break tag", "Ginger works<br>Mint fails", ["Ginger works", "Mint fails"]),
    ("emoji end", "Ginger works 🍋 Mint fails.", ["Ginger works 🍋 Mint fails."]),
    ("wide full stop", "Ginger works。Mint fails。", ["Ginger works。", "Mint fails。"]),
    ("nothing", " \n\t ", []),
    ("no words", "--- *** ...", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_sentences(reader: Language, text: str, expected: list[str]) -> None:
    found = sentences(reader, text)
    assert [f.rstrip(" |") for f in found] == [e.rstrip(" |") for e in expected]


def test_hard_wrapped_mail_is_joined(reader: Language) -> None:
    text = (
        "I have been taking this root for about three years now and\n"
        "Professor Brown of the clinic told me that it would help with\n"
        "Crohn's disease, which it never did. My sister took it with\n"
        "St. John's wort for a while and she says that it made her\n"
        "Sunday evenings much easier than they had been for months.\n"
    )
    assert len(sentences(reader, text)) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Benefits of Ginger\nIt eases nausea.", [SentenceKind.HEADING, SentenceKind.PROSE]),
        ("# benefits\nIt eases nausea.", [SentenceKind.HEADING, SentenceKind.PROSE]),
        ("<h2>Ginger</h2><p>It eases nausea.</p>", [SentenceKind.HEADING, SentenceKind.PROSE]),
        ("What is ginger?\n\nA root.", [SentenceKind.HEADING, SentenceKind.PROSE]),
        ("Uses\n- cures colds", [SentenceKind.HEADING, SentenceKind.ITEM]),
        ("Uses\n1) Cures colds", [SentenceKind.HEADING, SentenceKind.ITEM]),
        ("ginger | Eases nausea", [SentenceKind.PROSE, SentenceKind.CELL]),
        ("It is a root.", [SentenceKind.PROSE]),
        ("The Last Line", [SentenceKind.PROSE]),
    ],
)
def test_kinds(reader: Language, text: str, expected: list[SentenceKind]) -> None:
    assert [s.kind for s in read(reader, text)._.sentences] == expected


def test_a_line_under_a_heading_knows_it(reader: Language) -> None:
    doc = read(reader, "Ginger Root\nIt eases nausea.\n\nMint Leaf\nIt cools.")
    found = doc._.sentences
    assert [s.heading for s in found] == [None, 0, None, 2]


def test_one_word_of_a_megabyte_makes_bounded_sentences(reader: Language) -> None:
    found = read(reader, "a" * 1_000_000)._.sentences
    assert found
    assert max(s.end - s.start for s in found) <= LONGEST


def test_a_million_newlines_are_no_sentence(reader: Language) -> None:
    text = "\n" * 1_000_000
    assert sentences(reader, text + "Ginger works.") == ["Ginger works."]
    assert sentences(reader, text) == []


@given(ANY_TEXT)
def test_sentences_of_any_text_are_ordered_and_hold_words(reader: Language, text: str) -> None:
    doc = read(reader, text)
    found = doc._.sentences
    assert all(0 <= s.start < s.end <= len(doc) and s.end - s.start <= LONGEST for s in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(s.heading is None or found[s.heading].kind is SentenceKind.HEADING for s in found)
    covered = {i for s in found for i in range(s.start, s.end)}
    left = [i for i in range(len(doc)) if doc._.forms[i] and doc._.kinds[i] in ("word", "number")]
    assert set(left) <= covered


@given(ANY_TEXT)
def test_text_after_a_blank_line_changes_no_sentence_before_it(reader: Language, text: str) -> None:
    before = sentences(reader, text + "\n\n")
    after = sentences(reader, text + "\n\nMint is green.")
    assert after[: len(before)] == before or "<" in text
