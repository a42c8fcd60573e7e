"""A worker as a process of its own, over the checker of the tests; it is there to be killed."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from api.jobs.leasing import Pace
from api.jobs.worker import Worker
from api.settings import Settings
from api.storage.database import Database
from claimcheck.kb import schema
from claimcheck.kb.sources import Sources
from claimcheck.kb.store import KnowledgeBase
from claimcheck.reporting.report import Report
from claimcheck.types import Evidence, Grade, Jurisdiction, Kind, Relation
from tests.api.conftest import PhraseChecker

ENDS_ITS_WORKER = "the end of the worker"


@dataclass
class SlowChecker(PhraseChecker):
    """Takes a moment for each text, so that a kill finds it in the middle of one."""

    def check(
        self,
        text: str,
        *,
        jurisdictions: Sequence[Jurisdiction | str] = ("us",),
        min_probability: float | None = None,
    ) -> Report:
        """Return a report, after a while."""
        if ENDS_ITS_WORKER in text:
            os._exit(9)
        time.sleep(0.004)
        return super().check(text, jurisdictions=jurisdictions, min_probability=min_probability)


def knowledge() -> KnowledgeBase:
    """Return just so much as the phrases cite."""
    known = [
        schema.Statement(
            relation=relation,
            evidence=Evidence.INSUFFICIENT,
            summary="Nothing is known.",
            grade=Grade.LOW,
            as_of="2026-11",
            references=["page"],
        )
        for relation in (Relation.IMPROVES, Relation.IS_SAFE)
    ]
    page = schema.Reference(
        id="page",
        title="Kratom",
        publisher="A regulator",
        url="https://example.org/kratom",
        published="2024-07",
        retrieved="2026-11-22",
        kind="regulator",
    )
    kratom = schema.Monograph(id="kratom", name="kratom", kind=Kind.HERB, statements=known)
    return KnowledgeBase.build(
        Sources(meta=schema.Meta(date="2026.11.22"), references=[page], monographs=[kratom])
    )


def main(database_url: str, lease_seconds: float, attempts: int) -> None:
    """Work until killed."""
    database = Database(database_url)
    settings = Settings(database_url=database_url, log_format="off")
    pace = Pace(lease=timedelta(seconds=lease_seconds), attempts=attempts)
    Worker(database, SlowChecker(knowledge()), settings, pace=pace).run_forever()
