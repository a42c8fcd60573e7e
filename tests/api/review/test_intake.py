"""What an item knows of its report."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.access.actors import Actor
from api.review import facets
from api.storage.database import Database
from api.storage.tables import AuditEntry, Item, ItemClaim, ItemState
from claimcheck.types import Assessment, Relation, RiskLevel
from tests.api.review.conftest import KRATOM, Submit

BOTH = "Kratom potentiates antidepressants and cures depression; sertraline treats depression."


def test_an_item_is_filled_from_its_report(session: Session, submit: Submit, key: Actor) -> None:
    item = submit(session, BOTH, external_id="post-1", source="forum", source_url="https://example.org/1")
    assert (item.state, item.version, item.submitted_by) == (ItemState.PENDING, 1, key.name)
    assert item.text_sha256 == hashlib.sha256(BOTH.encode()).hexdigest()
    assert (item.length, item.language) == (len(BOTH), "en")
    assert (item.risk_level, item.risk_rank, item.priority) == ("high", 3, 0.94)
    assert item.place == facets.place(RiskLevel.HIGH, 0.94) == -309_400
    assert (item.suggested_action, item.claim_count, item.flagged_count) == ("review", 3, 2)
    assert item.topic == "kratom"
    assert item.group_key == "potentiates|kratom|antidepressants"
    claims = session.scalars(select(ItemClaim).order_by(ItemClaim.position)).all()
    assert [(c.relation, c.intervention, c.target, c.assessment, c.flagged) for c in claims] == [
        ("potentiates", "kratom", "antidepressants", "unsupported", True),
        ("cures", "kratom", "depression", "contradicted", True),
        ("treats", "sertraline", "depression", "supported", False),
    ]
    assert claims[0].rules == ["interaction.knowledge_base"]
    assert claims[2].rules == []
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.actor, entry.action, entry.object_id) == (key.name, "item.submitted", item.id)
    assert "Kratom" not in str(entry.details)


def test_an_alert_counts_without_a_claim(session: Session, submit: Submit) -> None:
    item = submit(session, "Just drink bleach.")
    assert (item.risk_level, item.claim_count, item.group_key, item.topic) == ("critical", 0, None, None)


def test_the_same_text_under_the_same_name_is_stored_once(
    session: Session, submit: Submit, ada: Actor
) -> None:
    first = submit(session, external_id="post-1")
    assert submit(session, external_id="post-1").id == first.id
    others = [
        submit(session, KRATOM + " Twice.", external_id="post-1"),
        submit(session, external_id="post-2"),
        submit(session, external_id="post-1", submitted_by=ada),
        submit(session),
        submit(session),
    ]
    assert len({first.id, *(item.id for item in others)}) == 6


def test_two_who_store_the_same_at_once_make_one_item(database: Database, submit: Submit) -> None:
    def store(_: int) -> str:
        with database.begin() as session:
            return submit(session, external_id="post-1").id

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(store, range(8)))) == 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Item)) == 1
        assert session.scalar(select(func.count()).select_from(ItemClaim)) == 1


def test_every_label_has_a_bit_of_its_own() -> None:
    bits = [*facets.RELATION_BITS.values(), *facets.ASSESSMENT_BITS.values()]
    assert set(facets.RELATION_BITS) == set(Relation)
    assert set(facets.ASSESSMENT_BITS) == set(Assessment)
    assert len(set(bits)) == len(bits)
    assert all(bit.bit_count() == 1 and bit < 2**31 for bit in bits)


@pytest.mark.parametrize("long", ["x" * 500, "a|b|c", " spaced \n out "])
def test_names_of_any_length_fit_their_columns(long: str) -> None:
    claim = {"relation": "treats", "intervention": {"text": long, "concept": None}, "target": None}
    key = facets.group_key(claim)
    assert len(key) <= facets.GROUP_LENGTH
    relation, intervention, target = facets.group_parts(key)
    assert (relation, target) == ("treats", None)
    assert intervention is not None and "\n" not in intervention
