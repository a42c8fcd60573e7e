"""Each step of the walk, its order, and what it refuses to conclude."""

from __future__ import annotations

from datetime import date

import pytest

from claimcheck.judging import evidence as module
from claimcheck.judging.evidence import claims_more, weigh
from claimcheck.kb import schema
from claimcheck.kb.sources import Sources
from claimcheck.kb.store import KnowledgeBase
from claimcheck.types import Basis, Claim, Evidence, EvidenceResult, Relation

from .support import claim, condition, monograph, small_kb, statement

TODAY = date(2026, 11, 22)


def known(a_claim: Claim, kb: KnowledgeBase | None = None) -> EvidenceResult:
    return weigh(a_claim, kb or small_kb(), today=TODAY)


def kb_of(*monographs: schema.Monograph) -> KnowledgeBase:
    found = Sources(meta=schema.Meta(date="2026.11.22"), monographs=list(monographs))
    found.conditions = [condition("cancer"), condition("breast-cancer", "cancer"), condition("pain")]
    return KnowledgeBase.build(found)


@pytest.mark.parametrize(
    ("a_claim", "status", "basis", "used"),
    [
        (claim("treats", "kratom", "depression"), "insufficient", "pair", "kratom.treats.depression"),
        (
            claim("treats", "kratom", "postnatal-depression"),
            "insufficient",
            "broader_target",
            "kratom.treats.depression",
        ),
        (claim("treats", "garlic", "hay-fever"), "insufficient", "intervention", "garlic.treats.any"),
        (claim("treats", "garlic"), "insufficient", "intervention", "garlic.treats.any"),
        (
            claim("treats", "garlic", unlinked_target=True),
            "insufficient",
            "intervention",
            "garlic.treats.any",
        ),
        (claim("treats", "sertraline", "depression"), "supported", "class", "ssris.treats.depression"),
        (
            claim("treats", "sertraline", "postnatal-depression"),
            "supported",
            "class",
            "ssris.treats.depression",
        ),
        (claim("relieves", "arnica-pills", "pain"), "refuted", "class", "homeopathy.treats.any"),
        (
            claim("potentiates", "kratom", "sertraline"),
            "insufficient",
            "broader_target",
            "kratom.potentiates.antidepressants",
        ),
        (
            claim("potentiates", "antidepressants", "kratom"),
            "insufficient",
            "pair",
            "kratom.potentiates.antidepressants",
        ),
        (claim("is_safe", "kratom"), "refuted", "intervention", "kratom.is_safe.any"),
        (claim("harms", "kratom", "liver-injury"), "supported", "pair", "kratom.harms.liver-injury"),
        (
            claim("cures", "kratom", "hay-fever"),
            "insufficient",
            "principle",
            "principle.herbs-cure-nothing",
        ),
        (claim("cures", "kratom", "breast-cancer"), "refuted", "principle", "principle.herbs-cure-no-cancer"),
        (claim("improves", "acupuncture", "detoxification"), "insufficient", "principle", "principle.detox"),
        (
            claim("improves", target="detoxification", unlinked_intervention=True),
            "insufficient",
            "principle",
            "principle.detox",
        ),
        (
            claim("replaces", target="insulin", stance="instructed"),
            "refuted",
            "principle",
            "principle.natural-replaces",
        ),
    ],
)
def test_first_step_that_answers_settles_it(a_claim: Claim, status: str, basis: str, used: str) -> None:
    result = known(a_claim)
    assert (result.status, result.basis, result.statements) == (status, basis, (used,))


@pytest.mark.parametrize(
    "a_claim",
    [
        claim("treats", "ginger", "cancer"),  # only breast cancer is written of: narrower, never used
        claim("prevents", "ginger", "nausea"),  # relief does not prevent
        claim("harms", "ginger", "pain"),
        claim("is_safe", "ginger"),
        claim("harms", "ivermectin", "pain"),  # a risk entry is no statement
        claim("is_safe", "ivermectin"),
        claim("treats", "st-johns-wort", "depression"),  # trials of SSRIs are no trials of a herb
        claim("treats", "a-name-nobody-knows", "depression"),
        claim("treats", target="depression", unlinked_intervention=True),
        claim("replaces", target="insulin", unlinked_intervention=True),
    ],
)
def test_silence_is_unknown(a_claim: Claim) -> None:
    assert known(a_claim) == module.UNKNOWN


