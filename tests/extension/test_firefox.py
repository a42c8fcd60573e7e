"""What only Firefox is asked for: unlike a headless Chromium it can be made to permit without a question."""

from __future__ import annotations

import pytest

from tests.extension.driver import ready, wait_for_text
from tests.extension.firefox import FirefoxBrowser

pytestmark = pytest.mark.browser


def test_remote_server_needs_its_permission(firefox: FirefoxBrowser) -> None:
    options = ready(firefox, "options.html")
    options.fill("#server", "https://claims.example.org")
    options.click("#save")
    wait_for_text(options, "#message", lambda text: text == "Saved.")
    granted = firefox.extension("return (await api.permissions.getAll()).origins")
    assert "https://claims.example.org/*" in granted
