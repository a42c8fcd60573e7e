"""A claim gets back the opening that the tagger tore off it."""

from __future__ import annotations

import pytest

import claimcheck
from claimcheck.types import Polarity

CHECKER = claimcheck.load()


@pytest.mark.parametrize(
    "text",
    [
        "There is no evidence that homeopathy treats asthma.",
        "There is no proof that turmeric cures cancer.",
        "There is no evidence that ginger helps nausea.",
    ],
)
def test_a_denial_belongs_to_the_claim_behind_it(text: str) -> None:
    (finding,) = CHECKER.check(text).claims
    assert finding.claim.polarity.value is Polarity.NEGATED
    assert finding.claim.span.of(text) == text.removesuffix(".")
    assert not finding.flagged


def test_an_opening_that_names_something_stays_a_claim_of_its_own() -> None:
    text = "Ginger eases nausea. Turmeric cures cancer and prevents flu."
    found = CHECKER.check(text).claims
    assert len(found) == 3
