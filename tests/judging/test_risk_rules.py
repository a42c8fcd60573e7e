"""Every rule against its should-flag and should-pass examples, and what holds for all rules."""

from __future__ import annotations

import json
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimcheck.judging.evidence import weigh
from claimcheck.judging.risk import rules
from claimcheck.judging.risk.level import highest, in_ordinary_use, one_lower, overall
from claimcheck.judging.risk.registry import MOST_SIGNALS, RULES, TOLD_FIRST, risks_of
from claimcheck.judging.risk.rule import Rule
from claimcheck.judging.risk.situation import Situation
from claimcheck.kb.store import KnowledgeBase
from claimcheck.types import Certainty, Claim, Jurisdiction, Relation, Risk, RiskFlag, RiskLevel, Span

from .support import claim, claim_of, signal, signal_of, small_kb, small_sources
from .test_evidence import TODAY

EXAMPLES = Path(__file__).parents[1] / "examples" / "risk"
KEYS = {"why", "claim", "signals", "jurisdictions", "kb", "expect"}
MODULES = sorted(p.stem for p in Path(next(iter(rules.__path__))).glob("*.py") if p.stem != "__init__")
INTERVENTIONS = ("kratom", "garlic", "insulin", "sertraline", "homeopathy", "mmr-vaccine", "walking")
TARGETS = ("depression", "cancer", "pain", "heart-attack", "autism", "insulin", "antidepressants")


@cache
def packaged_kb() -> KnowledgeBase:
    return KnowledgeBase.load()


