"""``Idempotency-Key``: once, whatever goes wrong, and only for who sent it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import pytest
from fastapi.responses import Response
from sqlalchemy import update

from api.access.actors import Actor, of_key
from api.deps import Services
from api.errors import BUSY, Problem
from api.idempotency import run_once
from api.ports import TextChecker
from api.runner import Runner
from api.settings import Settings
from api.storage.columns import now
from api.storage.database import Database
from api.storage.tables import IdempotencyRecord

ADA = of_key(key_id="a" * 32, name="ada", scope="review")
BEN = of_key(key_id="b" * 32, name="ada", scope="review")


@pytest.fixture
def services(database_url: str, checker: TextChecker) -> Iterator[Services]:
    database = Database(database_url)
    runner = Runner(workers=1, waiting=1, seconds=10)
    yield Services(checker=checker, runner=runner, settings=Settings(), database=database)
    runner.close()
    database.close()


class Counted:
    """Work that answers with how often it ran; it may be told to fail or to wait."""

    def __init__(self, *, fails: bool = False, status: int = 201) -> None:
        self.runs = 0
        self.fails = fails
        self.status = status

    async def __call__(self) -> Response:
        self.runs += 1
        if self.fails:
            raise Problem(BUSY)
        return Response(f"{self.runs}", self.status, {"etag": '"1"', "x-other": "1"}, media_type="text/plain")


def _once(
    services: Services,
    work: Callable[[], Awaitable[Response]],
    *,
    key: str | None = "k",
    actor: Actor = ADA,
    body: bytes = b"{}",
    scope: str = "",
) -> Response:
    return asyncio.run(_run(services, work, key=key, actor=actor, body=body, scope=scope))


async def _run(
    services: Services,
    work: Callable[[], Awaitable[Response]],
    *,
    key: str | None,
    actor: Actor,
    body: bytes,
    scope: str,
) -> Response:
    return await run_once(services, actor, key, body, work, scope=scope)


def test_the_first_reply_is_kept(services: Services) -> None:
    work = Counted()
    first, second = (_once(services, work) for _ in range(2))
    assert (work.runs, first.body, second.body) == (1, b"1", b"1")
    assert second.status_code == 201
    assert (second.headers["etag"], second.headers["idempotency-replayed"]) == ('"1"', "true")
    assert second.headers["content-type"] == first.headers["content-type"]
    assert "x-other" not in second.headers


def test_without_a_key_everything_runs(services: Services) -> None:
    work = Counted()
    assert [_once(services, work, key=None).body for _ in range(2)] == [b"1", b"2"]


def test_another_body_address_or_caller(services: Services) -> None:
    work = Counted()
    _once(services, work, scope="POST /v1/items")
    for options in ({"body": b"[]"}, {"scope": "POST /v1/feedback"}):
        with pytest.raises(Problem) as caught:
            _once(services, work, **{"scope": "POST /v1/items", **options})  # type: ignore[arg-type]
        assert caught.value.kind.slug == "idempotency-mismatch"
    assert _once(services, work, actor=BEN, scope="POST /v1/items").body == b"2"


@pytest.mark.parametrize(("fails", "status"), [(True, 0), (False, 500), (False, 422)])
def test_a_failure_frees_the_key(services: Services, fails: bool, status: int) -> None:
    first = Counted(fails=fails, status=status)
    for _ in range(2):
        try:
            _once(services, first)
        except Problem as problem:
            assert problem.kind is BUSY
    assert first.runs == 2
    work = Counted()
    assert _once(services, work, body=b"other").body == b"1"


def test_of_two_at_once_one_works(services: Services) -> None:
    async def both() -> list[str]:
        gate = asyncio.Event()
        work = Counted()

        async def slow() -> Response:
            await gate.wait()
            return await work()

        async def attempt() -> str:
            try:
                reply = await run_once(services, ADA, "k", b"", slow)
            except Problem as problem:
                gate.set()
                return problem.kind.slug
            return bytes(reply.body).decode()

        return sorted(await asyncio.wait_for(asyncio.gather(attempt(), attempt()), timeout=20))

    assert asyncio.run(both()) == ["1", "idempotency-in-progress"]


@pytest.mark.parametrize(
    ("age", "answered", "runs"),
    [
        (timedelta(hours=23), True, 1),
        (timedelta(hours=25), True, 2),
        (timedelta(minutes=11), False, 2),
    ],
)
def test_keys_end(services: Services, age: timedelta, answered: bool, runs: int) -> None:
    work = Counted()
    _once(services, work)
    with services.database.begin() as session:
        session.execute(update(IdempotencyRecord).values(created_at=now() - age))
        if not answered:
            session.execute(update(IdempotencyRecord).values(status=None))
    _once(services, work)
    assert work.runs == runs
