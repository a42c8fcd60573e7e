"""The level of a claim's risk: the highest of its flags, never a sum or an average."""

from __future__ import annotations

from collections.abc import Iterable

from claimcheck.types import RiskFlag, RiskLevel


def overall(flags: Iterable[RiskFlag]) -> RiskLevel:
    """Return the highest level among ``flags``, ``none`` where there are none."""
    return highest(flag.level for flag in flags)


def highest(levels: Iterable[RiskLevel]) -> RiskLevel:
    """Return the worst of ``levels``, ``none`` where there are none."""
    return max(levels, key=lambda level: level.rank, default=RiskLevel.NONE)


def one_lower(level: RiskLevel) -> RiskLevel:
    """Return the next milder level; ``none`` stays."""
    return list(RiskLevel)[max(level.rank - 1, 0)]
