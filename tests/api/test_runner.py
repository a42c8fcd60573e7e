"""So many at once, so many waiting, so long each; and an end that breaks nothing off."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import anyio
import pytest

from api.draining import told_at_signal
from api.errors import BUSY, NOT_READY, TIME_LIMIT, Problem
from api.runner import Runner, seconds_left


def test_what_finds_no_place_is_refused_and_counted() -> None:
    refusals: list[int] = []
    gate = threading.Event()

    async def scenario() -> None:
        runner = Runner(workers=1, waiting=1, seconds=5, on_refusal=lambda: refusals.append(1))
        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(_ignored, runner, gate.wait)
            await anyio.sleep(0.05)
            assert runner.inside == 2
            with pytest.raises(Problem) as refused:
                await runner.run(lambda: None)
            assert refused.value.kind is BUSY and refused.value.headers["Retry-After"]
            gate.set()
        assert await runner.run(lambda: "again") == "again"
        await _until(lambda: runner.inside == 0)
        runner.close()

    anyio.run(scenario)
    assert refusals == [1]


async def _ignored(runner: Runner, work: Callable[[], object]) -> None:
    await runner.run(work)


async def _until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(5):
        while not condition():
            await anyio.sleep(0.01)


def test_what_outlives_its_time_keeps_its_place() -> None:
    gate = threading.Event()

    async def scenario() -> None:
        runner = Runner(workers=1, waiting=0, seconds=0.1)
        with pytest.raises(Problem) as late:
            await runner.run(gate.wait)
        assert late.value.kind is TIME_LIMIT
        with pytest.raises(Problem) as refused:
            await runner.run(lambda: None)
        assert refused.value.kind is BUSY
        gate.set()
        await _until(lambda: runner.inside == 0)
        runner.close()

    anyio.run(scenario)


def test_work_knows_how_long_it_may_take() -> None:
    async def scenario() -> None:
        runner = Runner(workers=1, waiting=0, seconds=7)
        left = await runner.run(seconds_left)
        assert left is not None and 6 < left <= 7
        runner.close()

    anyio.run(scenario)
    assert seconds_left() is None, "nobody waits outside of a request"


def test_the_event_loop_is_free_meanwhile() -> None:
    async def scenario() -> None:
        runner = Runner(workers=1, waiting=0, seconds=5)
        longest = 0.0
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_ignored, runner, lambda: time.sleep(0.4))
            for _ in range(20):
                before = time.monotonic()
                await anyio.sleep(0.01)
                longest = max(longest, time.monotonic() - before)
        assert longest < 0.2
        runner.close()

    anyio.run(scenario)


def test_draining_lets_what_runs_end_and_refuses_what_comes() -> None:
    gate = threading.Event()

    async def scenario() -> None:
        runner = Runner(workers=2, waiting=0, seconds=5)
        ended: list[str] = []

        async def running() -> None:
            await runner.run(gate.wait)
            ended.append("running")

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(running)
            await anyio.sleep(0.05)
            runner.refuse()
            # Whatever fails here, what waits at the gate is let go.
            threading.Timer(2, gate.set).start()
            with pytest.raises(Problem) as refused:
                await runner.run(lambda: None)
            assert refused.value.kind is NOT_READY and refused.value.headers["Retry-After"]
            assert not await runner.drain(seconds=0.1), "the limit holds"
            threading.Timer(0.1, gate.set).start()
            assert await runner.drain(seconds=5)
        assert ended == ["running"]
        runner.close()

    anyio.run(scenario)


def test_a_closed_runner_refuses() -> None:
    async def scenario() -> None:
        runner = Runner(workers=1, waiting=0, seconds=5)
        runner.close()
        with pytest.raises(Problem) as refused:
            await runner.run(lambda: None)
        assert refused.value.kind is NOT_READY

    anyio.run(scenario)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_told_before_it_is_handled(number: signal.Signals) -> None:
    heard: list[str] = []
    before = signal.signal(number, lambda *_: heard.append("server"))
    try:
        with told_at_signal(lambda: heard.append("application")):
            os.kill(os.getpid(), number)
            time.sleep(0.01)
        assert heard == ["application", "server"]
        os.kill(os.getpid(), number)
        time.sleep(0.01)
        assert heard == ["application", "server", "server"], "afterwards everything is as it was"
    finally:
        signal.signal(number, before)


def test_outside_the_main_thread_no_signal_is_listened_to() -> None:
    errors: list[BaseException] = []

    def elsewhere() -> None:
        try:
            with told_at_signal(lambda: None):
                pass
        except BaseException as error:  # shown below
            errors.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert errors == []
