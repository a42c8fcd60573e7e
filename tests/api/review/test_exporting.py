"""The queue as rows: everything once, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import json
from contextlib import nullcontext
from io import StringIO

import pytest
from sqlalchemy.orm import Session

from api.access.actors import Actor
from api.review import deciding, exporting, listing
from api.review.listing import Filters
from api.storage.database import Reading
from api.storage.tables import DecisionAction
from claimcheck.types import RiskLevel
from tests.api.review.conftest import KRATOM, Submit


def _reading(session: Session) -> Reading:
    return lambda: nullcontext(session)


def test_rows_follow_the_filter_in_the_queues_order(
    session: Session, submit: Submit, ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_ITEMS_OF_A_PAGE", 2)
    texts = (KRATOM, "Nothing.", "drink bleach", KRATOM, "We know that sertraline treats depression.")
    for text in texts:
        submit(session, text)
    whole = [item.id for item in listing.page(session, Filters()).items]
    deciding.decide(
        session,
        whole[0],
        actor=ada,
        action=DecisionAction.REMOVE,
        reason_code="dangerous_advice",
        note="n",
        expected_version=1,
    )
    rows = list(exporting.rows(_reading(session), Filters(state=None)))
    assert [row["id"] for row in rows] == whole
    assert tuple(rows[0]) == exporting.COLUMNS
    assert (rows[0]["decision"], rows[0]["reason_code"], rows[0]["note"], rows[0]["decided_by"]) == (
        "remove",
        "dangerous_advice",
        "n",
        "ada",
    )
    assert rows[1]["relations"] == ["potentiates"]
    assert rows[1]["claims"] == ["Kratom potentiates antidepressants"]
    assert len(list(exporting.rows(_reading(session), Filters(state=None, risk=RiskLevel.HIGH)))) == 3


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(session: Session, submit: Submit, start: str) -> None:
    text = f'{start}HYPERLINK("https://example.org") {KRATOM}\n"quoted", next'
    submit(session, text, external_id=f"{start}1", source=f"{start}x")
    written = "".join(exporting.as_csv(exporting.rows(_reading(session), Filters())))
    (row,) = csv.DictReader(StringIO(written, newline=""))
    assert (row["text"], row["external_id"], row["source"]) == (f"'{text}", f"'{start}1", f"'{start}x")
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())


def test_one_object_a_line(session: Session, submit: Submit) -> None:
    submit(session, f"Line one\nline two. {KRATOM}")
    (line,) = exporting.as_jsonl(exporting.rows(_reading(session), Filters()))
    assert line.count("\n") == 1
    assert json.loads(line)["text"].startswith("Line one\nline two.")
