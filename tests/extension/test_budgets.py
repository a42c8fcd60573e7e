"""The budgets hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.extension.budgets import WALKS, sizes, times
from tests.extension.chromium import Chromium, Reader
from tests.extension.driver import Browser, connect
from tests.extension.firefox import browsing
from tests.extension.service import Service


def test_sizes(builds: Path) -> None:
    for one in sizes(builds):
        print(one)  # noqa: T201 -- shown with -s, and where it fails
        assert one.value <= one.allowed, str(one)


def holds(name: str, browser: Browser, service: Service) -> None:
    """Measure everything and compare."""
    measured = list(times(browser, service, WALKS[name]))
    print("\n" + "\n".join(map(str, measured)))  # noqa: T201 -- shown with -s, and where it fails
    assert [str(one) for one in measured if one.value > one.allowed] == []


@pytest.mark.browser
def test_times_in_chromium(inspector: Reader, service: Service) -> None:
    holds("Chromium", Chromium(inspector), service)


@pytest.mark.browser
def test_times_in_firefox(builds: Path, port: int, service: Service) -> None:
    # The test build says how its walk went.
    with browsing(builds / "firefox-test", port) as firefox:
        connect(firefox, service.address, service.key)
        holds("Firefox", firefox, service)
