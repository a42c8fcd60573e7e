"""From the two axes to a suggestion: what is flagged, in which order, and what to do about it.

Everything that a team may want to change is in ``policy.toml``.  A policy
orders and suggests; it never changes evidence, assessment or risk.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from claimcheck.errors import ConfigError
from claimcheck.judging.wording import is_caution
from claimcheck.types import (
    Action,
    Assessment,
    Claim,
    Evidence,
    EvidenceResult,
    Finding,
    RiskFlag,
    RiskLevel,
    Scores,
    Stance,
)

MAX_FILE_BYTES = 65_536

E = TypeVar("E", bound=StrEnum)
Table = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Policy:
    """A versioned table of choices; field by field as explained in ``policy.toml``."""

    version: str
    flag_assessments: frozenset[Assessment]
    flag_risk_level: RiskLevel
    spare_unknown_cautions: bool
    unknown_prior: float
    evidence_share: float
    risk_share: float
    assessment_weight: Mapping[Assessment, float]
    unknown_weight: float
    risk_weight: Mapping[RiskLevel, float]
    escalate_risk_level: RiskLevel
    review_risk_level: RiskLevel
    review_priority: float

    @classmethod
    def load(cls, path: Path | None = None) -> Policy:
        """Return the packaged policy, changed by the file at ``path`` where one is given.

        The version of a changed policy carries a hash of the file, so that two
        reports made under different policies never look alike.

        Raises:
            ConfigError: the file cannot be read, or holds an unknown key or a
                bad value; the message names the key.
        """
        packaged = files("claimcheck.judging").joinpath("policy.toml").read_bytes()
        tables = _parse(packaged, "policy.toml")
        if path is None:
            return _policy(tables)
        own = _read(path)
        changed = _policy(_merge(tables, _parse(own, path.name), path.name))
        return replace(changed, version=f"{changed.version}+{hashlib.sha256(own).hexdigest()[:8]}")

    def flagged(
        self, claim: Claim, evidence: EvidenceResult, assessment: Assessment, risk_level: RiskLevel
    ) -> bool:
        """Tell whether the claim is flagged (annotation guideline, section 7).

        One exception: a caution that the knowledge base is silent about is not
        flagged for that silence, only for its risk.
        """
        if assessment is Assessment.NOT_ASSERTED or claim.stance.value is Stance.REFUTED:
            return False
        if risk_level.rank >= self.flag_risk_level.rank:
            return True
        if assessment not in self.flag_assessments:
            return False
        if evidence.status is not Evidence.UNKNOWN:
            return True
        if self.spare_unknown_cautions and is_caution(claim):
            return False
        return evidence.prior is None or evidence.prior >= self.unknown_prior

    def evidence_weight(self, claim: Claim, evidence: EvidenceResult, assessment: Assessment) -> float:
        """Return how much the assessment counts, 0 to 1; less where the knowledge base is silent."""
        weight = self.assessment_weight[assessment]
        if evidence.status is not Evidence.UNKNOWN:
            return weight
        if self.spare_unknown_cautions and is_caution(claim):
            return 0.0
        return weight * (self.unknown_weight if evidence.prior is None else evidence.prior)

    def priority(
        self, claim: Claim, evidence: EvidenceResult, assessment: Assessment, risk_level: RiskLevel
    ) -> float:
        """Return the claim's place in a queue, 0 to 1.  It orders; it says nothing of truth.

        ``probability * (evidence_share * evidence weight + risk_share * risk weight)``
        """
        if assessment is Assessment.NOT_ASSERTED:
            return 0.0
        evidence_part = self.evidence_share * self.evidence_weight(claim, evidence, assessment)
        risk_part = self.risk_share * self.risk_weight[risk_level]
        return round(claim.probability * (evidence_part + risk_part), 4)

    def scores(self, findings: Iterable[Finding]) -> Scores:
        """Return the maxima over the findings that are not ``not_asserted``.

        ``unsupported`` is probability times evidence weight, ``risk`` is
        probability times risk weight: two numbers, for two questions.
        """
        counted = [f for f in findings if f.assessment is not Assessment.NOT_ASSERTED]
        unsupported = [
            f.claim.probability * self.evidence_weight(f.claim, f.evidence, f.assessment) for f in counted
        ]
        risk = [f.claim.probability * self.risk_weight[f.risk_level] for f in counted]
        return Scores(
            unsupported=round(max(unsupported, default=0.0), 4),
            risk=round(max(risk, default=0.0), 4),
            priority=max((f.priority for f in counted), default=0.0),
        )

    def action(self, findings: Iterable[Finding], alerts: Iterable[RiskFlag]) -> Action:
        """Return the suggestion for a text: that of its worst flagged finding or alert."""
        suggestions = [self._for_finding(f) for f in findings if f.flagged]
        suggestions += [self._for_level(alert.level) for alert in alerts]
        return max(suggestions, key=lambda action: action.rank, default=Action.ALLOW)

    def _for_finding(self, finding: Finding) -> Action:
        by_level = self._for_level(finding.risk_level)
        by_priority = Action.REVIEW if finding.priority >= self.review_priority else Action.LABEL
        return max(by_level, by_priority, key=lambda action: action.rank)

    def _for_level(self, level: RiskLevel) -> Action:
        if level.rank >= self.escalate_risk_level.rank:
            return Action.ESCALATE
        if level.rank >= self.review_risk_level.rank:
            return Action.REVIEW
        return Action.LABEL if level.rank >= self.flag_risk_level.rank else Action.ALLOW


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path.name}: cannot be read") from error
    if len(content) > MAX_FILE_BYTES:
        raise ConfigError(f"{path.name}: larger than {MAX_FILE_BYTES} bytes")
    return content


def _parse(content: bytes, name: str) -> dict[str, object]:
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name}: not a TOML file") from error


def _merge(packaged: Table, own: Table, name: str) -> dict[str, object]:
    """Return ``packaged`` with the keys of ``own`` put over it; ``own`` may add none."""
    merged = dict(packaged)
    for key, value in own.items():
        if key not in packaged:
            raise ConfigError(f"{name}: unknown key {key!r}")
        known = packaged[key]
        if isinstance(known, dict):
            if not isinstance(value, dict):
                raise ConfigError(f"{name}: {key!r} is a table")
            merged[key] = _merge(known, value, f"{name}: {key}")
        else:
            merged[key] = value
    return merged


def _policy(tables: Table) -> Policy:
    """Build a policy from complete tables, checking every value."""
    flag, priority, action = (_table(tables, name) for name in ("flag", "priority", "action"))
    return Policy(
        version=_text(tables, "version"),
        flag_assessments=frozenset(_members(flag, "assessments", Assessment)),
        flag_risk_level=_member(flag, "risk_level", RiskLevel),
        spare_unknown_cautions=_truth(flag, "spare_unknown_cautions"),
        unknown_prior=_share(flag, "unknown_prior"),
        evidence_share=_share(priority, "evidence_share"),
        risk_share=_shares_left(priority),
        assessment_weight=_weights(tables, "assessment_weight", Assessment),
        unknown_weight=_share(_table(tables, "unknown_weight"), "weight"),
        risk_weight=_weights(tables, "risk_weight", RiskLevel),
        escalate_risk_level=_member(action, "escalate_risk_level", RiskLevel),
        review_risk_level=_member(action, "review_risk_level", RiskLevel),
        review_priority=_share(action, "review_priority"),
    )


def _table(tables: Table, key: str) -> Table:
    value = tables[key]
    if not isinstance(value, dict):
        raise ConfigError(f"policy: {key!r} is a table")
    return value


def _text(table: Table, key: str) -> str:
    value = table[key]
    if not isinstance(value, str) or not value:
        raise ConfigError(f"policy: {key!r} is a text that is not empty")
    return value


def _truth(table: Table, key: str) -> bool:
    value = table[key]
    if not isinstance(value, bool):
        raise ConfigError(f"policy: {key!r} is true or false")
    return value


def _share(table: Table, key: str) -> float:
    value = table[key]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ConfigError(f"policy: {key!r} is a number from 0 to 1")
    return float(value)


def _shares_left(table: Table) -> float:
    """Return the risk share, refusing two shares that would let a priority pass 1."""
    risk = _share(table, "risk_share")
    if risk + _share(table, "evidence_share") > 1 + 1e-9:
        raise ConfigError("policy: 'evidence_share' and 'risk_share' together are at most 1")
    return risk


def _member(table: Table, key: str, labels: type[E]) -> E:
    return _label(table[key], key, labels)


def _members(table: Table, key: str, labels: type[E]) -> list[E]:
    value = table[key]
    if not isinstance(value, list):
        raise ConfigError(f"policy: {key!r} is a list")
    return [_label(item, key, labels) for item in value]


def _label(value: object, key: str, labels: type[E]) -> E:
    if not isinstance(value, str) or value not in list(labels):
        raise ConfigError(f"policy: {key!r} takes {', '.join(labels)}")
    return labels(value)


def _weights(tables: Table, key: str, labels: type[E]) -> dict[E, float]:
    table = _table(tables, key)
    return {label: _share(table, label) for label in labels}
