"""What admins set for everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api.review import reasons, retention, settings
from api.review.reasons import DEFAULT, Reason, ReasonPolicy
from api.review.settings import REDRESS
from api.storage.tables import AuditEntry, DecisionAction
from tests.api.console.visiting import Browser, services_of

REASON: dict[str, Any] = {
    "code": "spam",
    "label": "Spam & scams",
    "ground": "terms",
    "text": "Our terms\r\ndo not allow it.",
    "actions": ["limit", "remove"],
}


@pytest.fixture
def admin(visitor: Callable[..., Browser]) -> Browser:
    """An admin's browser."""
    return visitor("admin", "root")


def _policy(app: FastAPI) -> ReasonPolicy:
    with services_of(app).database.read() as session:
        return reasons.policy(session)


def _offers(policy: ReasonPolicy) -> dict[DecisionAction, tuple[Reason, ...]]:
    return {action: policy.of(action) for action in DecisionAction}


def _audited(app: FastAPI) -> list[str | None]:
    with services_of(app).database.read() as session:
        return list(session.scalars(select(AuditEntry.object_id)))


def test_a_reason_is_added_changed_and_deleted(started: FastAPI, admin: Browser) -> None:
    assert admin.send_form("/admin/settings/reasons", REASON).status_code == 303
    assert "The settings are kept" in admin.get("/admin/settings").text
    policy = _policy(started)
    found = policy.find("spam")
    assert found is not None
    assert (found.label, found.text) == ("Spam & scams", "Our terms\ndo not allow it.")
    assert [action for action in DecisionAction if found in policy.of(action)] == ["limit", "remove"]
    assert policy.reasons[:-1] == DEFAULT.reasons
    page = admin.get("/admin/settings").text
    assert "Spam &amp; scams" in page

    changed = REASON | {"label": "Scams", "ground": "legal", "actions": ["escalate"]}
    assert admin.send_form("/admin/settings/reasons/spam", changed).status_code == 303
    policy = _policy(started)
    found = policy.find("spam")
    assert found is not None
    assert (found.label, found.ground) == ("Scams", "legal")
    assert [action for action in DecisionAction if found in policy.of(action)] == ["escalate"]

    assert admin.send_form("/admin/settings/reasons/spam/delete").status_code == 303
    assert _offers(_policy(started)) == _offers(DEFAULT)
    assert _audited(started) == ["reasons"] * 3


def test_a_changed_reason_keeps_its_place(started: FastAPI, admin: Browser) -> None:
    fields = REASON | {"label": "Renamed", "actions": ["label", "limit", "remove", "escalate"]}
    admin.send_form("/admin/settings/reasons/contradicted_claim", fields)
    policy = _policy(started)
    assert [one.code for one in policy.reasons] == [one.code for one in DEFAULT.reasons]
    renamed = {action: [one.code for one in policy.of(action)] for action in DecisionAction}
    assert renamed == {action: [one.code for one in DEFAULT.of(action)] for action in DecisionAction}


@pytest.mark.parametrize(
    "fields",
    [
        {"code": ""},
        {"code": "Not A Code"},
        {"code": "dangerous_advice"},
        {"label": ""},
        {"label": "x" * 121},
        {"ground": "mood"},
        {"text": ""},
        {"text": "x" * 2_001},
        {"text": "a\0b"},
        {"label": "a\0b"},
    ],
)
def test_reasons_that_are_refused(started: FastAPI, admin: Browser, fields: dict[str, str]) -> None:
    reply = admin.send_form("/admin/settings/reasons", REASON | fields)
    assert (reply.status_code, '<p class="fault" role="alert">' in reply.text) == (422, True)
    assert _policy(started) == DEFAULT
    assert _audited(started) == []


def test_what_was_typed_is_not_lost_and_no_markup(admin: Browser) -> None:
    text = "</textarea><script>x</script>"
    page = admin.send_form("/admin/settings/reasons", REASON | {"code": "A B", "text": text}).text
    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page


def test_reasons_that_are_not_there(admin: Browser) -> None:
    assert admin.send_form("/admin/settings/reasons/nothing", REASON).status_code == 404
    assert admin.send_form("/admin/settings/reasons/nothing/delete").status_code == 404


def test_which_decisions_need_a_reason(started: FastAPI, admin: Browser) -> None:
    assert admin.send_form("/admin/settings/required", {"actions": ["remove", "escalate"]}).status_code == 303
    assert _policy(started).required == {DecisionAction.REMOVE, DecisionAction.ESCALATE}
    assert admin.send_form("/admin/settings/required").status_code == 303
    assert _policy(started).required == frozenset()


def test_an_action_that_needs_a_reason_keeps_one(started: FastAPI, admin: Browser) -> None:
    admin.send_form("/admin/settings/required", {"actions": ["escalate"]})
    policy = _policy(started)
    codes = [one.code for one in policy.of(DecisionAction.ESCALATE)]
    replies = [admin.send_form(f"/admin/settings/reasons/{code}/delete").status_code for code in codes]
    assert replies == [303] * (len(codes) - 1) + [422]
    assert len(_policy(started).of(DecisionAction.ESCALATE)) == 1


def test_redress_and_retention(started: FastAPI, admin: Browser) -> None:
    assert admin.send_form("/admin/settings/redress", {"text": " Write to us.\r\nNow. "}).status_code == 303
    days = {"decided_items": "90", "job_results": "", "feedback": "1", "audit": "36500", "sessions": "30"}
    assert admin.send_form("/admin/settings/retention", days).status_code == 303
    with services_of(started).database.read() as session:
        assert settings.get(session, REDRESS).text == "Write to us.\nNow."
        kept = retention.policy(session)
    assert (kept.decided_items, kept.job_results, kept.audit) == (90, None, 36_500)
    assert _audited(started) == ["redress", "retention"]


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        ("redress", {"text": ""}),
        ("redress", {"text": "x" * 4_001}),
        ("redress", {"text": "a\0b"}),
        ("retention", {"decided_items": "0"}),
        ("retention", {"audit": "-5"}),
        ("retention", {"audit": "soon"}),
        ("retention", {"audit": "99999999999"}),
    ],
)
def test_settings_that_are_refused(
    started: FastAPI, admin: Browser, part: str, fields: dict[str, str]
) -> None:
    reply = admin.send_form(f"/admin/settings/{part}", fields)
    assert (reply.status_code, '<p class="fault" role="alert">' in reply.text) == (422, True)
    assert _audited(started) == []
