"""What holds for any text, whatever the trained parts make of it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from claimcheck.checker import Checker
from claimcheck.errors import InputError
from claimcheck.types import Assessment, RiskLevel

# Signs that take one, two or four bytes, one or two UTF-16 units, or join with what stands beside them.
SIGNS = [
    "🍋",
    "👩‍⚕️",
    "e\u0301",
    "\u200d",
    "שלום ",
    "\r\n",
    "\u00a0",
    "\t",
    "🏳️‍🌈",
    "\U0001d54f",
    "—",
    "&amp;",
    "<b>",
    "\ufeff",
]
CLAIMS = [
    "Ginger cures cancer.",
    "Kratom may ease pain.",
    "It prevents flu!",
    "Vaccines cause autism.",
    "Take ginger for nausea.",
    "Does garlic cure cancer?",
    "Garlic does not cure cancer.",
    "Kratom is safe.",
    "Take 5 g of kratom daily.",
    "- Boosts immunity",
]
FILL = ["\n\n", " ", "\n", "The bus leaves at nine. ", "Kratom Leaf\n", "<p>", "</p>"]
TEXTS = st.lists(
    st.sampled_from([*SIGNS, *CLAIMS, *FILL]) | st.text(max_size=5), min_size=1, max_size=14
).map("".join)
CLAIM_TEXTS = st.tuples(
    st.lists(st.sampled_from(SIGNS), max_size=6).map("".join), st.sampled_from(CLAIMS), st.sampled_from(SIGNS)
).map(lambda parts: f"{parts[0]} \n\n{parts[1]} {parts[2]}")


def utf16(text: str, start: int, end: int) -> str:
    """Return the slice as a program that counts UTF-16 units would take it."""
    return text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le")


def spans(value: object) -> list[dict[str, Any]]:
    """Return every span object of a report, wherever it stands."""
    found: list[dict[str, Any]] = []
    if isinstance(value, dict):
        if "exact" in value:
            found.append(value)
        for inner in value.values():
            found += spans(inner)
    elif isinstance(value, list):
        for inner in value:
            found += spans(inner)
    return found


def report_of(checker: Checker, text: str) -> dict[str, Any] | None:
    """Return the report, or None where the text is refused as the contract says."""
    try:
        return checker.check(text, min_probability=0.0).to_dict()
    except InputError:
        return None


@given(TEXTS | CLAIM_TEXTS)
@settings(max_examples=150)
def test_offsets_come_back_in_both_units(checker: Checker, text: str) -> None:
    report = report_of(checker, text)
    for span in spans(report):
        start, end = span["start"], span["end"]
        assert 0 <= start < end <= len(text)
        assert span["exact"] == text[start:end]
        assert span["exact"] == utf16(text, span["start_utf16"], span["end_utf16"])
        assert text[:start].endswith(span["prefix"])
        assert text[end:].startswith(span["suffix"])


@given(CLAIM_TEXTS)
@settings(max_examples=60)
def test_emoji_before_a_claim_hide_no_claim(checker: Checker, text: str) -> None:
    """The fragments that stand for themselves are found with their own words, behind any sign."""
    report = report_of(checker, text)
    assert report is not None
    if "Ginger cures cancer." in text:
        assert "Ginger cures cancer" in [c["span"]["exact"] for c in report["claims"]]


@given(TEXTS)
@settings(max_examples=100)
def test_a_report_hangs_together(checker: Checker, text: str) -> None:
    report = report_of(checker, text)
    if report is None:
        return
    ids = [c["id"] for c in report["claims"]]
    assert len(ids) == len(set(ids))
    for claim in report["claims"]:
        sentence = claim["sentence"]
        assert sentence["start"] <= claim["span"]["start"] < claim["span"]["end"] <= sentence["end"]
        levels = [RiskLevel(f["level"]).rank for f in claim["risk"]["flags"]]
        # the highest flag; below all flags, money and hope may be at stake (low, without a code)
        lowest = RiskLevel(claim["risk"]["level"]).rank
        assert lowest == max(levels, default=0) or (lowest == 1 and not levels)
        assert claim["assessment"] != Assessment.NOT_ASSERTED or not claim["flagged"]
        assert 0.0 <= claim["probability"] <= 1.0
        assert claim["explanation"].strip()
    assert all(0.0 <= value <= 1.0 for value in report["scores"].values())
    assert report["text"]["length"] == len(text)
    assert json.loads(json.dumps(report)) == report


@given(TEXTS)
@settings(max_examples=50)
def test_twice_gives_the_same_bytes(checker: Checker, text: str) -> None:
    try:
        first = checker.check(text).to_json()
    except InputError:
        return
    assert checker.check(text).to_json() == first


@given(st.lists(TEXTS.filter(str.strip), max_size=5))
@settings(max_examples=40)
def test_pipe_equals_check_on_any_texts(checker: Checker, texts: list[str]) -> None:
    sound = [t for t in texts if report_of(checker, t) is not None]
    assert [r.to_json() for r in checker.pipe(sound)] == [checker.check(t).to_json() for t in sound]


@given(st.text(max_size=60))
@settings(max_examples=200)
def test_any_text_is_a_report_or_an_input_error(checker: Checker, text: str) -> None:
    report = report_of(checker, text)
    assert report is None or report["report_version"] == "1"


@given(
    TEXTS, st.sampled_from(["The bus leaves at nine.", "Prices vary from shop to shop.", "🍋🍋🍋", "1 2 3"])
)
@settings(max_examples=60)
def test_unrelated_text_below_moves_no_claim(checker: Checker, text: str, trail: str) -> None:
    if "<" in text or report_of(checker, text) is None:
        return
    whole = f"{text}\n\nThe end.\n\n"
    before, after = report_of(checker, whole), report_of(checker, f"{whole}{trail}")
    assert before is not None
    assert after is not None
    if before["text"]["language"] == after["text"]["language"]:
        assert [(c["id"], c["span"]["exact"], c["flagged"]) for c in after["claims"]] == [
            (c["id"], c["span"]["exact"], c["flagged"]) for c in before["claims"]
        ]
