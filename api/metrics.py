"""What is counted and measured, in the form Prometheus reads.

Labels take few values: a route's pattern, a method, a class of status, a
relation, a level, a state.  Never an address, an id or a word of a text.
Each server process counts for itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute, Session

from api.ports import CheckedText
from api.remote import flagged_claims
from api.storage.database import Database
from api.storage.tables import (
    DeliveryState,
    Item,
    ItemState,
    Job,
    JobRow,
    JobState,
    RowState,
    WebhookDelivery,
)
from claimcheck.types import Versions

MEDIA_TYPE = CONTENT_TYPE_LATEST
COUNTED_SECONDS = 15.0
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The counters of one process, with a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._watched: list[Collector] = []
        self._requests = Counter(
            "claimcheck_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._request_seconds = Histogram(
            "claimcheck_http_request_seconds",
            "Time from the first byte of a request to the end of its reply.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._check_seconds = Histogram(
            "claimcheck_check_seconds",
            "Time of one check, waiting for its turn included.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._texts = Counter("claimcheck_texts", "Texts that were read.", registry=self.registry)
        self._flagged = Counter(
            "claimcheck_flagged_claims",
            "Claims that were flagged.",
            ("relation", "risk_level"),
            registry=self.registry,
        )
        self._refusals = Counter(
            "claimcheck_busy_refusals",
            "Requests refused because every place was taken.",
            registry=self.registry,
        )

    def answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one reply."""
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, f"{status // 100}xx" if status else "none").inc()
        self._request_seconds.labels(known, route).observe(seconds)

    def read(self, report: CheckedText, seconds: float) -> None:
        """Count one text and what was flagged in it."""
        self._texts.inc()
        self._check_seconds.observe(seconds)
        for relation, level in flagged_claims(report):
            self._flagged.labels(relation, level.value).inc()

    def refused(self) -> None:
        """Count one request that found no place."""
        self._refusals.inc()

    def watch(
        self,
        *,
        database: Database,
        versions: Versions,
        inside: Callable[[], int],
        readers: Callable[[], int],
    ) -> None:
        """Show, too, what the database holds and how busy the server is; in the place of earlier ones."""
        for collector in self._watched:
            self.registry.unregister(collector)
        self._watched.clear()
        version = Gauge(
            "claimcheck_build_info",
            "Versions that a result depends on; the value is always 1.",
            ("claimcheck", "model", "kb", "rules", "policy"),
            registry=None,
        )
        version.labels(versions.claimcheck, versions.model, versions.kb, versions.rules, versions.policy).set(
            1
        )
        for name, text, value in (
            ("claimcheck_requests_inside", "Requests that are worked on or wait for their turn.", inside),
            ("claimcheck_readers", "Threads or processes that can read a text now.", readers),
        ):
            gauge = Gauge(name, text, registry=None)
            gauge.set_function(partial(_as_float, value))
            self._watched.append(gauge)
        self._watched += (version, Stored(database))
        for collector in self._watched:
            self.registry.register(collector)

    def page(self) -> bytes:
        """Return everything in the text format."""
        return generate_latest(self.registry)


def _as_float(value: Callable[[], int]) -> float:
    return float(value())


class Stored(Collector):
    """Rows of the database by state, counted every 15 seconds at most."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._until = 0.0
        self._counts: Mapping[str, Mapping[str, int]] | None = None

    def describe(self) -> list[Metric]:
        """Name nothing beforehand: the database is not asked before somebody looks."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield one gauge a table, and whether the database answers."""
        counts = self._current()
        up = GaugeMetricFamily("claimcheck_database_up", "1 where the database answers, else 0.")
        up.add_metric((), float(counts is not None))
        yield up
        for name, by_state in (counts or {}).items():
            family = GaugeMetricFamily(f"claimcheck_{name}", _SHOWN[name], labels=("state",))
            for state, number in by_state.items():
                family.add_metric((state,), number)
            yield family

    def _current(self) -> Mapping[str, Mapping[str, int]] | None:
        with self._lock:
            if time.monotonic() >= self._until:
                try:
                    with self._database.read() as session:
                        self._counts = _counted(session)
                except SQLAlchemyError:
                    self._counts = None
                self._until = time.monotonic() + COUNTED_SECONDS
            return self._counts


_SHOWN = {
    "queue_items": "Items of the moderators' queue by state.",
    "jobs": "Jobs by state.",
    "job_rows": "Rows of jobs that are not done, by state.",
    "webhook_deliveries": "Deliveries of webhooks that have not arrived, by state.",
}


def _counted(session: Session) -> dict[str, dict[str, int]]:
    return {
        "queue_items": _by_state(session, Item.state, tuple(ItemState)),
        "jobs": _by_state(session, Job.state, tuple(JobState)),
        "job_rows": _by_state(
            session, JobRow.state, (RowState.QUEUED, RowState.LEASED, RowState.FAILED, RowState.DEAD)
        ),
        "webhook_deliveries": _by_state(
            session, WebhookDelivery.state, (DeliveryState.PENDING, DeliveryState.DEAD)
        ),
    }


def _by_state(
    session: Session, column: InstrumentedAttribute[str], states: tuple[str, ...]
) -> dict[str, int]:
    """Return the number of rows in each of these states, zeros included."""
    found = session.execute(select(column, func.count()).where(column.in_(states)).group_by(column))
    counts = dict.fromkeys(map(str, states), 0)
    for state, number in found:
        counts[state] = number
    return counts
