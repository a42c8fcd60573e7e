"""What every test of the reader may use: the real checker, and a reader whose scores are fixed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray
from spacy.language import Language

import claimcheck
from claimcheck.artefacts import load_detector
from claimcheck.checker import Checker
from claimcheck.kb.store import KnowledgeBase
from claimcheck.learn.detector import DetectorModel
from claimcheck.learn.features import CandidateView, SentenceView
from claimcheck.reading.pipeline import build_nlp
from claimcheck.types import Relation
from tests.databases import Postgres, migrate, postgres_database, running_postgres

# Wall time says more of the machine than of the code; the same examples each time make a red run repeatable.
settings.register_profile("claimcheck", deadline=None, derandomize=True)
settings.load_profile("claimcheck")


class FixedScores(DetectorModel):
    """A detector that knows no weights: arguments make a claim likely, a name alone makes a bare one.

    With it a test sees cues, arguments, qualifiers and links, whatever the
    trained parts of the day make of the sentence.
    """

    def sentence_scores(self, views: Sequence[SentenceView]) -> NDArray[np.float64]:
        """Return a score from the blinded names alone."""
        named = [any(word.startswith("<") and word != "<n>" for word in view.words) for view in views]
        return np.array([0.6 if name else 0.1 for name in named], dtype=np.float64)

    def candidate_scores(self, views: Sequence[CandidateView]) -> NDArray[np.float64]:
        """Return a score from the arguments alone: known ones count, weak cues cost."""
        return np.array([_score(view) for view in views], dtype=np.float64)

    def relations(self, views: Sequence[SentenceView]) -> list[Relation]:
        """Return ``treats`` for every sentence without a usable cue."""
        return [Relation.TREATS for _ in views]


def _score(view: CandidateView) -> float:
    intervention = {"known": 0.15, "generic": 0.1, "pronoun": 0.1, "phrase": 0.05, "none": 0.0}[
        view.intervention
    ]
    target = 0.0 if view.target == "none" else 0.05 if view.target == "phrase" else 0.15
    return 0.6 + intervention + target - 0.05 * view.weak + 0.01 * min(len(view.cue.split()), 5)


@pytest.fixture(scope="session")
def checker() -> Checker:
    """The checker as installed."""
    return claimcheck.load()


@pytest.fixture(scope="session")
def kb(checker: Checker) -> KnowledgeBase:
    """The packaged knowledge base."""
    return checker.kb


@pytest.fixture(scope="session")
def detector() -> DetectorModel:
    """The trained parts as installed."""
    return load_detector()


@pytest.fixture(scope="session")
def nlp(kb: KnowledgeBase, detector: DetectorModel) -> Language:
    """The whole reader as installed."""
    return build_nlp(kb, detector)


@pytest.fixture(scope="session")
def fixed_scores(detector: DetectorModel) -> DetectorModel:
    """A detector without weights; the session holds it, since pipelines only point at it."""
    return FixedScores(detector.sentence, detector.candidate, detector.relation, bare_threshold=0.5)


@pytest.fixture(scope="session")
def reader(kb: KnowledgeBase, fixed_scores: DetectorModel) -> Language:
    """The whole reader with fixed scores in the place of trained ones."""
    return build_nlp(kb, fixed_scores)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for the whole run, with a database ``migrated`` to be copied."""
    with running_postgres() as server:
        server.execute("CREATE DATABASE migrated")
        migrate(server.url("migrated"))
        yield server


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """The address of a migrated SQLite file of this test's own."""
    shutil.copyfile(migrated_sqlite, tmp_path / "claimcheck.db")
    return f"sqlite:///{tmp_path / 'claimcheck.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a migrated database of this test's own: each test runs on both kinds."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    server: Postgres = request.getfixturevalue("postgres")
    with postgres_database(server, template="migrated") as url:
        yield url
