"""The tables of the data card, on a small made-up data set."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from models.training import data_card, gold
from models.training.data_card import TABLES, Data, main, read, rewritten
from models.training.held_out import SHARE, is_held_out

DATA = Path(__file__).parents[2] / "models" / "data"
KEPT_OUT = next(f"site/{n}" for n in range(1000) if is_held_out(f"site/{n}", SHARE))
SEEN = next(f"site/{n}" for n in range(1000) if not is_held_out(f"site/{n}", SHARE))


def claim(**labels: object) -> dict[str, Any]:
    plain = {
        "relation": "treats",
        "polarity": "affirmed",
        "certainty": "certain",
        "stance": "asserted",
        "source": "author",
        "evidence": "limited",
        "assessment": "supported",
        "risk": [],
        "risk_level": "none",
        "flagged": False,
    }
    return {**plain, **labels}


GRAVE = claim(
    relation="replaces",
    assessment="overstated",
    risk=["dosage", "toxicity"],
    risk_level="high",
    flagged=True,
)


def passage(name: str, text: str, claims: Sequence[dict[str, Any]], **more: str) -> dict[str, Any]:
    return {"id": name, "text": text, "genre": "blog", "claims": list(claims), **more}


def write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two annotated passages, two labelled of three in the pool, two written ones, and an empty card."""
    mit = {"repo": SEEN, "licence": "MIT"}
    write(
        tmp_path / "train.jsonl",
        [passage("t1", "one two", [claim(), GRAVE], **mit), passage("t2", "three", [], **mit)],
    )
    rows = [
        {"id": "p1", "text": "four five six", "genre": "ad", "repo": KEPT_OUT, "licence": "none | of them"},
        {"id": "p2", "text": "never labelled", "genre": "ad", **mit},
        {"id": "p3", "text": "seven", "genre": "blog", **mit},
    ]
    with gzip.open(tmp_path / "pool.jsonl.gz", "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
    write(tmp_path / "pool_labels.jsonl", [{"id": "p3", "claims": []}, {"id": "p1", "claims": [claim()]}])
    write(
        tmp_path / "written.jsonl",
        [passage("wb-1", "eight nine", [GRAVE, GRAVE]), passage("wa-1", "ten", [])],
    )
    marks = (f"<!-- table: {name} -->\nold {name}\n<!-- end -->\n" for name in TABLES)
    (tmp_path / "DATA_CARD.md").write_text("Before.\n" + "Between.\n".join(marks) + "After.\n", "utf-8")
    return tmp_path


@pytest.fixture
def data(folder: Path) -> Data:
    return read(folder / "train.jsonl", folder / "pool.jsonl.gz", folder)


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *more: str) -> int:
    texts = [str(folder / "train.jsonl"), str(folder / "pool.jsonl.gz")]
    monkeypatch.setattr(sys, "argv", ["data_card", *texts, "--data", str(folder), *more])
    return main()


def lines_of(table: str) -> list[list[str]]:
    """Return the cells of a table below its head."""
    return [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]


def test_sets_count_what_is_labelled(data: Data) -> None:
    annotated, pool, written, every = lines_of(data_card.sets_table(data))
    assert annotated[1:7] == ["2", "1", "3", "2", "1", "1"]
    assert pool[1:7] == ["2", "1", "4", "1", "0", "2"]
    assert written[1:7] == ["2", "1", "3", "2", "2", "–"]
    assert every[1:7] == ["6", "3", "10", "5", "3", "2"]


def test_held_out_sites_are_those_of_training(data: Data) -> None:
    annotated, pool, _ = lines_of(data_card.held_out_table(data))
    assert annotated == ["annotated", "0 of 1", "0", "0"]
    assert pool == ["pool", "1 of 2", "1", "1"]


def test_licences_end_with_a_sum(data: Data) -> None:
    assert lines_of(data_card.licences_table(data)) == [
        ["MIT", "1", "2", "2", "1", "0"],
        ["none \\| of them", "1", "0", "0", "1", "1"],
        ["all", "2", "2", "2", "2", "1"],
    ]


def test_registers_with_most_passages_come_first(data: Data) -> None:
    assert lines_of(data_card.registers_table(data)) == [
        ["blog", "2", "1", "2", "1", "1", "0", "2", "1", "2"],
        ["ad", "0", "0", "0", "1", "0", "1", "0", "0", "0"],
    ]


def test_labels_by_set(data: Data) -> None:
    rows = {line[0]: line[1:] for line in lines_of(data_card.labels_table(data))}
    assert rows["relation"] == ["replaces 1, treats 1", "treats 1", "replaces 2"]
    assert rows["doubtful"] == ["no 1, yes 1", "no 1", "yes 2"]
    assert rows["risk"] == ["dosage 1, toxicity 1", "–", "dosage 2, toxicity 2"]
    assert rows["flagged"] == ["no 1, yes 1", "no 1", "yes 2"]


