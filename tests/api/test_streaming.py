"""A batch as a stream: a line as soon as it is ready, in order, and no more work than somebody listens to."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from api.settings import Settings
from api.storage.tables import Scope
from api.streaming import NDJSON, in_order
from tests.api.conftest import PhraseChecker

CLAIM = "Kratom potentiates antidepressants."
LINES = {"accept": f"text/plain, {NDJSON};q=0.9"}
ClientWith = Callable[[Settings], AbstractContextManager[httpx.Client]]


def _lines(reply: httpx.Response) -> list[dict[str, Any]]:
    assert reply.status_code == 200
    assert reply.headers["content-type"] == NDJSON
    assert reply.content.endswith(b"\n")
    return [json.loads(line) for line in reply.content.splitlines()]


def test_lines_say_what_the_batch_says(client: httpx.Client) -> None:
    items: list[object] = [{"id": "1", "text": CLAIM}, {"id": "2", "text": ""}, 3, {"id": "4", "text": "No."}]
    whole = client.post("/v1/check/batch", json={"items": items}).json()["results"]
    assert _lines(client.post("/v1/check/batch", json={"items": items}, headers=LINES)) == whole


def test_lines_come_in_order_however_long_each_takes(client: httpx.Client, release: threading.Event) -> None:
    threading.Timer(0.5, release.set).start()
    items = [{"id": "slow", "text": "wait for me"}, *({"id": str(i), "text": f"No. {i}"} for i in range(20))]
    lines = _lines(client.post("/v1/check/batch", json={"items": items}, headers=LINES))
    assert [line["id"] for line in lines] == [item["id"] for item in items]
    assert [line["index"] for line in lines] == list(range(21))


def test_a_text_that_breaks_the_checker_takes_its_own_line_only(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    items = [{"id": "1", "text": "break me, secret words"}, {"id": "2", "text": CLAIM}]
    reply = client.post("/v1/check/batch", json={"items": items}, headers=LINES)
    first, second = _lines(reply)
    assert first["error"]["type"] == "/problems/internal"
    assert second["report"]["claims"]
    assert "secret" not in reply.text + caplog.text


@pytest.mark.parametrize("body", [{"items": []}, {"items": [1] * 101}, {}, {"items": [1], "store": True}])
def test_a_batch_that_cannot_be_used_is_a_problem_and_no_line(
    client: httpx.Client, body: dict[str, Any]
) -> None:
    reply = client.post("/v1/check/batch", json=body, headers=LINES)
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.status_code in (403, 422)


def test_a_stream_waits_for_a_place_and_says_busy_only_when_none_comes(
    client_with: ClientWith, release: threading.Event
) -> None:
    limits = Settings(workers=1, waiting=0, time_limit_seconds=1, log_format="off")
    with client_with(limits) as client:
        items = [{"id": str(i), "text": f"No. {i}"} for i in range(10)]
        lines = _lines(client.post("/v1/check/batch", json={"items": items}, headers=LINES))
        assert all("report" in line for line in lines)
        items = [{"id": "held", "text": "wait for me"}, {"id": "after", "text": "No."}]
        lines = _lines(client.post("/v1/check/batch", json={"items": items}, headers=LINES))
        assert [line["error"]["type"] for line in lines] == ["/problems/time-limit"] * 2
        release.set()


def test_each_line_stores_its_text(client: httpx.Client, bearer: Callable[..., dict[str, str]]) -> None:
    headers = {**LINES, **bearer(Scope.REVIEW)}
    items = [{"id": str(i), "text": f"{CLAIM} {i}"} for i in range(3)]
    lines = _lines(client.post("/v1/check/batch", json={"items": items, "store": True}, headers=headers))
    for line in lines:
        item = client.get(line["report"]["item"]["url"], headers=headers).json()
        assert item["text"] == f"{CLAIM} {line['index']}"


# What the order is made of


async def _collect(results: AsyncGenerator[int, None]) -> list[int]:
    return [result async for result in results]


def test_no_more_is_begun_than_allowed() -> None:
    begun: list[int] = []
    ended: list[int] = []

    async def work(number: int) -> int:
        begun.append(number)
        assert len(begun) - len(ended) <= 3
        await asyncio.sleep(0.001 * (7 - number % 7))
        ended.append(number)
        return number

    works = (partial(work, number) for number in range(30))
    assert asyncio.run(_collect(in_order(works, ahead=3))) == list(range(30))
    assert ended != list(range(30))


def test_closing_begins_nothing_more_and_cancels_what_was_begun() -> None:
    begun: list[int] = []
    cancelled: list[int] = []

    async def work(number: int) -> int:
        begun.append(number)
        try:
            await asyncio.sleep(0 if number == 0 else 60)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise
        return number

    async def run() -> None:
        results = in_order((partial(work, number) for number in range(30)), ahead=3)
        assert await anext(results) == 0
        await results.aclose()
        await asyncio.sleep(0)

    asyncio.run(run())
    assert begun == [0, 1, 2] and cancelled == [1, 2]


# Over a socket, because only there a caller can hang up


@contextmanager
def _served(app: FastAPI) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)


def test_a_line_is_sent_before_the_next_is_ready(application: FastAPI, release: threading.Event) -> None:
    items = [{"id": "1", "text": CLAIM}, {"id": "2", "text": "wait for me"}]
    with (
        _served(application) as address,
        httpx.stream("POST", f"{address}/v1/check/batch", json={"items": items}, headers=LINES) as reply,
    ):
        lines = reply.iter_lines()
        assert json.loads(next(lines))["id"] == "1"
        release.set()
        assert json.loads(next(lines))["id"] == "2"


def test_nothing_more_is_read_once_the_caller_hung_up(
    application: FastAPI, checker: PhraseChecker, caplog: pytest.LogCaptureFixture
) -> None:
    items = [{"id": str(i), "text": f"wait for me {i}" if i == 1 else f"No. {i}"} for i in range(100)]
    with _served(application) as address:
        url = f"{address}/v1/check/batch"
        with (
            suppress(httpx.HTTPError),
            httpx.stream("POST", url, json={"items": items}, headers=LINES) as reply,
        ):
            next(reply.iter_lines())
        time.sleep(0.3)
        checker.release.set()
        time.sleep(0.5)
        # The one that was sent, the one that waited, and those that were begun beside them.
        assert len(checker.calls) <= 6
        assert httpx.get(f"{address}/livez").status_code == 200
    assert "unexpected" not in caplog.text
