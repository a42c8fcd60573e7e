"""A monograph that is begun: what stands in it, and what is refused."""

from __future__ import annotations

import errno
import re
import shutil
from pathlib import Path

import msgspec
import pytest

from claimcheck.errors import InputError, KnowledgeBaseError
from claimcheck.kb import scaffold, schema, sources
from claimcheck.kb.schema import PLACEHOLDER
from claimcheck.kb.validate import Problem, validate
from claimcheck.types import Evidence, Kind, Relation, Risk, RiskLevel
from tests.kb.support import CONDITIONS, write

CLASSES = "- {id: opioids, name: opioids, aliases: [opiates], members: [morphine]}\n"
TARGETS = CONDITIONS + "- {id: relief, name: relief, kind: function}\n"
# One value a key, in the order in which the scaffold asks for them.
VALUES = (
    ("aliases", "Urtica dioica"),
    ("relation", "relieves"),
    ("target", "pain"),
    ("evidence", "limited"),
    ("summary", "A small trial found less pain."),
    ("grade", "very_low"),
    ("as_of", "2026-11"),
    ("references", "ref-a"),
    ("code", "toxicity"),
    ("level", "low"),
    ("because", "Fresh leaves sting."),
    ("references", "ref-a"),
)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A knowledge base with a herb, a class and two targets."""
    return write(tmp_path, conditions=TARGETS, **{"classes.yaml": CLASSES})


def begin(folder: Path, identifier: str = "nettle", name: str = "nettle", kind: Kind = Kind.HERB) -> Path:
    return scaffold.begin(folder, identifier=identifier, name=name, kind=kind)


def filled(text: str) -> str:
    """Return a scaffold as an editor leaves it: each placeholder replaced, comments and all."""
    for key, value in VALUES:
        line = re.compile(rf"^([ -]*{key}: \W?){PLACEHOLDER}", re.MULTILINE)
        text, number = line.subn(rf"\g<1>{value}", text, count=1)
        assert number == 1, key
    return text


def test_it_lies_where_its_id_says(base: Path) -> None:
    path = begin(base)
    assert path == base / "monographs" / "nettle.yaml"
    assert PLACEHOLDER in path.read_text(encoding="utf-8")


def test_left_as_it_is_each_line_is_named(base: Path) -> None:
    path = begin(base)
    lines = path.read_text(encoding="utf-8").splitlines()
    problems = validate(base)
    assert [p.message for p in problems] == [f"still to be filled in: {key}" for key, _ in VALUES]
    assert {p.path for p in problems} == {"nettle.yaml"}
    for problem, (key, _) in zip(problems, VALUES, strict=True):
        assert f"{key}: " in lines[int(problem.where.removeprefix("line ")) - 1]


def test_left_as_it_is_nothing_loads(base: Path) -> None:
    begin(base)
    with pytest.raises(KnowledgeBaseError, match=rf"nettle\.yaml: .*{PLACEHOLDER}"):
        sources.read(base)


def test_filled_in_it_passes_every_check(base: Path) -> None:
    path = begin(base, name="stinging nettle")
    path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert validate(base) == []
    nettle = sources.decoded(path, schema.Monograph)
    assert (nettle.id, nettle.name, nettle.kind) == ("nettle", "stinging nettle", Kind.HERB)
    (statement,) = nettle.statements
    assert (statement.relation, statement.target, statement.evidence) == (
        Relation.RELIEVES,
        "pain",
        Evidence.LIMITED,
    )
    (risk,) = nettle.risks
    assert (risk.code, risk.level) == (Risk.TOXICITY, RiskLevel.LOW)


def test_a_value_that_was_forgotten_is_named_though_the_file_decodes(base: Path) -> None:
    path = begin(base)
    text = filled(path.read_text(encoding="utf-8")).replace("Fresh leaves sting.", PLACEHOLDER)
    path.write_text(text, encoding="utf-8")
    (problem,) = validate(base)
    assert problem.message == "still to be filled in: because"


def test_a_placeholder_on_a_line_without_a_key_is_named(base: Path) -> None:
    path = begin(base)
    text = filled(path.read_text(encoding="utf-8"))
    path.write_text(text.replace('"Fresh leaves sting."', f">-\n      Leaves\n      {PLACEHOLDER}."))
    (problem,) = validate(base)
    assert problem.message == "still to be filled in: a value"


def test_a_comment_that_speaks_of_placeholders_is_no_problem(base: Path) -> None:
    path = begin(base)
    text = path.read_text(encoding="utf-8")
    assert re.search(rf"^#.*{PLACEHOLDER}", text, re.MULTILINE)
    path.write_text(filled(text), encoding="utf-8")
    assert validate(base) == []


def test_another_broken_file_is_named_once_the_scaffold_is_filled_in(base: Path) -> None:
    path = begin(base)
    (base / "classes.yaml").write_text("- {id: opioids}\n")
    assert {problem.path for problem in validate(base)} == {"nettle.yaml"}
    path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
    (problem,) = validate(base)
    assert problem == Problem(
        base.name, "schema", "classes.yaml: Object missing required field `name` - at `$[0]`"
    )


def test_every_choice_is_listed(base: Path) -> None:
    text = begin(base).read_text(encoding="utf-8")
    comments = " ".join(line.strip("# ()") for line in text.splitlines() if line.lstrip().startswith("#"))
    for labels in (Relation, Evidence, Risk, RiskLevel):
        left_out = {Evidence.UNKNOWN.value}
        assert {label.value for label in labels} - left_out <= set(comments.split())
    assert Evidence.UNKNOWN.value not in comments.split()
    assert max(map(len, text.splitlines())) <= 110


@pytest.mark.parametrize("name", ['St. John\'s "wort"', "naïve: #1 {tea}", "no", "1,3-DMAA", "a\\b"])
def test_a_name_is_quoted(name: str) -> None:
    text = scaffold.scaffold(identifier="no", name=name, kind=Kind.HERB)
    found = msgspec.yaml.decode(text.encode())
    assert (found["id"], found["name"]) == ("no", name)


def test_white_space_around_a_name_is_left_out(base: Path) -> None:
    assert 'name: "stinging nettle"\n' in begin(base, name="  stinging \t nettle ").read_text()


@pytest.mark.parametrize(
    "identifier",
    ["", "Nettle", "stinging nettle", "../nettle", "nettle.yaml", "-nettle", "net_tle", "n" * 61, "nettle\n"],
)
def test_what_is_no_id_is_refused(base: Path, identifier: str) -> None:
    before = sorted(base.rglob("*"))
    with pytest.raises(InputError, match=r"\Aan id is lower-case words joined by hyphens\Z"):
        begin(base, identifier=identifier)
    assert sorted(base.rglob("*")) == before


@pytest.mark.parametrize("name", ["", "  ", "n" * 201, "net\x1btle", "nettle\u202e", "\u200b", "<b>"])
def test_what_is_no_name_is_refused(base: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"\Aa name is one line of 1 to 200 printable characters\Z"):
        begin(base, name=name)


@pytest.mark.parametrize("kind", [Kind.CONDITION, Kind.SYMPTOM, Kind.FUNCTION])
def test_a_target_is_no_monograph(base: Path, kind: Kind) -> None:
    with pytest.raises(InputError, match=f"a {kind.value} is no monograph"):
        begin(base, kind=kind)


def test_a_file_is_never_overwritten(base: Path) -> None:
    path = begin(base)
    path.write_text("mine")
    with pytest.raises(InputError, match=r"nettle\.yaml: is there already"):
        begin(base, name="another name")
    assert path.read_text() == "mine"


def test_a_file_that_comes_meanwhile_is_not_overwritten(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = base / "monographs" / "nettle.yaml"
    monkeypatch.setattr(scaffold, "_refuse_owned", lambda *_: path.write_text("theirs"))
    with pytest.raises(InputError, match="is there already"):
        begin(base)
    assert path.read_text() == "theirs"


@pytest.mark.parametrize("identifier", ["pain", "relief"])
def test_the_id_of_a_target_is_taken(base: Path, identifier: str) -> None:
    with pytest.raises(InputError, match="that id is taken already"):
        begin(base, identifier=identifier, name="something new")


@pytest.mark.parametrize(
    ("identifier", "name", "owner"),
    [
        ("nettle", "kratom", "kratom"),
        ("nettle", "Ketum", "kratom"),
        ("nettle", "ketums", "kratom"),
        ("nettle", "ketum (dried leaf)", "kratom"),
        ("ketum", "something new", "kratom"),
        ("nettle", "opiate", "opioids"),
    ],
)
def test_a_name_that_another_intervention_has_is_refused(
    base: Path, identifier: str, name: str, owner: str
) -> None:
    with pytest.raises(InputError, match=rf"\Athat id or name is a name of {owner} already\Z"):
        begin(base, identifier=identifier, name=name)
    assert not (base / "monographs" / f"{identifier}.yaml").exists()


def test_an_ambiguous_name_of_another_is_refused(tmp_path: Path) -> None:
    base = write(tmp_path, monograph="id: kratom\nname: kratom\nkind: herb\nambiguous: [thom]\n")
    with pytest.raises(InputError, match="a name of kratom already"):
        begin(base, identifier="thom-tea", name="thom")


def test_a_target_may_have_the_same_name(base: Path) -> None:
    """An intervention and a target may share a name: sleep is both."""
    assert begin(base, identifier="relief-tea", name="relief").is_file()


def test_a_name_known_from_a_table_only_is_free(base: Path) -> None:
    (base / "names").mkdir()
    (base / "names" / "all.jsonl").write_text('{"id":"nettle","name":"nettle","kind":"herb"}\n')
    assert begin(base).is_file()


def test_a_class_gets_its_monograph_under_its_own_id_and_kind(base: Path) -> None:
    with pytest.raises(InputError, match="its monograph has the kind drug_class"):
        begin(base, identifier="opioids", name="opioids")
    assert begin(base, identifier="opioids", name="opioids", kind=Kind.DRUG_CLASS).is_file()


def test_a_second_one_may_be_begun_before_the_first_is_filled_in(base: Path) -> None:
    begin(base)
    assert begin(base, identifier="mint", name="mint").is_file()
    with pytest.raises(InputError, match="a name of mint already"):
        begin(base, identifier="mint-tea", name="mints")


def test_no_knowledge_base_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(KnowledgeBaseError, match="no knowledge base in"):
            begin(folder)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_read_is_named(base: Path) -> None:
    (base / "monographs" / "kratom.yaml").write_text("id: [\n")
    with pytest.raises(KnowledgeBaseError, match=r"\Akratom\.yaml: "):
        begin(base)


def test_a_folder_that_cannot_be_written_is_named(base: Path) -> None:
    shutil.rmtree(base / "monographs")
    assert begin(base).is_file()  # the folder is made where there is none
    shutil.rmtree(base / "monographs")
    (base / "monographs").write_text("a file")
    with pytest.raises(InputError, match=r"monographs: no folder to write in: File exists"):
        begin(base)


def test_a_file_that_cannot_be_written_is_named(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(scaffold, "_refuse_owned", lambda *_: None)  # it reads files
    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(InputError, match=r"nettle\.yaml: cannot be written: No space left on device"):
        begin(base)
