"""Where a form came from, and where one may be sent on to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.access.same_site import local_path, require_same_site
from api.errors import Problem


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/a\r\nset-cookie: x=y",
        "/\t/evil.example",
        "/a b",
        "/\x00",
        "evil",
        "",
        None,
        "/" + "a" * 2_000,
        "/é",
    ],
)
def test_only_paths_of_this_server(address: str | None) -> None:
    assert local_path(address) == "/"


@pytest.mark.parametrize(
    "address", ["/", "/queue?risk=high&state=pending", "/items/abc#claim-1", "/a//b", "/?x=//y"]
)
def test_paths_stay_as_they_are(address: str) -> None:
    assert local_path(address) == address


@given(st.text(max_size=60))
def test_whatever_is_sent_stays_here(address: str) -> None:
    found = local_path(address)
    assert found.startswith("/")
    assert not found.startswith("//")
    assert "\\" not in found
    assert found.isprintable()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"origin": "https://here.example", "host": "HERE.example"},
        {"origin": "null", "sec-fetch-site": "same-origin"},
    ],
)
def test_own_forms_pass(headers: dict[str, str]) -> None:
    require_same_site(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "nonsense"},
        {"origin": "https://evil.example", "host": "here.example"},
        {"origin": "http://[", "host": "here.example"},
        {"origin": "https://here.example:444", "host": "here.example"},
    ],
)
def test_forms_of_others_do_not(headers: dict[str, str]) -> None:
    with pytest.raises(Problem):
        require_same_site(headers)
