"""Text in, report out: bad input, options, and what a report promises."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest

import claimcheck
from claimcheck.checker import BATCH, MAX_TEXT_BYTES, Checker
from claimcheck.errors import (
    ConfigError,
    EmptyText,
    InputError,
    KnowledgeBaseError,
    NotText,
    TextTooLong,
    UnknownOption,
)
from claimcheck.reading.extract import MOST_CLAIMS
from claimcheck.reporting.report import Report
from claimcheck.types import Action, Assessment, Jurisdiction, Polarity, RiskLevel, Stance
from tests.reading.test_language import ARABIC, GERMAN, HEBREW

CLAIM = "Ginger cures cancer."
ARTICLE = (
    "Benefits of Kratom\n\nKratom is a plant of the coffee family. It may ease pain and lift mood. "
    "Some people say that kratom cures depression. There is no evidence for it.\n\n"
    "- Boosts energy\n- Take 5 g of kratom daily\n"
)

# -- input -------------------------------------------------------------------

BAD: list[tuple[str, object, type[InputError]]] = [
    ("empty", "", EmptyText),
    ("spaces", " \t\r\n\u00a0\u2003", EmptyText),
    ("a million newlines", "\n" * 1_000_000, EmptyText),
    ("too many bytes", "a " * 500_001, TextTooLong),
    ("too many bytes in few characters", "🍋" * 250_001, TextTooLong),
    ("ten megabytes", "ginger cures cancer. " * 500_000, TextTooLong),
    ("NUL", "Ginger\x00 cures cancer.", NotText),
    ("one NUL in a long text", "Ginger cures cancer. " * 50 + "\x00", NotText),
    ("lone high surrogate", "Ginger \ud83c cures cancer.", NotText),
    ("lone low surrogate", "Ginger \udf4b cures cancer.", NotText),
    ("control characters", "\x01\x02\x03\x04Ginger", NotText),
    ("bytes", b"Ginger cures cancer.", NotText),
    ("nothing", None, NotText),
    ("a number", 5, NotText),
    ("a list", [CLAIM], NotText),
]


@pytest.mark.parametrize(("text", "error"), [r[1:] for r in BAD], ids=[r[0] for r in BAD])
def test_bad_input_is_a_clear_error(checker: Checker, text: object, error: type[InputError]) -> None:
    with pytest.raises(error) as caught:
        checker.check(text)  # type: ignore[arg-type]
    assert type(caught.value) is error
    assert "Ginger" not in str(caught.value)
    assert "ginger" not in str(caught.value)
    with pytest.raises(error):
        list(checker.pipe([text]))  # type: ignore[list-item]


GOOD = [
    ("one sign", "."),
    ("one letter", "a"),
    ("tabs and form feeds", "Ginger\tcures\x0bcancer.\x0c"),
    ("a stray bell in a long text", CLAIM + " It is a root." * 20 + "\x07"),
    ("byte order mark", "\ufeff" + CLAIM),
    ("emoji only", "🍋👩‍⚕️" * 50),
    ("combining marks", "e\u0301\u0302\u0303" * 100),
    ("all lines", "\n" * 100_000 + CLAIM),
    ("one long word", "a" * MAX_TEXT_BYTES),
    ("as long as allowed", ("a " * 500_000)),
]


@pytest.mark.parametrize("text", [r[1] for r in GOOD], ids=[r[0] for r in GOOD])
def test_odd_input_is_a_clean_report(checker: Checker, text: str) -> None:
    report = checker.check(text)
    assert report.length == len(text)
    assert report.text_sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert all(
        c["span"]["exact"] == text[c["span"]["start"] : c["span"]["end"]] for c in report.to_dict()["claims"]
    )


@pytest.mark.parametrize(
    "unit", ["(", "<a", "&a", "1,", "'s", "<script>", "- ", "|", "\t1", "a. ", '"', "it "]
)
def test_a_megabyte_made_to_hurt_is_read(checker: Checker, unit: str) -> None:
    report = checker.check(unit * (MAX_TEXT_BYTES // len(unit)))
    assert report.claims == ()


def test_a_megabyte_of_claims_is_read(checker: Checker) -> None:
    text = "Ginger cures cancer.\n" * (MAX_TEXT_BYTES // 21)
    report = checker.check(text)
    assert len(report.claims) == MOST_CLAIMS
    assert "too_many_claims" in [w.code for w in report.warnings]
    assert "too_many_claims" not in [w.code for w in checker.check(text[: 21 * 20]).warnings]


# -- languages ---------------------------------------------------------------


@pytest.mark.parametrize(("text", "code"), [(GERMAN, "de"), (ARABIC, "ar"), (HEBREW, "he")])
def test_other_languages_are_never_guessed_at(checker: Checker, text: str, code: str) -> None:
    report = checker.check(text)
    assert report.claims == ()
    assert report.alerts == ()
    assert report.language == code
    assert "unsupported_language" in [w.code for w in report.warnings]
    assert report.action is Action.ALLOW
    assert not report.flagged


def test_english_has_no_such_warning(checker: Checker) -> None:
    report = checker.check(CLAIM)
    assert report.language == "en"
    assert "unsupported_language" not in [w.code for w in report.warnings]


def test_right_to_left_words_beside_a_claim_change_no_offset(checker: Checker) -> None:
    text = f"שלום עולם. \u202eעוד\u202c {CLAIM}"
    [claim] = checker.check(text).to_dict()["claims"]
    assert claim["span"]["exact"] == "Ginger cures cancer"
    assert text[claim["span"]["start"] : claim["span"]["end"]] == "Ginger cures cancer"


def test_text_given_as_html(checker: Checker) -> None:
    head = f"<head><title>x</title><script>var a = '{CLAIM}';</script></head>"
    text = f"<html>{head}<body><p>{CLAIM}</p></body></html>"
    [claim] = checker.check(text).to_dict()["claims"]
    assert claim["span"]["start"] == text.rindex("Ginger")
    assert claim["intervention"]["concept"]["id"] == "ginger"


# -- options -----------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"jurisdictions": ("fr",)},
        {"jurisdictions": ("us", "")},
        {"jurisdictions": "us"},
        {"min_probability": -0.1},
        {"min_probability": 1.1},
        {"min_probability": float("nan")},
    ],
)
def test_an_option_that_does_not_exist_is_refused(checker: Checker, options: dict[str, object]) -> None:
    with pytest.raises(UnknownOption):
        checker.check(CLAIM, **options)  # type: ignore[arg-type]
    with pytest.raises(UnknownOption):
        list(checker.pipe([CLAIM], **options))  # type: ignore[arg-type]


def test_jurisdictions_choose_the_law(checker: Checker) -> None:
    def laws(*chosen: str) -> set[str]:
        notes = checker.check("Ginger cures cancer.", jurisdictions=chosen).claims[0].regulatory
        return {note.jurisdiction.value for note in notes}

    assert laws("us") == {"us"}
    assert laws("eu") == {"eu"}
    assert laws("us", "eu", "us") == {"us", "eu"}
    assert laws() == set()
    assert checker.check(CLAIM, jurisdictions=["us"]).to_json() == checker.check(CLAIM).to_json()
    assert checker.check(CLAIM, jurisdictions=[Jurisdiction.US]).to_json() == checker.check(CLAIM).to_json()


def test_min_probability_is_a_threshold(checker: Checker) -> None:
    by_default = checker.check(ARTICLE).claims
    everything = checker.check(ARTICLE, min_probability=0.0).claims
    assert all(f.claim.probability >= 0.5 for f in by_default)
    assert [f.claim.id for f in everything if f.claim.probability >= 0.5] == [f.claim.id for f in by_default]
    assert checker.check(ARTICLE, min_probability=0.5).to_json() == checker.check(ARTICLE).to_json()
    assert checker.check(ARTICLE, min_probability=1.0).claims == ()


def test_a_policy_and_a_base_of_ones_own(tmp_path: Path) -> None:
    bad = tmp_path / "policy.toml"
    bad.write_text("no_such_key = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        claimcheck.load(policy=bad)
    with pytest.raises(KnowledgeBaseError):
        claimcheck.load(knowledge_base=tmp_path / "nowhere")


# -- what a report promises ----------------------------------------------------


def test_the_same_text_gives_the_same_bytes(checker: Checker) -> None:
    first = checker.check(ARTICLE).to_json()
    checker.check(CLAIM)
    assert checker.check(ARTICLE).to_json() == first


def test_two_checkers_give_the_same_bytes() -> None:
    one, other = claimcheck.load(), claimcheck.load()
    assert one.check(ARTICLE).to_json() == other.check(ARTICLE).to_json()


def test_no_text_in_the_repr(checker: Checker) -> None:
    shown = repr(checker.check(ARTICLE)) + repr(checker.check(ARTICLE).verdict)
    for word in ("Kratom", "kratom is", "coffee", "5 g"):
        assert word not in repr(checker.check(ARTICLE))
    assert ARTICLE not in shown
    assert "coffee family" not in shown


def test_the_report_names_its_versions(checker: Checker) -> None:
    report = checker.check(CLAIM)
    assert report.versions == checker.versions
    assert report.versions.claimcheck == claimcheck.__version__
    assert report.versions.kb == checker.kb.version


def test_claims_come_in_order_of_the_text(checker: Checker) -> None:
    starts = [f.claim.span.start for f in checker.check(ARTICLE).claims]
    assert len(starts) >= 3
    assert starts == sorted(starts)


def test_scores_are_maxima_between_none_and_one(checker: Checker) -> None:
    for text in (ARTICLE, CLAIM, "The bus leaves at nine."):
        scores = checker.check(text).scores
        assert all(0.0 <= s <= 1.0 for s in (scores.unsupported, scores.risk, scores.priority))
    nothing = checker.check("The bus leaves at nine.").scores
    assert (nothing.unsupported, nothing.risk, nothing.priority) == (0.0, 0.0, 0.0)


def test_flags_follow_the_guideline(checker: Checker) -> None:
    unsound = {Assessment.OVERSTATED, Assessment.UNSUPPORTED, Assessment.CONTRADICTED}
    for finding in checker.check(ARTICLE + CLAIM, min_probability=0.0).claims:
        if finding.flagged:
            assert finding.assessment is not Assessment.NOT_ASSERTED
            assert finding.claim.stance.value is not Stance.REFUTED
            assert finding.assessment in unsound or finding.risk_level.rank >= RiskLevel.MODERATE.rank


VERDICTS = [
    ("Ginger cures cancer.", True),
    ("Kratom cures depression.", True),
    ("Vaccines cause autism.", True),
    ("Garlic does not cure cancer.", False),
    ("The bus leaves at nine.", False),
    ("Talk to your doctor before you stop taking your medicine.", False),
    ("This product is not intended to diagnose, treat, cure or prevent any disease.", False),
    ("Do not stop taking your insulin.", False),
]


@pytest.mark.parametrize(("text", "flagged"), VERDICTS, ids=[t for t, _ in VERDICTS])
def test_plain_sentences_are_judged_as_the_guideline_says(checker: Checker, text: str, flagged: bool) -> None:
    assert checker.check(text).flagged is flagged


def test_a_denial_keeps_evidence_and_turns_assessment(checker: Checker) -> None:
    [affirmed] = checker.check("Garlic cures cancer.", min_probability=0.0).claims
    [denied] = checker.check("Garlic does not cure cancer.", min_probability=0.0).claims
    assert denied.claim.polarity.value is Polarity.NEGATED
    assert denied.evidence.status is affirmed.evidence.status
    assert (affirmed.assessment, denied.assessment) in (
        (Assessment.CONTRADICTED, Assessment.SUPPORTED),
        (Assessment.UNSUPPORTED, Assessment.SUPPORTED),
    )


def test_hedging_lowers_certainty_and_never_risk(checker: Checker) -> None:
    [plain] = checker.check("Kratom treats depression.", min_probability=0.0).claims
    [hedged] = checker.check("Kratom may treat depression.", min_probability=0.0).claims
    assert hedged.claim.certainty.value.rank < plain.claim.certainty.value.rank
    assert hedged.risk_level is plain.risk_level
    assert hedged.evidence.status is plain.evidence.status


@pytest.mark.parametrize(
    "trail", ["The bus leaves at nine.", "🍋" * 10, "<p>Prices vary</p>", "\n\n\n", "1 2 3"]
)
def test_unrelated_text_below_changes_no_claim(checker: Checker, trail: str) -> None:
    before = checker.check(ARTICLE).claims
    after = checker.check(f"{ARTICLE}\n\n{trail}").claims
    assert [(f.claim.id, f.claim.span, f.flagged, f.assessment) for f in after] == [
        (f.claim.id, f.claim.span, f.flagged, f.assessment) for f in before
    ]


# -- many texts ----------------------------------------------------------------

TEXTS = [CLAIM, ARTICLE, "The bus leaves at nine.", GERMAN, f"🍋 {CLAIM}", f"<p>{CLAIM}</p>"] * 4


def test_pipe_equals_check(checker: Checker) -> None:
    assert len(TEXTS) > BATCH
    assert [r.to_json() for r in checker.pipe(TEXTS)] == [checker.check(t).to_json() for t in TEXTS]


def test_pipe_hands_on_its_options(checker: Checker) -> None:
    [piped] = checker.pipe([ARTICLE], jurisdictions=["eu"], min_probability=0.9)
    assert piped.to_json() == checker.check(ARTICLE, jurisdictions=["eu"], min_probability=0.9).to_json()


def test_pipe_takes_no_more_than_a_batch_ahead(checker: Checker) -> None:
    taken = 0

    def many() -> Iterator[str]:
        nonlocal taken
        for _ in range(10 * BATCH):
            taken += 1
            yield CLAIM

    reports = list(islice(checker.pipe(many()), 3))
    assert len(reports) == 3
    assert taken <= BATCH


def test_pipe_of_nothing_is_nothing(checker: Checker) -> None:
    assert list(checker.pipe([])) == []


def test_a_bad_text_is_refused_when_it_is_reached(checker: Checker) -> None:
    reports = checker.pipe([CLAIM, "", CLAIM])
    assert isinstance(next(reports), Report)
    with pytest.raises(EmptyText):
        next(reports)


def test_two_threads_get_what_one_would(checker: Checker) -> None:
    texts = [CLAIM, ARTICLE, f"🍋 {CLAIM}", "Kratom cures depression."] * 5
    expected = [checker.check(t).to_json() for t in texts]
    gate = threading.Barrier(2)

    def work(_: int) -> list[str]:
        gate.wait(timeout=60)
        return [checker.check(t).to_json() for t in texts]

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, range(2))) == [expected, expected]


def test_an_open_pipe_does_not_lock_others_out(checker: Checker) -> None:
    """A consumer may stop in the middle, or check another text between two reports."""
    reports = checker.pipe([CLAIM, CLAIM])
    next(reports)
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(checker.check, CLAIM).result(timeout=60)
    assert other.claims
    assert next(reports).to_json() == other.to_json()
