"""Import: what is found in a file, what the preview keeps, what is imported, and whose it is."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from starlette.testclient import TestClient

from api.console.waiting import WaitingRoom
from api.jobs.row_errors import DETAILS, RowError
from api.main import create_app
from api.settings import Settings
from api.storage.tables import Item, JobRow, Role
from tests.api.conftest import PhraseChecker
from tests.api.console.filling import CLAIM, jobs_of, plain
from tests.api.console.visiting import Browser, add_user, services_of, sign_in_as

SignedIn = Callable[..., Browser]
TABLE = f"id,body,url\n1,{CLAIM},https://example.org/1\n2,,\n3,Words,javascript:x\n4,More words,\n".encode()
MAPPED = {"format": "csv", "encoding": "utf-8", "text_column": "body", "id_column": "id"}


@pytest.fixture(autouse=True)
def room(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that uploads wait in."""
    folder = tmp_path_factory.mktemp("waiting")
    monkeypatch.setattr(WaitingRoom, "of", classmethod(lambda cls, _: cls(folder)))
    return folder


@pytest.fixture
def moderator(visitor: SignedIn) -> Browser:
    """A moderator."""
    return visitor("moderator")


def _upload(browser: Browser, content: bytes, name: str = "posts.csv") -> str:
    reply = browser.send_form("/import", {}, files={"file": (name, content, "text/csv")})
    assert reply.status_code == 303, plain(reply.text)
    return str(reply.headers["location"])


def _finished(browser: Browser, address: str) -> str:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        page = str(browser.get(address).text)
        if "hx-get" not in page:
            return page
        time.sleep(0.05)
    raise AssertionError("the import did not end")


def _rows(app: FastAPI) -> list[JobRow]:
    with services_of(app).database.read() as session:
        return list(session.scalars(select(JobRow)))


def _items(app: FastAPI) -> list[Item]:
    with services_of(app).database.read() as session:
        return list(session.scalars(select(Item).order_by(Item.external_id)))