@pytest.mark.parametrize(
    ("intervention", "target", "status"),
    [
        ("willow", "cancer", "limited"),
        ("willow", "breast-cancer", "unknown"),
        ("white-willow", "cancer", "unknown"),
        ("white-willow", "pain", "supported"),
        ("white-willow", "toothache", "supported"),
        ("willow", None, "mixed"),
        ("willow", "words nobody knows", "unknown"),
    ],
)
def test_exact_statement_answers_its_own_pair_alone(
    intervention: str, target: str | None, status: str
) -> None:
    willow = monograph(
        "willow",
        "herb",
        statement("treats", "cancer", "limited", exact=True),
        statement("treats", None, "mixed", exact=True),
        statement("treats", "pain", "supported"),
    )
    found = Sources(
        meta=schema.Meta(date="2026.11.22"),
        monographs=[willow, monograph("white-willow", "herb", classes=["willow"])],
        conditions=[
            condition("cancer"),
            condition("breast-cancer", "cancer"),
            condition("pain"),
            condition("toothache", "pain"),
        ],
    )
    known_target = target if target is None or " " not in target else None
    a_claim = claim("treats", intervention, known_target, unlinked_target=target != known_target)
    assert known(a_claim, KnowledgeBase.build(found)).status.value == status


@pytest.mark.parametrize(
    ("safe", "harmful"),
    [("supported", "refuted"), ("limited", "mixed"), ("mixed", "mixed"), ("refuted", "supported")],
)
def test_harm_at_large_is_the_other_side_of_safety(safe: str, harmful: str) -> None:
    kb = kb_of(
        monograph("x", "herb", statement("is_safe", None, safe), statement("harms", "pain", "supported"))
    )
    result = known(claim("harms", "x"), kb)
    assert (result.status, result.basis, result.statements) == (harmful, "intervention", ("x.is_safe.any",))


@pytest.mark.parametrize("safety", [[], [statement("is_safe", None, "insufficient")]])
def test_harm_at_large_is_shown_by_any_shown_harm(safety: list[schema.Statement]) -> None:
    harms = [statement("harms", "pain", "supported"), statement("harms", "cancer", "limited")]
    result = known(claim("harms", "x"), kb_of(monograph("x", "herb", *safety, *harms)))
    assert (result.status, result.basis) == (Evidence.SUPPORTED, Basis.INTERVENTION)
    assert result.statements == ("x.harms.pain",)  # "limited" shows nothing yet


def test_a_harm_that_is_named_but_unlinked_is_not_harm_at_large() -> None:
    assert known(claim("harms", "kratom", unlinked_target=True)) == module.UNKNOWN


def test_a_proven_treatment_proves_nothing_for_a_target_we_do_not_know() -> None:
    medicine = monograph("pillex", "drug", statement("treats", "pain", "supported"))
    kb = kb_of(medicine)
    assert known(claim("treats", "pillex"), kb).status is Evidence.SUPPORTED
    assert known(claim("treats", "pillex", unlinked_target=True), kb) == module.UNKNOWN


def test_own_relation_comes_before_a_related_one() -> None:
    assert known(claim("cures", "garlic", "cancer")).statements == ("garlic.cures.cancer",)
    assert known(claim("treats", "garlic", "cancer")).statements == ("garlic.treats.cancer",)


def test_failure_to_cure_is_no_failure_to_treat() -> None:
    kb = kb_of(monograph("x", "herb", statement("cures", "cancer", "refuted")))
    assert known(claim("treats", "x", "cancer"), kb) == module.UNKNOWN


