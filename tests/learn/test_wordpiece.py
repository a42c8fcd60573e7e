"""Our short way of cutting words gives what ``tokenizers`` gives, on any text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from claimcheck.artefacts import find
from claimcheck.learn.wordpiece import Cut, WordPieces

PATH = find("claim-encoder").path / "tokenizer.json"
LIBRARY = Tokenizer.from_file(str(PATH))
PIECES = WordPieces.read(PATH)


def by_the_library(text: str) -> Cut:
    told = LIBRARY.encode(text, add_special_tokens=False)
    return Cut(told.ids, told.offsets, [t.startswith("##") for t in told.tokens])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Kratom's alkaloids (7-OH) may potentiate the anti-depressant\tby 30%...\r\nReally?!",
        "[CLS] it says [SEP] and [MASK]",
        "[ it is open",
        "naïve café 🌿 hépatique",
        "\x00control\x7f characters\x0b",
        "a" * 100 + " " + "a" * 101,
        "## ##ing $5 <b>x</b> a_b ~`^",
        "中文 and İstanbul ﬁne",
    ],
)
def test_as_the_library_cuts(text: str) -> None:
    assert PIECES.cut(text) == by_the_library(text)


@given(st.text(alphabet=st.characters(max_codepoint=0x7F), max_size=80))
def test_as_the_library_cuts_any_ascii(text: str) -> None:
    assert PIECES.cut(text) == by_the_library(text)


@given(st.text(alphabet="aZ9 .-\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026", max_size=60))
def test_as_the_library_cuts_typeset_text(text: str) -> None:
    assert PIECES.cut(text) == by_the_library(text)


@given(st.text(max_size=60))
def test_as_the_library_cuts_anything(text: str) -> None:
    assert PIECES.cut(text) == by_the_library(text)


def test_as_the_library_cuts_written_sentences() -> None:
    with Path("models/data/written.jsonl").open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    assert [t for t in texts if PIECES.cut(t) != by_the_library(t)] == []


def test_a_word_that_holds_an_unknown_part_is_unknown() -> None:
    small = WordPieces(FewPieces())
    assert small.cut("ginger gin zebra") == Cut(
        [1, 2, 1, 0], [(0, 3), (3, 6), (7, 10), (11, 16)], [False, True, False, False]
    )


class FewPieces:
    """A vocabulary of three."""

    def get_vocab(self) -> dict[str, int]:
        return {"[UNK]": 0, "gin": 1, "##ger": 2}
