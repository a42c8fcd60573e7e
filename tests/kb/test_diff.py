"""Two states compared: each kind of change is seen, once, in its place, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from claimcheck.kb import schema
from claimcheck.kb.compile import compile_sources
from claimcheck.kb.diff import Change, ChangeKind, Difference, FieldChange, compare
from claimcheck.kb.sources import Sources
from claimcheck.kb.store import Compiled
from claimcheck.types import Evidence, Kind, RiskLevel
from tests.kb.support import condition, reference, risk, small_sources, statement

Edit = Callable[[Sources], object]


def compiled(edit: Edit | None = None) -> Compiled:
    found = small_sources()
    if edit is not None:
        edit(found)
    return compile_sources(found, digest="0" * 64)


def difference(edit: Edit) -> Difference:
    return compare(compiled(), compiled(edit))


def told(edit: Edit) -> dict[str, tuple[Change, ...]]:
    """Return the sections that have something to tell of an edit."""
    return {name: changes for name, changes in difference(edit).sections().items() if changes}


def one(section: str, edit: Edit) -> Change:
    """Return the one change that an edit makes, which stands in ``section``."""
    sections = told(edit)
    assert list(sections) == [section]
    (change,) = sections[section]
    return change


def edit_statement(found: Sources, **changes: object) -> None:
    statements = found.monographs[0].statements
    statements[0] = msgspec.structs.replace(statements[0], **changes)


def edit_risk(found: Sources, **changes: object) -> None:
    risks = found.monographs[0].risks
    risks[0] = msgspec.structs.replace(risks[0], **changes)


def edit_monograph(found: Sources, **changes: object) -> None:
    found.monographs[0] = msgspec.structs.replace(found.monographs[0], **changes)


def edit_reference(found: Sources, **changes: object) -> None:
    found.references[0] = msgspec.structs.replace(found.references[0], **changes)


def edit_principle(found: Sources, **changes: object) -> None:
    found.principles[0] = msgspec.structs.replace(found.principles[0], **changes)


def edit_regulation(found: Sources, **changes: object) -> None:
    found.regulations[0] = msgspec.structs.replace(found.regulations[0], **changes)


def test_a_state_does_not_differ_from_itself() -> None:
    found = compare(compiled(), compiled())
    assert found.equal
    assert not any(found.sections().values())


def test_the_order_and_the_date_of_a_state_are_no_difference() -> None:
    def shuffle(found: Sources) -> None:
        found.meta = schema.Meta(date="2027.01.01")
        found.monographs.reverse()
        found.monographs[-1].statements.reverse()
        found.monographs[-1].risks.reverse()
        found.monographs[-1].aliases.reverse()
        found.references.reverse()
        found.conditions.reverse()

    found = difference(shuffle)
    assert found.equal
    assert (found.before, found.after) == ("2026.11.22+00000000", "2027.01.01+00000000")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"evidence": Evidence.MIXED}, [FieldChange("evidence", "insufficient", "mixed")]),
        ({"grade": "high"}, [FieldChange("grade", "low", "high")]),
        ({"summary": "More is known."}, [FieldChange("summary", "What is known.", "More is known.")]),
        ({"limits": "Tea only."}, [FieldChange("limits", None, "Tea only.")]),
        ({"as_of": "2026-10"}, [FieldChange("as_of", "2026-11", "2026-10")]),
        ({"references": ["ref-b"]}, [FieldChange("references", ("ref-a",), ("ref-b",))]),
        (
            {"evidence": Evidence.MIXED, "references": ["ref-a", "ref-b"]},
            [
                FieldChange("evidence", "insufficient", "mixed"),
                FieldChange("references", ("ref-a",), ("ref-a", "ref-b")),
            ],
        ),
    ],
)
def test_a_statement_that_changes(changes: dict[str, object], expected: list[FieldChange]) -> None:
    change = one("statements", lambda found: edit_statement(found, **changes))
    assert change == Change("kratom.treats.depression", ChangeKind.CHANGED, tuple(expected))


def test_white_space_in_a_summary_is_no_change() -> None:
    assert difference(lambda found: edit_statement(found, summary="What\n  is known.")).equal


def test_a_statement_that_comes_and_one_that_goes() -> None:
    def edit(found: Sources) -> None:
        statements = found.monographs[0].statements
        statements[0] = statement("treats", "pain", "limited")

    gone, come = told(edit)["statements"]
    assert (gone.id, gone.change) == ("kratom.treats.depression", ChangeKind.REMOVED)
    assert (come.id, come.change) == ("kratom.treats.pain", ChangeKind.ADDED)
    assert FieldChange("evidence", "insufficient", None) in gone.fields
    assert FieldChange("evidence", None, "limited") in come.fields
    # What an entry leaves empty is nothing to tell of it.
    assert not {"limits", "generated"} & {field.field for field in (*gone.fields, *come.fields)}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"level": RiskLevel.LOW}, FieldChange("level", "high", "low")),
        ({"because": "It may."}, FieldChange("because", "It happens.", "It may.")),
        ({"with_": ["ssris", "zoplexin"]}, FieldChange("with", ("ssris",), ("ssris", "zoplexin"))),
        ({"max_daily_mg": 0.0}, FieldChange("max_daily_mg", None, 0.0)),
    ],
)
def test_a_risk_that_changes(changes: dict[str, object], expected: FieldChange) -> None:
    change = one("risks", lambda found: edit_risk(found, **changes))
    assert change == Change("kratom.interaction", ChangeKind.CHANGED, (expected,))


def test_several_risks_of_one_code_are_paired_by_what_they_say() -> None:
    """A second interaction before the first adds one; the first is not told as changed."""
    second = risk("interaction", meets=("zoplexin",))
    change = one("risks", lambda found: found.monographs[0].risks.insert(0, second))
    assert (change.id, change.change) == ("kratom.interaction", ChangeKind.ADDED)
    assert FieldChange("with", None, ("zoplexin",)) in change.fields


def test_the_same_risk_written_twice_is_one_more() -> None:
    change = one("risks", lambda found: found.monographs[0].risks.append(found.monographs[0].risks[0]))
    assert change.change is ChangeKind.ADDED


def test_an_alias_that_comes() -> None:
    change = one("aliases", lambda found: found.monographs[0].aliases.append("kakuam"))
    assert change == Change("kakuam", ChangeKind.ADDED, (FieldChange("alias_of", None, ("kratom",)),))


def test_an_alias_that_moves_is_one_change() -> None:
    def edit(found: Sources) -> None:
        found.monographs[0].aliases.remove("Mitragyna speciosa")
        found.monographs[1].aliases.append("Mitragyna speciosa")

    change = one("aliases", edit)
    assert change == Change(
        "Mitragyna speciosa",
        ChangeKind.CHANGED,
        (FieldChange("alias_of", ("kratom",), ("st-johns-wort",)),),
    )


def test_an_alias_that_becomes_ambiguous() -> None:
    change = one("aliases", lambda found: found.monographs[0].ambiguous.append("Mitragyna speciosa"))
    assert change.fields == (FieldChange("ambiguous_of", (), ("kratom",)),)


def test_a_concept_that_comes_brings_its_names() -> None:
    """Its aliases are told with it, not once more among the aliases."""
    nettle = schema.Monograph(id="nettle", name="nettle", kind=Kind.HERB, aliases=["Urtica dioica"])
    change = one("concepts", lambda found: found.monographs.append(nettle))
    assert (change.id, change.change) == ("nettle", ChangeKind.ADDED)
    assert FieldChange("aliases", None, ("Urtica dioica",)) in change.fields
    assert FieldChange("kind", None, "herb") in change.fields


def test_a_concept_that_goes_takes_its_statements_along() -> None:
    sections = told(lambda found: found.monographs.pop(0))
    assert list(sections) == ["concepts", "statements", "risks"]
    assert [(c.id, c.change) for c in sections["concepts"]] == [
        ("kratom", ChangeKind.REMOVED),
        ("kratom-plant", ChangeKind.ADDED),  # the bare name that the monograph had taken over
    ]
    assert {c.change for c in sections["statements"]} == {ChangeKind.REMOVED}
    assert [c.id for c in sections["risks"]] == ["kratom.interaction", "kratom.vulnerable_group"]


@pytest.mark.parametrize(
    ("edit", "concept", "field"),
    [
        (lambda f: edit_monograph(f, kind=Kind.FOOD), "kratom", FieldChange("kind", "herb", "food")),
        (lambda f: edit_monograph(f, name="Kratom"), "kratom", FieldChange("name", "kratom", "Kratom")),
        (
            lambda f: edit_monograph(f, classes=["ssris"]),
            "kratom",
            FieldChange("broader", (), ("ssris",)),
        ),
        (
            lambda f: f.conditions.__setitem__(1, condition("postnatal-depression")),
            "postnatal-depression",
            FieldChange("broader", ("depression",), ()),
        ),
        (
            lambda f: f.conditions.__setitem__(0, msgspec.structs.replace(f.conditions[0], serious=False)),
            "depression",
            FieldChange("serious", True, False),
        ),
    ],
)
def test_a_concept_that_changes(edit: Edit, concept: str, field: FieldChange) -> None:
    assert one("concepts", edit) == Change(concept, ChangeKind.CHANGED, (field,))


def test_a_name_that_a_reviewer_takes_over_is_reviewed_from_then_on() -> None:
    zoplexin = schema.Monograph(id="zoplexin", name="zoplexin", kind=Kind.DRUG)
    sections = told(lambda found: found.monographs.append(zoplexin))
    (change,) = sections["concepts"]
    assert change.fields == (FieldChange("reviewed", False, True),)
    assert [c.id for c in sections["aliases"]] == ["Zoplex"]


def test_a_spelling_that_only_a_table_gives() -> None:
    """The table's synonyms of a reviewed name are recognised, though no concept lists them."""
    sections = told(lambda found: found.names.pop())
    assert list(sections) == ["spellings"]
    assert [(c.id, c.change) for c in sections["spellings"]] == [
        ("biak", ChangeKind.REMOVED),
        ("biaks", ChangeKind.REMOVED),
    ]
    assert sections["spellings"][0].fields == (FieldChange("stands_for", ("kratom",), None),)


