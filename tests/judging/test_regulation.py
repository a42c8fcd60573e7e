"""Notes on the law: general rules by kind, and the lists that name claims one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest

from claimcheck.judging.regulation import notes
from claimcheck.kb import schema
from claimcheck.kb.store import KnowledgeBase
from claimcheck.types import Claim, ConceptId, Jurisdiction, Kind, Link, RegulatoryNote, Relation

from .support import claim, small_kb, small_sources

US, EU, UK = Jurisdiction.US, Jurisdiction.EU, Jurisdiction.UK


@pytest.mark.parametrize(
    ("a_claim", "jurisdictions", "rules"),
    [
        (claim("treats", "kratom", "depression"), [US], ["21 CFR 101.93(g)"]),
        (
            claim("treats", "kratom", "depression"),
            [EU, US],
            ["21 CFR 101.93(g)", "Regulation (EC) 1924/2006"],
        ),
        (claim("is_safe", "kratom"), [EU], ["Regulation (EC) 1924/2006"]),
        (claim("treats", "kratom", "pain"), [US], []),  # a symptom is no disease here
        (claim("treats", "kratom"), [US], []),
        (claim("improves", "kratom", "depression"), [US], []),
        (claim("treats", "insulin", "diabetes"), [US], []),
        (claim("treats", target="depression", unlinked_intervention=True), [US], []),
        (claim("treats", "kratom", "depression"), [UK], []),
        (claim("treats", "kratom", "depression"), [], []),
        (claim("treats", "kratom", "depression", polarity="negated"), [US], []),
        (claim("treats", "kratom", "depression", stance="refuted"), [US], []),
        (claim("treats", "kratom", "depression", stance="questioned"), [US], []),
    ],
)
def test_notes(a_claim: Claim, jurisdictions: list[Jurisdiction], rules: list[str]) -> None:
    assert [note.rule for note in notes(a_claim, small_kb(), jurisdictions)] == rules


def test_a_note_says_what_the_law_calls_it() -> None:
    assert notes(claim("treats", "garlic", "cancer"), small_kb(), [US]) == (
        RegulatoryNote(
            jurisdiction=US,
            claim_class="disease_claim",
            rule="21 CFR 101.93(g)",
            message="A supplement may not be sold with this claim.",
        ),
    )


# -- lists of the law ----------------------------------------------------------


def effect(
    text: str, *targets: str, relations: Sequence[str] = (), conditions: str | None = None
) -> schema.ListedEffect:
    return schema.ListedEffect(
        effect=text,
        targets=list(targets),
        relations=[Relation(r) for r in relations],
        conditions=conditions,
    )


def table(
    table_id: str,
    claim_class: str,
    rules: dict[Jurisdiction, str],
    relations: Sequence[str],
    *substances: schema.ListedSubstance,
) -> schema.ClaimTable:
    return schema.ClaimTable(
        id=table_id,
        title="A list",
        claim_class=claim_class,
        rules=rules,
        relations=[Relation(r) for r in relations],
        opening="Listed for",
        closing="No more than that.",
        references=["ref-a"],
        substances=list(substances),
    )


def substance(
    name: str, *effects: schema.ListedEffect, named: Sequence[str] = (), conditions: str | None = None
) -> schema.ListedSubstance:
    return schema.ListedSubstance(
        id=name,
        substance=name,
        interventions=[name],
        named=list(named),
        conditions=conditions,
        effects=list(effects),
    )


def rule(
    jurisdiction: Jurisdiction,
    claim_class: str,
    relations: Sequence[str],
    *,
    interventions: Sequence[str] = (),
    targets: Sequence[str] = (),
) -> schema.Regulation:
    return schema.Regulation(
        id=f"{jurisdiction}-{claim_class}",
        jurisdiction=jurisdiction,
        applies_to_kinds=[Kind.HERB, Kind.FOOD, Kind.DRUG_CLASS, Kind.HOMEOPATHIC],
        relations=[Relation(r) for r in relations],
        target_kinds=[],
        interventions=list(interventions),
        targets=list(targets),
        claim_class=claim_class,
        rule=f"{jurisdiction} general",
        message="A general rule.",
        references=["ref-a"],
    )


@cache
def listing_kb() -> KnowledgeBase:
    """A base in which any benefit has a general rule, and some stand on a list."""
    found = small_sources()
    benefits = ["improves", "relieves", "prevents", "treats", "cures"]
    found.regulations = [
        rule(US, "disease_claim", ["prevents", "treats", "cures"]),
        rule(EU, "medicinal_claim", ["prevents", "treats", "cures"]),
        rule(EU, "health_claim", benefits),
        rule(EU, "restricted_health_claim", ["improves"]),
        rule(UK, "health_claim", benefits),
    ]
    found.claim_tables = [
        table(
            "permitted",
            "authorised_health_claim",
            {EU: "EU list", UK: "UK list"},
            ["improves"],
            substance(
                "garlic",
                effect("normal blood pressure", "blood-pressure"),
                effect("pressure at rest", "blood-pressure"),
                effect("pressure in sport", "blood-pressure", conditions="Two cloves."),
                conditions="One clove.",
            ),
            substance("homeopathy", effect("an effect of a whole class", "detoxification")),
            substance("st-johns-wort", effect("clean blood", "detoxification"), named=["hypericum"]),
        ),
        table(
            "risk",
            "authorised_health_claim",
            {US: "US list", EU: "EU list of risks"},
            ["prevents"],
            substance("garlic", effect("lower risk of cancer", "cancer")),
        ),
        table(
            "refused",
            "refused_health_claim",
            {EU: "EU refusal"},
            ["prevents", "improves"],
            substance(
                "ginger", effect("lower risk of stroke", "stroke"), effect("balance", "blood-pressure")
            ),
        ),
    ]
    return KnowledgeBase.build(found)


def found_rules(a_claim: Claim, *jurisdictions: Jurisdiction) -> list[str]:
    return [f"{n.rule}: {n.claim_class}" for n in notes(a_claim, listing_kb(), jurisdictions or [EU])]


def test_a_list_answers_whether_a_health_claim_may_be_made() -> None:
    a_claim = claim("improves", "garlic", "blood-pressure")
    assert set(found_rules(a_claim)) == {
        "EU list: authorised_health_claim",
        "eu general: restricted_health_claim",
    }
    assert "eu general: health_claim" in found_rules(claim("improves", "ginger", "nausea"))


def test_a_list_answers_for_its_own_jurisdiction_only() -> None:
    a_claim = claim("improves", "ginger", "blood-pressure")
    assert found_rules(a_claim, EU, UK) == [
        "EU refusal: refused_health_claim",
        "eu general: restricted_health_claim",
        "uk general: health_claim",
    ]


@pytest.mark.parametrize(
    "a_claim",
    [
        claim("relieves", "garlic", "blood-pressure"),  # another relation
        claim("improves", "garlic", "detoxification"),  # another effect
        claim("improves", "kratom", "blood-pressure"),  # another substance
        claim("improves", "garlic"),  # no effect named
        claim("improves", target="blood-pressure"),  # nothing named
        claim("improves", target="blood-pressure", unlinked_intervention=True),
        claim("improves", "garlic", unlinked_target=True),
        claim("prevents", "garlic", "breast-cancer"),  # narrower than what is listed
    ],
)
def test_what_is_not_listed_has_no_note_of_a_list(a_claim: Claim) -> None:
    assert not [r for r in found_rules(a_claim) if "list" in r]


def test_a_list_that_names_a_class_names_its_members() -> None:
    assert "EU list: authorised_health_claim" in found_rules(
        claim("improves", "arnica-pills", "detoxification")
    )


@pytest.mark.parametrize(
    ("link", "listed"),
    [
        (Link("Hypericum extract"), True),
        (Link("it", ref="hypericum"), True),
        (Link("St. John's wort"), False),
        (Link("hypericum", ref="St. John's wort"), False),
        (Link("hypericums"), True),
        (Link("hypericumin"), False),
    ],
)
def test_where_the_concept_is_wider_the_text_must_name_the_substance(link: Link, *, listed: bool) -> None:
    a_claim = replace(
        claim("improves", "st-johns-wort", "detoxification"),
        intervention=replace(link, concept_id=ConceptId("st-johns-wort")),
    )
    assert ("EU list: authorised_health_claim" in found_rules(a_claim)) is listed


@pytest.mark.parametrize(
    ("relation", "certainty", "rules"),
    [
        ("prevents", "possible", ["US list: authorised_health_claim"]),
        ("prevents", "probable", ["US list: authorised_health_claim", "us general: disease_claim"]),
        ("prevents", "certain", ["US list: authorised_health_claim", "us general: disease_claim"]),
        ("treats", "possible", ["us general: disease_claim"]),
        ("cures", "certain", ["us general: disease_claim"]),
    ],
)
def test_a_listed_risk_may_be_lower_and_no_more(relation: str, certainty: str, rules: list[str]) -> None:
    assert found_rules(claim(relation, "garlic", "cancer", certainty=certainty), US) == rules


def test_a_stronger_claim_keeps_only_the_note_on_disease() -> None:
    assert found_rules(claim("prevents", "garlic", "cancer", certainty="certain")) == [
        "EU list of risks: authorised_health_claim",
        "eu general: medicinal_claim",
    ]


def test_a_refusal_permits_no_disease() -> None:
    assert found_rules(claim("prevents", "ginger", "stroke", certainty="possible")) == [
        "EU refusal: refused_health_claim",
        "eu general: medicinal_claim",
    ]


def test_effects_under_one_condition_make_one_note() -> None:
    found = notes(claim("improves", "garlic", "blood-pressure"), listing_kb(), [UK])
    assert [n.message for n in found] == [
        "Listed for garlic: normal blood pressure; pressure at rest. One clove. No more than that.",
        "Listed for garlic: pressure in sport. Two cloves. No more than that.",
    ]
    assert {n.rule for n in found} == {"UK list"}


@pytest.mark.parametrize(
    "changed", [{"polarity": "negated"}, {"stance": "refuted"}, {"stance": "questioned"}]
)
def test_a_listed_claim_that_is_not_made_has_no_note(changed: dict[str, str]) -> None:
    a_claim = claim("improves", "garlic", "blood-pressure", **changed)  # type: ignore[arg-type]
    assert notes(a_claim, listing_kb(), [EU, UK]) == ()


@pytest.mark.parametrize(
    ("intervention", "target", "applies"),
    [
        ("arnica-pills", "breast-cancer", True),
        ("homeopathy", "cancer", True),
        ("garlic", "cancer", False),
        ("homeopathy", "stroke", False),
        ("homeopathy", None, False),
    ],
)
def test_a_general_rule_may_name_what_it_holds_for(
    intervention: str, target: str | None, *, applies: bool
) -> None:
    found = small_sources()
    found.regulations = [
        rule(EU, "health_claim", ["treats"], interventions=["homeopathy"], targets=["cancer"])
    ]
    kb = KnowledgeBase.build(found)
    assert bool(notes(claim("treats", intervention, target), kb, [EU])) is applies


# -- the packaged law ------------------------------------------------------------


@cache
def packaged_kb() -> KnowledgeBase:
    return KnowledgeBase.load()


@pytest.mark.parametrize(
    ("a_claim", "jurisdiction", "classes"),
    [
        (claim("improves", "zinc", "immunity"), EU, ["authorised_health_claim"]),
        (claim("improves", "zinc", "immunity"), UK, ["authorised_health_claim"]),
        (claim("improves", "zinc", "immunity"), US, ["structure_function_claim"]),
        (claim("improves", "zinc", "memory"), EU, ["health_claim"]),
        (claim("treats", "zinc", "common-cold"), EU, ["medicinal_claim"]),
        (claim("relieves", "melatonin", "jet-lag"), EU, ["authorised_health_claim"]),
        (claim("treats", "melatonin", "jet-lag"), EU, ["medicinal_claim"]),
        (claim("relieves", "magnesium", "fatigue"), UK, ["authorised_health_claim"]),
        (claim("improves", "turmeric", "joint-health"), EU, ["health_claim"]),
        (claim("improves", "caffeine", "focus"), EU, ["refused_health_claim", "unlisted_health_claim"]),
        (claim("improves", "probiotics", "digestion"), EU, ["health_claim", "unlisted_health_claim"]),
        (claim("improves", "red-yeast-rice", "cholesterol"), EU, ["refused_health_claim"]),
        (
            claim("improves", "konjac-mannan", "weight-loss"),
            EU,
            ["authorised_health_claim", "restricted_health_claim"],
        ),
        (
            claim("improves", "garcinia-cambogia", "weight-loss"),
            EU,
            ["health_claim", "restricted_health_claim"],
        ),
        (claim("improves", "honey", "wellbeing"), UK, ["health_claim", "health_claim"]),
        (claim("prevents", "calcium", "osteoporosis", certainty="possible"), US, ["authorised_health_claim"]),
        (
            claim("prevents", "calcium", "osteoporosis"),
            US,
            ["authorised_health_claim", "disease_claim"],
        ),
        (claim("cures", "calcium", "osteoporosis"), US, ["disease_claim"]),
        (
            claim("prevents", "selenium", "cancer", certainty="possible"),
            US,
            ["qualified_health_claim"],
        ),
        (claim("prevents", "vitamin-c", "cancer", certainty="possible"), US, ["disease_claim"]),
        (claim("relieves", "magnet-therapy", "back-pain"), UK, ["medicinal_claim"]),
        (claim("treats", "acupuncture", "back-pain"), UK, ["objective_claim"]),
        (claim("replaces", "homeopathy", "antibiotics"), UK, ["discourages_treatment"]),
    ],
)
def test_the_packaged_law(a_claim: Claim, jurisdiction: Jurisdiction, classes: list[str]) -> None:
    assert [n.claim_class for n in notes(a_claim, packaged_kb(), [jurisdiction])] == classes


@pytest.mark.parametrize(("word", "listed"), [("riboflavin", True), ("biotin", False), ("B vitamins", False)])
def test_a_vitamin_is_listed_by_its_own_name(word: str, *, listed: bool) -> None:
    """Less fatigue is listed for riboflavin and not for biotin; both are B vitamins."""
    a_claim = replace(
        claim("relieves", "b-vitamins", "fatigue"),
        intervention=Link(word, concept_id=ConceptId("b-vitamins")),
    )
    found = [n.claim_class for n in notes(a_claim, packaged_kb(), [EU])]
    assert found == (["authorised_health_claim"] if listed else ["health_claim"])
