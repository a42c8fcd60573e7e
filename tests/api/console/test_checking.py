"""The first page: files, options, the report as a file, and the way into the queue."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI

from tests.api.console.filling import CLAIM, OVERLAP, audited, item_of, plain, text_region
from tests.api.console.visiting import Browser

SignedIn = Callable[..., Browser]
Calls = list[tuple[tuple[str, ...], float | None]]


@pytest.fixture
def moderator(visitor: SignedIn) -> Browser:
    """A moderator."""
    return visitor("moderator")


def test_queue_button_is_for_those_who_may(visitor: SignedIn) -> None:
    for role, offered in (("reader", False), ("moderator", True), ("lead", True)):
        page = visitor(role).send_form("/", {"text": CLAIM}).text
        assert ('value="queue"' in page) is offered, role
        assert 'value="download"' in page
    assert 'value="queue"' not in visitor("moderator").get("/").text


def test_text_is_put_into_the_queue_and_that_is_said_before(moderator: Browser, started: FastAPI) -> None:
    page = moderator.send_form("/", {"text": OVERLAP}).text
    assert "keeps the text on this server" in plain(page)
    reply = moderator.send_form("/", {"text": OVERLAP, "do": "queue"})
    found = re.fullmatch(r"/items/([0-9a-f]{32})", reply.headers["location"])
    assert (reply.status_code, found is not None) == (303, True)
    assert found is not None
    item = item_of(started, found[1])
    assert (item.text, item.source, item.submitted_by) == (OVERLAP, "console", "a-moderator")
    assert item.report["text"]["length"] == len(OVERLAP)
    assert "item.submitted" in audited(started)


@pytest.mark.parametrize("wish", ["check", "download", "nothing"])
def test_nothing_is_kept_otherwise(moderator: Browser, started: FastAPI, wish: str) -> None:
    assert moderator.send_form("/", {"text": CLAIM, "do": wish}).status_code == 200
    assert audited(started) == []


def test_reader_cannot_put_anything_into_the_queue(visitor: SignedIn, started: FastAPI) -> None:
    assert visitor("reader").send_form("/", {"text": CLAIM, "do": "queue"}).status_code == 403
    assert audited(started) == []


def test_report_as_a_file(moderator: Browser) -> None:
    reply = moderator.send_form("/", {"text": CLAIM, "do": "download"})
    report = json.loads(reply.text)
    assert reply.headers["content-type"] == "application/json"
    assert report["claims"][0]["span"]["exact"] == CLAIM
    digest = report["text"]["sha256"][:12]
    assert reply.headers["content-disposition"] == f'attachment; filename="claimcheck-{digest}.json"'


@pytest.mark.parametrize(
    ("fields", "called"),
    [
        ({}, (("us",), None)),
        ({"jurisdiction": ["eu", "uk"], "min_probability": "0.25"}, (("eu", "uk"), 0.25)),
        ({"jurisdiction": ["mars"]}, (("us",), None)),
    ],
)
def test_options_reach_the_checker(
    moderator: Browser, calls: Calls, fields: dict[str, str], called: tuple[tuple[str, ...], float | None]
) -> None:
    page = moderator.send_form("/", {"text": CLAIM, **fields})
    assert page.status_code == 200
    assert calls == [called]
    for one in called[0]:
        assert f'value="{one}" checked' in page.text


@pytest.mark.parametrize("least", ["2", "-0.1", "nan", "inf", "much", "<b>"])
def test_impossible_probability_is_refused_and_the_text_stays(moderator: Browser, least: str) -> None:
    page = moderator.send_form("/", {"text": CLAIM, "min_probability": least})
    assert page.status_code == 422
    assert "The least probability is a number from 0 to 1." in page.text
    assert f">\n{CLAIM}</textarea>" in page.text
    assert "<b>" not in page.text


@pytest.mark.parametrize(
    ("name", "content", "text", "said"),
    [
        ("a.txt", CLAIM.encode(), CLAIM, "Read from the file a.txt (UTF-8)."),
        ("a.txt", CLAIM.encode("utf-16"), CLAIM, "Read from the file a.txt (UTF-16)."),
        (
            "page.html",
            f"<p>One &amp; two</p><p>{CLAIM}".encode(),
            f"One & two\n{CLAIM}",
            "page.html (UTF-8).",
        ),
        ("../../etc/<b>.md", CLAIM.encode(), CLAIM, "Read from the file ../../etc/&lt;b&gt;.md (UTF-8)."),
    ],
)
def test_file_is_read_and_goes_before_the_pasted_text(
    moderator: Browser, name: str, content: bytes, text: str, said: str
) -> None:
    page = moderator.send_form("/", {"text": "pasted"}, files={"file": (name, content, "text/plain")})
    assert page.status_code == 200
    assert plain(text_region(page.text)) == text
    assert said in page.text


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"\x89PNG\r\n\x1a\n\x00", 422), (b"", 422), (b"x" * 1_000_001, 413), (b"\x81\x8d", 422)],
)
def test_file_that_is_no_text_is_refused(moderator: Browser, content: bytes, status: int) -> None:
    page = moderator.send_form("/", {}, files={"file": ("a.txt", content, "text/plain")})
    assert page.status_code == status
    assert 'role="alert"' in page.text


def test_without_a_file_the_pasted_text_is_read(moderator: Browser) -> None:
    page = moderator.send_form("/", {"text": CLAIM}, files={"file": ("", b"", "application/octet-stream")})
    assert plain(text_region(page.text)) == CLAIM


def test_every_form_needs_its_token(moderator: Browser) -> None:
    assert moderator.post("/", data={"text": CLAIM, "do": "queue"}).status_code == 403
