"""Both browsers with the built extension, the real service, and pages to read."""

from __future__ import annotations

import json
import shutil
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
from tests.extension.builds import build_all, missing
from tests.extension.chromium import Reader, reading
from tests.extension.generated import comments
from tests.extension.marionette import Firefox

GECKO_ID = "claimcheck@example.org"
GECKO_UUID = "11111111-2222-3333-4444-555555555555"


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


@pytest.fixture(scope="module")
def firefox(builds: Path) -> Iterator[Firefox]:
    """A Firefox with the released extension; it takes longer to start than its pages to read."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        missing("firefox-esr")
    preferences = {
        "extensions.webextensions.uuids": json.dumps({GECKO_ID: GECKO_UUID}),  # its pages at a known address
        "network.dns.localDomains": "news.test,other.test",
    }
    browser = Firefox(program=str(program), port=services.closed_port(), preferences=preferences)
    try:
        browser.install(builds / "firefox")
        browser.close_other_tabs(expected=2)  # the page of welcome
        yield browser
    finally:
        browser.quit()
