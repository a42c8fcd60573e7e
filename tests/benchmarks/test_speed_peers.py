"""The measuring of peers, with peers that need no package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.speed import peers
from benchmarks.speed.machine import machine
from benchmarks.speed.pages import replace_between
from benchmarks.speed.peers import OURS, Peer, Plan, Result, measure, page, percentile, ratios, started
from benchmarks.speed.sizes import closure, installed
from benchmarks.speed.worker import answer, memory
from tests.benchmarks.fake_peer import SLOW_SECONDS, quick

FAKE = "tests.benchmarks.fake_peer"


def fake(function: str, name: str = OURS) -> Peer:
    return Peer(name, f"the {function} one", f"{FAKE}:{function}", Path(sys.executable), ("packaging",))


SMALL = Plan(rounds=2, lengths={30: 3, 50: 2}, bulk_texts=2, bulk_words=40, loads=2)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Result], Path]:
    folder = tmp_path_factory.mktemp("peers")
    return measure([fake("quick"), fake("slow", "slow")], folder, SMALL), folder


def test_every_figure_is_taken(measured: tuple[dict[str, Result], Path]) -> None:
    for result in measured[0].values():
        assert len(result.load) == SMALL.loads
        assert {k: len(v) for k, v in result.latency.items()} == {
            "dense 30": 6,
            "dense 50": 4,
            "ordinary 30": 6,
            "ordinary 50": 4,
        }
        assert {k: len(v) for k, v in result.rates.items()} == {"dense": 2, "ordinary": 2}
        assert 0 < result.resident <= result.peak
        assert result.packages == 1


def test_what_is_measured_is_what_was_spent(measured: tuple[dict[str, Result], Path]) -> None:
    slow = measured[0]["slow"]
    assert min(slow.latency["dense 30"]) >= SLOW_SECONDS
    assert max(slow.rates["dense"]) <= SMALL.bulk_words / SLOW_SECONDS
    assert ratios(measured[0][OURS], slow, "dense")[0] > 1


def test_no_text_is_asked_twice(measured: tuple[dict[str, Result], Path]) -> None:
    asked = [
        [line for line in notes.read_text(encoding="utf-8").splitlines() if line != peers_first()]
        for notes in measured[1].glob("asked-*.txt")
    ]
    longest = max(asked, key=len)
    assert len(longest) > 20
    assert len(set(longest)) == len(longest) - 3 * len(peers.KINDS)  # only the warming texts come twice


def peers_first() -> str:
    from benchmarks.speed.worker import FIRST

    return FIRST


def test_the_page_names_ratios_and_percentiles(measured: tuple[dict[str, Result], Path]) -> None:
    text = page([fake("quick"), fake("slow", "slow")], measured[0], machine(), SMALL)
    assert "6 of 30 words, 4 of 50 words" in text
    rows = [line for line in text.splitlines() if line.startswith("| the slow one")]
    assert len(rows) == 4  # rates, costs, latency of two kinds
    assert rows[0].count("x (") == 2
    assert all(row.count("|") == rows[2].count("|") for row in rows[2:])


def test_a_ratio_is_taken_within_a_round() -> None:
    ours = Result(rates={"dense": [100.0, 10.0, 50.0]})
    theirs = Result(rates={"dense": [50.0, 5.0, 10.0]})
    assert ratios(ours, theirs, "dense") == (2.0, 2.0, 5.0)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1.0), (0.5, 10.0), (0.95, 19.0), (0.99, 20.0), (1.0, 20.0)]
)
def test_percentiles_are_values_that_were_measured(share: float, expected: float) -> None:
    assert percentile([float(n) for n in range(20, 0, -1)], share) == expected
    assert percentile([7.0], share) == 7.0


def test_a_peer_that_ends_is_named(tmp_path: Path) -> None:
    with (
        started(fake("dying", "mortal"), tmp_path) as (worker, _),
        pytest.raises(RuntimeError, match="mortal"),
    ):
        worker.ask("one", ["again"])


def test_a_peer_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="absent has ended"), started(fake("nothing", "absent"), tmp_path):
        pass


def test_a_peer_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with started(fake("slow", "sleeper"), tmp_path) as (worker, _):
        monkeypatch.setattr(peers, "ANSWER_SECONDS", 0.2)
        with pytest.raises(RuntimeError, match="sleeper did not answer"):
            worker.ask("many", ["text"] * 100)


def test_a_worker_answers_by_name(tmp_path: Path) -> None:
    reader = quick(tmp_path)
    assert answer(reader, {"do": "holds", "texts": ["It cures all.", "No."]}) == {"holds": [True, False]}
    assert set(answer(reader, {"do": "many", "texts": ["a"]})) == {"seconds", "processor"}
    with pytest.raises(ValueError, match="sing"):
        answer(reader, {"do": "sing"})


def test_memory_is_told_in_megabytes() -> None:
    held = memory()
    assert 5 < held["resident"] <= held["peak"] * 1.01 < 20_000


def test_an_installation_is_what_a_distribution_requires(tmp_path: Path) -> None:
    found = closure(["scikit-learn"])
    assert {"scikit-learn", "scipy", "numpy"} <= set(found)
    assert "pytest" not in found  # an extra's
    (tmp_path / "weights.bin").write_bytes(b"0" * 2_000_000)
    alone, beside = installed(["packaging"]), installed(["packaging", f"{tmp_path}/"])
    assert beside["megabytes"] - alone["megabytes"] == pytest.approx(2.0)
    assert alone["packages"] == beside["packages"] == 1


def test_what_is_installed_where_it_lies_is_counted_by_its_folders() -> None:
    whole = installed(["claimcheck-health"])
    required = installed([name for name in closure(["claimcheck-health"]) if name != "claimcheck-health"])
    assert whole["megabytes"] == required["megabytes"]
    assert whole["packages"] == required["packages"] + 1


def test_marks_in_a_page_keep_what_stands_around(tmp_path: Path) -> None:
    page_file = tmp_path / "page.md"
    page_file.write_text("Before\n<!-- speed -->\nold\n<!-- /speed -->\nAfter\n", encoding="utf-8")
    replace_between(page_file, "speed", "new\n")
    assert page_file.read_text(encoding="utf-8") == "Before\n<!-- speed -->\nnew\n<!-- /speed -->\nAfter\n"
    with pytest.raises(ValueError, match="quality"):
        replace_between(page_file, "quality", "new")


@pytest.mark.parametrize("name", [peer.name for peer in peers.PEERS])
def test_every_peer_is_one_that_the_readers_know(name: str) -> None:
    from benchmarks.speed import readers

    entry = next(peer.entry for peer in peers.PEERS if peer.name == name)
    module, function = entry.split(":")
    assert module == readers.__name__
    assert callable(getattr(readers, function))


def test_the_page_of_the_project_has_its_marks() -> None:
    text = peers.PAGE.read_text(encoding="utf-8")
    assert all(text.count(f"<!-- {mark} -->") == 1 for mark in ("speed", "/speed", "quality", "/quality"))
