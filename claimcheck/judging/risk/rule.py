"""What a risk rule is: an id, a code, a title, where it comes from, and a function."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from claimcheck.judging.risk.situation import Situation
from claimcheck.kb.store import RiskRecord
from claimcheck.types import ReferenceId, Risk, RiskFlag, RiskLevel, RuleId


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.  ``basis`` says in a sentence what the rule rests on.

    ``apply`` yields the flags the rule raises in a situation, none where it
    does not apply; it never reads evidence, certainty or probability.
    """

    id: RuleId
    code: Risk
    title: str
    basis: str
    apply: Callable[[Situation], Iterable[RiskFlag]]


def flag(
    rule: RuleId,
    code: Risk,
    level: RiskLevel,
    message: str,
    references: tuple[ReferenceId, ...] = (),
) -> RiskFlag:
    """Return a flag of a rule for the whole claim."""
    return RiskFlag(rule=rule, code=code, level=level, message=message, references=references)


def from_record(rule: RuleId, record: RiskRecord, *, level: RiskLevel | None = None) -> RiskFlag:
    """Return the flag that a risk entry of the knowledge base gives, at its own level unless told."""
    return flag(rule, record.code, level or record.level, record.because, record.references)