@pytest.mark.parametrize(
    ("section", "edit", "entry", "field"),
    [
        (
            "references",
            lambda f: edit_reference(f, checked=False),
            "ref-a",
            FieldChange("checked", True, False),
        ),
        (
            "references",
            lambda f: edit_reference(f, url="https://example.org/2"),
            "ref-a",
            FieldChange("url", "https://example.org/page", "https://example.org/2"),
        ),
        (
            "principles",
            lambda f: edit_principle(f, evidence=Evidence.REFUTED),
            "no-herb-cures",
            FieldChange("evidence", "insufficient", "refuted"),
        ),
        (
            "regulations",
            lambda f: edit_regulation(f, rule="21 CFR 1"),
            "us-disease",
            FieldChange("rule", "21 CFR 101.93(g)", "21 CFR 1"),
        ),
    ],
)
def test_other_records_that_change(section: str, edit: Edit, entry: str, field: FieldChange) -> None:
    assert one(section, edit) == Change(entry, ChangeKind.CHANGED, (field,))


def test_a_claim_that_the_law_lists_differently() -> None:
    def edit(found: Sources) -> None:
        found.claim_tables[0] = msgspec.structs.replace(found.claim_tables[0], closing="No less.")

    changes = told(edit)
    assert list(changes) == ["listed_claims"]
    assert {c.fields for c in changes["listed_claims"]} == {(FieldChange("closing", "No more.", "No less."),)}
    assert changes["listed_claims"][0].id == "permitted.eu.chloride.1"


