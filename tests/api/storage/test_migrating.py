"""Both databases: forward, back, and forward again, with rows in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select

from api.settings import Settings
from api.storage import migrating
from api.storage.database import Database
from api.storage.tables import Base, Item, ItemClaim, User
from claimcheck.errors import ConfigError


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


def _item() -> Item:
    return Item(
        text="🍋 Lemon cures scurvy.",
        text_sha256="0" * 64,
        length=22,
        submitted_by="key:test",
        report={"claims": []},
        report_versions={"kb": "k1"},
        suggested_action="review",
    )


def _claim_of(item: Item) -> ItemClaim:
    return ItemClaim(
        item_id=item.id,
        position=0,
        claim_id="c-1",
        group_key="cures|lemon|scurvy",
        relation="cures",
        assessment="supported",
        risk_level="none",
        flagged=False,
        probability=0.9,
    )


def test_migrations_make_what_the_tables_say(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_down_and_up_again_with_rows(database: Database) -> None:
    with database.begin() as session:
        session.add(User(name="ada", password_hash="x", role="admin"))
        item = _item()
        session.add(item)
        session.flush()
        session.add(_claim_of(item))
    migrating.downgrade(database, to=migrating.EMPTY)
    assert migrating.current(database) is None
    assert set(sqlalchemy.inspect(database.engine).get_table_names()) <= {"alembic_version"}
    migrating.upgrade(database)
    assert migrating.is_current(database)
    with database.read() as session:
        assert session.scalars(select(User)).all() == []


def test_moments_come_back_aware_and_texts_whole(database: Database) -> None:
    moment = datetime(2026, 11, 22, 12, 30, 1, 5, tzinfo=UTC)
    with database.begin() as session:
        item = _item()
        item.created_at = moment
        session.add(item)
    with database.read() as session:
        found = session.scalars(select(Item)).one()
    assert found.created_at == moment
    assert found.created_at.tzinfo is not None
    assert found.text == "🍋 Lemon cures scurvy."


def test_moments_at_the_ends_of_time_can_be_compared(database: Database) -> None:
    east, west = timezone(timedelta(hours=5)), timezone(timedelta(hours=-5))
    with database.begin() as session:
        session.add(_item())
    with database.read() as session:
        first, last = datetime(1, 1, 1, tzinfo=east), datetime(9999, 12, 31, 23, tzinfo=west)
        between = select(Item).where(Item.created_at > first, Item.created_at < last)
        assert len(session.scalars(between).all()) == 1


def test_an_item_takes_its_claims_along(database: Database) -> None:
    with database.begin() as session:
        item = _item()
        session.add(item)
        session.flush()
        session.add(_claim_of(item))
    with database.begin() as session:
        session.execute(sqlalchemy.delete(Item))
    with database.read() as session:
        assert session.scalars(select(ItemClaim)).all() == []


def test_a_schema_of_another_version_is_not_served(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'old.db'}", migrate_at_start=False)
    with pytest.raises(ConfigError, match="claimcheck admin migrate"):
        migrating.opened(settings)


@pytest.mark.parametrize("url", ["", "no address", "mysql://localhost/x", "sqlite://", "sqlite:///:memory:"])
def test_what_is_no_database_is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        Database(url)
