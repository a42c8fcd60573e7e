"""The labels in plain words, for people; programs read the labels themselves.

No word here says "true" or "false": evidence and risk are two axes, and a
reader sees both.
"""

from __future__ import annotations

from claimcheck.reporting.wire import ClaimDict, MentionDict, ReferenceDict
from claimcheck.types import Assessment, Certainty, Relation, RiskLevel, Source, Stance

ASSESSMENT: dict[Assessment, str] = {
    Assessment.SUPPORTED: "supported",
    Assessment.OVERSTATED: "overstated",
    Assessment.UNSUPPORTED: "not supported",
    Assessment.CONTRADICTED: "contradicted",
    Assessment.NOT_ASSERTED: "not asserted",
}

RISK: dict[RiskLevel, str] = {
    RiskLevel.NONE: "no known risk",
    RiskLevel.LOW: "low risk",
    RiskLevel.MODERATE: "moderate risk",
    RiskLevel.HIGH: "high risk",
    RiskLevel.CRITICAL: "critical risk",
}

# What is said, affirmed and denied.
RELATION: dict[Relation, tuple[str, str]] = {
    Relation.TREATS: ("treats", "does not treat"),
    Relation.CURES: ("cures", "does not cure"),
    Relation.PREVENTS: ("prevents", "does not prevent"),
    Relation.RELIEVES: ("relieves", "does not relieve"),
    Relation.IMPROVES: ("improves", "does not improve"),
    Relation.POTENTIATES: ("strengthens", "does not strengthen"),
    Relation.REPLACES: ("replaces", "does not replace"),
    Relation.IS_SAFE: ("is safe", "is not safe"),
    Relation.HARMS: ("harms or causes", "does not harm or cause"),
}

CERTAINTY: dict[Certainty, str] = {
    Certainty.CERTAIN: "said as certain",
    Certainty.PROBABLE: "said as probable",
    Certainty.POSSIBLE: "said as possible",
}

STANCE: dict[Stance, str] = {
    Stance.ASSERTED: "asserted",
    Stance.REPORTED: "reported",
    Stance.QUESTIONED: "asked",
    Stance.REFUTED: "rejected by the writer",
    Stance.INSTRUCTED: "advised",
}

SOURCE: dict[Source, str] = {
    Source.AUTHOR: "the author",
    Source.STUDY: "a study",
    Source.EXPERT: "an expert",
    Source.TRADITION: "tradition",
    Source.TESTIMONIAL: "a testimonial",
    Source.VENDOR: "a seller",
    Source.UNSPECIFIED_OTHERS: "unnamed others",
}


def mention(argument: MentionDict | None) -> str:
    """Return an argument's name: the concept's where one fits, else the words of the text."""
    if argument is None:
        return "(not named)"
    return argument["concept"]["name"] if argument["concept"] else argument["text"]


def statement(claim: ClaimDict) -> str:
    """Return the claim as understood: "kratom strengthens antidepressants"."""
    affirmed, denied = RELATION[Relation(claim["relation"])]
    words = [mention(claim["intervention"]), denied if claim["polarity"] == "negated" else affirmed]
    if claim["target"] is not None or claim["relation"] != Relation.IS_SAFE:
        words.append(mention(claim["target"]))
    return " ".join(words)


def manner(claim: ClaimDict) -> str:
    """Return how it is said: "said as certain, asserted, source: the author"."""
    certainty = CERTAINTY[Certainty(claim["certainty"])]
    stance = STANCE[Stance(claim["stance"])]
    return f"{certainty}, {stance}, source: {SOURCE[Source(claim['source'])]}"


def evidence_axis(claim: ClaimDict) -> str:
    """Return the first axis: what is known, read against the wording."""
    assessment = ASSESSMENT[Assessment(claim["assessment"])]
    return f"{assessment} (evidence: {claim['evidence']['status']})"


def risk_axis(claim: ClaimDict) -> str:
    """Return the second axis: what can happen, with its codes."""
    level, codes = RISK[RiskLevel(claim["risk"]["level"])], risk_codes(claim)
    return f"{level}: {', '.join(codes)}" if codes else level


def risk_codes(claim: ClaimDict) -> list[str]:
    """Return the kinds of risk in words, each once, in the order of the report."""
    return list(dict.fromkeys(flag["code"].replace("_", " ") for flag in claim["risk"]["flags"]))


def references(claim: ClaimDict) -> list[ReferenceDict]:
    """Return every document behind the claim's evidence and risks, each once."""
    found: dict[str, ReferenceDict] = {}
    for one in claim["evidence"]["statements"]:
        found.update((reference["url"], reference) for reference in one["references"])
    for flag in claim["risk"]["flags"]:
        for reference in flag["references"]:
            found.setdefault(reference["url"], reference)
    return list(found.values())


def dated(reference: ReferenceDict) -> str:
    """Return publisher and date: "FDA, 2018-11-09 (read 2026-11-22)"."""
    published = reference["published"] or "undated"
    return f"{reference['publisher']}, {published} (read {reference['retrieved']})"


def counted(number: int, noun: str) -> str:
    """Return "1 claim", "2 claims"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def summary(*, claims: int, flagged: int, alerts: int) -> str:
    """Return the line of counts that ends a report."""
    parts = [counted(claims, "claim"), f"{flagged} flagged"]
    if alerts:
        parts.append(counted(alerts, "alert"))
    return ", ".join(parts)