def test_levels_of_risk_stand_as_they_rise() -> None:
    assert data_card._counted(["high", "high", "none", "low"]) == "none 1, low 1, high 2"
    assert data_card._counted(["cures", "treats", "treats"]) == "treats 2, cures 1"


def test_written_passages_by_batch(data: Data) -> None:
    assert lines_of(data_card.written_batches_table(data)) == [
        ["`wa-`", "1", "1", "0", "0", "1"],
        ["`wb-`", "1", "0", "2", "1", "2"],
        ["all", "2", "1", "2", "1", "3"],
    ]
    table = data_card.written_labels_table(data)
    assert table.startswith("| label | `wa-` | `wb-` |\n")
    assert lines_of(table)[0] == ["relation", "–", "replaces 2"]


def test_sources_name_their_licence(data: Data) -> None:
    first, second = lines_of(data_card.sources_table(data))
    assert first == [SEEN, "MIT", "2", "2", "1", "0"]
    assert second[0] == KEPT_OUT


def test_doubtful_means_what_training_means() -> None:
    assert data_card.DOUBTFUL == gold.DOUBTFUL


def test_big_numbers_are_readable() -> None:
    assert data_card.number(176083) == "176,083"


def test_prose_is_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(folder, monkeypatch) == 0
    card = (folder / "DATA_CARD.md").read_text("utf-8")
    assert card.startswith("Before.\n<!-- table: sets -->\n| part |")
    assert card.endswith("<!-- end -->\nAfter.\n")
    assert card.count("Between.\n") == len(TABLES) - 1
    assert "old" not in card


def test_check_tells_a_stale_card_and_writes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (folder / "DATA_CARD.md").read_bytes()
    assert run(folder, monkeypatch, "--check") == 1
    assert (folder / "DATA_CARD.md").read_bytes() == before
    assert run(folder, monkeypatch) == 0
    assert run(folder, monkeypatch, "--check") == 0
    write(folder / "pool_labels.jsonl", [{"id": "p3", "claims": []}])
    assert run(folder, monkeypatch, "--check") == 1


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("<!-- table: sources -->", "<!-- table: sourcess -->"),
        ("<!-- table: sources -->\nold sources\n<!-- end -->\n", ""),
        ("old sets\n<!-- end -->\n", "old sets\n"),
        ("old sources\n<!-- end -->\n", "old sources\n"),
        ("Before.\n", "<!-- table: sets -->\n<!-- end -->\n"),
        ("old sets\n", "old sets\n<!-- table: sets -->\n"),
    ],
    ids=["unknown", "missing", "swallows the next", "no end", "twice", "twice, one within the other"],
)
def test_a_card_with_wrong_marks_is_refused(folder: Path, data: Data, was: str, becomes: str) -> None:
    card = (folder / "DATA_CARD.md").read_text("utf-8")
    assert was in card
    with pytest.raises(ValueError, match="each of these tables once"):
        rewritten(card.replace(was, becomes, 1), data)


@pytest.mark.parametrize("labels", [["p1", "p9"], ["p1", "p1"]], ids=["no text", "labelled twice"])
def test_labels_that_do_not_fit_the_pool_are_refused(folder: Path, labels: list[str]) -> None:
    write(folder / "pool_labels.jsonl", [{"id": name, "claims": []} for name in labels])
    with pytest.raises(ValueError, match="do not fit together"):
        read(folder / "train.jsonl", folder / "pool.jsonl.gz", folder)


def test_the_shipped_card_has_its_marks_and_fits_the_written_passages() -> None:
    """The other tables need texts that are not in the repository: ``--check`` compares those."""
    rows = tuple(data_card._row(row) for row in data_card._rows(DATA / "written.jsonl"))
    data = Data(annotated=(), pool=(), written=rows)
    card = (DATA / "DATA_CARD.md").read_text("utf-8")
    rewritten(card, data)
    for name in ("written-batches", "written-labels"):
        assert f"<!-- table: {name} -->\n{TABLES[name](data)}<!-- end -->" in card


def test_the_shipped_card_counts_the_labels_of_the_pool() -> None:
    labels = list(data_card._rows(DATA / "pool_labels.jsonl"))
    card = (DATA / "DATA_CARD.md").read_text("utf-8")
    (line,) = (line for line in card.splitlines() if line.startswith("| pool: "))
    cells = line.strip("| ").split(" | ")
    claims = [claim for row in labels for claim in row["claims"]]
    assert [cells[1], cells[4]] == [data_card.number(len(labels)), data_card.number(len(claims))]
