"""The budgets hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.extension.budgets import sizes, times
from tests.extension.chromium import Reader
from tests.extension.service import Service


def test_sizes(builds: Path) -> None:
    for one in sizes(builds):
        print(one)  # noqa: T201 -- shown with -s, and where it fails
        assert one.value <= one.allowed, str(one)


@pytest.mark.browser
def test_times(inspector: Reader, service: Service) -> None:
    measured = list(times(inspector, service))
    print("\n" + "\n".join(map(str, measured)))  # noqa: T201 -- shown with -s, and where it fails
    assert [str(one) for one in measured if one.value > one.allowed] == []
