"""``/readyz``: ready only where a text could be checked, and otherwise why not."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import anyio
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.readiness import Readiness, date_of
from api.settings import Settings
from api.storage import migrating
from api.storage.database import Database
from claimcheck.kb.store import KnowledgeBase
from tests.api.readers import empty_kb

ClientWith = Callable[[Settings], AbstractContextManager[httpx.Client]]


def _pointers(kb: KnowledgeBase, database: Database, **options: object) -> list[str]:
    parts: dict[str, object] = {"readers": lambda: 1, "max_kb_age_days": 0, **options}
    readiness = Readiness(kb=kb, database=database, **parts)  # type: ignore[arg-type]

    async def asked() -> list[str]:
        return [fault["pointer"] for fault in await readiness.faults()]

    return anyio.run(asked)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


def test_everything_is_there(knowledge_base: KnowledgeBase, database: Database) -> None:
    assert _pointers(knowledge_base, database) == []


@pytest.mark.parametrize(("most", "faults"), [(10, ["/knowledge_base"]), (11, []), (0, [])])
def test_a_knowledge_base_past_its_age(
    knowledge_base: KnowledgeBase, sqlite_url: str, most: int, faults: list[str]
) -> None:
    def today() -> date:
        return date(2026, 12, 3)

    assert date_of(knowledge_base.version) == date(2026, 11, 22)
    found = _pointers(knowledge_base, Database(sqlite_url), max_kb_age_days=most, today=today)
    assert found == faults


def test_an_empty_knowledge_base(sqlite_url: str) -> None:
    assert _pointers(empty_kb(), Database(sqlite_url)) == ["/knowledge_base"]


def test_no_reader(knowledge_base: KnowledgeBase, sqlite_url: str) -> None:
    assert _pointers(knowledge_base, Database(sqlite_url), readers=lambda: 0) == ["/model"]


def test_another_schema(knowledge_base: KnowledgeBase, database: Database) -> None:
    with database.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert _pointers(knowledge_base, database) == ["/database"]


@pytest.mark.parametrize(
    "address", ["postgresql://claimcheck@127.0.0.1:1/none", "sqlite:////proc/nothing/claimcheck.db"]
)
def test_no_database(knowledge_base: KnowledgeBase, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.storage.database._make_folder", lambda _: None)
    assert _pointers(knowledge_base, Database(address)) == ["/database"]


def test_a_database_that_hangs_is_not_waited_for(
    knowledge_base: KnowledgeBase, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(_: Database) -> str:
        time.sleep(1.0)
        return migrating.newest()

    monkeypatch.setattr(migrating, "current", hang)
    monkeypatch.setattr("api.readiness._DATABASE_SECONDS", 0.05)
    assert _pointers(knowledge_base, Database(sqlite_url)) == ["/database"]


def test_it_is_answered_as_a_problem(client_with: ClientWith, sqlite_url: str) -> None:
    with client_with(Settings(log_format="off")) as client:
        assert client.get("/readyz").status_code == 200
        database = Database(sqlite_url)
        with database.begin() as session:
            session.execute(text("DELETE FROM alembic_version"))
        database.close()
        _forget(client)
        reply = client.get("/readyz")
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "2")
    problem = reply.json()
    assert problem["type"] == "/problems/not-ready"
    assert problem["errors"] == [
        {
            "pointer": "/database",
            "detail": "The database has another schema: run 'claimcheck admin migrate'.",
        }
    ]
    assert Path(sqlite_url).name not in reply.text


def _forget(client: httpx.Client) -> None:
    """Look again at once, and not in two seconds."""
    app: FastAPI = client.app  # type: ignore[attr-defined]
    app.state.readiness._until = 0.0


def test_a_server_that_is_asked_to_end_says_so(application: FastAPI) -> None:
    """The signal reaches whoever runs the application, and before that the application itself."""
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))

    async def scenario() -> None:
        transport = httpx.ASGITransport(app=application)
        async with (
            application.router.lifespan_context(application),
            httpx.AsyncClient(transport=transport, base_url="http://testserver") as client,
        ):
            assert (await client.get("/readyz")).status_code == 200
            os.kill(os.getpid(), signal.SIGTERM)
            await anyio.sleep(0.01)
            reply = await client.get("/readyz")
            assert [fault["pointer"] for fault in reply.json()["errors"]] == ["/server"]
            refused = await client.post("/v1/check", json={"text": "Nothing."})
            assert (refused.status_code, refused.json()["type"]) == (503, "/problems/not-ready")
            assert refused.headers["retry-after"] == "2"
            assert (await client.get("/livez")).status_code == 200

    try:
        anyio.run(scenario)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM]
