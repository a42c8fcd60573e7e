"""What the long runs rest on: posts that are the same again, rows counted right, sizes worked out right."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.bulk.memory import Memory
from benchmarks.bulk.million import Listed, compare, digest, listed, rows_of
from benchmarks.bulk.posts import FEWEST_WORDS, MOST_WORDS, posts, write
from benchmarks.bulk.sizing import History, table
from benchmarks.bulk.spark_ratio import Round, Spent


def test_the_same_seed_gives_the_same_posts() -> None:
    assert list(posts(500)) == list(posts(500))
    assert list(posts(500)) == list(islice(posts(5_000), 500))
    assert list(posts(500)) != list(posts(500, seed=8))


def test_posts_are_ordinary() -> None:
    found = list(posts(10_000))
    readable = [post for post in found if post and post.strip()]
    counts = [len(post.split()) for post in readable]
    assert (min(counts), max(counts)) == (FEWEST_WORDS, MOST_WORDS)
    assert 0 < len(found) - len(readable) < 30
    assert 0.95 < len(set(found)) / len(found) < 1


def test_posts_are_written_with_ids_of_their_own(tmp_path: Path) -> None:
    words = write(tmp_path / "posts.parquet", 300)
    table_ = pq.read_table(tmp_path / "posts.parquet")
    assert len(set(table_.column("id").to_pylist())) == 300
    assert table_.column("text").to_pylist() == list(posts(300))
    assert words == sum(len(post.split()) for post in posts(300) if post)


def test_a_manifest_is_read_as_far_as_it_is_whole(tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    assert listed(output) == []
    (tmp_path / "out.jsonl.parts").mkdir()
    manifest = tmp_path / "out.jsonl.parts" / "manifest.jsonl"
    manifest.write_bytes(b'{"fingerprint":"x"}\n{"shard":0,"rows":9,"bad":1}\n{"shard":1,"rows":')
    assert listed(output) == [Listed(shard=0, rows=9, bad=1)]
    assert rows_of(listed(output)) == 10


def test_outputs_are_compared_after_sorting(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other, third = (tmp_path / name for name in ("one", "other", "third"))
    one.write_text("b\na\n")
    other.write_text("a\nb\n")
    third.write_text("a\na\n")
    assert digest(one) == digest(other) != digest(third)
    assert compare(one, other, rows=2)
    assert not compare(one, third, rows=2)
    assert not compare(one, other, rows=3), "a row that nobody told of"
    assert "DIFFERENT" in capsys.readouterr().out


def test_memory_is_that_of_the_process() -> None:
    with Memory(os.getpid()) as memory:
        pass
    assert memory.peak > 10
    memory.samples = [(float(at), 100.0 + 2 * at) for at in range(60)]
    assert memory.slope == pytest.approx(120)
    memory.samples = memory.samples[:3]
    assert memory.slope is None


def test_core_hours() -> None:
    history = History(posts=300_000_000, words=40, ratio=1.2, price=0.05)
    assert history.core_hours(10_000) == pytest.approx(400)
    (_, _, row) = table(history, rates=[10_000], cores=[100]).splitlines()
    assert row == "| 10,000 | 208 | 400 | 20 | 4.0 |"


def test_the_start_of_bulk_is_taken_off() -> None:
    found = Round(bulk=Spent(12, 22), start=Spent(2, 2), spark=Spent(12, 30))
    assert found.ratio == pytest.approx(1.2)
    assert found.processor_ratio == pytest.approx(1.5)
