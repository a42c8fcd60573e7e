"""Why something is decided: reason codes, which of them an action offers, which actions need one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from sqlalchemy.orm import Session

from api.access.actors import Actor
from api.review import settings
from api.review.errors import ReasonRequired, UnknownReason
from api.storage.tables import DecisionAction


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, and what it rests on.

    Attributes:
        code: what is stored and sent.
        label: what a moderator picks.
        ground: the law, or the platform's terms (Regulation (EU) 2022/2065, Article 17(3)(d) and (e)).
        text: what a statement of reasons says of it: the ground, and why the content is against it.
    """

    code: str
    label: str
    ground: Literal["legal", "terms"]
    text: str


@dataclass(frozen=True, slots=True)
class ReasonPolicy:
    """Every reason, which actions need one, and which reasons each action offers."""

    reasons: tuple[Reason, ...]
    required: frozenset[DecisionAction]
    offered: Mapping[DecisionAction, tuple[str, ...]]

    def find(self, code: str | None) -> Reason | None:
        """Return the reason of this code."""
        return next((reason for reason in self.reasons if reason.code == code), None)

    def of(self, action: DecisionAction) -> tuple[Reason, ...]:
        """Return what this action offers: every reason where nothing is said of it."""
        codes = self.offered.get(action)
        return tuple(reason for reason in self.reasons if codes is None or reason.code in codes)

    def require(self, action: DecisionAction, code: str | None) -> None:
        """Refuse a decision without a reason it needs, or with one it does not offer.

        Raises:
            ReasonRequired: the action needs a reason.
            UnknownReason: this one does not exist or is not offered.
        """
        if code is None:
            if action in self.required:
                raise ReasonRequired(action)
            return
        if all(reason.code != code for reason in self.of(action)):
            raise UnknownReason("not a reason of this action")


_HARMFUL = ("dangerous_advice", "discourages_treatment", "contradicted_claim", "unsupported_claim")
_UNLAWFUL = ("unauthorised_health_claim", "disease_claim_for_food", "unauthorised_medicine")
_RESTRICTING = (*_HARMFUL, *_UNLAWFUL, "other_terms")

DEFAULT = ReasonPolicy(
    reasons=(
        Reason(
            "dangerous_advice",
            "Could lead to serious harm",
            "terms",
            "Our terms do not allow advice on health that could seriously harm a person who follows it, "
            "such as an unsafe dose or a dangerous combination.",
        ),
        Reason(
            "discourages_treatment",
            "Discourages needed treatment",
            "terms",
            "Our terms do not allow content that leads people to stop, put off or replace a treatment "
            "that they need.",
        ),
        Reason(
            "contradicted_claim",
            "Contradicted by evidence",
            "terms",
            "Our terms do not allow claims on health that reliable evidence contradicts.",
        ),
        Reason(
            "unsupported_claim",
            "No evidence for the claim",
            "terms",
            "Our terms do not allow claims that something treats, cures or prevents a disease where there is "
            "no evidence that it does.",
        ),
        Reason(
            "unauthorised_health_claim",
            "Health claim that is not authorised (EU)",
            "legal",
            "Regulation (EC) No 1924/2006, Article 10(1), prohibits health claims on foods that are not "
            "authorised and on the list of permitted claims. The claim described here is made for a food or "
            "food supplement.",
        ),
        Reason(
            "disease_claim_for_food",
            "Disease claim for a food (EU)",
            "legal",
            "Regulation (EU) No 1169/2011, Article 7(3), prohibits attributing to a food the property of "
            "preventing, treating or curing a human disease. The claim described here does so.",
        ),
        Reason(
            "unauthorised_medicine",
            "Advertises an unauthorised medicine (EU)",
            "legal",
            "Directive 2001/83/EC, Article 87(1), prohibits advertising a medicinal product that has no "
            "marketing authorisation. The content described here presents a product as one that treats or "
            "prevents disease.",
        ),
        Reason(
            "other_terms",
            "Another term of ours",
            "terms",
            "The content is against another of our terms: [which one, and why].",
        ),
        Reason(
            "no_health_claim",
            "Makes no claim on health",
            "terms",
            "The content makes no claim on health that our terms speak of.",
        ),
        Reason(
            "claim_holds",
            "The claim holds",
            "terms",
            "What the content claims is in line with the evidence that is known.",
        ),
        Reason(
            "reports_or_refutes",
            "Reports, asks or refutes",
            "terms",
            "The content reports, questions or refutes a claim and does not make it.",
        ),
        Reason(
            "personal_account",
            "A person's own account",
            "terms",
            "The content tells what somebody went through and advises nobody.",
        ),
        Reason(
            "needs_an_expert",
            "Needs an expert",
            "terms",
            "The content is being looked at by somebody with more knowledge of the matter.",
        ),
    ),
    # Article 17 asks for reasons where content is removed or made less visible.
    required=frozenset({DecisionAction.LIMIT, DecisionAction.REMOVE}),
    offered={
        DecisionAction.ALLOW: (
            "no_health_claim",
            "claim_holds",
            "reports_or_refutes",
            "personal_account",
        ),
        DecisionAction.LABEL: (*_HARMFUL, *_UNLAWFUL, "personal_account", "other_terms"),
        DecisionAction.LIMIT: _RESTRICTING,
        DecisionAction.REMOVE: _RESTRICTING,
        DecisionAction.ESCALATE: ("needs_an_expert", *_RESTRICTING),
    },
)


def policy(session: Session) -> ReasonPolicy:
    """Return the policy that holds: what an admin set, or :data:`DEFAULT`."""
    found = settings.stored(session, settings.REASONS)
    if found is None:
        return DEFAULT
    return ReasonPolicy(
        reasons=tuple(
            Reason(one.code, one.label, cast(Literal["legal", "terms"], one.ground), one.text)
            for one in found.reasons
        ),
        required=found.required,
        offered=dict(found.offered),
    )


def set_policy(session: Session, policy: ReasonPolicy, *, actor: Actor) -> None:
    """Set the policy.

    Raises:
        UnusableValue: a code is used twice or stands for nothing, or a needed reason is not offered.
    """
    values: dict[str, object] = {
        "reasons": [
            {"code": one.code, "label": one.label, "ground": one.ground, "text": one.text}
            for one in policy.reasons
        ],
        "required": policy.required,
        "offered": policy.offered,
    }
    settings.put(session, settings.REASONS, settings.read(settings.REASONS, values), actor=actor)
