"""The pages: marks, cards, escaping, the form's own checks."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.console.marks import pieces
from api.console.rendering import code_words, is_web_address, sentence_case
from claimcheck.reporting import wording
from claimcheck.types import Assessment, RiskLevel
from tests.api.console.visiting import Browser, signed_in, started

__all__ = ["signed_in", "started"]

CLAIM = "Kratom potentiates antidepressants"
OVERLAP = f"{CLAIM} and cures depression, but sertraline treats depression."


@pytest.fixture
def client(signed_in: Callable[..., Browser]) -> Browser:
    """A reader's browser."""
    return signed_in("reader")


def _text_region(page: str) -> str:
    found = re.search(r'<div class="text"[^>]*>(.*?)</div>', page, re.DOTALL)
    assert found is not None
    return found.group(1)


def _plain(region: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", region))


def test_empty_form(client: Browser) -> None:
    page = client.get("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert '<textarea id="text" name="text"' in page.text
    assert "<h2" not in page.text


def test_sample_article_is_shown_checked(client: Browser) -> None:
    sample = files("claimcheck").joinpath("samples/kratom.txt").read_text("utf-8").strip()
    page = client.get("/?sample=1").text
    assert len(sample) > 500
    assert _plain(_text_region(page)) == sample
    assert "/?sample=1" in client.get("/").text


def test_flagged_claims_are_marked_and_others_listed(client: Browser) -> None:
    page = client.send_form("/", {"text": OVERLAP}).text
    region = _text_region(page)
    assert _plain(region) == OVERLAP
    marks = re.findall(r'<a class="mark level-(\w+)" href="#claim-(\d)"[^>]*><mark>([^<]*)</mark>', region)
    assert marks == [
        ("high", "1", "Kratom potentiates "),
        ("high", "1", "antidepressants"),
        ("moderate", "2", " and cures depression"),
    ]
    assert re.findall(r'id="(claim-\d)"', page) == ["claim-1", "claim-2", "claim-3"]
    assert "1 claim not flagged" in page


def test_card_shows_both_axes_and_its_sources(client: Browser) -> None:
    page = client.send_form("/", {"text": CLAIM}).text
    axes = re.findall(r"<dt>([^<]*)</dt>\s*<dd><strong>([^<]*)</strong>", page)
    assert axes == [
        ("Evidence", sentence_case(wording.ASSESSMENT[Assessment.UNSUPPORTED])),
        ("Risk if believed", sentence_case(wording.RISK[RiskLevel.HIGH])),
    ]
    assert f"The text says that {CLAIM}." in page
    link = (
        '<a href="https://example.org/kratom?a=1&amp;b=2" rel="noopener noreferrer">Kratom &amp; health</a>'
    )
    assert link in page
    assert "A regulator, 2024-07 (read 2026-11-22)" in page
    assert not re.search(r"\b(true|false)\b", re.sub(r"<[^>]*>", "", page), re.IGNORECASE)


def test_alerts_and_warnings_are_shown(client: Browser) -> None:
    page = client.send_form("/", {"text": "Do drink bleach."}).text
    assert "Swallowing a disinfectant can kill." in page
    assert sentence_case(wording.RISK[RiskLevel.CRITICAL]) in page
    assert "Only English is read." in client.send_form("/", {"text": "Knoblauch heilt."}).text


@pytest.mark.parametrize(
    "text",
    [
        f"<script>alert(1)</script> {CLAIM} <b>&amp;</b>",
        f'"><img src=x onerror=alert(1)> {CLAIM}',
        f"</textarea></div><script>x</script>{CLAIM}{{{{ 7*7 }}}}",
    ],
)
def test_text_never_becomes_markup(client: Browser, text: str) -> None:
    page = client.send_form("/", {"text": text}).text
    assert _plain(_text_region(page)) == text
    assert re.findall("<script[^>]*>", page) == ['<script src="/static/console.js" defer>']
    assert "<img" not in page
    assert page.count("</textarea>") == 1
    assert html.escape(text, quote=True).replace("&quot;", "&#34;") in page


def test_line_breaks_are_those_that_were_pasted(client: Browser) -> None:
    page = client.send_form("/", {"text": f"\r\nA.\r\n\r\n{CLAIM}\r\n"}).text
    assert _plain(_text_region(page)) == f"\nA.\n\n{CLAIM}\n"
    # A browser drops one line break at the start of a text area: there must be one to drop.
    assert f">\n\nA.\n\n{CLAIM}\n</textarea>" in page


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"text=", 422, "Empty text."),
        (b"x=y", 422, "Empty text."),
        (b"text=%00", 422, "Not a text."),
        (b"text=refuse+me+secret", 422, "Not a text."),
        (b"text=" + b"x" * 1_000_001, 413, "Text too long."),
        (b"text=%ff", 400, "Malformed form"),
        (b"&".join(b"a%d=1" % i for i in range(600)), 400, "Malformed form"),
        (b"text=break+me+secret", 500, "Internal error"),
    ],
)
def test_form_that_cannot_be_used_gets_a_page(
    client: Browser, content: bytes, status: int, words: str
) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html,*/*"}
    reply = client.post("/", content=b"csrf=%s&" % client.csrf.encode() + content, headers=headers)
    assert (reply.status_code, words in reply.text) == (status, True)
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert "secret" not in reply.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"sec-fetch-site": "same-origin", "origin": "http://localhost"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "http://localhost:81"}, 403),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, 200),
        ({"sec-fetch-site": "cross-site", "origin": "null"}, 403),
        ({"origin": "http://["}, 403),
    ],
)
def test_form_of_another_site_is_refused(client: Browser, headers: dict[str, str], status: int) -> None:
    assert client.send_form("/", {"text": CLAIM}, headers=headers).status_code == status


def test_browser_gets_a_page_for_an_unknown_address(client: Browser) -> None:
    reply = client.get("/nothing", headers={"accept": "text/html"})
    assert (reply.status_code, "<h1>Not found</h1>" in reply.text) == (404, True)
    reply = client.get("/v1/nothing", headers={"accept": "text/html"})
    assert reply.headers["content-type"] == "application/problem+json"


def test_every_problem_has_its_page(client: Browser) -> None:
    overview = client.get("/problems").text
    found = re.findall(r'href="(/problems/[a-z-]+)"', overview)
    assert len(found) > 15
    for address in found:
        page = client.get(address)
        assert page.status_code == 200
        assert f"type <code>{address}</code>" in page.text


@pytest.mark.parametrize("path", ["/", "/docs", "/problems"])
def test_pages_load_nothing_from_elsewhere(client: Browser, path: str) -> None:
    page = client.get(path).text
    loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]*)"', page)
    own = ["/static/pages.css", "/static/console.js"] if path == "/" else []
    assert loaded == ["/static/icon.svg", "/static/console.css", *own]
    for address in loaded:
        assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    ("address", "linked"),
    [
        ("https://a.b", True),
        ("http://a.b", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
    ],
)
def test_only_web_addresses_are_linked(address: str, linked: bool) -> None:
    assert is_web_address(address) is linked


def test_code_words_escape() -> None:
    assert code_words("a `<b>` & <c>") == "a <code>&lt;b&gt;</code> &amp; &lt;c&gt;"


@st.composite
def _marked(draw: st.DrawFn) -> tuple[str, list[dict[str, Any]]]:
    text = draw(st.text(min_size=1, max_size=40))
    borders = st.integers(0, len(text))
    claims = [
        {
            "flagged": draw(st.booleans()),
            "span": dict(zip(("start", "end"), sorted((draw(borders), draw(borders))), strict=True)),
            "risk": {"level": draw(st.sampled_from(list(RiskLevel))).value},
        }
        for _ in range(draw(st.integers(0, 5)))
    ]
    return text, claims


@given(_marked())
def test_pieces_give_the_text_back_and_mark_what_is_flagged(
    marked: tuple[str, list[dict[str, Any]]],
) -> None:
    text, claims = marked
    cut = pieces(text, claims)
    assert "".join(piece.text for piece in cut) == text
    offset = 0
    for piece in cut:
        levels = [
            RiskLevel(claim["risk"]["level"])
            for claim in claims
            if claim["flagged"]
            and claim["span"]["start"] <= offset
            and offset + len(piece.text) <= claim["span"]["end"]
        ]
        expected = max(levels, key=lambda level: level.rank) if levels else None
        assert piece.level == expected
        offset += len(piece.text)
    shown = {n for n, c in enumerate(claims, 1) if c["flagged"] and c["span"]["start"] < c["span"]["end"]}
    assert sorted(n for piece in cut for n in piece.begins) == sorted(shown)
    assert sorted(n for piece in cut for n in piece.ends) == sorted(shown)
