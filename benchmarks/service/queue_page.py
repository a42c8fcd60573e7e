"""How long the database takes for a page of a long queue.

Fills a database with made-up items (no texts of anybody's) and times the
queries behind the queue's pages, each many times, with a session of its own::

    python -m benchmarks.service.queue_page                        # SQLite, in a temporary folder
    python -m benchmarks.service.queue_page --database postgresql://user@host/empty
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from api.access.actors import SYSTEM
from api.review import facets, listing
from api.review.listing import Filters
from api.storage import migrating
from api.storage.columns import new_id, now
from api.storage.database import Database
from api.storage.tables import Item, ItemClaim, ItemState
from claimcheck.types import Action, Assessment, Relation, RiskLevel

SEED = 20261122
_BATCH = 5_000
_TEXT = "Made-up words about a made-up remedy, as long as a usual comment is. " * 6
# Shares as a platform might see them; "harms" and "zh" are rare on purpose: a rare filter reads the most.
_RISKS = {"none": 40, "low": 20, "moderate": 22, "high": 14, "critical": 4}
_STATES = {"pending": 70, "decided": 28, "escalated": 2}
_RELATIONS = {"treats": 40, "relieves": 25, "prevents": 14, "cures": 10, "improves": 10, "harms": 1}
_ASSESSMENTS = {"unsupported": 50, "contradicted": 20, "overstated": 15, "supported": 14, "not_asserted": 1}
_LANGUAGES = {"en": 9_990, "zh": 10}
_SOURCES = {"forum": 60, "comments": 35, "shop": 5}


def main() -> int:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--database", help="an empty database; without it, SQLite in a temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(arguments.database or f"sqlite:///{Path(folder) / 'queue.db'}")
        migrating.upgrade(database)
        started = time.perf_counter()
        fill(database, items=arguments.items)
        print(f"{arguments.items:,} items in {time.perf_counter() - started:.1f} s on {database.dialect}")
        print(f"{'what':<44}{'p50 ms':>9}{'p95 ms':>9}{'rows':>7}")
        for name, work in measured(database):
            times, rows = timed(database, work, rounds=arguments.rounds)
            middle, high = statistics.median(times), statistics.quantiles(times, n=20)[-1]
            print(f"{name:<44}{middle:>9.1f}{high:>9.1f}{rows:>7}")
        database.close()
    return 0


def fill(database: Database, *, items: int) -> None:
    """Store that many items, each with one to three claims."""
    chance = random.Random(SEED)
    moment = now()
    for start in range(0, items, _BATCH):
        rows, claims = [], []
        for number in range(start, min(start + _BATCH, items)):
            row, of_item = _item(chance, number)
            row["created_at"] = moment - timedelta(seconds=chance.randrange(30 * 24 * 3600))
            rows.append(row)
            claims += of_item
        with database.begin() as session:
            session.execute(insert(Item), rows)
            session.execute(insert(ItemClaim), claims)


def _item(chance: random.Random, number: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    identifier = new_id()
    level = RiskLevel(_pick(chance, _RISKS))
    priority = round(chance.random(), 4)
    claims = [_claim(chance, identifier, position) for position in range(chance.randint(1, 3))]
    state = _pick(chance, _STATES)
    row = {
        "id": identifier,
        "external_id": f"post-{number}",
        "text": _TEXT,
        "text_sha256": f"{number:064x}",
        "length": len(_TEXT),
        "language": _pick(chance, _LANGUAGES),
        "source": _pick(chance, _SOURCES),
        "submitted_by": "key:benchmark",
        "state": state,
        "assigned_to": "ada" if number % 500 == 0 else None,
        "decided_by": "ben" if state != ItemState.PENDING and number % 50 == 0 else None,
        "report": {"claims": [], "alerts": [], "versions": {}, "padding": "x" * 3_000},
        "report_versions": {},
        "risk_rank": level.rank,
        "risk_level": level.value,
        "priority": priority,
        "place": facets.place(level, priority),
        "facets": facets.bits(claims),
        "suggested_action": chance.choice(list(Action)).value,
        "claim_count": len(claims),
        "flagged_count": 1,
        "topic": claims[0]["intervention"],
        "group_key": claims[0]["group_key"],
    }
    return row, claims


def _claim(chance: random.Random, item_id: str, position: int) -> dict[str, Any]:
    relation = _pick(chance, _RELATIONS)
    # Few remedies are spoken of often and many seldom.
    intervention = f"remedy-{min(int(chance.paretovariate(0.7)), 4_000)}"
    target = f"condition-{min(int(chance.paretovariate(0.8)), 900)}"
    return {
        "item_id": item_id,
        "position": position,
        "claim_id": f"c-{position}",
        "group_key": f"{relation}|{intervention}|{target}",
        "relation": relation,
        "intervention": intervention,
        "target": target,
        "assessment": _pick(chance, _ASSESSMENTS),
        "risk_level": "low",
        "flagged": position == 0,
        "probability": 0.9,
        "rules": [],
    }


def _pick(chance: random.Random, shares: dict[str, int]) -> str:
    return chance.choices(list(shares), weights=list(shares.values()))[0]


def measured(database: Database) -> Iterator[tuple[str, Callable[[Session], int]]]:
    """Yield what is measured: a name, and what returns how many rows it found."""
    with database.read() as session:
        deep = _deep_cursor(session)
        back = listing.page(session, Filters(), after=deep).previous
        key = session.scalar(
            select(Item.group_key).group_by(Item.group_key).order_by(func.count().desc()).limit(1)
        )
        prefix = (session.scalar(select(func.min(Item.id))) or "")[:6]

    def of(filters: Filters, after: str | None = None) -> Callable[[Session], int]:
        return lambda session: len(listing.page(session, filters, after=after).items)

    yield "first page", of(Filters())
    yield "first page, every state", of(Filters(state=None))
    yield (
        "first page, free of others' leases",
        lambda session: len(listing.page(session, Filters(), skip_leased_by_others_than=SYSTEM).items),
    )
    yield "deep cursor (half-way down)", of(Filters(), deep)
    yield "deep cursor, back", of(Filters(), back)
    yield "risk at least high", of(Filters(risk=RiskLevel.HIGH))
    yield "frequent topic", of(Filters(topic="remedy-1"))
    yield "rare topic", of(Filters(topic="remedy-3000"))
    yield "rare language", of(Filters(language="zh"))
    yield "source and suggested action", of(Filters(source="shop", action=Action.ESCALATE))
    yield "assigned to one", of(Filters(assigned="ada"))
    yield "decided by one", of(Filters(state=ItemState.DECIDED, decided_by="ben"))
    yield "rare relation", of(Filters(relation=Relation.HARMS))
    yield (
        "relation and assessment, both rare",
        of(Filters(relation=Relation.HARMS, assessment=Assessment.NOT_ASSERTED)),
    )
    yield "largest group", of(Filters(group=key))
    yield "search: one external id", of(Filters(query="post-99999"))
    yield "search: words in names", of(Filters(query="remedy 3999"))
    yield "search: frequent word", of(Filters(query="condition"))
    yield "search: beginning of an id", of(Filters(query=prefix))
    yield "search: nothing found", of(Filters(query="no such thing"))
    yield "a page that nothing fits", of(Filters(source="nowhere"))
    yield "count, at most 10,000", lambda session: listing.count(session, Filters())
    yield "list of groups", lambda session: len(listing.groups(session, Filters()))
    yield (
        "list of groups, of one source",
        lambda session: len(listing.groups(session, Filters(source="forum"))),
    )


def _deep_cursor(session: Session) -> str:
    half = (session.scalar(select(func.count()).where(Item.state == ItemState.PENDING)) or 0) // 2
    item = session.scalars(
        select(Item)
        .where(Item.state == ItemState.PENDING)
        .order_by(Item.place, Item.created_at, Item.id)
        .offset(half)
        .limit(1)
    ).one()
    return listing.cursor_after(item)


def timed(database: Database, work: Callable[[Session], int], *, rounds: int) -> tuple[list[float], int]:
    """Return milliseconds of each round, and how many rows the last one found."""
    times, rows = [], 0
    for _ in range(rounds):
        with database.read() as session:
            started = time.perf_counter()
            rows = work(session)
            times.append((time.perf_counter() - started) * 1_000)
    return times, rows


if __name__ == "__main__":
    raise SystemExit(main())
