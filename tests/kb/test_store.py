"""Compiled once, looked up by id and by name."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimcheck import surface
from claimcheck.errors import KnowledgeBaseError
from claimcheck.kb import schema, store
from claimcheck.kb.compile import patterns_of, slug, statement_id
from claimcheck.kb.store import COMPILED_NAME, KnowledgeBase
from claimcheck.types import Evidence, Kind, Relation
from tests.kb.support import MONOGRAPH, condition, small_sources, statement, write


@pytest.fixture(scope="module")
def small() -> KnowledgeBase:
    return KnowledgeBase.build(small_sources())


# -- what is known -----------------------------------------------------------


def test_concepts(small: KnowledgeBase) -> None:
    kratom = small.concept("kratom")
    assert kratom is not None
    assert (kratom.name, kratom.kind, kratom.reviewed) == ("kratom", Kind.HERB, True)
    assert small.concept("nothing") is None
    assert small.concept(None) is None


def test_a_class_and_its_monograph_are_one_concept(small: KnowledgeBase) -> None:
    ssris = small.concept("ssris")
    assert ssris is not None
    assert [c.id for c in small.concepts()].count(ssris.id) == 1
    assert ssris.dangerous_to_stop
    assert ssris.prescribed_for == ("depression",)
    assert small.statements("ssris")


def test_members_and_ancestors(small: KnowledgeBase) -> None:
    assert set(small.members("ssris")) == {"sertraline", "fluoxetine"}
    assert small.ancestors("sertraline") == ("ssris",)
    assert small.is_a("sertraline", "ssris")
    assert small.is_a("ssris", "ssris")
    assert not small.is_a("ssris", "sertraline")
    assert small.ancestors("postnatal-depression") == ("depression",)
    assert small.ancestors("nothing") == ()


def test_ancestors_come_nearest_first_and_a_cycle_ends() -> None:
    found = small_sources()
    found.conditions += [
        condition("a", broader=("b", "c")),
        condition("b", broader=("d",)),
        condition("c", broader=("a",)),
        condition("d", broader=("a", "d")),
    ]
    kb = KnowledgeBase.build(found)
    assert kb.ancestors("a") == ("b", "c", "d")
    assert kb.ancestors("d") == ("a", "b", "c")


def test_statements(small: KnowledgeBase) -> None:
    found = small.statement("kratom.treats.depression")
    assert found is not None
    assert (found.intervention, found.target, found.generated) == ("kratom", "depression", False)
    assert found in small.statements("kratom")
    assert small.statement("kratom.is_safe.any") is not None
    assert small.statement("kratom.cures.depression") is None
    assert statement_id("kratom", Relation.TREATS, None) == "kratom.treats.any"


def test_a_principle_answers_to_its_id(small: KnowledgeBase) -> None:
    found = small.statement("principle.no-herb-cures")
    assert found is not None
    assert (found.evidence, found.target) == (Evidence.INSUFFICIENT, None)


def test_an_indication_becomes_a_statement_that_says_so(small: KnowledgeBase) -> None:
    found = small.statement("sertraline.treats.depression")
    assert found is not None
    assert found.generated
    assert found.references == ("ref-b",)


def test_a_reviewed_statement_comes_before_an_indication() -> None:
    found = small_sources()
    found.indications.append(schema.Indication(drug="ketum", condition="depression", references=["ref-b"]))
    kb = KnowledgeBase.build(found)
    [one] = [s for s in kb.statements("kratom") if s.target == "depression"]
    assert not one.generated


def test_risks_and_references(small: KnowledgeBase) -> None:
    assert [r.code for r in small.risks("kratom")] == ["interaction", "vulnerable_group"]
    assert small.risks("kratom")[0].with_ == ("ssris",)
    assert small.risks("ssris") == ()
    reference = small.reference("ref-a")
    assert reference is not None
    assert reference.publisher == "The Agency"
    assert small.reference("ref-z") is None


def test_white_space_of_a_folded_summary_is_one_space() -> None:
    found = small_sources()
    folded = msgspec.structs.replace(
        statement("cures", "pain", "insufficient"), summary="What\n  is   known.\n"
    )
    found.monographs[0].statements.append(folded)
    record = KnowledgeBase.build(found).statement("kratom.cures.pain")
    assert record is not None
    assert record.summary == "What is known."


# -- names -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kratom", ("kratom",)),
        ("KRATOMS", ("kratom",)),
        ("mitragyna  Speciosa", ("kratom",)),
        ("biak", ("kratom",)),
        ("ketum", ("kratom",)),
        ("leaf", ("kratom",)),
        ("St John's wort", ("st-johns-wort",)),
        ("st. johns wort", ("st-johns-wort",)),
        ("low moods", ("depression",)),
        ("Zoplex", ("zoplexin",)),
        ("krato", ()),
        ("", ()),
        ("!!", ()),
    ],
)
def test_lookup(small: KnowledgeBase, name: str, expected: tuple[str, ...]) -> None:
    assert small.lookup(name) == expected


def test_a_bare_name_is_not_reviewed(small: KnowledgeBase) -> None:
    zoplexin = small.concept("zoplexin")
    assert zoplexin is not None
    assert not zoplexin.reviewed
    assert small.concept("kratom-plant") is None


def test_a_name_that_needs_context_says_so(small: KnowledgeBase) -> None:
    patterns, owners, needs_context = small.names
    assert len(patterns) == len(owners) == len(needs_context)
    flags = dict(zip(patterns, needs_context, strict=True))
    assert flags[" leaf "] is True
    assert flags[" kratom "] is False


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "St. John's wort",
            {
                "st . john 's wort",
                "st john 's wort",
                "st . john wort",
                "st . johns wort",
                "st john wort",
                "st johns wort",
            },
        ),
        ("remedy", {"remedy", "remedies"}),
        ("omega-3", {"omega 3"}),
        ("Crohn's disease", {"crohn 's disease", "crohn disease", "crohns disease"}),
        ("", set()),
        ("<b></b>", set()),
    ],
)
def test_patterns_of(name: str, expected: set[str]) -> None:
    found = {" ".join(p.split()) for p in patterns_of(name)}
    assert expected <= found
    assert bool(found) == bool(expected)


@given(st.text(max_size=40))
def test_a_name_always_finds_itself(name: str) -> None:
    forms = surface.comparable(name)
    assert not forms or surface.pattern(forms) in patterns_of(name)


@pytest.mark.parametrize(("name", "expected"), [("Black Seed", "black-seed"), ("5-HTP", "5-htp"), ("!", "")])
def test_slug(name: str, expected: str) -> None:
    assert slug(name) == expected


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("kratom", "kratom"),
        ("ketum", "kratom"),
        ("SELECTIVE SEROTONIN", "ssris"),
        ("wort", "st-johns-wort"),
        ("St. John's wort", "st-johns-wort"),
        ("depress", "depression"),
        ("postnatal", "postnatal-depression"),
        ("zoplex", "zoplexin"),
    ],
)
def test_search_finds_best_first(small: KnowledgeBase, query: str, first: str) -> None:
    assert small.search(query)[0].id == first


def test_search_by_id_finds_that_concept_first(small: KnowledgeBase) -> None:
    assert small.search("st-johns-wort")[0].id == "st-johns-wort"


def test_every_reviewed_concept_is_found_by_its_own_name(kb: KnowledgeBase) -> None:
    reviewed = [c for c in kb.concepts() if c.reviewed]
    assert [c.name for c in reviewed if c not in kb.search(c.name)] == []


def test_search_puts_reviewed_concepts_first_and_keeps_its_limit(small: KnowledgeBase) -> None:
    assert len(small.search("s", limit=2)) == 2
    assert small.search("") == ()
    assert small.search("   ") == ()
    assert small.search("no such thing") == ()
    assert small.search("x" * 100_000) == ()


# -- compiled file -----------------------------------------------------------


def test_a_loaded_base_equals_the_compiled_one(tmp_path: Path) -> None:
    write(tmp_path)
    fresh = KnowledgeBase.load(tmp_path)
    assert (tmp_path / COMPILED_NAME).is_file()
    again = KnowledgeBase.load(tmp_path)
    assert again.version == fresh.version
    assert list(again.concepts()) == list(fresh.concepts())
    assert again.all_statements() == fresh.all_statements()
    assert again.all_risks() == fresh.all_risks()
    assert again.references() == fresh.references()
    assert again.names == fresh.names


def test_the_version_is_the_date_and_a_hash_of_the_sources(tmp_path: Path) -> None:
    one = KnowledgeBase.load(write(tmp_path)).version
    other = KnowledgeBase.load(write(tmp_path, monograph=MONOGRAPH + "ambiguous: [leaf]\n")).version
    assert one.startswith("2026.11.22+")
    assert len(one.split("+")[1]) == 8
    assert one != other


def test_the_compiled_file_is_read_instead_of_the_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    KnowledgeBase.load(write(tmp_path))

    def refuse(_: Path) -> None:
        raise AssertionError("sources were read again")

    monkeypatch.setattr("claimcheck.kb.sources.read", refuse)
    assert KnowledgeBase.load(tmp_path).concept("kratom") is not None


@pytest.mark.parametrize("content", [b"", b"not msgpack", b"\x80"])
def test_a_broken_compiled_file_is_built_again(tmp_path: Path, content: bytes) -> None:
    write(tmp_path)
    (tmp_path / COMPILED_NAME).write_bytes(content)
    assert KnowledgeBase.load(tmp_path).concept("kratom") is not None
    assert (tmp_path / COMPILED_NAME).read_bytes() != content


def test_a_stale_compiled_file_is_built_again(tmp_path: Path) -> None:
    KnowledgeBase.load(write(tmp_path))
    write(tmp_path, monograph=MONOGRAPH.replace("[ketum]", "[biak]"))
    kb = KnowledgeBase.load(tmp_path)
    assert (kb.lookup("biak"), kb.lookup("ketum")) == (("kratom",), ())


def test_no_half_written_file_is_left(tmp_path: Path) -> None:
    KnowledgeBase.load(write(tmp_path))
    assert list(tmp_path.rglob("*.part")) == []


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    assert KnowledgeBase.load(tmp_path).concept("kratom") is not None
    assert not (tmp_path / COMPILED_NAME).exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_no_error(tmp_path: Path) -> None:
    write(tmp_path).chmod(0o555)
    try:
        assert KnowledgeBase.load(tmp_path).concept("kratom") is not None
    finally:
        tmp_path.chmod(0o755)


def test_a_folder_without_a_base_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeBaseError, match=r"meta\.yaml"):
        KnowledgeBase.load(tmp_path)
    with pytest.raises(KnowledgeBaseError):
        KnowledgeBase.load(tmp_path / "nowhere")
    with pytest.raises(KnowledgeBaseError, match="no knowledge base"):
        store.require(tmp_path)


def test_a_snapshot_is_what_would_be_loaded(tmp_path: Path) -> None:
    """It writes nothing, and takes the compiled file only where that fits its sources."""
    folder = write(tmp_path)
    before = sorted(folder.rglob("*"))
    found = store.snapshot(folder)
    assert sorted(folder.rglob("*")) == before
    compiled = folder / store.COMPILED_NAME
    compiled.write_bytes(msgspec.msgpack.encode(msgspec.structs.replace(found, version="kept")))
    assert store.snapshot(folder).version == "kept"
    (folder / "meta.yaml").write_text("date: 2026.11.23\n", encoding="utf-8")
    assert store.snapshot(folder).version.startswith("2026.11.23+")


def test_a_snapshot_of_a_compiled_file(tmp_path: Path) -> None:
    KnowledgeBase.load(write(tmp_path))
    assert store.snapshot(tmp_path / store.COMPILED_NAME) == store.snapshot(tmp_path)


def test_the_folder_one_stands_in_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KnowledgeBaseError, match=f"no knowledge base in '{tmp_path.name}'"):
        store.snapshot(Path())


def test_a_wrong_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeBaseError, match=r"kratom\.yaml"):
        KnowledgeBase.load(write(tmp_path, monograph="id: kratom\nname: kratom\nkind: herb\ncolour: green\n"))


def test_the_packaged_base_is_as_large_as_promised(kb: KnowledgeBase) -> None:
    reviewed = [c for c in kb.concepts() if c.reviewed]
    assert sum(bool(kb.statements(c.id)) for c in reviewed if not c.kind.is_target) >= 40
    assert sum(c.kind.is_target for c in reviewed) >= 120
    assert {"kratom", "antidepressants", "st-johns-wort", "cognitive-behavioral-therapy"} <= {
        c.id for c in reviewed
    }
