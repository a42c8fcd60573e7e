"""Both browsers with the built extension, the real service, and pages to read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from api.access import keys
from api.main import create_app
from api.settings import Settings
from api.storage.tables import Scope
from claimcheck.checker import Checker
from tests.extension import service as services
from tests.extension.builds import build_all
from tests.extension.chromium import Chromium, Reader, reading
from tests.extension.driver import Browser, connect
from tests.extension.firefox import FirefoxBrowser, browsing
from tests.extension.generated import comments


@pytest.fixture(scope="session")
def builds() -> Path:
    """The folder of all builds."""
    return build_all()


@pytest.fixture(scope="session")
def _service(checker: Checker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[services.Service]:
    database = tmp_path_factory.mktemp("service") / "claimcheck.db"
    settings = Settings(log_format="off", database_url=f"sqlite:///{database}", rate_limit="100000/minute")
    app = create_app(checker=checker, settings=settings)
    faults = services.Faults(app)
    with services.listening(faults) as address:
        with app.state.services.database.begin() as session:
            key = keys.create(session, name="a reader", scope=Scope.SCORE, created_by="the tests").secret
        yield services.Service(address, key, faults, app)


@pytest.fixture
def service(_service: services.Service) -> Iterator[services.Service]:
    """The service, with nothing wrong and nothing noted."""
    _service.faults.reset()
    yield _service
    _service.faults.reset()


@pytest.fixture(scope="session")
def port() -> Iterator[int]:
    """Where the fixture pages are."""
    made = {"/small.html": comments(250), "/large.html": comments(2_500), "/huge.html": comments(10_000)}
    with services.pages(made) as number:
        yield number


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """One driver a module: two at a time would be in each other's way."""
    with sync_playwright() as made:
        yield made


@pytest.fixture
def reader(
    playwright: Playwright, tmp_path: Path, builds: Path, port: int, service: services.Service
) -> Iterator[Reader]:
    """Somebody with the released extension, connected to the service."""
    with reading(playwright, tmp_path / "profile", builds / "chrome", port) as made:
        made.connect(service.address, service.key)
        yield made


@pytest.fixture
def inspector(
    playwright: Playwright, tmp_path: Path, builds: Path, port: int, service: services.Service
) -> Iterator[Reader]:
    """The same with the test build, whose shadow trees are open and whose hosts are all allowed."""
    with reading(playwright, tmp_path / "profile", builds / "chrome-test", port) as made:
        made.connect(service.address, service.key)
        yield made


@pytest.fixture(scope="session")
def _firefox(builds: Path, port: int) -> Iterator[FirefoxBrowser]:
    with browsing(builds / "firefox", port) as made:
        yield made


@pytest.fixture
def firefox(_firefox: FirefoxBrowser, service: services.Service) -> Iterator[FirefoxBrowser]:
    """Firefox with the released extension, connected; one for all tests, as it is slow to start."""
    connect(_firefox, service.address, service.key)
    yield _firefox
    # At the end of each test, lest a page that is still open asks during the next one.
    _firefox.begin_anew()


@pytest.fixture(params=["chromium", "firefox"])
def browser(request: pytest.FixtureRequest) -> Browser:
    """A browser with the released extension, connected to the service: each test runs in both."""
    if request.param == "firefox":
        found: FirefoxBrowser = request.getfixturevalue("firefox")
        return found
    return Chromium(request.getfixturevalue("reader"))


@pytest.fixture(params=["chromium", "firefox"])
def permitting(request: pytest.FixtureRequest) -> Browser:
    """The same, where hosts are permitted without a question: it cannot be answered in a headless Chromium.

    There it is the test build, which has all permissions from the start; in
    Firefox the release, which is given what it asks for.
    """
    if request.param == "firefox":
        found: FirefoxBrowser = request.getfixturevalue("firefox")
        return found
    return Chromium(request.getfixturevalue("inspector"))