def test_every_part_of_a_state_is_compared() -> None:
    """A part that is added to the compiled form and forgotten here would pass as equal."""
    names = {"patterns", "owners", "needs_context"}  # seen as aliases and spellings
    others = {"format", "sources", "version"}
    parts = set(Compiled.__struct_fields__) - names - others
    assert parts == set(compare(compiled(), compiled()).sections()) - {"aliases", "spellings"}


def test_a_reference_that_comes() -> None:
    change = one("references", lambda found: found.references.append(reference("ref-c")))
    assert (change.id, change.change) == ("ref-c", ChangeKind.ADDED)
    assert FieldChange("publisher", None, "The Agency") in change.fields


def test_a_generated_statement_that_a_table_no_longer_gives() -> None:
    change = one("statements", lambda found: found.indications.clear())
    assert change.id == "sertraline.treats.depression"
    assert FieldChange("generated", True, None) in change.fields


def many(found: Sources) -> None:
    """Edit so much that every section but the spellings has something to tell."""
    found.monographs.append(schema.Monograph(id="nettle", name="nettle", kind=Kind.HERB))
    found.monographs[0].aliases.append("kakuam")
    found.monographs[0].risks.pop()
    found.references.append(reference("ref-c"))
    edit_statement(found, evidence=Evidence.MIXED)
    edit_principle(found, summary="None.")
    edit_regulation(found, message="None.")


def test_the_other_way_round_everything_is_mirrored() -> None:
    mirror = {
        ChangeKind.ADDED: ChangeKind.REMOVED,
        ChangeKind.REMOVED: ChangeKind.ADDED,
        ChangeKind.CHANGED: ChangeKind.CHANGED,
    }
    there, back = compare(compiled(), compiled(many)), compare(compiled(many), compiled())
    assert sum(map(len, there.sections().values())) == 7
    for section, changes in there.sections().items():
        mirrored = [
            Change(c.id, mirror[c.change], tuple(FieldChange(f.field, f.after, f.before) for f in c.fields))
            for c in changes
        ]
        assert mirrored == list(back.sections()[section])


def test_each_section_is_sorted() -> None:
    def edit(found: Sources) -> None:
        for name in ("zinc-tea", "anise-tea", "mint-tea"):
            found.monographs.append(schema.Monograph(id=name, name=name.replace("-", " "), kind=Kind.HERB))

    assert [c.id for c in told(edit)["concepts"]] == ["anise-tea", "mint-tea", "zinc-tea"]
