"""Notes on the law: by kind of intervention, relation, kind of target and jurisdiction."""

from __future__ import annotations

import pytest

from claimcheck.judging.regulation import notes
from claimcheck.types import Claim, Jurisdiction, RegulatoryNote

from .support import claim, small_kb

US, EU, UK = Jurisdiction.US, Jurisdiction.EU, Jurisdiction.UK


@pytest.mark.parametrize(
    ("a_claim", "jurisdictions", "rules"),
    [
        (claim("treats", "kratom", "depression"), [US], ["21 CFR 101.93(g)"]),
        (
            claim("treats", "kratom", "depression"),
            [EU, US],
            ["21 CFR 101.93(g)", "Regulation (EC) 1924/2006"],
        ),
        (claim("is_safe", "kratom"), [EU], ["Regulation (EC) 1924/2006"]),
        (claim("treats", "kratom", "pain"), [US], []),  # a symptom is no disease here
        (claim("treats", "kratom"), [US], []),
        (claim("improves", "kratom", "depression"), [US], []),
        (claim("treats", "insulin", "diabetes"), [US], []),
        (claim("treats", target="depression", unlinked_intervention=True), [US], []),
        (claim("treats", "kratom", "depression"), [UK], []),
        (claim("treats", "kratom", "depression"), [], []),
        (claim("treats", "kratom", "depression", polarity="negated"), [US], []),
        (claim("treats", "kratom", "depression", stance="refuted"), [US], []),
        (claim("treats", "kratom", "depression", stance="questioned"), [US], []),
    ],
)
def test_notes(a_claim: Claim, jurisdictions: list[Jurisdiction], rules: list[str]) -> None:
    assert [note.rule for note in notes(a_claim, small_kb(), jurisdictions)] == rules


def test_a_note_says_what_the_law_calls_it() -> None:
    assert notes(claim("treats", "garlic", "cancer"), small_kb(), [US]) == (
        RegulatoryNote(
            jurisdiction=US,
            claim_class="disease_claim",
            rule="21 CFR 101.93(g)",
            message="A supplement may not be sold with this claim.",
        ),
    )
