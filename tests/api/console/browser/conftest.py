"""One browser for each module, one server for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser

from tests.api.console.browser.serving import Console, running_chromium, served


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser; each visit has a profile of its own."""
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def console(application: FastAPI, chromium: Browser) -> Iterator[Console]:
    """The console, served; a page that made a browser complain fails its test."""
    with served(application) as address:
        opened = Console(application, address, chromium)
        yield opened
        opened.close()
    assert opened.complaints == []
