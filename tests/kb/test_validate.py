"""Each check is shown failing on one spoilt base, and silent on the sound one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from claimcheck.kb import schema, validate
from claimcheck.kb.sources import Sources
from claimcheck.kb.store import DATA
from claimcheck.kb.validate import CHECKS, Problem
from claimcheck.types import Kind
from tests.kb.support import condition, reference, risk, small_sources, statement, write

Spoil = Callable[[Sources], None]
Check = Callable[[Sources], Iterator[Problem]]


def kratom(found: Sources, **changes: object) -> None:
    """Change fields of the first monograph."""
    found.monographs[0] = msgspec.structs.replace(found.monographs[0], **changes)


def depression(found: Sources, **changes: object) -> None:
    found.conditions[0] = msgspec.structs.replace(found.conditions[0], **changes)


def a_class(found: Sources, **changes: object) -> None:
    found.classes[0] = msgspec.structs.replace(found.classes[0], **changes)


def a_principle(found: Sources, **changes: object) -> None:
    found.principles[0] = msgspec.structs.replace(found.principles[0], **changes)


def a_regulation(found: Sources, **changes: object) -> None:
    found.regulations[0] = msgspec.structs.replace(found.regulations[0], **changes)


def a_table(found: Sources, **changes: object) -> None:
    """Change fields of the list of law."""
    found.claim_tables[0] = msgspec.structs.replace(found.claim_tables[0], **changes)


def an_entry(found: Sources, **changes: object) -> None:
    """Change fields of the first substance on the list of law."""
    first, *others = found.claim_tables[0].substances
    a_table(found, substances=[msgspec.structs.replace(first, **changes), *others])


def an_effect(found: Sources, **changes: object) -> None:
    """Change fields of the first effect on the list of law."""
    first, *others = found.claim_tables[0].substances[0].effects
    an_entry(found, effects=[msgspec.structs.replace(first, **changes), *others])


def states(found: Sources, *statements: schema.Statement) -> None:
    kratom(found, statements=[*found.monographs[0].statements, *statements])


def cites(found: Sources, **changes: object) -> None:
    found.references[0] = msgspec.structs.replace(found.references[0], **changes)


def repeat_reference(found: Sources) -> None:
    found.references.append(found.references[0])


def repeat_condition(found: Sources) -> None:
    found.conditions.append(condition("kratom"))


def bare_reference(found: Sources) -> None:
    found.references.append(reference("ref-z"))


SPOILT: list[tuple[str, Check, Spoil, str]] = [
    ("duplicate id", validate.unique_ids, repeat_condition, "id already used in kratom.yaml"),
    ("duplicate reference", validate.unique_ids, repeat_reference, "id used twice"),
    (
        "duplicate principle",
        validate.unique_ids,
        lambda f: f.principles.append(f.principles[0]),
        "id used twice",
    ),
    (
        "duplicate regulation",
        validate.unique_ids,
        lambda f: f.regulations.append(f.regulations[0]),
        "id used twice",
    ),
    (
        "duplicate list of law",
        validate.unique_ids,
        lambda f: f.claim_tables.append(f.claim_tables[0]),
        "id used twice",
    ),
    (
        "duplicate substance on a list",
        validate.unique_ids,
        lambda f: a_table(f, substances=[*f.claim_tables[0].substances, f.claim_tables[0].substances[0]]),
        "id used twice",
    ),
    ("bad id", validate.unique_ids, lambda f: kratom(f, id="Kratom Leaf"), "lower-case words"),
    (
        "class id with another kind",
        validate.unique_ids,
        lambda f: kratom(f, id="ssris"),
        "kind must be drug_class",
    ),
    (
        "alias of two interventions",
        validate.one_owner_per_alias,
        lambda f: kratom(f, aliases=["St Johns Wort"]),
        "two owners: kratom, st-johns-wort",
    ),
    (
        "alias of two targets",
        validate.one_owner_per_alias,
        lambda f: f.conditions.append(schema.Condition(id="sadness", name="low moods", kind=Kind.SYMPTOM)),
        "two owners: depression, sadness",
    ),
    (
        "ambiguous for one of two",
        validate.one_owner_per_alias,
        lambda f: a_class(f, ambiguous=["ketum"]),
        "two owners: kratom, ssris",
    ),
    (
        "no reference",
        validate.references_resolve,
        lambda f: states(f, statement("cures", "pain", "insufficient", references=())),
        "no reference",
    ),
    (
        "reference that is not there",
        validate.references_resolve,
        lambda f: states(f, statement("cures", "pain", "insufficient", references=("ref-x",))),
        "'ref-x' does not exist",
    ),
    (
        "risk without reference",
        validate.references_resolve,
        lambda f: kratom(f, risks=[msgspec.structs.replace(risk("toxicity"), references=[])]),
        "no reference",
    ),
    (
        "principle without reference",
        validate.references_resolve,
        lambda f: a_principle(f, references=[]),
        "no reference",
    ),
    (
        "regulation without reference",
        validate.references_resolve,
        lambda f: a_regulation(f, references=[]),
        "no reference",
    ),
    (
        "list of law without reference",
        validate.references_resolve,
        lambda f: a_table(f, references=[]),
        "no reference",
    ),
    (
        "substance on a list with a reference that is not there",
        validate.references_resolve,
        lambda f: an_entry(f, references=["ref-x"]),
        "'ref-x' does not exist",
    ),
    (
        "dangerous class without reference",
        validate.references_resolve,
        lambda f: a_class(f, references=[]),
        "no reference",
    ),
    (
        "indication without reference",
        validate.references_resolve,
        lambda f: f.indications.append(schema.Indication(drug="x", condition="y", references=[])),
        "no reference",
    ),
    ("dead reference", validate.no_dead_references, bare_reference, "cited by nothing"),
    (
        "address of no page",
        validate.references_are_sound,
        lambda f: cites(f, url="example.org"),
        "web address",
    ),
    ("kind of no document", validate.references_are_sound, lambda f: cites(f, kind="blog"), "'blog'"),
    (
        "month thirteen",
        validate.references_are_sound,
        lambda f: cites(f, published="2024-13"),
        "published '2024-13'",
    ),
    (
        "day that never was",
        validate.references_are_sound,
        lambda f: cites(f, retrieved="2026-02-30"),
        "retrieved '2026-02-30'",
    ),
    ("future", validate.references_are_sound, lambda f: cites(f, published="2999"), "published '2999'"),
    ("no day", validate.references_are_sound, lambda f: cites(f, retrieved="2026-11"), "name the day"),
    (
        "unopened behind supported",
        validate.nothing_unopened_behind_a_verdict,
        lambda f: cites(f, checked=False),
        "alone behind supported",
    ),
    (
        "unopened behind refuted",
        validate.nothing_unopened_behind_a_verdict,
        lambda f: cites(f, checked=False),
        "alone behind refuted",
    ),
    (
        "too much unopened",
        validate.nothing_unopened_behind_a_verdict,
        lambda f: cites(f, checked=False),
        "lean on unopened pages",
    ),
    (
        "target that is not there",
        validate.no_dead_concepts,
        lambda f: states(f, statement("cures", "baldness", "insufficient")),
        "target is no known condition",
    ),
    (
        "condition potentiated",
        validate.no_dead_concepts,
        lambda f: states(f, statement("potentiates", "pain", "insufficient")),
        "target is no known intervention",
    ),
    (
        "intervention treated",
        validate.no_dead_concepts,
        lambda f: states(f, statement("treats", "ssris", "insufficient")),
        "target is no known condition",
    ),
    (
        "class that is not there",
        validate.no_dead_concepts,
        lambda f: kratom(f, classes=["opiods"]),
        "'opiods' is no known class",
    ),
    (
        "partner that is not there",
        validate.no_dead_concepts,
        lambda f: kratom(f, risks=[risk("interaction", meets=("opiods",))]),
        "'opiods' is no known intervention",
    ),
    (
        "group that is not there",
        validate.no_dead_concepts,
        lambda f: kratom(f, risks=[risk("vulnerable_group", groups=("teens",))]),
        "group 'teens'",
    ),
    (
        "wider condition that is not there",
        validate.no_dead_concepts,
        lambda f: f.conditions.append(condition("x", broader=("y",))),
        "broader: 'y' does not exist",
    ),
    (
        "treatment that is not there",
        validate.no_dead_concepts,
        lambda f: depression(f, treatments=["prayer"]),
        "treatments: 'prayer' does not exist",
    ),
    (
        "condition of a wrong kind",
        validate.no_dead_concepts,
        lambda f: depression(f, kind=Kind.HERB),
        "kind herb is no target",
    ),
    (
        "indication of a class that is not there",
        validate.no_dead_concepts,
        lambda f: a_class(f, prescribed_for=["x"]),
        "prescribed_for: 'x' does not exist",
    ),
    (
        "principle on no target",
        validate.no_dead_concepts,
        lambda f: a_principle(f, targets=["x"]),
        "target 'x' does not exist",
    ),
    (
        "principle on no intervention",
        validate.no_dead_concepts,
        lambda f: a_principle(f, interventions=["x"]),
        "intervention 'x' does not exist",
    ),
    (
        "regulation on no intervention",
        validate.no_dead_concepts,
        lambda f: a_regulation(f, interventions=["x"]),
        "intervention 'x' does not exist",
    ),
    (
        "regulation on no target",
        validate.no_dead_concepts,
        lambda f: a_regulation(f, targets=["kratom"]),
        "target 'kratom' does not exist",
    ),
    (
        "listed substance that is no intervention",
        validate.no_dead_concepts,
        lambda f: an_entry(f, interventions=["pain"]),
        "intervention 'pain' does not exist",
    ),
    (
        "listed effect on no target",
        validate.no_dead_concepts,
        lambda f: an_effect(f, targets=["x"]),
        "target 'x' does not exist",
    ),
    (
        "list of an unknown class",
        validate.lists_of_law_are_complete,
        lambda f: a_table(f, claim_class="approved"),
        "'approved' is not one of",
    ),
    (
        "list of nobody's law",
        validate.lists_of_law_are_complete,
        lambda f: a_table(f, rules={}),
        "no jurisdiction has it",
    ),
    (
        "listed substance with a bad id",
        validate.lists_of_law_are_complete,
        lambda f: an_entry(f, id="Kratom Leaf"),
        "lower-case words",
    ),
    (
        "listed substance without effect",
        validate.lists_of_law_are_complete,
        lambda f: an_entry(f, effects=[]),
        "names no effect",
    ),
    (
        "one rule for two jurisdictions",
        validate.lists_of_law_are_complete,
        lambda f: an_entry(f, rule="21 CFR 101.72"),
        "a table of one jurisdiction",
    ),
    (
        "words for no concept",
        validate.lists_of_law_are_complete,
        lambda f: an_entry(f, interventions=[]),
        "meet no claim",
    ),
    (
        "name without a word",
        validate.lists_of_law_are_complete,
        lambda f: an_entry(f, named=["ketum", " "]),
        "holds no word",
    ),
    (
        "effect listed twice",
        validate.lists_of_law_are_complete,
        lambda f: an_effect(f, effect="ease"),
        "listed twice: ease",
    ),
    (
        "list without a relation",
        validate.lists_of_law_are_complete,
        lambda f: a_table(f, relations=[]),
        "without a relation",
    ),
    (
        "stated twice",
        validate.no_conflicts,
        lambda f: states(f, statement("treats", "depression", "refuted")),
        "stated twice",
    ),
    (
        "conflicting neighbours",
        validate.no_conflicts,
        lambda f: states(f, statement("relieves", "depression", "supported")),
        "conflicts with relieves depression: insufficient against supported",
    ),
    (
        "serious without treatment",
        validate.serious_conditions_have_treatments,
        lambda f: depression(f, treatments=[]),
        "serious, but no treatment",
    ),
    (
        "statement of no month",
        validate.dates_of_statements,
        lambda f: states(f, statement("cures", "pain", "insufficient", as_of="last year")),
        "as_of 'last year'",
    ),
    (
        "statement of the future",
        validate.dates_of_statements,
        lambda f: states(f, statement("cures", "pain", "insufficient", as_of="2999-01")),
        "as_of '2999-01'",
    ),
    (
        "principle of the future",
        validate.dates_of_statements,
        lambda f: a_principle(f, as_of="2999-01"),
        "as_of '2999-01'",
    ),
    (
        "interaction with nothing",
        validate.interactions_name_partners,
        lambda f: kratom(f, risks=[risk("interaction")]),
        "names nothing it interacts with",
    ),
    (
        "group risk of no group",
        validate.interactions_name_partners,
        lambda f: kratom(f, risks=[risk("vulnerable_group")]),
        "names no group",
    ),
]


@pytest.mark.parametrize(("check", "spoil", "message"), [r[1:] for r in SPOILT], ids=[r[0] for r in SPOILT])
def test_a_spoilt_base_is_refused(check: Check, spoil: Spoil, message: str) -> None:
    found = small_sources()
    spoil(found)
    problems = list(check(found))
    assert any(message in problem.message for problem in problems), problems
    assert all(problem.path and problem.where for problem in problems)


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
def test_a_sound_base_passes(check: Check) -> None:
    assert list(check(small_sources())) == []


def test_every_check_is_shown_failing() -> None:
    assert {row[1] for row in SPOILT} == set(CHECKS)


def test_neighbours_that_agree_are_no_conflict() -> None:
    found = small_sources()
    states(found, statement("relieves", "depression", "insufficient"))
    assert list(validate.no_conflicts(found)) == []


def test_a_name_may_be_both_an_intervention_and_a_target() -> None:
    found = small_sources()
    found.conditions.append(schema.Condition(id="kratom-use", name="kratom", kind=Kind.CONDITION))
    assert list(validate.one_owner_per_alias(found)) == []


def test_an_alias_that_both_call_ambiguous_is_no_problem() -> None:
    found = small_sources()
    a_class(found, ambiguous=["leaf"])
    assert list(validate.one_owner_per_alias(found)) == []


def test_one_opened_page_is_enough_behind_a_verdict() -> None:
    found = small_sources()
    found.references.append(reference("ref-c", checked=False))
    states(found, statement("cures", "pain", "refuted", references=("ref-c", "ref-a")))
    assert list(validate.nothing_unopened_behind_a_verdict(found)) == []


LIST_OF_LAW = """\
id: us
title: A list
claim_class: authorised_health_claim
rules: {us: A rule}
relations: [prevents]
opening: Authorised for
references: [ref-a]
substances: []
"""

BROKEN = [
    ("unknown key", {"monograph": "id: kratom\nname: kratom\nkind: herb\ncolour: green\n"}, "colour"),
    ("unknown kind", {"monograph": "id: kratom\nname: kratom\nkind: mineral\n"}, "mineral"),
    ("unknown label", {"conditions": "- {id: pain, name: pain, kind: symptom, seriuos: true}\n"}, "seriuos"),
    ("missing key", {"monograph": "id: kratom\nkind: herb\n"}, "name"),
    ("no YAML", {"monograph": "id: [kratom\n"}, "kratom.yaml"),
    ("file of another name", {"monograph": "id: katrom\nname: kratom\nkind: herb\n"}, "'katrom'"),
    ("list of another name", {"regulation/eu.yaml": LIST_OF_LAW}, "'us'"),
    ("unknown key of a list", {"regulation/us.yaml": LIST_OF_LAW + "colour: green\n"}, "colour"),
    ("bad line of names", {"names/a.jsonl": '{"id": "x"}\n'}, "a.jsonl:1"),
]


@pytest.mark.parametrize(("changed", "message"), [r[1:] for r in BROKEN], ids=[r[0] for r in BROKEN])
def test_a_folder_that_does_not_fit_the_schema_is_one_problem(
    tmp_path: Path, changed: dict[str, str], message: str
) -> None:
    [problem] = validate.validate(write(tmp_path, **changed))
    assert problem.where == "schema"
    assert message in problem.message


def test_a_folder_without_a_base_is_one_problem(tmp_path: Path) -> None:
    [problem] = validate.validate(tmp_path)
    assert "meta.yaml" in str(problem)


def test_a_sound_folder_has_no_problem(tmp_path: Path) -> None:
    assert validate.validate(write(tmp_path)) == []


def test_a_folder_with_a_list_of_law_has_no_problem(tmp_path: Path) -> None:
    assert validate.validate(write(tmp_path, **{"regulation/us.yaml": LIST_OF_LAW})) == []


def test_a_list_may_name_a_concept_known_by_name_only() -> None:
    found = small_sources()
    found.names.append(schema.Name(id="qualm", name="qualm", kind=Kind.SYMPTOM))
    an_entry(found, interventions=["zoplexin"])
    an_effect(found, targets=["qualm"])
    assert list(validate.no_dead_concepts(found)) == []


def test_a_problem_reads_as_one_line() -> None:
    assert (
        str(Problem("kratom.yaml", "treats pain", "stated twice")) == "kratom.yaml: treats pain: stated twice"
    )


def test_the_packaged_base_has_no_problem() -> None:
    assert [str(problem) for problem in validate.validate(DATA)] == []
