"""The level of a claim's risk: the highest of its flags, never a sum or an average.

Below all flags lies what a believer stakes on any promise of something sold
outside ordinary care: money and hope.  The guideline (section 6) calls that
``low`` and gives it no code.
"""

from __future__ import annotations

from collections.abc import Iterable

from claimcheck.judging.risk.situation import CARE, Situation
from claimcheck.types import Kind, RiskFlag, RiskLevel

# What people do or are given without a seller's promise in between.
ORDINARY = CARE | {Kind.PROCEDURE, Kind.EXERCISE}


def overall(flags: Iterable[RiskFlag]) -> RiskLevel:
    """Return the highest level among ``flags``, ``none`` where there are none."""
    return highest(flag.level for flag in flags)


def at_stake(situation: Situation) -> RiskLevel:
    """Return ``low`` for a promise of something outside ordinary care, else ``none``."""
    if not situation.is_promise or situation.kind in ORDINARY:
        return RiskLevel.NONE
    return RiskLevel.LOW


def highest(levels: Iterable[RiskLevel]) -> RiskLevel:
    """Return the worst of ``levels``, ``none`` where there are none."""
    return max(levels, key=lambda level: level.rank, default=RiskLevel.NONE)


def in_ordinary_use(level: RiskLevel) -> RiskLevel:
    """Return the level for a reader who follows an ordinary promise.

    An entry of the knowledge base tells the worst that is known, which befalls few of those who use
    a thing as the text says: one level lower, never below ``low``.  ``critical`` stays: there the
    ordinary use is what kills.
    """
    return one_lower(level) if level in (RiskLevel.MODERATE, RiskLevel.HIGH) else level


def one_lower(level: RiskLevel) -> RiskLevel:
    """Return the next milder level; ``none`` stays."""
    return list(RiskLevel)[max(level.rank - 1, 0)]
