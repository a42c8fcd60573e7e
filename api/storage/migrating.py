"""Bringing a database to the schema this version works with, forwards and back (Alembic)."""

from __future__ import annotations

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import OperationalError

from api.settings import Settings
from api.storage.database import Database
from claimcheck.errors import ConfigError

HEAD = "head"
EMPTY = "base"


def opened(settings: Settings) -> Database:
    """Open the database of ``settings``, brought to this version's schema where the settings say so.

    Raises:
        ConfigError: it cannot be reached, or its schema is another one and may not be changed.
    """
    database = Database(settings.database_url)
    try:
        if settings.migrate_at_start:
            upgrade(database)
        fits = is_current(database)
    except OperationalError:
        raise ConfigError("the database cannot be reached: see database_url") from None
    if not fits:
        raise ConfigError("the database has another schema: run 'claimcheck admin migrate'")
    return database


def upgrade(database: Database, *, to: str = HEAD) -> None:
    """Bring ``database`` forward to the revision ``to``."""
    with database.engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def downgrade(database: Database, *, to: str) -> None:
    """Bring ``database`` back to the revision ``to``; :data:`EMPTY` drops every table."""
    with database.engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.downgrade(config, to)


def current(database: Database) -> str | None:
    """Return the revision of ``database``; None where it is empty."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """Return the revision this version works with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise AssertionError("there are no migrations")
    return head


def is_current(database: Database) -> bool:
    """Tell whether the schema is the one this version works with."""
    return current(database) == newest()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("api.storage").joinpath("migrations")))
    return config