def test_a_shown_cure_treats_as_well() -> None:
    kb = kb_of(monograph("x", "drug", statement("cures", "cancer", "supported")))
    assert known(claim("relieves", "x", "cancer"), kb).status is Evidence.SUPPORTED


@pytest.mark.parametrize("asked", ["treats", "relieves", "improves"])
@pytest.mark.parametrize("written", ["treats", "relieves", "improves"])
def test_neighbouring_relations_look_each_other_up(asked: str, written: str) -> None:
    kb = kb_of(monograph("x", "herb", statement(written, "pain", "supported")))
    result = known(claim(asked, "x", "pain"), kb)
    assert (result.status, claims_more(claim(asked, "x", "pain"), result, kb)) == ("supported", False)


@pytest.mark.parametrize(
    ("a_claim", "more"),
    [
        (claim("cures", "sertraline", "depression"), True),
        (claim("treats", "sertraline", "depression"), False),
        (claim("cures", "kratom", "hay-fever"), False),
        (claim("cures", "garlic", "cancer"), False),
    ],
)
def test_a_cure_claims_more_than_a_treatment(a_claim: Claim, more: bool) -> None:
    assert claims_more(a_claim, known(a_claim), small_kb()) is more


def test_reviewed_statement_beats_a_table() -> None:
    found = Sources(meta=schema.Meta(date="2026.11.22"))
    found.monographs = [monograph("x", "drug", statement("relieves", "pain", "mixed"))]
    found.conditions = [condition("pain"), condition("cancer")]
    found.indications = [
        schema.Indication(drug="x", condition="pain", references=["ref-a"]),
        schema.Indication(drug="x", condition="cancer", references=["ref-a"]),
    ]
    kb = KnowledgeBase.build(found)
    assert known(claim("treats", "x", "pain"), kb).status is Evidence.MIXED
    listed = known(claim("treats", "x", "cancer"), kb)
    assert listed.status is Evidence.SUPPORTED
    assert listed.confidence == pytest.approx(0.85 * 0.9)


@pytest.mark.parametrize(
    ("a_claim", "confidence"),
    [
        (claim("relieves", "ginger", "nausea"), 0.95),
        (claim("treats", "ginger", "nausea"), 0.95 * 0.95),
        (claim("treats", "kratom", "depression"), 0.9),
        (claim("relieves", "kratom", "pain"), 0.7 * 0.9),
        (claim("treats", "sertraline", "depression"), 0.95 * 0.8),
        (claim("treats", "garlic", "hay-fever"), 0.9 * 0.85 * 0.9),
    ],
)
def test_confidence_follows_the_table(a_claim: Claim, confidence: float) -> None:
    assert known(a_claim).confidence == pytest.approx(confidence, abs=0.001)


@pytest.mark.parametrize(
    ("as_of", "full", "stale"),
    [
        ("2026-11", "2026-11-01", False),
        ("2023-11-22", "2023-11-22", False),
        ("2023-11-21", "2023-11-21", True),
        ("2023", "2023-01-01", True),
        ("2024", "2024-01-01", False),
    ],
)
def test_age_of_a_statement(as_of: str, full: str, stale: bool) -> None:
    kb = kb_of(monograph("x", "herb", statement("treats", "pain", "limited", as_of=as_of)))
    result = known(claim("treats", "x", "pain"), kb)
    assert (result.as_of, result.stale) == (full, stale)


@pytest.mark.parametrize("polarity", ["affirmed", "negated"])
@pytest.mark.parametrize("certainty", ["certain", "probable", "possible"])
@pytest.mark.parametrize("stance", ["asserted", "reported", "questioned", "refuted", "instructed"])
def test_evidence_never_depends_on_the_wording(polarity: str, certainty: str, stance: str) -> None:
    worded = claim("treats", "kratom", "depression", polarity=polarity, certainty=certainty, stance=stance)
    assert known(worded) == known(claim("treats", "kratom", "depression"))


def test_every_relation_has_its_answers() -> None:
    assert set(module.ANSWERS) == set(Relation)
    assert all(answers[0] is relation for relation, answers in module.ANSWERS.items())
