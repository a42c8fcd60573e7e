"""How often one may call, and what one is told of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx
import pytest

from api.access import keyring, limits
from api.access.actors import SYSTEM
from api.access.limits import Limiter, block_of
from api.settings import Settings
from api.storage.tables import Scope
from tests.api.console.visiting import services_of

ClientWith = Callable[[Settings], AbstractContextManager[httpx.Client]]


def test_so_many_and_no_more() -> None:
    limiter = Limiter("3/minute")
    standings = [limiter.hit("a") for _ in range(5)]
    assert [one.allowed for one in standings] == [True, True, True, False, False]
    assert [one.remaining.split(";")[1] for one in standings] == ["r=2", "r=1", "r=0", "r=0", "r=0"]
    assert standings[0].policy == '"per-60s";q=3;w=60'
    assert standings[0].retry_after == 0
    assert 1 <= standings[-1].retry_after <= 60
    assert limiter.hit("b").allowed


def test_refused_calls_are_not_counted_against_the_longer_limit() -> None:
    limiter = Limiter("1/minute;10/hour")
    for _ in range(50):
        standing = limiter.hit("a")
    assert not standing.allowed
    assert standing.policy == '"per-60s";q=1;w=60, "per-3600s";q=10;w=3600'
    assert standing.retry_after <= 60


def test_callers_that_are_quiet_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_MOST_CALLERS", 50)
    limiter = Limiter("3/minute")
    for number in range(500):
        limiter.hit(f"caller {number}")
    assert len(limiter._storage.events) <= 51


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("nonsense", "unknown", True),
    ],
)
def test_blocks_of_addresses(one: str, other: str, same: bool) -> None:
    assert (block_of(one) == block_of(other)) is same


def test_every_call_says_how_one_stands(client_with: ClientWith) -> None:
    with client_with(Settings(log_format="off", rate_limit="2/minute")) as client:
        replies = [client.get("/v1/rules") for _ in range(3)]
        wrong = client.post("/v1/check", json={"text": "x"})
        assert client.get("/livez").status_code == 200
        assert "ratelimit" not in client.get("/livez").headers
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert replies[0].headers["ratelimit-policy"] == '"per-60s";q=2;w=60'
    assert replies[0].headers["ratelimit"].startswith('"per-60s";r=1;t=')
    assert replies[2].json()["type"] == "/problems/rate-limited"
    assert 1 <= int(replies[2].headers["retry-after"]) <= 60
    assert wrong.status_code == 429
    assert wrong.headers["ratelimit"].startswith('"per-60s";r=0;t=')


def test_each_key_has_its_own_count(client_with: ClientWith) -> None:
    with client_with(Settings(log_format="off", rate_limit="2/minute", require_key=True)) as client:
        services = services_of(client.app)  # type: ignore[attr-defined]
        with services.database.begin() as session:
            made = [
                keyring.issue(session, name=name, scope=Scope.SCORE, actor=SYSTEM).secret for name in "ab"
            ]

        def call(secret: str) -> int:
            headers = {"authorization": f"Bearer {secret}"}
            return client.post("/v1/score", json={"text": "x"}, headers=headers).status_code

        assert [call(made[0]) for _ in range(3)] == [200, 200, 429]
        assert call(made[1]) == 200
        # Guessing counts against the address, whatever is guessed.
        assert [call(f"cck_guess{n}") for n in range(3)] == [401, 401, 429]
        assert call(made[1]) == 200
