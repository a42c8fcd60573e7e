"""Jobs over HTTP: files in, progress, results out, and nobody else's."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api.access import keys
from api.jobs import queueing
from api.jobs.worker import Worker
from api.settings import Settings
from api.storage.database import Database
from api.storage.tables import Item, JobRow, Scope
from tests.api.conftest import PhraseChecker
from tests.api.jobs.conftest import QUICK

CLAIM = "Kratom potentiates antidepressants."
NDJSON = {"content-type": "application/x-ndjson"}
CSV = {"content-type": "text/csv"}


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(database_url=database_url, embedded_worker=False, log_format="off", require_key=True)


Clients = Callable[[Settings], AbstractContextManager[httpx.Client]]


@pytest.fixture
def client(settings: Settings, client_with: Clients) -> Iterator[httpx.Client]:
    with client_with(settings) as made:
        yield made


def key_of(database: Database, scope: Scope = Scope.SCORE, name: str = "crawler") -> dict[str, str]:
    with database.begin() as session:
        secret = keys.create(session, name=name, scope=scope, created_by="ada").secret
    return {"authorization": f"Bearer {secret}"}


@pytest.fixture
def own(database: Database) -> dict[str, str]:
    return key_of(database)


@pytest.fixture
def work(database: Database, checker: PhraseChecker, settings: Settings) -> Worker:
    return Worker(database, checker, settings, pace=QUICK)


def run_all(worker: Worker) -> None:
    while worker.run_once():
        pass


def lines(reply: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(line) for line in reply.text.splitlines()]


def ndjson(*rows: dict[str, Any]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def test_a_file_in_its_results_out(client: httpx.Client, own: dict[str, str], work: Worker) -> None:
    content = ndjson({"id": "a", "text": CLAIM}, {"id": "b"}, {"text": "Nothing here."})
    made = client.post("/v1/jobs?jurisdictions=eu", content=content, headers={**own, **NDJSON})
    assert made.status_code == 202
    job = made.json()
    assert made.headers["location"] == job["url"] == f"/v1/jobs/{job['id']}"
    assert (job["state"], job["created_by"]) == ("queued", "key:crawler")
    assert job["progress"] == {
        "total": 3,
        "done": 0,
        "failed": 1,
        "dead": 0,
        "queued": 2,
        "running": 0,
        "cancelled": 0,
    }
    assert client.get(job["results_url"], headers=own).text == ""
    run_all(work)
    ended = client.get(job["url"], headers=own).json()
    assert (ended["state"], ended["progress"]["done"]) == ("succeeded", 2)
    results = client.get(job["results_url"], headers=own)
    assert results.headers["content-type"] == "application/x-ndjson"
    assert results.headers["cache-control"] == "no-store"
    first, second, third = lines(results)
    assert (first["id"], first["position"], len(first["report"]["claims"])) == ("a", 0, 1)
    assert second == {
        "id": "b",
        "position": 1,
        "error": {"code": "no_text", "detail": "The row has no text under the name of the text column."},
    }
    assert (third["id"], third["report"]["claims"]) == (None, [])
    assert [one["position"] for one in lines(client.get(job["results_url"] + "?after=0", headers=own))] == [
        1,
        2,
    ]
    (error,) = lines(client.get(job["errors_url"], headers=own))
    assert (error["line"], error["error"]["code"]) == (2, "no_text")


def test_csv_results_hold_no_formula(client: httpx.Client, own: dict[str, str], work: Worker) -> None:
    content = f'id,text\n=1+1,"{CLAIM}"\n@x,\n'.encode("utf-8-sig")
    job = client.post("/v1/jobs", content=content, headers={**own, **CSV}).json()
    run_all(work)
    reply = client.get(job["results_url"] + "?format=csv", headers=own)
    first, second = csv.DictReader(io.StringIO(reply.text))
    assert (first["id"], first["claims"], first["flagged"], first["risk_level"]) == (
        "'=1+1",
        "1",
        "1",
        "high",
    )
    assert (second["id"], second["error"]) == ("'@x", "empty_text")
    (error,) = csv.DictReader(io.StringIO(client.get(job["errors_url"] + "?format=csv", headers=own).text))
    assert (error["id"], error["line"], error["error"]) == ("'@x", "3", "empty_text")


def test_a_form_with_a_file_and_options(
    client: httpx.Client, own: dict[str, str], work: Worker, checker: PhraseChecker
) -> None:
    content = f"nr;body\n7;{CLAIM} é\n".encode("cp1252")
    made = client.post(
        "/v1/jobs",
        files={"file": ("../../etc/passwd.CSV", content)},
        data={
            "text_column": "body",
            "id_column": "nr",
            "encoding": "cp1252",
            "min_probability": "0.3",
            "jurisdictions": ["eu", "uk"],
        },
        headers=own,
    )
    assert made.status_code == 202, made.text
    run_all(work)
    (result,) = lines(client.get(made.json()["results_url"], headers=own))
    assert (result["id"], result["report"]["text"]["length"]) == ("7", len(CLAIM) + 2)
    assert checker.calls == [(("eu", "uk"), 0.3)]


@pytest.mark.parametrize(
    ("content", "headers", "query", "status", "slug", "pointer"),
    [
        (b"", NDJSON, "", 422, "empty-text", ""),
        (b"\n\n", NDJSON, "", 422, "empty-text", ""),
        (b"a,b\n1,2\n", CSV, "", 422, "invalid-request", "/text_column"),
        (b"text\nx\n", CSV, "?id_column=nr", 422, "invalid-request", "/id_column"),
        (b"{}", {"content-type": "application/json"}, "", 415, "unsupported-media-type", ""),
        (b"{}", {**NDJSON, "content-encoding": "gzip"}, "", 415, "unsupported-media-type", ""),
        (b"x", {"content-type": "text/csv; charset=klingon"}, "", 415, "unsupported-media-type", ""),
        (b"{}", NDJSON, "?kind=bulk_decision", 422, "invalid-request", "/query/kind"),
        (b"{}", NDJSON, "?min_probability=2", 422, "invalid-request", "/query/min_probability"),
        (b"{}", NDJSON, "?jurisdictions=mars", 422, "invalid-request", "/query/jurisdictions/0"),
        (b"{}", NDJSON, "?colour=red", 422, "invalid-request", "/query/colour"),
        (b"x", {"content-type": "multipart/form-data; boundary=b"}, "", 400, "malformed-form", None),
        (b"x", {"content-type": "multipart/form-data"}, "", 400, "malformed-form", None),
        *(
            (
                b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--b--\r\n',
                {"content-type": f"multipart/form-data; boundary=b; charset={charset}"},
                "",
                400,
                "malformed-form",
                None,
            )
            for charset in ("undefined", "idna", "klingon")
        ),
    ],
)
def test_what_is_refused(
    client: httpx.Client,
    own: dict[str, str],
    content: bytes,
    headers: dict[str, str],
    query: str,
    status: int,
    slug: str,
    pointer: str | None,
) -> None:
    reply = client.post(f"/v1/jobs{query}", content=content, headers={**own, **headers})
    assert (reply.status_code, reply.json()["type"]) == (status, f"/problems/{slug}"), reply.text
    if pointer is not None:
        assert reply.json()["errors"][0]["pointer"] == pointer
    assert client.get("/v1/jobs", headers=own).json() == {"jobs": [], "next": None}


def test_a_form_without_a_file_or_of_an_unknown_kind(client: httpx.Client, own: dict[str, str]) -> None:
    without = client.post("/v1/jobs", files={"other": b"x"}, headers=own)
    assert (without.status_code, without.json()["errors"][0]["pointer"]) == (400, "/file")
    unknown = client.post("/v1/jobs", files={"file": ("x.xlsx", b"x")}, headers=own)
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/format")


def test_a_file_that_is_too_large_is_not_read(
    database_url: str, client_with: Clients, own: dict[str, str]
) -> None:
    settings = Settings(
        database_url=database_url,
        embedded_worker=False,
        log_format="off",
        max_upload_bytes=1_000,
        max_request_bytes=500,
        max_text_bytes=500,
    )
    with client_with(settings) as client:

        def endless() -> Iterator[bytes]:
            for _ in range(1_000):
                yield b'{"text": "x"}\n' * 10

        small = client.post(
            "/v1/jobs", content=ndjson({"text": "x" * 400}, {"text": "y" * 400}), headers={**own, **NDJSON}
        )
        assert small.status_code == 202
        declared = client.post("/v1/jobs", content=b"x" * 1_001, headers={**own, **NDJSON})
        streamed = client.post("/v1/jobs", content=endless(), headers={**own, **NDJSON})
        form = client.post("/v1/jobs", files={"file": ("x.csv", b"x" * 2_000)}, headers=own)
        elsewhere = client.post(
            "/v1/check", content=b"x" * 501, headers={**own, "content-type": "application/json"}
        )
    assert [r.status_code for r in (declared, streamed, form, elsewhere)] == [413] * 4


def test_ten_thousand_rows_are_accepted_in_five_seconds(client: httpx.Client, own: dict[str, str]) -> None:
    content = ndjson(*({"id": str(n), "text": f"{CLAIM} {n}" * 5} for n in range(10_000)))
    began = time.perf_counter()
    made = client.post("/v1/jobs", content=content, headers={**own, **NDJSON})
    assert made.json()["progress"]["queued"] == 10_000
    assert time.perf_counter() - began < 5


def test_nobody_reaches_anothers_job(client: httpx.Client, database: Database, own: dict[str, str]) -> None:
    job = client.post("/v1/jobs", content=ndjson({"text": CLAIM}), headers={**own, **NDJSON}).json()
    # The same name and a larger scope make no owner.
    other = key_of(database, Scope.REVIEW, name="crawler")
    for method, path in (
        ("GET", job["url"]),
        ("GET", job["results_url"]),
        ("GET", job["errors_url"]),
        ("POST", job["url"] + "/cancel"),
        ("DELETE", job["url"]),
    ):
        theirs = client.request(method, path, headers=other)
        nobodys = client.request(method, path.replace(job["id"], "0" * 32), headers=other)
        assert (theirs.status_code, theirs.json()["type"]) == (404, "/problems/not-found")
        differing = ("request_id",)
        assert {k: v for k, v in theirs.json().items() if k not in differing} == {
            k: v for k, v in nobodys.json().items() if k not in differing
        }
        assert client.request(method, path).status_code == 401
    assert client.get("/v1/jobs", headers=other).json()["jobs"] == []
    lead = key_of(database, Scope.ADMIN, name="lead")
    assert [one["id"] for one in client.get("/v1/jobs", headers=lead).json()["jobs"]] == [job["id"]]
    assert client.get(job["url"], headers=lead).status_code == 200


def test_cancel_keeps_and_delete_removes(
    client: httpx.Client, own: dict[str, str], database: Database
) -> None:
    job = client.post("/v1/jobs", content=ndjson({"text": CLAIM}), headers={**own, **NDJSON}).json()
    for _ in range(2):
        stopped = client.post(job["url"] + "/cancel", headers=own)
        assert (stopped.status_code, stopped.json()["state"]) == (200, "cancelled")
    (line,) = lines(client.get(job["results_url"], headers=own))
    assert line["error"]["code"] == "cancelled"
    assert client.delete(job["url"], headers=own).status_code == 204
    assert client.get(job["url"], headers=own).status_code == 404
    with database.read() as session:
        assert session.scalars(select(JobRow)).all() == []


def test_an_import_takes_a_key_that_may_review(
    client: httpx.Client, database: Database, own: dict[str, str], work: Worker
) -> None:
    content = f"id,text,site\np1,{CLAIM},forum\n".encode()
    path = "/v1/jobs?kind=import&source_column=site"
    assert client.post(path, content=content, headers={**own, **CSV}).status_code == 403
    reviewer = key_of(database, Scope.REVIEW)
    made = client.post(path, content=content, headers={**reviewer, **CSV})
    assert made.status_code == 202
    run_all(work)
    (result,) = lines(client.get(made.json()["results_url"], headers=reviewer))
    with database.read() as session:
        (item,) = session.scalars(select(Item))
    assert (item.text, item.source, item.job_id) == (CLAIM, "forum", made.json()["id"])
    assert result["item"]["id"] == item.id


def test_the_same_key_makes_one_job(client: httpx.Client, own: dict[str, str]) -> None:
    headers = {**own, **NDJSON, "idempotency-key": "upload-1"}
    first = client.post("/v1/jobs", content=ndjson({"text": CLAIM}), headers=headers)
    again = client.post("/v1/jobs", content=ndjson({"text": CLAIM}), headers=headers)
    other = client.post("/v1/jobs", content=ndjson({"text": "other"}), headers=headers)
    option = client.post("/v1/jobs?jurisdictions=eu", content=ndjson({"text": CLAIM}), headers=headers)
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    assert again.headers["location"] == first.headers["location"]
    assert (other.status_code, option.status_code) == (422, 422)
    assert len(client.get("/v1/jobs", headers=own).json()["jobs"]) == 1


def test_nobody_has_more_than_a_few_open_checks(
    client: httpx.Client, own: dict[str, str], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queueing, "MOST_OPEN_CHECKS", 1)
    other = key_of(database, name="other")
    content = ndjson({"text": CLAIM})

    def sent(headers: dict[str, str]) -> httpx.Response:
        return client.post("/v1/jobs", content=content, headers={**headers, **NDJSON})

    first = sent({**own, "idempotency-key": "1"})
    refused = sent(own)
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many-jobs")
    assert sent({**own, "idempotency-key": "1"}).json() == first.json()
    assert sent(other).status_code == 202
    client.post(f"{first.json()['url']}/cancel", headers=own)
    assert sent(own).status_code == 202


def test_lists_page_by_cursor(client: httpx.Client, own: dict[str, str]) -> None:
    made = [
        client.post("/v1/jobs", content=ndjson({"text": CLAIM}), headers={**own, **NDJSON}).json()["id"]
        for _ in range(3)
    ]
    first = client.get("/v1/jobs?limit=2", headers=own).json()
    second = client.get("/v1/jobs", params={"limit": 2, "cursor": first["next"]}, headers=own).json()
    assert [job["id"] for job in first["jobs"] + second["jobs"]] == made[::-1]
    assert second["next"] is None
    assert client.get("/v1/jobs?cursor=x", headers=own).status_code == 422
    assert client.get("/v1/jobs?limit=21", headers=own).status_code == 422


def test_the_server_works_on_its_jobs_itself(
    database_url: str, client_with: Clients, own: dict[str, str]
) -> None:
    settings = Settings(database_url=database_url, log_format="off")
    with client_with(settings) as client:
        job = client.post("/v1/jobs", content=ndjson({"text": CLAIM}), headers={**own, **NDJSON}).json()
        began = time.monotonic()
        while client.get(job["url"], headers=own).json()["state"] != "succeeded":
            assert time.monotonic() - began < 10
            time.sleep(0.02)
        # The bell woke it: the longest pause between two looks is two seconds.
        assert time.monotonic() - began < 1.9


def test_streaming_goes_through_every_page(
    client: httpx.Client, own: dict[str, str], work: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queueing, "_ROWS_A_PAGE", 7)
    content = ndjson(*({"id": str(n), "text": CLAIM} for n in range(50)))
    job = client.post("/v1/jobs", content=content, headers={**own, **NDJSON}).json()
    run_all(work)
    found = lines(client.get(job["results_url"], headers=own))
    assert [one["position"] for one in found] == list(range(50))


@pytest.mark.parametrize("path", ["", "/results", "/errors"])
def test_what_cannot_be_an_id_is_not_found(client: httpx.Client, own: dict[str, str], path: str) -> None:
    assert client.get(f"/v1/jobs/a%00b{path}", headers=own).status_code == 404


def test_a_pin_is_held_against_what_runs_when_the_file_comes(
    client: httpx.Client, own: dict[str, str]
) -> None:
    headers = {**own, "content-type": "application/x-ndjson", "Claimcheck-Pin": "kb=k0"}
    reply = client.post("/v1/jobs", content=ndjson({"id": "1", "text": "x"}), headers=headers)
    assert (reply.status_code, reply.json()["type"]) == (409, "/problems/version-pin-refused")
    assert client.get("/v1/jobs", headers=own).json()["jobs"] == []