def test_pressing_twice_imports_once(moderator: Browser, started: FastAPI) -> None:
    address = _upload(moderator, TABLE).partition("?")[0]
    wrong = moderator.send_form(address, {**MAPPED, "text_column": "none", "do": "import"})
    assert wrong.status_code == 422
    replies = [moderator.send_form(address, {**MAPPED, "do": "import"}) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [303, 404]
    assert len({row.job_id for row in _rows(started)}) == 1


def test_no_room_is_a_clear_refusal(moderator: Browser, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.console.waiting.MOST_BYTES", 3)
    reply = moderator.send_form("/import", {}, files={"file": ("posts.csv", TABLE, "text/csv")})
    assert reply.status_code == 507
    assert "no room for another file" in plain(reply.text)
    assert list(room.iterdir()) == []


def test_preview_stores_nothing(moderator: Browser, started: FastAPI, room: Path) -> None:
    address = _upload(moderator, TABLE)
    page = moderator.get(address)
    words = plain(page.text)
    assert page.status_code == 200
    assert "Encoding found: UTF-8" in words
    assert CLAIM in words
    assert "There is nothing to read in the text." in words
    assert "The source address is not http or https" in words
    for part, chosen in (("text", "body"), ("id", "id"), ("source_url", "url")):
        assert f'<option value="{chosen}" selected>' in page.text.split(f'name="{part}_column"')[1]
    assert (jobs_of(started), _rows(started), _items(started)) == ([], [], [])
    (waiting,) = room.iterdir()
    assert waiting.read_bytes() == TABLE
    assert "posts" not in waiting.name


def test_confirming_imports_and_removes_the_file(moderator: Browser, started: FastAPI, room: Path) -> None:
    path = _upload(moderator, TABLE).split("?")[0]
    reply = moderator.send_form(path, {**MAPPED, "source_url_column": "url", "do": "import"})
    assert reply.status_code == 303
    assert list(room.iterdir()) == []
    page = _finished(moderator, reply.headers["location"])
    items = _items(started)
    assert [(item.external_id, item.text, item.source_url) for item in items] == [
        ("1", CLAIM, "https://example.org/1"),
        ("4", "More words", None),
    ]
    (job,) = jobs_of(started)
    assert {item.job_id for item in items} == {job.id}
    assert f'href="/queue?job={job.id}"' in page
    errors = moderator.get(f"/import/jobs/{job.id}/errors.csv")
    assert errors.headers["content-type"] == "text/csv; charset=utf-8"
    assert list(csv.reader(io.StringIO(errors.text)))[1:] == [
        ["2", "3", "2", "empty_text", "There is nothing to read in the text."],
        ["3", "4", "3", "bad_source_url", DETAILS[RowError.BAD_SOURCE_URL]],
    ]
    assert moderator.send_form(path, {**MAPPED, "do": "import"}).status_code == 404


def test_dropping_removes_the_file(moderator: Browser, started: FastAPI, room: Path) -> None:
    path = _upload(moderator, TABLE).split("?")[0]
    assert moderator.send_form(path, {"do": "cancel"}).headers["location"] == "/import"
    assert list(room.iterdir()) == []
    assert jobs_of(started) == []
    assert "Nothing was imported" in plain(moderator.get("/import").text)


def test_nobody_else_finds_the_file(visitor: SignedIn, started: FastAPI) -> None:
    path = _upload(visitor("moderator", "ann"), TABLE).split("?")[0]
    for other in (visitor("moderator", "ben"), visitor("admin"), visitor("moderator", "ann")):
        assert other.get(path).status_code == 404
        assert other.send_form(path, {**MAPPED, "do": "import"}).status_code == 404
    assert jobs_of(started) == []


@pytest.mark.parametrize(
    ("codec", "found"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("cp1252", "Windows-1252")],
)
def test_encoding_is_found_and_used(moderator: Browser, started: FastAPI, codec: str, found: str) -> None:
    address = _upload(moderator, "id;text\n1;Tee für Éva\n".encode(codec))
    page = moderator.get(address).text
    assert f"Encoding found: {found}" in plain(page)
    assert "Tee für Éva" in plain(page)
    encoding = {"Windows-1252": "cp1252"}.get(found, found.lower())
    fields = {"format": "csv", "encoding": encoding, "text_column": "text", "id_column": "id", "do": "import"}
    _finished(moderator, moderator.send_form(address.split("?")[0], fields).headers["location"])
    assert [item.text for item in _items(started)] == ["Tee für Éva"]


def test_a_letter_across_two_blocks_is_no_other_encoding(moderator: Browser) -> None:
    content = b"id,text\n1," + b"x" * ((1 << 20) - 11) + "é\n".encode()
    assert content[(1 << 20) - 1 : (1 << 20) + 1] == "é".encode()
    assert "Encoding found: UTF-8" in plain(moderator.get(_upload(moderator, content)).text)


def test_json_lines(moderator: Browser, started: FastAPI) -> None:
    address = _upload(moderator, b'{"id": 7, "text": "Words"}\nnot json\n', "x.ndjson")
    page = plain(moderator.get(address).text)
    assert "The line is not one JSON object." in page
    fields = {"format": "jsonl", "text_column": "text", "id_column": "id", "do": "import"}
    _finished(moderator, moderator.send_form(address.split("?")[0], fields).headers["location"])
    assert [(item.external_id, item.text) for item in _items(started)] == [("7", "Words")]


@pytest.mark.parametrize(
    ("content", "fields", "said"),
    [
        (TABLE, {"text_column": "no such"}, "The file has no column of this name."),
        (b"id,text\n", {"text_column": "text"}, "The file has no rows."),
        (b"", {"text_column": "text"}, "The file has no header."),
    ],
)
def test_file_that_cannot_be_imported_stays_with_its_reason(
    moderator: Browser, started: FastAPI, room: Path, content: bytes, fields: dict[str, str], said: str
) -> None:
    path = _upload(moderator, content).split("?")[0]
    reply = moderator.send_form(path, {"format": "csv", "encoding": "utf-8", **fields, "do": "import"})
    assert reply.status_code == 422
    assert said in plain(reply.text)
    assert len(list(room.iterdir())) == 1
    assert jobs_of(started) == []


def test_nothing_of_a_file_becomes_markup(moderator: Browser) -> None:
    content = b'text,"<script>x</script>"\n<img src=x onerror=alert(1)>,<i>1</i>\n'
    page = moderator.get(_upload(moderator, content, "<b>.csv")).text
    for forbidden in ("<script>x", "<img", "<i>", "<b>"):
        assert forbidden not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


@pytest.mark.parametrize("name", ["posts.xlsx", "posts", "posts.csv.exe", ""])
def test_other_files_are_refused(moderator: Browser, room: Path, name: str) -> None:
    reply = moderator.send_form("/import", {}, files={"file": (name, TABLE, "text/csv")})
    assert reply.status_code == 422
    assert list(room.iterdir()) == []


def test_reader_may_not_import(visitor: SignedIn, room: Path) -> None:
    reader = visitor("reader")
    assert reader.get("/import").status_code == 403
    assert reader.send_form("/import", {}, files={"file": ("a.csv", TABLE, "text/csv")}).status_code == 403
    assert list(room.iterdir()) == []


def test_import_of_somebody_else_is_for_leads(visitor: SignedIn) -> None:
    path = _upload(visitor("moderator", "ann"), TABLE).split("?")[0]
    assert path
    ann = visitor("moderator", "ann")
    own = _upload(ann, TABLE).split("?")[0]
    job = ann.send_form(own, {**MAPPED, "do": "import"}).headers["location"]
    for role, status in (("moderator", 404), ("lead", 200)):
        assert visitor(role, f"b-{role}").get(job).status_code == status
        assert visitor(role, f"b-{role}").get(f"{job}/errors.csv").status_code == status
    assert visitor("moderator", "b-moderator").send_form(f"{job}/stop").status_code == 404


def test_errors_are_no_formulas(moderator: Browser) -> None:
    path = _upload(moderator, b'id,text\n"=cmd|calc",\n').split("?")[0]
    fields = {"format": "csv", "encoding": "utf-8", "text_column": "text", "id_column": "id", "do": "import"}
    job = moderator.send_form(path, fields).headers["location"]
    assert "'=cmd|calc" in moderator.get(f"{job}/errors.csv").text


@pytest.fixture
def small(checker: PhraseChecker) -> Iterator[Browser]:
    """A moderator of a server that takes small files only."""
    settings = Settings(log_format="off", max_text_bytes=500, max_request_bytes=1_000, max_upload_bytes=3_000)
    app = create_app(checker=checker, settings=settings)
    with TestClient(app) as client:
        app.state.portal = client.portal
        user = add_user(services_of(app).database, name="ann", role=Role.MODERATOR)
        yield sign_in_as(app, user)


@pytest.mark.parametrize(("rows", "status"), [(100, 303), (300, 413)])
def test_size_of_an_upload_is_bounded_by_its_own_limit(
    small: Browser, room: Path, rows: int, status: int
) -> None:
    content = b"id,text\n" + b"1,word word\n" * rows
    reply = small.send_form("/import", {}, files={"file": ("a.csv", content, "text/csv")})
    assert reply.status_code == status
    assert len(list(room.iterdir())) == (status == 303)
