"""Files to take away: their rows, their formulas, their filters, and who may have them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI

from api.access.actors import SYSTEM
from api.review import correcting, intake
from api.storage.tables import AuditEntry, CorrectionKind
from tests.api.console.filling import CLAIM, fill, plain
from tests.api.console.visiting import Browser, services_of

SignedIn = Callable[..., Browser]
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1")


def _table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_queue_as_a_table(visitor: SignedIn, started: FastAPI) -> None:
    made = fill(started, [CLAIM, "Nothing here."], source="forum")
    reply = visitor("reader").get("/export/queue.csv")
    rows = _table(reply.text)
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="claimcheck-queue-\d{4}-\d\d-\d\d\.csv"', reply.headers["content-disposition"]
    )
    assert [(row["id"], row["text"], row["source"], row["risk_level"]) for row in rows] == [
        (made[0], CLAIM, "forum", "high"),
        (made[1], "Nothing here.", "forum", "none"),
    ]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(visitor: SignedIn, started: FastAPI, text: str) -> None:
    services = services_of(started)
    report = services.checker.check(text).to_dict()
    with services.database.begin() as session:
        intake.submit(
            session,
            text=text,
            report=report,
            submitted_by=SYSTEM,
            external_id=text.strip(),
            source=text.strip(),
        )
    (row,) = _table(visitor("reader").get("/export/queue.csv").text)
    assert row["text"] == f"'{text}"
    for cell in row.values():
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_filters_of_the_address_hold(visitor: SignedIn, started: FastAPI) -> None:
    made = fill(started, [CLAIM, "Nothing here."])
    browser = visitor("reader")
    assert [row["id"] for row in _table(browser.get("/export/queue.csv?risk=high").text)] == made[:1]
    page = browser.get("/export?risk=high").text
    assert "1 item fits." in plain(page)
    assert 'href="/export/queue.csv?risk=high"' in page
    assert browser.get("/export?risk=purple").status_code == 422
    assert browser.get("/export/queue.csv?state=decided").text.count("\r\n") == 1


def test_queue_as_json_lines(visitor: SignedIn, started: FastAPI) -> None:
    fill(started, [CLAIM, "=1+1"])
    reply = visitor("reader").get("/export/queue.jsonl")
    rows = [json.loads(line) for line in reply.text.splitlines()]
    assert reply.headers["content-type"] == "application/x-ndjson"
    # A program gets the text as it is.
    assert {row["text"] for row in rows} == {CLAIM, "=1+1"}


def test_queue_to_read_is_escaped(visitor: SignedIn, started: FastAPI) -> None:
    fill(started, [f"<script>alert(1)</script> {CLAIM}\r\nEnd"], source="<b>forum</b>")
    reply = visitor("reader").get("/export/queue.html")
    assert "attachment" in reply.headers["content-disposition"]
    assert "<script" not in reply.text
    assert "<b>" not in reply.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in reply.text
    assert reply.text.rstrip().endswith("</html>")


def test_more_than_one_page_of_items_is_exported(visitor: SignedIn, started: FastAPI) -> None:
    made = fill(started, [f"{CLAIM} {number}" for number in range(450)])
    rows = _table(visitor("reader").get("/export/queue.csv").text)
    assert sorted(row["id"] for row in rows) == sorted(made)


def test_corrections_are_training_data(visitor: SignedIn, started: FastAPI) -> None:
    (made,) = fill(started, [CLAIM])
    with services_of(started).database.begin() as session:
        correcting.correct(
            session, made, actor=SYSTEM, kind=CorrectionKind.NOT_A_CLAIM, claim_id="c-potentiates"
        )
    reply = visitor("lead").get("/export/corrections.jsonl")
    (example,) = [json.loads(line) for line in reply.text.splitlines()]
    assert (example["kind"], example["text"]) == ("not_a_claim", CLAIM)


def test_audit_in_both_forms(visitor: SignedIn, started: FastAPI) -> None:
    with services_of(started).database.begin() as session:
        session.add(
            AuditEntry(
                actor="=cmd", actor_kind="user", action="thing.done", object_kind="thing", details={"n": 1}
            )
        )
    lead = visitor("lead")
    (row,) = _table(lead.get("/export/audit.csv?action=thing.done").text)
    assert (row["actor"], row["object_id"], row["details"]) == ("'=cmd", "", '{"n": 1}')
    (entry,) = map(json.loads, lead.get("/export/audit.jsonl?action=thing.done").text.splitlines())
    assert (entry["actor"], entry["object_id"], entry["details"]) == ("=cmd", None, {"n": 1})
    assert lead.get("/export/audit.csv?since=2999-01-01").text.count("\r\n") == 1
    assert lead.get("/export/audit.csv?since=yesterday").status_code == 422


@pytest.mark.parametrize(
    ("path", "reader", "moderator", "lead"),
    [
        ("/export", 200, 200, 200),
        ("/export/queue.csv", 200, 200, 200),
        ("/export/queue.exe", 404, 404, 404),
        ("/export/corrections.jsonl", 403, 403, 200),
        ("/export/audit.csv", 403, 403, 200),
        ("/export/audit.html", 403, 403, 404),
    ],
)
def test_who_may_take_what(visitor: SignedIn, path: str, reader: int, moderator: int, lead: int) -> None:
    found = [visitor(role).get(path).status_code for role in ("reader", "moderator", "lead")]
    assert found == [reader, moderator, lead]


def test_taking_a_file_is_noted_without_what_was_searched_for(visitor: SignedIn, started: FastAPI) -> None:
    visitor("reader").get("/export/queue.csv?query=secretword&risk=low")
    with services_of(started).database.read() as session:
        (entry,) = session.query(AuditEntry).all()
    assert (entry.actor, entry.action) == ("a-reader", "queue.exported")
    assert entry.details == {"format": "csv", "filters": ["query", "risk"]}
