"""Where the encoder's claims and those of the cue rules become one list."""

from __future__ import annotations

from dataclasses import replace

from claimcheck.reading.claims.reconcile import ALONE, reconciled
from claimcheck.reading.shapes import Attributes, Proposal, Range
from claimcheck.types import Certainty, Polarity, Relation, Source, Stance

HOW = Attributes(Polarity.AFFIRMED, Certainty.POSSIBLE, Stance.REPORTED, Source.STUDY)
TOLD = Proposal(
    start=0,
    end=6,
    sentence=0,
    relation=Relation.TREATS,
    cues=(),
    intervention=Range(0, 1),
    target=Range(2, 3),
    probability=0.7,
    attributes=HOW,
)
READ = replace(TOLD, relation=Relation.RELIEVES, cues=(Range(1, 2),), probability=0.6, attributes=None, end=3)


def test_an_encoder_claim_without_a_cue_stands() -> None:
    assert reconciled([TOLD], []) == (TOLD,)


def test_attributes_are_the_encoders() -> None:
    (found,) = reconciled([TOLD], [READ])
    assert found.attributes == HOW
    assert found.probability >= TOLD.probability


def test_one_cue_gives_the_relation_and_the_encoder_the_words() -> None:
    other_words = replace(READ, intervention=Range(4, 5), target=Range(5, 6))
    (found,) = reconciled([TOLD], [other_words])
    assert found.relation is Relation.RELIEVES
    assert (found.start, found.end) == (TOLD.start, TOLD.end)
    assert (found.intervention, found.target) == (TOLD.intervention, TOLD.target)


def test_a_cue_lends_the_argument_that_the_encoder_lacks() -> None:
    (found,) = reconciled([replace(TOLD, target=None)], [READ])
    assert found.target == READ.target


def test_two_cues_are_two_claims_with_their_own_arguments() -> None:
    other = replace(READ, relation=Relation.PREVENTS, cues=(Range(4, 5),), target=Range(5, 6))
    first, second = sorted(reconciled([TOLD], [READ, other]), key=lambda p: p.cues)
    assert (first.relation, second.relation) == (Relation.RELIEVES, Relation.PREVENTS)
    assert (first.target, second.target) == (READ.target, other.target)
    assert first.attributes == second.attributes == HOW


def test_a_cue_that_hardly_convinces_is_not_heard() -> None:
    assert reconciled([TOLD], [replace(READ, probability=0.4)]) == (TOLD,)


def test_a_surer_call_to_stop_a_medicine_is_heard_sooner() -> None:
    stop = replace(READ, relation=Relation.REPLACES, probability=0.4)
    (found,) = reconciled([TOLD], [stop])
    assert found.relation is Relation.REPLACES


def test_a_very_convincing_cue_stands_alone() -> None:
    elsewhere = replace(READ, sentence=1, probability=ALONE)
    assert elsewhere in reconciled([TOLD], [elsewhere])
    assert reconciled([TOLD], [replace(elsewhere, probability=ALONE - 0.01)]) == (TOLD,)


def test_in_a_sentence_of_advice_a_cue_is_needed() -> None:
    assert reconciled([], [], only_with_cue=[TOLD]) == ()
    assert len(reconciled([], [READ], only_with_cue=[TOLD])) == 1
