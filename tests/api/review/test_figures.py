"""The numbers of the dashboards, counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from api.access.actors import Actor
from api.review import correcting, deciding, figures
from api.storage.tables import CorrectionKind, DecisionAction
from claimcheck.types import Action
from tests.api.review.conftest import KRATOM, Submit

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
UNTIL = datetime(2100, 1, 1, tzinfo=UTC)
CURES = "Now antidepressants and cures depression."


def test_volume_is_counted_by_day_in_utc(session: Session, submit: Submit) -> None:
    for text, hour in ((KRATOM, 0), (KRATOM, 23), ("Nothing.", 23), (KRATOM, 24)):
        submit(session, text).created_at = datetime(2026, 5, 1, tzinfo=UTC) + timedelta(hours=hour)
    session.flush()
    found = figures.volume(session, since=SINCE, until=UNTIL)
    assert [(one.day, one.what, one.count) for one in found] == [
        ("2026-05-01", "high", 2),
        ("2026-05-01", "none", 1),
        ("2026-05-02", "high", 1),
    ]
    assert figures.volume(session, since=UNTIL, until=UNTIL) == []


def test_an_escalation_that_was_decided_over_is_not_counted(
    session: Session, submit: Submit, ada: Actor
) -> None:
    item = submit(session, KRATOM)
    for version, action in enumerate((DecisionAction.ESCALATE, DecisionAction.LABEL), 1):
        deciding.decide(session, item.id, actor=ada, action=action, expected_version=version)
    counted = {one.what: one.count for one in figures.decisions(session, since=SINCE, until=UNTIL)}
    assert counted == {"label": 1}
    assert deciding.standing_among(session, deciding.recent(session, actor=ada)) == {item.decision_id}


def test_decisions_and_agreement_leave_out_what_was_undone(
    session: Session, submit: Submit, ada: Actor
) -> None:
    made = []
    for text, action in (
        (KRATOM, DecisionAction.LABEL),
        (KRATOM, DecisionAction.ALLOW),
        (KRATOM, DecisionAction.LABEL),
        ("Nothing.", DecisionAction.ALLOW),
        ("Nothing.", DecisionAction.LABEL),
    ):
        item = submit(session, text)
        made.append(deciding.decide(session, item.id, actor=ada, action=action, expected_version=1))
    deciding.undo(session, made[2].id, actor=ada)
    counted = {one.what: one.count for one in figures.decisions(session, since=SINCE, until=UNTIL)}
    assert counted == {"label": 2, "allow": 2}
    by_suggestion = {one.suggested: one for one in figures.agreement(session, since=SINCE, until=UNTIL)}
    assert by_suggestion["review"].decided == {"label": 1, "allow": 1}
    review, allow = by_suggestion["review"].followed, by_suggestion["allow"].followed
    assert (review.count, review.total, review.share) == (1, 2, 0.5)
    assert (allow.count, allow.total) == (1, 2)
    assert by_suggestion["escalate"].followed.total == 0
    assert list(by_suggestion) == [action.value for action in Action]


def test_precision_counts_corrections_against_flagged_claims(
    session: Session, submit: Submit, ada: Actor
) -> None:
    items = [submit(session, text) for text in (KRATOM, KRATOM, KRATOM, CURES)]
    undecided = submit(session, KRATOM)
    for item in items:
        deciding.decide(session, item.id, actor=ada, action=DecisionAction.LABEL, expected_version=1)
    for item, kind in (
        (items[0], CorrectionKind.NOT_A_CLAIM),
        (items[0], CorrectionKind.NOT_A_CLAIM),
        (items[1], CorrectionKind.EVIDENCE_DOES_NOT_FIT),
        (undecided, CorrectionKind.NOT_A_CLAIM),
    ):
        correcting.correct(session, item.id, actor=ada, kind=kind, claim_id="c-potentiates")
    relations = figures.precision_by_relation(session, since=SINCE, until=UNTIL)
    assert [(one.name, one.count, one.total) for one in relations] == [
        ("cures", 1, 1),
        ("potentiates", 2, 3),
    ]
    (rule,) = figures.precision_by_rule(session, since=SINCE, until=UNTIL)
    assert (rule.name, rule.count, rule.total) == ("interaction.knowledge_base", 3, 4)
    assert (rule.low, rule.high) == figures.wilson(3, 4)


def test_queue_age_has_every_span(session: Session, submit: Submit) -> None:
    at = datetime(2026, 5, 10, tzinfo=UTC)
    for hours in (0.5, 2, 5, 30, 100, 500, 501):
        submit(session).created_at = at - timedelta(hours=hours)
    session.flush()
    found = figures.queue_age(session, at=at)
    high = {one.day: one.count for one in found if one.what == "high"}
    assert list(high.values()) == [1, 1, 1, 1, 1, 2]
    assert sum(one.count for one in found) == 7
    assert len(found) == len(figures.AGES) * 5


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(0, 0, 0, 0), (0, 10, 0, 0.2775), (10, 10, 0.7225, 1), (5, 10, 0.2366, 0.7634)],
)
def test_wilson_as_printed(count: int, total: int, low: float, high: float) -> None:
    assert figures.wilson(count, total) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 1_000_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_wilson_holds_the_share(counted: tuple[int, int]) -> None:
    count, total = counted
    low, high = figures.wilson(count, total)
    assert 0 <= low <= count / total + 1e-12
    assert count / total - 1e-12 <= high <= 1
