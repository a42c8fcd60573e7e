"""What a policy decides, what a team may change, and what it may not."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimcheck.errors import ConfigError
from claimcheck.judging.policy import MAX_FILE_BYTES, Policy
from claimcheck.types import (
    Action,
    Assessment,
    Basis,
    Claim,
    Evidence,
    EvidenceResult,
    Finding,
    Risk,
    RiskFlag,
    RiskLevel,
    RuleId,
    Scores,
)

from .support import claim

POLICY = Policy.load()
PLAIN = claim("treats", "x", "y")


def evidence(status: str = "insufficient", prior: float | None = None) -> EvidenceResult:
    return EvidenceResult(status=Evidence(status), basis=Basis.PAIR, confidence=0.9, prior=prior)


def flagged(
    assessment: str,
    level: str = "none",
    a_claim: Claim = PLAIN,
    known: EvidenceResult | None = None,
    policy: Policy = POLICY,
) -> bool:
    return policy.flagged(a_claim, known or evidence(), Assessment(assessment), RiskLevel(level))


@pytest.mark.parametrize(
    ("assessment", "level", "expected"),
    [
        ("supported", "none", False),
        ("supported", "low", False),
        ("supported", "moderate", True),
        ("overstated", "none", True),
        ("unsupported", "none", True),
        ("contradicted", "none", True),
        ("not_asserted", "critical", False),
    ],
)
def test_flagged_by_the_guideline(assessment: str, level: str, expected: bool) -> None:
    assert flagged(assessment, level) is expected


def test_a_refuted_claim_is_never_flagged() -> None:
    refuted = claim("treats", "x", "y", stance="refuted")
    assert not flagged("contradicted", "critical", refuted)


@pytest.mark.parametrize(
    ("relation", "polarity", "status", "level", "expected"),
    [
        ("harms", "affirmed", "unknown", "none", False),
        ("harms", "affirmed", "insufficient", "none", True),
        ("harms", "affirmed", "unknown", "moderate", True),
        ("treats", "negated", "unknown", "none", False),
        ("is_safe", "negated", "unknown", "none", False),
        ("harms", "negated", "unknown", "none", True),
        ("treats", "affirmed", "unknown", "none", True),
        ("is_safe", "affirmed", "unknown", "none", True),
    ],
)
def test_cautions_are_not_flagged_for_our_silence(
    relation: str, polarity: str, status: str, level: str, expected: bool
) -> None:
    a_claim = claim(relation, "x", "y", polarity=polarity)
    assert flagged("unsupported", level, a_claim, evidence(status)) is expected


def test_a_team_may_flag_cautions_too() -> None:
    strict = replace(POLICY, spare_unknown_cautions=False)
    assert flagged("unsupported", "none", claim("harms", "x", "y"), evidence("unknown"), strict)


@pytest.mark.parametrize(("prior", "expected"), [(None, True), (0.5, True), (0.49, False)])
def test_a_prior_decides_where_we_are_silent(prior: float | None, expected: bool) -> None:
    assert flagged("unsupported", "none", PLAIN, evidence("unknown", prior)) is expected


def test_a_prior_means_nothing_where_something_is_known() -> None:
    assert flagged("unsupported", "none", PLAIN, evidence("insufficient", 0.0))


def priority(
    assessment: str, level: str, probability: float = 1.0, known: EvidenceResult | None = None
) -> float:
    a_claim = claim("treats", "x", "y", probability=probability)
    return POLICY.priority(a_claim, known or evidence(), Assessment(assessment), RiskLevel(level))


@pytest.mark.parametrize(
    ("assessment", "level", "probability", "expected"),
    [
        ("unsupported", "high", 0.97, 0.97 * (0.4 + 0.6 * 0.95)),
        ("overstated", "none", 1.0, 0.4 * 0.7),
        ("supported", "moderate", 0.5, 0.5 * 0.6 * 0.5),
        ("contradicted", "critical", 1.0, 1.0),
        ("supported", "none", 1.0, 0.0),
        ("not_asserted", "critical", 1.0, 0.0),
    ],
)
def test_priority_formula(assessment: str, level: str, probability: float, expected: float) -> None:
    assert priority(assessment, level, probability) == pytest.approx(expected, abs=1e-4)


def test_silence_weighs_less_than_science() -> None:
    assert priority("unsupported", "none", known=evidence("unknown")) == pytest.approx(0.4 * 0.6)
    assert priority("unsupported", "none", known=evidence("unknown", 0.9)) == pytest.approx(0.4 * 0.9)


@given(
    st.sampled_from(list(Assessment)),
    st.sampled_from(list(RiskLevel)),
    st.floats(0, 1),
    st.sampled_from(list(RiskLevel)),
)
def test_priority_stays_in_range_and_grows_with_risk(
    assessment: Assessment, level: RiskLevel, probability: float, other: RiskLevel
) -> None:
    here = priority(assessment, level, probability)
    assert 0 <= here <= 1
    if other.rank >= level.rank:
        assert priority(assessment, other, probability) >= here


def finding(
    assessment: str = "unsupported",
    level: str = "none",
    *,
    is_flagged: bool = True,
    probability: float = 1.0,
    status: str = "insufficient",
) -> Finding:
    a_claim = claim("treats", "x", "y", probability=probability)
    known, judged, at = evidence(status), Assessment(assessment), RiskLevel(level)
    return Finding(
        claim=a_claim,
        evidence=known,
        assessment=judged,
        risks=(),
        risk_level=at,
        regulatory=(),
        flagged=is_flagged,
        priority=POLICY.priority(a_claim, known, judged, at),
        explanation="",
    )


def test_scores_are_maxima_of_two_axes_apart() -> None:
    found = [
        finding("unsupported", "none", probability=0.9),
        finding("supported", "high", probability=0.8),
        finding("not_asserted", "critical"),
    ]
    assert POLICY.scores(found) == Scores(
        unsupported=0.9, risk=round(0.8 * 0.95, 4), priority=round(0.8 * 0.6 * 0.95, 4)
    )


def test_nothing_found_scores_nothing() -> None:
    assert POLICY.scores([]) == Scores()


def alert(level: str) -> RiskFlag:
    return RiskFlag(rule=RuleId("toxicity.x"), code=Risk.TOXICITY, level=RiskLevel(level), message="m")


@pytest.mark.parametrize(
    ("findings", "alerts", "expected"),
    [
        ([], [], "allow"),
        ([finding("supported", is_flagged=False)], [], "allow"),
        ([finding("overstated")], [], "label"),
        ([finding("unsupported", "high")], [], "review"),
        ([finding("unsupported", "moderate")], [], "review"),
        ([finding("overstated", "moderate", probability=0.5)], [], "label"),
        ([finding("supported", "critical")], [], "escalate"),
        ([finding("contradicted", "critical", is_flagged=False)], [], "allow"),
        ([finding("overstated")], [alert("critical")], "escalate"),
        ([], [alert("high")], "review"),
        ([], [alert("moderate")], "label"),
        ([], [alert("low")], "allow"),
    ],
)
def test_action(findings: list[Finding], alerts: list[RiskFlag], expected: str) -> None:
    assert POLICY.action(findings, alerts) is Action(expected)


def own(folder: Path, text: str) -> Path:
    path = folder / "team.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_changes_only_its_own_keys_and_the_version(tmp_path: Path) -> None:
    changed = Policy.load(own(tmp_path, '[flag]\nrisk_level = "high"\n[risk_weight]\nlow = 0.3\n'))
    assert changed.version.startswith(f"{POLICY.version}+")
    assert changed.risk_weight == {**POLICY.risk_weight, RiskLevel.LOW: 0.3}
    back = replace(
        changed,
        version=POLICY.version,
        flag_risk_level=POLICY.flag_risk_level,
        risk_weight=POLICY.risk_weight,
    )
    assert changed.flag_risk_level is RiskLevel.HIGH
    assert back == POLICY


def test_two_files_never_share_a_version(tmp_path: Path) -> None:
    one = Policy.load(own(tmp_path, "[flag]\nunknown_prior = 0.6\n"))
    two = Policy.load(own(tmp_path, "[flag]\nunknown_prior = 0.7\n"))
    assert one.version != two.version


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("colour = 1", "unknown key 'colour'"),
        ("[flag]\nriskk = 1", "unknown key 'riskk'"),
        ('[flag]\nrisk_level = "huge"', "'risk_level' takes none, low"),
        ('[flag]\nassessments = ["wrong"]', "'assessments' takes"),
        ('[flag]\nassessments = "overstated"', "'assessments' is a list"),
        ("[flag]\nspare_unknown_cautions = 1", "true or false"),
        ("[priority]\nevidence_share = 1.5", "from 0 to 1"),
        ("[priority]\nevidence_share = true", "from 0 to 1"),
        ("[priority]\nevidence_share = 0.9", "together are at most 1"),
        ("[risk_weight]\nlow = nan", "from 0 to 1"),
        ("flag = 3", "'flag' is a table"),
        ('version = ""', "not empty"),
        ("[flag", "not a TOML file"),
    ],
)
def test_a_wrong_file_is_an_error_that_names_the_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Policy.load(own(tmp_path, text))
    assert says in str(caught.value)


def test_a_missing_huge_or_binary_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Policy.load(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="larger than"):
        Policy.load(own(tmp_path, "#" * (MAX_FILE_BYTES + 1)))
    assert Policy.load(own(tmp_path, "#" * MAX_FILE_BYTES)).flag_risk_level is POLICY.flag_risk_level
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not a TOML file"):
        Policy.load(tmp_path / "b.toml")


def test_the_packaged_file_names_every_label() -> None:
    packaged = tomllib.loads(files("claimcheck.judging").joinpath("policy.toml").read_text(encoding="utf-8"))
    assert set(packaged["assessment_weight"]) == set(Assessment)
    assert set(packaged["risk_weight"]) == set(RiskLevel)
