"""The lists of the law: how they are compiled, and that the packaged ones can meet a claim."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from claimcheck.kb import schema, sources
from claimcheck.kb.store import DATA, KnowledgeBase
from claimcheck.surface import comparable, pattern
from claimcheck.types import Jurisdiction, Relation
from tests.kb.support import small_sources

EU, UK = Jurisdiction.EU, Jurisdiction.UK


@pytest.fixture(scope="module")
def small() -> KnowledgeBase:
    return KnowledgeBase.build(small_sources())


@pytest.fixture(scope="module")
def packaged() -> KnowledgeBase:
    return KnowledgeBase.load()


@pytest.fixture(scope="module")
def tables() -> dict[str, schema.ClaimTable]:
    return {table.id: table for table in sources.read(DATA).claim_tables}


def test_each_jurisdiction_has_its_own_records(small: KnowledgeBase) -> None:
    assert [(r.id, r.jurisdiction, r.rule) for r in small.listed_claims_for("depression")] == [
        ("permitted.eu.kratom-leaf.2", EU, "A regulation"),
        ("permitted.uk.kratom-leaf.2", UK, "A register"),
    ]


def test_an_effect_has_what_its_substance_and_its_table_say(small: KnowledgeBase) -> None:
    calm, ease, digestion = [r for r in small.listed_claims_for("pain") if r.jurisdiction is EU]
    assert (calm.opening, calm.substance, calm.effect) == ("Permitted for", "kratom leaf", "calm")
    assert (calm.conditions, calm.closing) == ("One leaf a day.", "No more.")
    assert calm.claim_class == "authorised_health_claim"
    assert (calm.relations, calm.references) == ((Relation.IMPROVES,), ("ref-b", "ref-a"))
    assert (ease.relations, ease.conditions) == ((Relation.RELIEVES,), "Two leaves a day.")
    assert (digestion.interventions, digestion.conditions, digestion.references) == ((), "", ("ref-a",))


def test_a_rule_of_its_own_takes_the_place_of_the_tables() -> None:
    found = small_sources()
    [table] = found.claim_tables
    entry = msgspec.structs.replace(table.substances[0], rule="Section 72")
    found.claim_tables = [msgspec.structs.replace(table, rules={EU: "A part"}, substances=[entry])]
    assert {r.rule for r in KnowledgeBase.build(found).listed_claims} == {"Section 72"}


def test_names_are_compiled_as_they_are_compared(small: KnowledgeBase) -> None:
    calm = small.listed_claims_for("pain")[0]
    assert set(calm.named) == {pattern(("ketum",)), pattern(("ketums",))}


def test_an_effect_without_a_target_is_kept_and_meets_nothing(small: KnowledgeBase) -> None:
    silent = [r for r in small.listed_claims if not r.targets]
    assert [r.effect for r in silent] == ["what no concept stands for"] * 2
    assert small.listed_claims_for("nothing") == ()


def test_the_packaged_lists_are_whole(tables: dict[str, schema.ClaimTable]) -> None:
    effects = {key: sum(len(s.effects) for s in table.substances) for key, table in tables.items()}
    # The register of permitted claims had 235 under Article 13, of which one has been withdrawn.
    assert effects["eu-permitted-claims"] == 234
    rules = [s.rule for s in tables["us-authorised-claims"].substances]
    assert rules == [f"21 CFR 101.{section}" for section in range(72, 84)]


def test_every_packaged_id_is_a_concept_of_its_side(packaged: KnowledgeBase) -> None:
    for record in packaged.listed_claims:
        for side, ids in ((False, record.interventions), (True, record.targets)):
            for concept_id in ids:
                concept = packaged.concept(concept_id)
                assert concept is not None, (record.id, concept_id)
                assert concept.kind.is_target is side, (record.id, concept_id)


def test_the_words_that_a_packaged_list_asks_for_can_be_met(
    packaged: KnowledgeBase, tables: dict[str, schema.ClaimTable]
) -> None:
    """At least one of them must be a name of the concept, or hold one, else no text can meet the entry."""
    for table in tables.values():
        for entry in (s for s in table.substances if s.named and s.id != "chewing-gum-with-carbamide"):
            owners = {owner for name in entry.named for owner in packaged.lookup(name)}
            assert owners & set(entry.interventions), entry.id


def test_most_of_what_is_listed_can_meet_a_claim(packaged: KnowledgeBase) -> None:
    met = Counter(bool(r.interventions and r.targets) for r in packaged.listed_claims)
    assert met[True] > 2 * met[False]


def test_no_packaged_text_is_left_with_a_stray_end(packaged: KnowledgeBase) -> None:
    for record in packaged.listed_claims:
        for text in (record.conditions, record.closing):
            assert not text or text.endswith("."), record.id
        assert not record.effect.endswith("."), record.id
        assert comparable(record.substance), record.id
