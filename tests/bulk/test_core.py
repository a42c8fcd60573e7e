"""The pure core: one row out for each row in, in order, whatever the row."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pyarrow as pa
import pytest

from claimcheck.bulk.core import OUTPUT_SCHEMA, Options, score_batches
from tests.bulk.counting import CountingChecker


def _report(text: str) -> str:
    return json.dumps({"length": len(text)})


def _batch(texts: list[str | None], ids: list[str] | None = None) -> pa.RecordBatch:
    columns = {"text": pa.array(texts, pa.string())}
    if ids is not None:
        columns["id"] = pa.array(ids, pa.string())
    return pa.RecordBatch.from_pydict(columns)


def test_rows_in_order_with_their_ids() -> None:
    batches = [_batch(["a", "bb"], ["1", "2"]), _batch(["ccc"], ["3"])]
    found = [b.to_pydict() for b in score_batches(batches, checker=CountingChecker())]
    assert [b["id"] for b in found] == [["1", "2"], ["3"]]
    assert [b["report"] for b in found] == [
        [_report("a('us',)None"), _report("bb('us',)None")],
        [_report("ccc('us',)None")],
    ]
    assert found[0]["risk"] == [0.1235, 0.1235]


def test_what_cannot_be_read_is_a_row_with_an_error() -> None:
    (found,) = score_batches([_batch(["a", " ", None])], checker=CountingChecker())
    assert found.schema == OUTPUT_SCHEMA
    assert found.to_pydict()["error"] == [None, "empty_text", "not_text"]
    assert found.to_pydict()["action"] == ["allow", None, None]


def test_equal_texts_of_a_batch_are_read_once() -> None:
    checker = CountingChecker()
    (found,) = score_batches([_batch(["a", "b", "a", "a"])], checker=checker)
    assert checker.calls == 2
    assert found.num_rows == 4


def test_options_reach_the_checker_and_reports_can_be_left_out() -> None:
    options = Options(jurisdictions=("uk",), min_probability=0.25, reports=False)
    (found,) = score_batches([_batch(["a"])], checker=CountingChecker(), options=options)
    assert found.to_pydict()["report"] == [None]
    assert found.to_pydict()["unsupported"] == [round(len("a('uk',)0.25") / 1000, 4)]


def test_lazy() -> None:
    def endless() -> Iterator[pa.RecordBatch]:
        while True:
            yield _batch(["a"])

    assert next(score_batches(endless(), checker=CountingChecker())).num_rows == 1


def test_a_batch_without_texts_is_refused() -> None:
    with pytest.raises(KeyError):
        next(score_batches([pa.RecordBatch.from_pydict({"x": ["a"]})], checker=CountingChecker()))
