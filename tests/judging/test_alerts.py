"""Risks that need no claim, and the claims that take them over."""

from __future__ import annotations

import pytest

from claimcheck.judging.risk.alerts import alerts
from claimcheck.types import Claim, Signal, Span

from .support import claim, signal, small_kb


def raised(signals: list[Signal], *claims: Claim) -> list[tuple[str, str]]:
    return [(str(a.code), str(a.level)) for a in alerts(signals, small_kb(), claims)]


@pytest.mark.parametrize(
    ("a_signal", "expected"),
    [
        (signal("dose", milligrams=9000, of="ginger"), [("dosage", "moderate")]),
        (signal("dose", "ginger", milligrams=9000), [("dosage", "moderate")]),
        (signal("dose", milligrams=4000, of="ginger"), []),
        (signal("dose", milligrams=9000), []),
        (signal("stop_medicine", "insulin"), [("discontinuation", "critical")]),
        (signal("stop_medicine", "sertraline"), [("discontinuation", "high")]),
        (signal("stop_medicine", "cetirizine"), [("discontinuation", "moderate")]),
        (signal("stop_medicine", "garlic"), []),
        (signal("drink_disinfectant"), [("toxicity", "critical")]),
        (signal("delay_emergency"), [("emergency", "critical")]),
        (signal("unsupervised"), []),
        (signal("vulnerable_group", "pregnancy"), []),
    ],
)
def test_a_signal_alone(a_signal: Signal, expected: list[tuple[str, str]]) -> None:
    assert raised([a_signal]) == expected


def test_an_alert_stands_where_its_signal_stands_and_cites() -> None:
    (alert,) = alerts([signal("drink_disinfectant", "bleach")], small_kb(), ())
    assert alert.span == Span(20, 30)
    assert alert.references == ("ref-b",)


def test_a_claim_in_the_sentence_takes_the_signal_over() -> None:
    stop = signal("stop_medicine", "insulin")
    assert raised([stop], claim("replaces", "garlic", "insulin")) == []
    assert raised([stop], claim("harms", "insulin", "pain", stance="refuted")) == []
    assert raised([stop], claim("replaces", "garlic", "insulin", sentence=Span(80, 120))) == [
        ("discontinuation", "critical")
    ]


def test_alerts_come_in_the_order_of_the_text_and_once() -> None:
    first, second = Span(0, 10), Span(30, 40)
    late = Signal("delay_emergency", second, second)
    early = Signal("drink_disinfectant", first, first)
    found = alerts([late, early, late], small_kb(), ())
    assert [a.span for a in found] == [first, second]
