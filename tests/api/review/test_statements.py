"""The draft of a statement of reasons: what Article 17(3) asks for, as it stood when it was decided."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access.actors import SYSTEM, Actor
from api.review import deciding, reasons, settings, statements
from api.review.errors import UnknownDecision, UnusableValue
from api.storage.columns import new_id
from api.storage.tables import AuditEntry, DecisionAction
from tests.api.review.conftest import Submit


def _draft(session: Session, submit: Submit, actor: Actor, **options: Any) -> str:  # noqa: ANN401
    item = submit(session, source_url="https://example.org/1")
    decided = {"action": DecisionAction.REMOVE, "reason_code": "dangerous_advice", **options}
    decision = deciding.decide(session, item.id, actor=actor, expected_version=1, **decided)
    reason = reasons.policy(session).find(decision.reason_code)
    redress = settings.get(session, settings.REDRESS).text
    return statements.draft(item, decision, reason=reason, redress=redress)


def test_a_draft_says_all_that_the_law_asks(session: Session, submit: Submit, ada: Actor) -> None:
    text = _draft(session, submit, ada, note="for colleagues only")
    parts = [part.partition("\n") for part in text.strip().split("\n\n")]
    assert [title for title, _, _ in parts] == [
        "Decision",
        "Facts and circumstances",
        "Automated means",
        "Ground",
        "Redress",
    ]
    decision, facts, automated, ground, redress = (body for _, _, body in parts)
    assert "was removed" in decision and "[territory and duration]" in decision
    assert "“Kratom potentiates antidepressants”" in facts
    assert "What is known: not supported." in facts and "What could happen: high risk." in facts
    assert "Kratom & health (A regulator, 2024-07), https://example.org/kratom?a=1&b=2" in facts
    assert "https://example.org/1" in facts
    assert "automated check" in automated and "A person made the decision." in automated
    assert "kb k1" in automated
    assert "our terms" in ground
    assert "Article 21" in redress and "court" in redress
    assert "colleagues" not in text


def test_the_evidence_is_the_one_shown_then(session: Session, submit: Submit, ada: Actor) -> None:
    item = submit(session)
    decision = deciding.decide(session, item.id, actor=ada, action=DecisionAction.LABEL, expected_version=1)
    (claim,) = decision.shown["claims"]
    claim["assessment"] = "contradicted"
    claim["references"][0]["title"] = "As it was called then"
    text = statements.draft(item, decision, reason=None, redress="r")
    assert "What is known: contradicted." in text
    assert "As it was called then" in text
    assert "[the law or the term" in text


def test_a_decision_sent_by_a_program_says_so(session: Session, submit: Submit) -> None:
    assert "A person made the decision" not in _draft(session, submit, SYSTEM)


def test_a_legal_ground_names_the_law(session: Session, submit: Submit, ada: Actor) -> None:
    text = _draft(session, submit, ada, reason_code="disease_claim_for_food")
    assert "rests on the law" in text and "Regulation (EU) No 1169/2011, Article 7(3)" in text


@pytest.mark.parametrize("action", list(DecisionAction))
def test_every_action_has_its_words(
    session: Session, submit: Submit, ada: Actor, action: DecisionAction
) -> None:
    reason = reasons.policy(session).of(action)[0]
    assert _draft(session, submit, ada, action=action, reason_code=reason.code).startswith("Decision\n")


def test_the_edited_statement_is_kept(session: Session, submit: Submit, ada: Actor) -> None:
    item = submit(session)
    made = deciding.decide(session, item.id, actor=ada, action=DecisionAction.LABEL, expected_version=1)
    assert statements.save(session, made.id, actor=ada, statement="My words.").statement == "My words."
    assert statements.save(session, made.id, actor=ada, statement=" ").statement is None
    for unusable in ("x" * 20_001, "a\0b"):
        with pytest.raises(UnusableValue):
            statements.save(session, made.id, actor=ada, statement=unusable)
    with pytest.raises(UnknownDecision):
        statements.save(session, new_id(), actor=ada, statement="x")
    assert "My words" not in str([entry.details for entry in session.scalars(select(AuditEntry))])
