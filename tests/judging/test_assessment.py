"""The table of the annotation guideline, section 5, case by case."""

from __future__ import annotations

import pytest

from claimcheck.judging.assessment import assess
from claimcheck.types import Assessment, Basis, Evidence, EvidenceResult, Relation

from .support import claim


def evidence_of(status: str) -> EvidenceResult:
    return EvidenceResult(status=Evidence(status), basis=Basis.PAIR, confidence=1.0)


def assessed(status: str, *, relation: str = "treats", more: bool = False, **words: str) -> str:
    a_claim = claim(
        relation,
        "x",
        "y",
        polarity=words.get("polarity", "affirmed"),
        certainty=words.get("certainty", "certain"),
        stance=words.get("stance", "asserted"),
        source=words.get("source", "author"),
    )
    return assess(a_claim, evidence_of(status), claims_more=more).value


@pytest.mark.parametrize(
    ("status", "certainty", "source", "expected"),
    [
        ("supported", "certain", "author", "supported"),
        ("limited", "certain", "author", "overstated"),
        ("limited", "probable", "author", "overstated"),
        ("limited", "possible", "author", "supported"),
        ("limited", "certain", "study", "supported"),
        ("mixed", "probable", "vendor", "overstated"),
        ("mixed", "possible", "vendor", "supported"),
        ("mixed", "probable", "study", "supported"),
        ("insufficient", "possible", "study", "unsupported"),
        ("insufficient", "certain", "author", "unsupported"),
        ("unknown", "possible", "author", "unsupported"),
        ("refuted", "possible", "study", "contradicted"),
    ],
)
def test_affirmed(status: str, certainty: str, source: str, expected: str) -> None:
    assert assessed(status, certainty=certainty, source=source) == expected


@pytest.mark.parametrize("status", ["supported", "limited", "mixed"])
@pytest.mark.parametrize("certainty", ["certain", "possible"])
def test_claiming_more_is_overstated_however_hedged(status: str, certainty: str) -> None:
    assert assessed(status, relation="cures", more=True, certainty=certainty) == "overstated"


def test_urging_on_a_trials_result_is_not_reporting_it() -> None:
    assert assessed("limited", source="study", stance="instructed") == "overstated"


@pytest.mark.parametrize(
    ("status", "relation", "expected"),
    [
        ("refuted", "harms", "supported"),  # vaccines do not cause autism
        ("insufficient", "cures", "supported"),  # garlic does not cure cancer
        ("supported", "prevents", "contradicted"),  # vaccines do not prevent measles
        ("supported", "harms", "contradicted"),
        ("limited", "treats", "supported"),
        ("mixed", "is_safe", "supported"),
        ("limited", "harms", "overstated"),
        ("mixed", "harms", "overstated"),
        ("unknown", "treats", "unsupported"),
        ("unknown", "harms", "unsupported"),
    ],
)
def test_denied(status: str, relation: str, expected: str) -> None:
    assert assessed(status, relation=relation, polarity="negated") == expected


@pytest.mark.parametrize(
    ("relation", "source", "expected"),
    [
        ("relieves", "testimonial", "supported"),  # morphine did nothing for me
        ("treats", "study", "supported"),  # this trial found no difference
        ("treats", "author", "contradicted"),
        ("treats", "vendor", "contradicted"),
        ("prevents", "testimonial", "contradicted"),  # the vaccine did not keep me well
        ("prevents", "study", "contradicted"),
        ("harms", "testimonial", "contradicted"),  # smoking never hurt me
        ("harms", "study", "contradicted"),
    ],
)
def test_one_failure_denies_no_proven_treatment(relation: str, source: str, expected: str) -> None:
    assert assessed("supported", relation=relation, polarity="negated", source=source) == expected


def test_one_failure_is_no_advice() -> None:
    said = assessed("supported", polarity="negated", source="testimonial", stance="instructed")
    assert said == "contradicted"


def test_a_hedged_denial_of_a_weakly_shown_harm_is_modest() -> None:
    assert assessed("mixed", relation="harms", polarity="negated", certainty="possible") == "supported"


def test_denying_a_cure_where_only_treatment_is_shown_is_right() -> None:
    assert assessed("supported", relation="cures", polarity="negated", more=True) == "supported"


@pytest.mark.parametrize("status", list(Evidence))
@pytest.mark.parametrize("polarity", ["affirmed", "negated"])
def test_a_plain_question_asserts_nothing(status: str, polarity: str) -> None:
    assert assessed(status, stance="questioned", polarity=polarity) == "not_asserted"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("refuted", "not_asserted"),
        ("insufficient", "not_asserted"),
        ("unknown", "not_asserted"),
        ("limited", "not_asserted"),
        ("supported", "contradicted"),
    ],
)
def test_refuting_is_judged_only_where_it_is_wrong(status: str, expected: str) -> None:
    assert assessed(status, stance="refuted") == expected


def test_refuting_a_denial_affirms() -> None:
    assert assessed("refuted", stance="refuted", polarity="negated") == "contradicted"
    assert assessed("supported", stance="refuted", polarity="negated") == "not_asserted"


@pytest.mark.parametrize("status", list(Evidence))
@pytest.mark.parametrize("relation", list(Relation))
def test_reporting_is_judged_like_asserting(status: str, relation: str) -> None:
    assert assessed(status, relation=relation, stance="reported") == assessed(status, relation=relation)


@pytest.mark.parametrize("relation", list(Relation))
def test_negation_swaps_supported_and_contradicted(relation: str) -> None:
    swapped = {
        status: (assessed(status, relation=relation), assessed(status, relation=relation, polarity="negated"))
        for status in ("supported", "refuted")
    }
    assert swapped == {"supported": ("supported", "contradicted"), "refuted": ("contradicted", "supported")}


def test_all_assessments_are_reachable() -> None:
    reached = {assessed(s, stance=t) for s in Evidence for t in ("asserted", "questioned")}
    assert reached == set(Assessment)
