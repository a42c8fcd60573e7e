"""Where a server may listen."""

from __future__ import annotations

from typing import Any

import pytest

from api.access.exposure import refusal

OPEN: dict[str, Any] = {
    "tls": False,
    "secure_cookies": False,
    "trusted_proxies": (),
    "require_key": True,
}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_this_machine_always(host: str) -> None:
    assert refusal(host=host, **OPEN | {"require_key": False}) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.5", "example.org", "localhost.example.org"])
def test_elsewhere_only_guarded(host: str) -> None:
    refused = refusal(host=host, **OPEN)
    assert refused is not None
    assert "--tls-cert" in refused.message
    assert "CLAIMCHECK_TRUSTED_PROXIES" in refused.message
    assert refusal(host=host, **OPEN | {"tls": True}) is None
    assert refusal(host=host, **OPEN | {"secure_cookies": True, "trusted_proxies": ("10.0.0.1",)}) is None


@pytest.mark.parametrize(
    "given",
    [
        {"secure_cookies": True},
        {"trusted_proxies": ("10.0.0.1",)},
        {"secure_cookies": True, "trusted_proxies": ("*",)},
        {"tls": True, "trusted_proxies": ("*",)},
        {"tls": True, "require_key": False},
    ],
)
def test_half_a_guard_is_none(given: dict[str, Any]) -> None:
    assert refusal(host="0.0.0.0", **OPEN | given) is not None


def test_every_reason_is_said() -> None:
    refused = refusal(host="0.0.0.0", **OPEN | {"require_key": False})
    assert refused is not None
    assert len(refused.reasons) == 2
    assert "CLAIMCHECK_REQUIRE_KEY=true" in refused.message
