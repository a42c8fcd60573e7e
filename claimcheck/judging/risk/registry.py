"""All risk rules, in the order of their ids, and how they are applied to one claim."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from dataclasses import replace
from importlib import import_module
from itertools import islice

from claimcheck.judging.risk import rules
from claimcheck.judging.risk.rule import Rule
from claimcheck.judging.risk.situation import Situation
from claimcheck.kb.store import KnowledgeBase
from claimcheck.types import Claim, Jurisdiction, Risk, RiskFlag, RiskLevel, Signal

VERSION = "2026.11.23.3"
"""Version of the rules: moves whenever one of them, or a list they use, changes."""


MOST_SIGNALS = 50
"""Signals looked at in one sentence: a run-on text of a megabyte is one sentence too."""

TOLD_FIRST: tuple[Risk, ...] = (
    Risk.EMERGENCY,
    Risk.DISCONTINUATION,
    Risk.INTERACTION,
    Risk.DOSAGE,
    Risk.VACCINE_HESITANCY,
    Risk.VULNERABLE_GROUP,
    Risk.SUBSTITUTION,
    Risk.SERIOUS_CONDITION,
    Risk.TOXICITY,
    Risk.DEPENDENCE,
    Risk.UNSUPERVISED_USE,
    Risk.ILLEGAL_OR_RECALLED,
)
"""Order among flags of one level: what this sentence brings about comes before
what holds of the intervention anywhere."""


def _found_rules() -> tuple[Rule, ...]:
    """Import every module of the folder; each must hold a ``RULE``."""
    names = sorted(module.name for module in pkgutil.iter_modules(rules.__path__))
    found: list[Rule] = [import_module(f"{rules.__name__}.{name}").RULE for name in names]
    return tuple(sorted(found, key=lambda rule: rule.id))


RULES: tuple[Rule, ...] = _found_rules()


def risks_of(
    claim: Claim,
    kb: KnowledgeBase,
    *,
    signals: Iterable[Signal] = (),
    jurisdictions: tuple[Jurisdiction, ...] = (Jurisdiction.US,),
) -> tuple[RiskFlag, ...]:
    """Return every flag that the rules raise for a claim, worst first.

    Args:
        claim: the claim as read.
        kb: the knowledge base to ask.
        signals: those of the claim's own sentence; others are left out, and
            more than ``MOST_SIGNALS`` of them are not looked at.
        jurisdictions: whose law and warnings to tell of.
    """
    here = tuple(islice((s for s in signals if s.sentence == claim.sentence), MOST_SIGNALS))
    situation = Situation(claim=claim, kb=kb, signals=here, jurisdictions=jurisdictions)
    return ordered(_as_told(flag, situation) for rule in RULES for flag in rule.apply(situation))


def _as_told(flag: RiskFlag, situation: Situation) -> RiskFlag:
    """Life-threatening *as instructed* (guideline, section 6): what is only told of is ``high`` at most."""
    if flag.level is not RiskLevel.CRITICAL or situation.is_told_to_act:
        return flag
    return replace(flag, level=RiskLevel.HIGH)


def ordered(flags: Iterable[RiskFlag]) -> tuple[RiskFlag, ...]:
    """Return the flags worst first, each message of a rule once, none of level ``none``."""
    first: dict[tuple[str, str, str], RiskFlag] = {}
    for flag in flags:
        if flag.level is not RiskLevel.NONE:
            key = (flag.rule, flag.code, flag.message)
            known = first.get(key)
            if known is None or known.level.rank < flag.level.rank:
                first[key] = flag
    return tuple(
        sorted(first.values(), key=lambda f: (-f.level.rank, TOLD_FIRST.index(f.code), f.rule, f.message))
    )
