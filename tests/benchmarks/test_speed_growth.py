"""Growth, the knowledge base made larger, and the table of wrk."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from benchmarks.speed import growth, http, plots
from benchmarks.speed.growth import Base, Point, enlarged, invented, lengths_of, slope
from benchmarks.speed.http import bodies, parsed
from benchmarks.speed.machine import machine
from claimcheck.checker import MAX_TEXT_BYTES
from claimcheck.kb import schema


@pytest.mark.parametrize(("power", "expected"), [(1.0, 1.0), (2.0, 2.0), (0.0, 0.0)])
def test_slope_is_the_power(power: float, expected: float) -> None:
    points = [Point(size, (0.001 * size**power,)) for size in (10, 100, 1000, 5000)]
    middle, low, high = slope(points)
    assert middle == pytest.approx(expected, abs=1e-9)
    assert low == pytest.approx(expected, abs=1e-6)
    assert high == pytest.approx(expected, abs=1e-6)


def test_a_slope_is_drawn_through_medians() -> None:
    points = [Point(10, (1.0, 1.0, 99.0)), Point(100, (10.0, 10.0, 0.1))]
    assert slope(points)[0] == pytest.approx(1.0)


def test_one_size_has_no_slope() -> None:
    with pytest.raises(ValueError, match="two sizes"):
        slope([Point(10, (1.0,)), Point(10, (2.0,))])


def test_long_texts_are_read_as_several() -> None:
    assert lengths_of(30) == [30]
    assert lengths_of(growth.LONGEST_TEXT) == [growth.LONGEST_TEXT]
    assert lengths_of(250_000) == [100_000, 100_000, 50_000]
    assert growth.LONGEST_TEXT * 8 < MAX_TEXT_BYTES


def test_invented_names_are_different_and_fit_the_schema() -> None:
    rows = list(invented(500))
    names = [name for row in rows for name in (str(row["name"]), *map(str, row["aliases"]))]  # type: ignore[call-overload]
    assert len(set(names)) == len(names)
    assert all(msgspec.convert(row, schema.Name) for row in rows)
    assert list(islice(invented(500), 3)) == rows[:3]


def test_a_base_of_twice_the_names(tmp_path: Path) -> None:
    folder = enlarged(tmp_path / "kb", 2)
    own = sum(
        len(p.read_bytes().splitlines()) for p in (folder / "names").glob("*.jsonl") if p.stem != "invented"
    )
    monographs = len(list((folder / "monographs").glob("*.yaml")))
    added = (folder / "names" / "invented.jsonl").read_bytes().splitlines()
    assert len(added) == own + monographs
    assert not (folder / "compiled.msgpack").exists()


def test_the_page_of_growth() -> None:
    line = [Point(300, (0.03,)), Point(3000, (0.3,))]
    bases = [Base(1, 1000, 1.5, 400, (0.02,), (0.002,)), Base(2, 2000, 1.6, 420, (0.02,), (0.002,))]
    text = growth.page({"dense": line, "ordinary": line}, bases, machine())
    assert "dense: slope 1.00 on logarithmic axes" in text
    assert "| 2x | 2,000 | 20.0 | 2.0 | 1.60 | 420 |" in text
    assert "ordinary: slope 0.00" in text or "ordinary: slope -0.00" in text


def test_a_base_travels_between_processes() -> None:
    row = Base(1, 1000, 1.5, 400, (0.02,), (0.002,))
    assert Base(**json.loads(json.dumps(asdict(row)))).points("dense") == row.points("dense")


def test_plots_are_the_same_bytes_twice(tmp_path: Path) -> None:
    lines = {"dense": [(10, 0.01), (100, 0.1)], "ordinary": [(10, 0.001), (100, 0.01)]}
    for name in ("a.svg", "b.svg"):
        plots.lengths(lines, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    plots.bases(lines, tmp_path / "c.svg")
    assert "concepts in the knowledge base" in (tmp_path / "c.svg").read_text(encoding="utf-8")


OUTPUT = """Running 2s test @ http://127.0.0.1:1/v1/check
{"requests": 210, "microseconds": 2000000, "p50": 9000, "p95": 20000, \
"p99": 31500, "refused": 10, "failed": 0}
"""


def test_what_wrk_printed() -> None:
    row = parsed(OUTPUT, words=30, clients=8, texts=100)
    assert (row.rate, row.p50, row.p99, row.refused) == (100.0, 9.0, 31.5, 10)
    text = http.page([row], machine(), 0)
    assert "| 30 | 8 | 100.0 (some texts twice) | 9.0 | 20.0 | 31.5 | 10 | 0 |" in text


def test_no_figures_is_an_error() -> None:
    with pytest.raises(ValueError, match="no figures"):
        parsed("unable to connect", words=30, clients=1, texts=1)


def test_bodies_are_one_line_of_json_each() -> None:
    stream = iter(['"Ginger" cures all.'] * 4)
    made = list(bodies(stream, 3, 4))
    assert [json.loads(body) for body in made] == [{"text": '"Ginger" cures all.'}] * 4
    assert not any("\n" in body for body in made)


def test_a_missing_wrk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    monkeypatch.setattr(sys, "argv", ["http"])
    with pytest.raises(SystemExit, match="apt-get install wrk"):
        http.main()


@pytest.mark.parametrize("mark", ["growth", "http"])
def test_the_page_of_speed_has_its_marks(mark: str) -> None:
    text = growth.PAGE.read_text(encoding="utf-8")
    assert text.count(f"<!-- {mark} -->") == text.count(f"<!-- /{mark} -->") == 1
