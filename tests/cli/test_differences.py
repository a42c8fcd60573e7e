"""``claimcheck kb diff``: what it prints, what it tells programs, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from claimcheck.cli.app import app
from claimcheck.kb import store
from claimcheck.kb.store import COMPILED_NAME, KnowledgeBase
from tests.kb.support import MONOGRAPH, REFERENCES, write

CHANGED = MONOGRAPH.replace("very_low", "low").replace("[ketum]", "[ketum, kakuam]")
RISK = "risks: [{code: toxicity, level: low, because: It stings., references: [ref-a]}]\n"


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return write(tmp_path / "before")


def changed(folder: Path, *, monograph: str = CHANGED, **files: str) -> Path:
    return write(folder, monograph=monograph, **files)


def sections(output: str) -> dict[str, list[dict[str, object]]]:
    return {key: value for key, value in json.loads(output).items() if isinstance(value, list) and value}


def test_nothing_differs(runner: CliRunner, before: Path, tmp_path: Path) -> None:
    after = write(tmp_path / "after", monograph="# a comment\n" + MONOGRAPH)
    result = runner.invoke(app, ["kb", "diff", str(before), str(after)])
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()
    assert first.startswith("2026.11.22+")
    assert second == "no difference"


def test_what_differs_is_printed(runner: CliRunner, before: Path, tmp_path: Path) -> None:
    result = runner.invoke(app, ["kb", "diff", str(before), str(changed(tmp_path / "after"))])
    assert result.exit_code == 1
    assert result.stdout.split("\n", 1)[1] == PRINTED


PRINTED = """\
┏━━━━━━━━━━━━┳━━━━━━━┳━━━━━━━━━┳━━━━━━━━━┓
┃            ┃ added ┃ removed ┃ changed ┃
┡━━━━━━━━━━━━╇━━━━━━━╇━━━━━━━━━╇━━━━━━━━━┩
│ Aliases    │     1 │       0 │       0 │
│ Statements │     0 │       0 │       1 │
└────────────┴───────┴─────────┴─────────┘
Aliases
┌───────┬────────┬──────────────────┐
│ added │ kakuam │ alias of: kratom │
└───────┴────────┴──────────────────┘
Statements
┌─────────┬────────────────────┬───────────────────────┐
│ changed │ kratom.treats.pain │ grade: very_low → low │
└─────────┴────────────────────┴───────────────────────┘
"""


def test_what_differs_as_json(runner: CliRunner, before: Path, tmp_path: Path) -> None:
    after = changed(tmp_path / "after")
    result = runner.invoke(app, ["kb", "diff", str(before), str(after), "--format", "json"])
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert list(found) == [
        "before",
        "after",
        "equal",
        "concepts",
        "aliases",
        "spellings",
        "statements",
        "risks",
        "principles",
        "regulations",
        "listed_claims",
        "references",
    ]
    assert found["equal"] is False
    assert found["before"] == KnowledgeBase.load(before).version
    assert sections(result.stdout) == {
        "aliases": [
            {
                "id": "kakuam",
                "change": "added",
                "fields": [{"field": "alias_of", "before": None, "after": ["kratom"]}],
            }
        ],
        "statements": [
            {
                "id": "kratom.treats.pain",
                "change": "changed",
                "fields": [{"field": "grade", "before": "very_low", "after": "low"}],
            }
        ],
    }


def test_equal_as_json(runner: CliRunner, before: Path) -> None:
    result = runner.invoke(app, ["kb", "diff", str(before), str(before), "--format", "json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["equal"] is True
    assert sections(result.stdout) == {}


def test_long_texts_and_lists_are_told_apart(runner: CliRunner, before: Path, tmp_path: Path) -> None:
    monograph = MONOGRAPH.replace(
        "Nothing shows it.", "A trial of thirty people shows it, but only for an hour."
    )
    after = changed(
        tmp_path / "after",
        monograph=monograph.replace("[ref-a]", "[ref-b]"),
        references=REFERENCES.replace("ref-a", "ref-b"),
    )
    shown = runner.invoke(app, ["kb", "diff", str(before), str(after)]).stdout
    for words in (
        "summary",
        "  before: Nothing shows it.",
        "  after: A trial of",
        "without ref-a; with ref-b",
    ):
        assert words in shown
    assert "title: A page" in shown
    assert "licence" not in shown  # the JSON has it


def test_references_in_another_order(runner: CliRunner, tmp_path: Path) -> None:
    both = {"references": REFERENCES + REFERENCES.replace("ref-a", "ref-b")}
    one = changed(tmp_path / "one", monograph=MONOGRAPH.replace("[ref-a]", "[ref-a, ref-b]"), **both)
    other = changed(tmp_path / "other", monograph=MONOGRAPH.replace("[ref-a]", "[ref-b, ref-a]"), **both)
    result = runner.invoke(app, ["kb", "diff", str(one), str(other)])
    assert result.exit_code == 1
    assert "references: in another order" in result.stdout


def test_a_risk_that_comes_and_one_that_goes(runner: CliRunner, before: Path, tmp_path: Path) -> None:
    after = changed(tmp_path / "after", monograph=MONOGRAPH + RISK)
    for arguments, word in (((before, after), "added"), ((after, before), "removed")):
        shown = runner.invoke(app, ["kb", "diff", *map(str, arguments)]).stdout
        assert f"│ {word}" in shown.replace("  ", " ")
        assert "because: It stings." in shown


def test_control_characters_never_reach_the_terminal(runner: CliRunner, before: Path, tmp_path: Path) -> None:
    monograph = MONOGRAPH
    for word, hostile in (
        ("Nothing shows it.", "\\e[2J\\u202eNothing"),
        ("ketum", "ke\\etum"),
        ("ref-a", "r\\ea"),
    ):
        monograph = monograph.replace(word, f'"{hostile}"')
    after = changed(tmp_path / "after", monograph=monograph)
    shown = runner.invoke(app, ["kb", "diff", str(before), str(after)]).stdout
    for words in ("Nothing", "ke�tum", "without ref-a; with r�a"):
        assert words in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_a_compiled_file_stands_for_its_folder(runner: CliRunner, before: Path, tmp_path: Path) -> None:
    compiled = tmp_path / "state.msgpack"
    compiled.write_bytes(msgspec.msgpack.encode(store.snapshot(before)))
    assert runner.invoke(app, ["kb", "diff", str(compiled), str(before)]).exit_code == 0
    assert runner.invoke(app, ["kb", "diff", str(compiled), str(changed(tmp_path / "after"))]).exit_code == 1


def test_the_folders_are_left_as_they_are(runner: CliRunner, before: Path) -> None:
    runner.invoke(app, ["kb", "diff", str(before), str(before)])
    assert not (before / COMPILED_NAME).exists()


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none", "none: cannot be read: No such file or directory"),
        ("empty", "no knowledge base in 'empty'"),
        ("broken", "broken: kratom.yaml: Object contains unknown field `colour`"),
        ("damaged", "damaged: no compiled knowledge base of this version"),
        ("older", "older: no compiled knowledge base of this version"),
    ],
)
def test_bad_input(
    runner: CliRunner, before: Path, tmp_path: Path, name: str, message: str, side: int
) -> None:
    (tmp_path / "empty").mkdir()
    changed(tmp_path / "broken", monograph="id: kratom\nname: kratom\nkind: herb\ncolour: green\n")
    (tmp_path / "damaged").write_bytes(b"\x93not msgpack")
    older = msgspec.structs.replace(store.snapshot(before), format=store.FORMAT - 1)
    (tmp_path / "older").write_bytes(msgspec.msgpack.encode(older))
    arguments = [str(before), str(before)]
    arguments[side] = str(tmp_path / name)
    result = runner.invoke(app, ["kb", "diff", *arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_one_knowledge_base_is_not_enough(runner: CliRunner, before: Path) -> None:
    assert runner.invoke(app, ["kb", "diff", str(before)]).exit_code == 2
