"""How inputs are put together for the encoder."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from claimcheck.learn.encoder import BATCH, RUN_COST, cuts


def cost(lengths: list[int], runs: list[tuple[int, int]]) -> int:
    return sum(RUN_COST + (end - start) * lengths[end - 1] for start, end in runs)


@given(st.lists(st.integers(2, 122), max_size=80).map(sorted))
def test_every_input_is_in_one_run_and_no_run_is_too_large(lengths: list[int]) -> None:
    runs = cuts(lengths)
    assert [i for start, end in runs for i in range(start, end)] == list(range(len(lengths)))
    assert all(0 < end - start <= BATCH for start, end in runs)


@given(st.lists(st.integers(2, 122), min_size=1, max_size=80).map(sorted))
def test_runs_cost_no_more_than_runs_of_one_size(lengths: list[int]) -> None:
    for size in (1, 4, 8, BATCH):
        plain = [(at, min(at + size, len(lengths))) for at in range(0, len(lengths), size)]
        assert cost(lengths, cuts(lengths)) <= cost(lengths, plain)


def test_short_and_long_inputs_are_kept_apart() -> None:
    assert cuts([5, 6, 5 + 1, 100, 101]) == [(0, 3), (3, 5)]
