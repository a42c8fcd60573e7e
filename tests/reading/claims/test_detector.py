"""From candidates to proposals: spans, rivals, and the bare sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc

from claimcheck.reading.claims.detector import FLOOR, MOST_IN_SENTENCE
from claimcheck.reading.shapes import Proposal
from tests.helpers import parse

FRAGMENTS = st.sampled_from(
    [
        "Ginger eases nausea",
        "and prevents flu",
        ", but ",
        "kratom",
        " is safe",
        "cures",
        "cancer. ",
        "\n\n",
        "- ",
        "It ",
        "may help with pain",
        "Stop taking your insulin",
        " 🍋 ",
        "?",
        "depression",
        "this tea",
        "treats anxiety",
        ";",
    ]
)
TEXTS = st.lists(FRAGMENTS, max_size=12).map(" ".join)


def words(doc: Doc, proposal: Proposal) -> str:
    last = doc[proposal.end - 1]
    return doc.text[doc[proposal.start].idx : last.idx + len(last)]


@pytest.mark.parametrize(
    "source",
    [
        "{c|Ginger eases nausea}.",
        "We know that {c|ginger eases nausea} in many people.",
        "{c|Nausea is relieved by ginger}.",
        "{c|Take ginger for nausea}.",
        "{c|Stop taking your insulin}!",
        "{c|Ginger eases nausea} and {c|prevents flu}.",
        "{c|Ginger eases nausea}; {c|garlic prevents flu}.",
        "🍋 {c|Kratom is completely safe}.",
    ],
)
def test_spans(reader: Language, source: str) -> None:
    """A second claim's span starts at its own verb: its subject stands in the first one's."""
    marked = parse(source, labels=frozenset("c"))
    doc = reader(marked.text)
    assert [words(doc, p) for p in doc._.proposals] == list(marked.words("c"))


def test_a_sentence_with_names_and_no_cue_may_be_a_bare_claim(reader: Language) -> None:
    doc = reader("Ginger and no more nausea.")
    [proposal] = doc._.proposals
    assert proposal.cues == ()
    assert words(doc, proposal).startswith("Ginger")


def test_advice_is_no_bare_claim(reader: Language) -> None:
    assert reader("Talk to your doctor about ginger and nausea.")._.proposals == ()


def test_a_list_gone_wrong_is_bounded(reader: Language) -> None:
    verbs = ["eases pain", "cures cancer", "prevents flu", "treats gout", "improves mood", "boosts immunity"]
    text = "Ginger " + ", ".join(verbs * 5) + "."
    proposals = reader(text)._.proposals
    per_sentence = {p.sentence: sum(q.sentence == p.sentence for q in proposals) for p in proposals}
    assert max(per_sentence.values()) <= MOST_IN_SENTENCE


@given(TEXTS)
def test_proposals_keep_to_their_sentence_and_order(reader: Language, text: str) -> None:
    doc = reader(text)
    keys = [(p.start, p.end, p.relation) for p in doc._.proposals]
    assert keys == sorted(keys)
    for proposal in doc._.proposals:
        sentence = doc._.sentences[proposal.sentence]
        assert sentence.start <= proposal.start < proposal.end <= sentence.end
        assert FLOOR <= proposal.probability <= 1.0
        for part in (*proposal.cues, proposal.intervention, proposal.target):
            assert part is None or sentence.start <= part.start < part.end <= sentence.end


@given(TEXTS)
def test_each_proposal_has_every_qualifier(reader: Language, text: str) -> None:
    doc = reader(text)
    lengths = {len(getattr(doc._, name)) for name in ("polarity", "certainty", "stance", "source", "links")}
    assert lengths == {len(doc._.proposals)}
