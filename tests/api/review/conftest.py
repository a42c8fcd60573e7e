"""A database of either kind, a few actors, and items made of real reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy.orm import Session

from api.access.actors import Actor, of_key, of_user
from api.review import intake
from api.storage.database import Database
from api.storage.tables import Item
from tests.api.conftest import PhraseChecker

KRATOM = "Kratom potentiates antidepressants."
Submit = Callable[..., Item]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One transaction for the whole test."""
    with database.begin() as opened:
        yield opened


@pytest.fixture
def ada() -> Actor:
    return of_user(user_id="a" * 32, name="ada", role="moderator")


@pytest.fixture
def ben() -> Actor:
    return of_user(user_id="b" * 32, name="ben", role="moderator")


@pytest.fixture
def lead() -> Actor:
    return of_user(user_id="c" * 32, name="lea", role="lead")


@pytest.fixture
def key() -> Actor:
    return of_key(key_id="d" * 32, name="shop", scope="review")


@pytest.fixture
def submit(checker: PhraseChecker, key: Actor) -> Submit:
    """Return what puts a text into the queue, as the key unless told."""

    def made(session: Session, text: str = KRATOM, **options: Any) -> Item:  # noqa: ANN401 -- handed on
        report = checker.check(text).to_dict()
        return intake.submit(session, text=text, report=report, **{"submitted_by": key, **options})

    return made
