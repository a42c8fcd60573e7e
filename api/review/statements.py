"""Statements of reasons: a draft of what the author of a text is told of a decision, for a person to edit.

What such a statement holds is laid down in Regulation (EU) 2022/2065 (the
Digital Services Act), Article 17(3): the restriction (a), the facts and
circumstances (b), the use of automated means (c), the legal (d) or contractual
(e) ground with the reasons, and redress (f).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy.orm import Session

from api.access.actors import Actor
from api.review import audit
from api.review.deciding import usable_words
from api.review.errors import UnknownDecision
from api.review.reasons import Reason
from api.storage.tables import Decision, DecisionAction, Item
from claimcheck.reporting import wording
from claimcheck.types import Assessment, RiskLevel

LONGEST_STATEMENT = 20_000
_CLAIMS_NAMED = 5
_REFERENCES_NAMED = 3
_QUOTE = 300

_RESTRICTION: Mapping[str, str] = {
    DecisionAction.ALLOW: "Your content stays as it is. Nothing was restricted.",
    DecisionAction.LABEL: "Your content stays visible and carries a label with further information.",
    DecisionAction.LIMIT: "Your content stays available and is shown less prominently.",
    DecisionAction.REMOVE: "Your content was removed.",
    DecisionAction.ESCALATE: "No decision was made yet. Your content is being looked at once more.",
}
_SUGGESTIONS: Mapping[str, str] = {
    "allow": "to leave the content as it is",
    "label": "to label the content",
    "review": "that a person look at the content",
    "escalate": "that an experienced person look at the content",
}


def draft(item: Item, decision: Decision, *, reason: Reason | None, redress: str) -> str:
    """Return a draft of the statement of reasons for ``decision``, as plain text.

    The evidence is the one that stood before whoever decided (``decision.shown``), whatever the
    knowledge base holds today.  What the machine cannot know (territory, duration, who gave notice)
    is left open in square brackets.
    """
    if decision.undone_at is not None:
        return _undone(decision, redress=redress)
    parts = (
        ("Decision", _restriction(decision)),
        ("Facts and circumstances", _facts(item, decision)),
        ("Automated means", _automated(decision)),
        ("Ground", _ground(reason)),
        ("Redress", redress.strip()),
    )
    return "\n\n".join(f"{title}\n{text}" for title, text in parts) + "\n"


def save(session: Session, decision_id: str, *, actor: Actor, statement: str) -> Decision:
    """Keep the edited statement with its decision; an empty one removes it.

    Raises:
        UnknownDecision: there is none of this id.
        UnusableValue: it is too long or no text.
    """
    decision = session.get(Decision, decision_id)
    if decision is None:
        raise UnknownDecision("no such decision")
    written = usable_words(statement, field="statement", longest=LONGEST_STATEMENT)
    decision.statement = written if written.strip() else None
    audit.record(
        session,
        actor=actor,
        action="statement.saved",
        object_kind="item",
        object_id=decision.item_id,
        details={"decision_id": decision.id, "length": len(written)},
    )
    session.flush()
    return decision


def _undone(decision: Decision, *, redress: str) -> str:
    assert decision.undone_at is not None
    words = (
        f"The decision of {decision.created_at.date().isoformat()} was undone on "
        f"{decision.undone_at.date().isoformat()}. No restriction of it stands."
    )
    return f"Decision\n{words}\n\nRedress\n{redress.strip()}\n"


def _restriction(decision: Decision) -> str:
    lines = [_RESTRICTION[decision.action]]
    if decision.action in (DecisionAction.LIMIT, DecisionAction.REMOVE):
        lines.append("Where and for how long this holds: [territory and duration].")
    lines.append(f"Decided on {decision.created_at.date().isoformat()}.")
    return "\n".join(lines)


def _facts(item: Item, decision: Decision) -> str:
    lines = ["The content came to our attention through: [our own checks, or a notice by …]."]
    if item.source_url:
        lines.append(f"Where it stands: {item.source_url}")
    said = {claim["id"]: claim for claim in item.report["claims"]}
    shown = [claim for claim in decision.shown.get("claims", ()) if _counts(claim, said)]
    for claim in shown[:_CLAIMS_NAMED]:
        lines += _claim_lines(claim, said[claim["id"]])
    if len(shown) > _CLAIMS_NAMED:
        lines.append(f"There are {len(shown) - _CLAIMS_NAMED} more claims of this kind.")
    lines += [f"- Risk: {_one_line(alert['message'])}" for alert in item.report["alerts"][:_CLAIMS_NAMED]]
    return "\n".join(lines)


def _counts(shown: Mapping[str, Any], said: Mapping[str, Mapping[str, Any]]) -> bool:
    return shown["id"] in said and bool(said[shown["id"]]["flagged"])


def _claim_lines(shown: Mapping[str, Any], said: Mapping[str, Any]) -> Iterator[str]:
    """Yield the two axes apart: what is known, and what could happen."""
    yield f"- The content says: “{_one_line(said['span']['exact'])}”"
    assessment, level = Assessment(shown["assessment"]), RiskLevel(shown["risk_level"])
    yield f"  What is known: {wording.ASSESSMENT[assessment]}. {_one_line(said['explanation'])}"
    if level is not RiskLevel.NONE:
        yield f"  What could happen: {wording.RISK[level]}."
    for reference in shown["references"][:_REFERENCES_NAMED]:
        dated = f", {reference['published']}" if reference["published"] else ""
        yield f"  Reference: {reference['title']} ({reference['publisher']}{dated}), {reference['url']}"


def _automated(decision: Decision) -> str:
    suggestion = _SUGGESTIONS.get(decision.suggested_action, "that a person look at the content")
    versions = ", ".join(f"{name} {value}" for name, value in decision.shown.get("versions", {}).items())
    machine = decision.actor_kind in ("key", "system")
    decided = (
        "The decision was sent by a program of ours: [say whether a person made it]."
        if machine
        else "A person made the decision."
    )
    return (
        f"The content was found by an automated check for claims on health, which suggested {suggestion}. "
        f"{decided}\nVersions of the check: {versions}."
    )


def _ground(reason: Reason | None) -> str:
    if reason is None:
        return "[the law or the term that the decision rests on, and why]"
    title = (
        "The decision rests on the law." if reason.ground == "legal" else "The decision rests on our terms."
    )
    # The note stays inside: it is written for colleagues, not for whoever wrote the text.
    return f"{title} {reason.text}"


def _one_line(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _QUOTE else f"{words[:_QUOTE]}…"
