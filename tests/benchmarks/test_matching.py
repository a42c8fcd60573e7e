"""Who is whom between annotation and answer: examples laid out by hand."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from benchmarks.quality.matching import Pair, by_overlap, is_exact, is_triple, overlap
from claimcheck.kb.store import KnowledgeBase
from claimcheck.types import (
    Assessment,
    Basis,
    Certainty,
    Claim,
    ClaimId,
    ConceptId,
    Evidence,
    EvidenceResult,
    Finding,
    Link,
    Polarity,
    Qualified,
    Relation,
    RiskLevel,
    Source,
    Span,
    Stance,
)
from models.training.gold import GoldClaim
from tests.kb.support import small_sources

#       0         1         2         3         4
#       0123456789012345678901234567890123456789012345
TEXT = "Kratom leaf eases low mood and it lifts energy"
Bounds = tuple[int, int]


@pytest.fixture(scope="module")
def small() -> KnowledgeBase:
    return KnowledgeBase.build(small_sources())


def gold(
    bounds: Bounds,
    relation: str = "relieves",
    intervention: Bounds | None = None,
    target: Bounds | None = None,
    **labels: object,
) -> GoldClaim:
    found: Mapping[str, object] = {
        "relation": relation,
        "intervention_ref": None,
        "target_ref": None,
        **labels,
    }
    return GoldClaim(*bounds, intervention, target, dict(found))


def link(
    bounds: Bounds | None, concept: str | None = None, *, text: str = "", ref: str | None = None
) -> Link:
    span = Span(*bounds) if bounds else None
    return Link(text or (span.of(TEXT) if span else ""), span, ref, ConceptId(concept) if concept else None)


def finding(
    bounds: Bounds, relation: str = "relieves", intervention: Link | None = None, target: Link | None = None
) -> Finding:
    claim = Claim(
        id=ClaimId("c-1"),
        span=Span(*bounds),
        sentence=Span(0, len(TEXT)),
        relation=Qualified(Relation(relation)),
        intervention=intervention,
        target=target,
        polarity=Qualified(Polarity.AFFIRMED),
        certainty=Qualified(Certainty.CERTAIN),
        stance=Qualified(Stance.ASSERTED),
        source=Qualified(Source.AUTHOR),
        probability=0.9,
    )
    return Finding(
        claim=claim,
        evidence=EvidenceResult(Evidence.UNKNOWN, Basis.NONE, 0.0),
        assessment=Assessment.UNSUPPORTED,
        risks=(),
        risk_level=RiskLevel.NONE,
        regulatory=(),
        flagged=True,
        priority=0.5,
        explanation="It is said.",
    )


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [((0, 5), (3, 9), 2), ((0, 5), (5, 9), 0), ((0, 9), (2, 4), 2), ((5, 9), (0, 2), 0), ((1, 1), (0, 5), 0)],
)
def test_overlap(one: Bounds, other: Bounds, expected: int) -> None:
    assert overlap(one, other) == overlap(other, one) == expected


def test_claims_that_share_words_are_a_pair() -> None:
    claim, found = gold((0, 26)), finding((12, 40))
    assert by_overlap([claim], [found]) == [Pair(claim, found)]
    assert by_overlap([claim], [finding((26, 40))]) == []
    assert by_overlap([], [found]) == by_overlap([claim], []) == []


def test_the_same_relation_comes_before_the_larger_overlap() -> None:
    claim = gold((0, 26), "relieves")
    near, right = finding((0, 26), "improves"), finding((18, 26), "relieves")
    assert by_overlap([claim], [near, right]) == [Pair(claim, right)]


def test_each_is_used_once_and_the_larger_overlap_wins() -> None:
    first, second = gold((0, 26)), gold((27, 46))
    both, late = finding((0, 40)), finding((30, 46))
    pairs = by_overlap([first, second], [both, late])
    assert {(p.gold.start, p.found.claim.span.start) for p in pairs} == {(0, 0), (27, 30)}


def test_of_two_equal_findings_the_first_is_taken() -> None:
    claim, one, other = gold((0, 26)), finding((0, 26)), finding((0, 26))
    [pair] = by_overlap([claim], [one, other])
    assert pair.found is one


def triple(small: KnowledgeBase, claim: GoldClaim, found: Finding) -> bool:
    return is_triple(Pair(claim, found), TEXT, small)


def test_a_triple_needs_relation_and_half_of_each_argument(small: KnowledgeBase) -> None:
    claim = gold((0, 26), "relieves", (0, 11), (18, 26))
    assert triple(small, claim, finding((0, 26), "relieves", link((0, 11)), link((18, 26))))
    assert triple(small, claim, finding((0, 26), "relieves", link((0, 6)), link((18, 26))))
    assert not triple(small, claim, finding((0, 26), "improves", link((0, 11)), link((18, 26))))
    assert not triple(small, claim, finding((0, 26), "relieves", link((0, 5)), link((18, 26))))
    assert not triple(small, claim, finding((0, 26), "relieves", link((0, 11)), link((40, 46))))
    assert not triple(small, claim, finding((0, 26), "relieves", link((0, 11)), None))
    assert not triple(small, claim, finding((0, 26), "relieves", None, link((18, 26))))


def test_half_is_of_the_longer_of_the_two(small: KnowledgeBase) -> None:
    claim = gold((0, 26), "relieves", None, (22, 26))
    assert triple(small, claim, finding((0, 26), "relieves", None, link((18, 26))))
    assert not triple(small, claim, finding((0, 26), "relieves", None, link((12, 26))))


def test_arguments_absent_on_both_sides_agree(small: KnowledgeBase) -> None:
    claim = gold((0, 26), "relieves", None, (18, 26))
    assert triple(small, claim, finding((0, 26), "relieves", None, link((18, 26))))
    assert triple(
        small, claim, finding((0, 26), "relieves", link(None, "kratom", text="kratom"), link((18, 26)))
    )
    assert not triple(small, claim, finding((0, 26), "relieves", link((0, 11)), link((18, 26))))


def test_arguments_that_mean_the_same_agree(small: KnowledgeBase) -> None:
    claim = gold((27, 46), "improves", (31, 33), (40, 46), intervention_ref="Ketum")
    meant = finding((27, 46), "improves", link(None, "kratom", text="Kratom", ref="Kratom"), link((40, 46)))
    other = finding((27, 46), "improves", link(None, "ssris", text="SSRIs", ref="SSRIs"), link((40, 46)))
    assert triple(small, claim, meant)
    assert not triple(small, claim, other)


def test_names_unknown_to_the_base_agree_where_they_are_the_same_words(small: KnowledgeBase) -> None:
    claim = gold((27, 46), "improves", None, (40, 46), intervention_ref="Omega-3 Plus")
    same = finding((27, 46), "improves", link(None, text="omega 3 plus"), link((40, 46)))
    other = finding((27, 46), "improves", link(None, text="omega 3"), link((40, 46)))
    assert triple(small, claim, same)
    assert not triple(small, claim, other)


def test_exact_means_both_spans_to_the_letter() -> None:
    claim = gold((0, 26), "relieves", (0, 11), (18, 26))
    assert is_exact(Pair(claim, finding((0, 26), "relieves", link((0, 11)), link((18, 26)))))
    assert not is_exact(Pair(claim, finding((0, 26), "relieves", link((0, 10)), link((18, 26)))))
    assert not is_exact(Pair(claim, finding((0, 26), "treats", link((0, 11)), link((18, 26)))))
    assert not is_exact(Pair(claim, finding((0, 26), "relieves", None, link((18, 26)))))
    left_out = gold((0, 26), "relieves", None, (18, 26))
    assert is_exact(Pair(left_out, finding((0, 26), "relieves", link(None, "kratom"), link((18, 26)))))