@cache
def examples(name: str) -> tuple[dict[str, object], ...]:
    lines = (EXAMPLES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    found = tuple(json.loads(line) for line in lines)
    for record in found:
        assert set(record) <= KEYS, f"{name}: unknown key in {record}"
    return found


def rule_of(name: str) -> Rule:
    rule = import_module(f"{rules.__name__}.{name}").RULE
    assert isinstance(rule, Rule)
    return rule


def situation_of(record: dict[str, object]) -> Situation:
    a_claim, signals = record["claim"], record.get("signals", [])
    jurisdictions = record.get("jurisdictions", ["us"])
    assert isinstance(a_claim, dict)
    assert isinstance(signals, list)
    assert isinstance(jurisdictions, list)
    return Situation(
        claim=claim_of(a_claim),
        kb=packaged_kb() if record.get("kb") == "packaged" else small_kb(),
        signals=tuple(signal_of(s) for s in signals),
        jurisdictions=tuple(Jurisdiction(j) for j in jurisdictions),
    )


CASES = [
    pytest.param(name, record, id=f"{name}: {record['why']}") for name in MODULES for record in examples(name)
]


@pytest.mark.parametrize(("name", "record"), CASES)
def test_example(name: str, record: dict[str, object]) -> None:
    rule = rule_of(name)
    raised = [f for f in rule.apply(situation_of(record)) if f.level is not RiskLevel.NONE]
    levels = sorted((f.level for f in raised), key=lambda level: -level.rank)
    assert [level.value for level in levels] == record["expect"]
    assert {(f.rule, f.code) for f in raised} <= {(rule.id, rule.code)}


@pytest.mark.parametrize("name", MODULES)
def test_every_rule_has_both_kinds_of_example(name: str) -> None:
    flagged = [record for record in examples(name) if record["expect"]]
    passed = [record for record in examples(name) if not record["expect"]]
    assert len(flagged) >= 2
    assert len(passed) >= 2


def test_examples_belong_to_rules() -> None:
    assert sorted(p.stem for p in EXAMPLES.glob("*.jsonl")) == MODULES


def test_registry_holds_every_rule_once_and_every_code() -> None:
    assert [rule.id for rule in RULES] == sorted(rule_of(name).id for name in MODULES)
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert {rule.code for rule in RULES} == set(Risk)
    assert all(rule.id.split(".")[0] == rule.code and rule.title and rule.basis for rule in RULES)


def flags(a_claim: Claim, kb: KnowledgeBase | None = None) -> tuple[RiskFlag, ...]:
    return risks_of(
        a_claim, kb or small_kb(), signals=[signal("unsupervised"), signal("vulnerable_group", "pregnancy")]
    )


claims = st.builds(
    claim,
    st.sampled_from(list(Relation)),
    st.sampled_from(INTERVENTIONS),
    st.sampled_from(TARGETS),
    polarity=st.sampled_from(["affirmed", "negated"]),
    certainty=st.just("certain"),
    stance=st.sampled_from(["asserted", "reported", "instructed", "questioned", "refuted"]),
    context=st.lists(st.sampled_from(INTERVENTIONS), max_size=3),
)


@given(claims, st.sampled_from(list(Certainty)))
def test_hedging_never_changes_risk(a_claim: Claim, certainty: Certainty) -> None:
    hedged = claim(
        a_claim.relation.value,
        a_claim.intervention.concept_id if a_claim.intervention else None,
        a_claim.target.concept_id if a_claim.target else None,
        polarity=a_claim.polarity.value,
        certainty=certainty,
        stance=a_claim.stance.value,
        context=a_claim.context,
    )
    assert flags(hedged) == flags(a_claim)


@cache
def kb_without(part: str) -> KnowledgeBase:
    """The small knowledge base without its statements, or without its risks."""
    found = small_sources()
    for monograph in found.monographs:
        getattr(monograph, part).clear()
    if part == "statements":
        found.principles.clear()
    return KnowledgeBase.build(found)


@given(claims)
def test_evidence_never_moves_risk(a_claim: Claim) -> None:
    assert flags(a_claim, kb_without("statements")) == flags(a_claim)


@given(claims)
def test_risk_never_moves_evidence(a_claim: Claim) -> None:
    assert weigh(a_claim, kb_without("risks"), today=TODAY) == weigh(a_claim, small_kb(), today=TODAY)


@given(claims)
def test_refuted_and_asked_claims_carry_no_risk(a_claim: Claim) -> None:
    if a_claim.stance.value in ("refuted", "questioned"):
        assert flags(a_claim) == ()


@given(claims)
def test_flags_are_ordered_and_told_once(a_claim: Claim) -> None:
    raised = flags(a_claim)
    assert [f.level.rank for f in raised] == sorted((f.level.rank for f in raised), reverse=True)
    assert len({(f.rule, f.code, f.message) for f in raised}) == len(raised)
    assert all(f.level is not RiskLevel.NONE for f in raised)


@given(st.lists(st.sampled_from(list(RiskLevel))), st.sampled_from(list(RiskLevel)))
def test_adding_a_flag_never_lowers_the_level(levels: list[RiskLevel], added: RiskLevel) -> None:
    assert highest([*levels, added]).rank == max(highest(levels).rank, added.rank)


def test_every_code_has_its_place_among_flags_of_one_level() -> None:
    assert sorted(TOLD_FIRST) == sorted(Risk)
    raised = flags(claim("potentiates", "kratom", "antidepressants"))
    assert [f.code for f in raised if f.level is RiskLevel.HIGH] == ["interaction", "vulnerable_group"]
    assert [f.code for f in raised if f.level is RiskLevel.MODERATE][:2] == ["toxicity", "dependence"]


@pytest.mark.parametrize(
    ("level", "expected"),
    [("none", "none"), ("low", "low"), ("moderate", "low"), ("high", "moderate"), ("critical", "critical")],
)
def test_ordinary_use_is_one_lower_but_never_nothing(level: str, expected: str) -> None:
    assert in_ordinary_use(RiskLevel(level)) is RiskLevel(expected)


def test_level_of_flags_is_the_highest() -> None:
    assert overall(()) is RiskLevel.NONE
    raised = flags(claim("replaces", "garlic", "insulin"))
    assert overall(reversed(raised)) is RiskLevel.CRITICAL


def test_one_lower() -> None:
    assert [one_lower(level) for level in RiskLevel] == ["none", "none", "low", "moderate", "high"]


def test_signals_of_another_sentence_do_not_count() -> None:
    elsewhere = claim("relieves", "ginger", "nausea", sentence=Span(80, 120))
    assert risks_of(elsewhere, small_kb(), signals=[signal("unsupervised")]) == ()
    here = claim("relieves", "ginger", "nausea")
    assert [f.code for f in risks_of(here, small_kb(), signals=[signal("unsupervised")])] == [
        "unsupervised_use"
    ]


def test_a_sentence_of_thousands_of_names_stays_cheap() -> None:
    many = [f"name-{number}" for number in range(5_000)] + ["morphine"]
    near = claim("relieves", "kratom", "pain", context=["morphine", *many])
    far = claim("relieves", "kratom", "pain", context=many)
    found = [[f.level for f in risks_of(c, small_kb()) if f.code is Risk.INTERACTION] for c in (near, far)]
    assert found == [[RiskLevel.HIGH], []]


def test_only_so_many_signals_of_a_sentence_are_looked_at() -> None:
    noise = [signal("vulnerable_group", "children")] * MOST_SIGNALS
    a_claim = claim("relieves", "ginger", "nausea")
    assert risks_of(a_claim, small_kb(), signals=[*noise, signal("unsupervised")]) == ()
    assert risks_of(a_claim, small_kb(), signals=[*noise[1:], signal("unsupervised")]) != ()


def test_messages_never_hold_the_words_of_the_text() -> None:
    unlinked = claim("cures", None, "cancer", unlinked_intervention=True)
    raised = risks_of(unlinked, small_kb())
    assert raised
    assert not [f for f in raised if "our formula" in f.message]
