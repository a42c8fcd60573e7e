"""A lease is taken once, prolonged by its holder, outlasted by the others."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access.actors import Actor
from api.review import leases
from api.storage.columns import now
from api.storage.database import Database
from api.storage.tables import AuditEntry, Item
from tests.api.review.conftest import Submit


def test_someone_elses_lease_is_shown_not_stolen(
    session: Session, submit: Submit, ada: Actor, ben: Actor
) -> None:
    item = submit(session)
    mine = leases.take(session, item, actor=ada)
    assert (mine.holder, mine.mine) == ("ada", True)
    assert timedelta(minutes=9) < mine.until - now() <= leases.LEASE
    theirs = leases.take(session, item, actor=ben)
    assert (theirs.holder, theirs.until, theirs.mine) == ("ada", mine.until, False)
    leases.release(session, item, actor=ben)
    assert leases.current(item, actor=ben) == theirs
    assert leases.take(session, item, actor=ada).until >= mine.until
    leases.release(session, item, actor=ada)
    assert leases.current(item, actor=ada) is None
    assert leases.take(session, item, actor=ben).mine
    assert item.version == 1


def test_a_lease_that_is_over_is_free(session: Session, submit: Submit, ada: Actor, ben: Actor) -> None:
    item = submit(session)
    leases.take(session, item, actor=ada)
    item.lease_until = now() - timedelta(seconds=1)
    session.flush()
    assert leases.current(item, actor=ben) is None
    assert leases.take(session, item, actor=ben).mine
    leases.release(session, item, actor=ada)
    assert item.lease_holder == "ben"


def test_of_two_who_open_at_once_one_holds(
    database: Database, submit: Submit, ada: Actor, ben: Actor
) -> None:
    with database.begin() as session:
        item_id = submit(session).id
    together = threading.Barrier(2)

    def attempt(actor: Actor) -> bool:
        with database.read() as session:
            item = session.get(Item, item_id)
        assert item is not None
        together.wait(timeout=20)
        with database.begin() as session:
            return leases.take(session, session.merge(item, load=False), actor=actor).mine

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(attempt, (ada, ben))) == [False, True]


def test_the_audit_holds_one_entry_a_lease(session: Session, submit: Submit, ada: Actor) -> None:
    item = submit(session)
    for _ in range(3):
        leases.take(session, item, actor=ada)
    leases.release(session, item, actor=ada)
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("lease")))
    assert sorted(actions) == ["lease.released", "lease.taken"]
