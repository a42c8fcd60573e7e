"""Who has an item open: a lease of ten minutes that nobody can take from its holder, only outlast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from api.access.actors import Actor
from api.review import audit
from api.storage.columns import now
from api.storage.tables import Item

LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Lease:
    """Who has the item, and until when."""

    holder: str
    until: datetime
    mine: bool


def current(item: Item, *, actor: Actor) -> Lease | None:
    """Return the lease that is live on ``item``, whoever holds it."""
    if item.lease_holder is None or item.lease_until is None or item.lease_until <= now():
        return None
    return Lease(item.lease_holder, item.lease_until, mine=item.lease_holder == actor.name)


def take(session: Session, item: Item, *, actor: Actor) -> Lease:
    """Take or prolong the lease; someone else's live lease is returned as it is, not stolen."""
    moment = now()
    before = current(item, actor=actor)
    until = moment + LEASE
    # One statement, so that of two who open the item at once only one gets it.
    taken = session.execute(
        update(Item)
        .where(
            Item.id == item.id,
            or_(
                Item.lease_holder.is_(None),
                Item.lease_holder == actor.name,
                Item.lease_until.is_(None),
                Item.lease_until <= moment,
            ),
        )
        .values(lease_holder=actor.name, lease_until=until)
        .returning(Item.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    session.refresh(item, ["lease_holder", "lease_until"])
    if taken is not None and (before is None or not before.mine):
        audit.record(
            session, actor=actor, action="lease.taken", object_kind="item", object_id=item.id, details={}
        )
    holder = item.lease_holder or actor.name
    return Lease(holder, item.lease_until or until, mine=taken is not None)


def release(session: Session, item: Item, *, actor: Actor) -> None:
    """Give the actor's own lease back; anyone else's stays."""
    held = current(item, actor=actor)
    if held is None or not held.mine:
        return
    item.lease_holder = None
    item.lease_until = None
    audit.record(
        session, actor=actor, action="lease.released", object_kind="item", object_id=item.id, details={}
    )
    session.flush()


def assign(session: Session, item: Item, *, to: str | None, actor: Actor) -> None:
    """Say whose item this is, or nobody's; anyone may still decide it."""
    if item.assigned_to == to:
        return
    item.assigned_to = to
    audit.record(
        session,
        actor=actor,
        action="item.assigned",
        object_kind="item",
        object_id=item.id,
        details={"to": to},
    )
    session.flush()
