"""The public surface is a list, and the list is what there is."""

from __future__ import annotations

import inspect
import subprocess
import sys
import tomllib
from enum import StrEnum
from pathlib import Path

import pytest

import claimcheck
from claimcheck import errors, types

ROOT = Path(__file__).parent.parent
GUIDELINE = {
    types.Relation: "treats cures prevents relieves improves potentiates replaces is_safe harms",
    types.Polarity: "affirmed negated",
    types.Certainty: "possible probable certain",
    types.Stance: "asserted reported questioned refuted instructed",
    types.Source: "author study expert tradition testimonial vendor unspecified_others",
    types.Evidence: "supported limited mixed insufficient refuted unknown",
    types.Assessment: "supported overstated unsupported contradicted not_asserted",
    types.Risk: "interaction toxicity dependence substitution discontinuation serious_condition "
    "vulnerable_group dosage emergency illegal_or_recalled vaccine_hesitancy unsupervised_use",
    types.RiskLevel: "none low moderate high critical",
    types.Action: "allow label review escalate",
    types.Basis: "pair broader_target intervention class principle none",
    types.Jurisdiction: "us eu uk",
}


def test_all_is_what_is_public() -> None:
    """Own names, loaded at once or when first asked for; what is borrowed from elsewhere is not ours."""
    for name in claimcheck.__all__:
        assert getattr(claimcheck, name) is not None
    own = {
        n for n, v in vars(claimcheck).items() if str(getattr(v, "__module__", "")).startswith("claimcheck")
    }
    public = {n for n in own if not n.startswith("_")} | set(claimcheck._LAZY) | {"__version__"}
    assert set(claimcheck.__all__) == public
    assert claimcheck.__all__ == sorted(claimcheck.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    assert not hasattr(claimcheck, "no_such_name")


def test_importing_the_package_loads_no_reader() -> None:
    program = "import claimcheck, sys; assert not {'spacy', 'sklearn'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


@pytest.mark.parametrize("name", [n for n in claimcheck.__all__ if n != "__version__"])
def test_a_public_name_is_documented(name: str) -> None:
    assert (getattr(claimcheck, name).__doc__ or "").strip()


def test_every_error_is_public_and_in_the_drawn_tree() -> None:
    found = {n: v for n, v in vars(errors).items() if inspect.isclass(v) and issubclass(v, Exception)}
    assert set(found) <= set(claimcheck.__all__)
    assert all(name in (errors.__doc__ or "") for name in found)
    assert all(issubclass(v, errors.ClaimcheckError) for v in found.values())


def test_codes_of_input_errors_are_stable() -> None:
    codes = {v.code for v in vars(errors).values() if inspect.isclass(v) and issubclass(v, errors.InputError)}
    assert codes == {"invalid_input", "empty_text", "text_too_long", "not_text", "unknown_option"}


@pytest.mark.parametrize(("labels", "words"), GUIDELINE.items(), ids=lambda v: getattr(v, "__name__", ""))
def test_labels_are_those_of_the_guideline(labels: type[StrEnum], words: str) -> None:
    assert [label.value for label in labels] == words.split()


def test_levels_are_ordered_by_declaration() -> None:
    assert [level.rank for level in types.RiskLevel] == [0, 1, 2, 3, 4]
    assert types.Certainty.POSSIBLE.rank < types.Certainty.CERTAIN.rank


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2)])
def test_a_span_that_no_text_has_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="not a span"):
        types.Span(start, end)


def test_spans_are_half_open() -> None:
    assert types.Span(0, 2).of("abc") == "ab"
    assert not types.Span(0, 2).overlaps(types.Span(2, 3))
    assert types.Span(0, 2).overlaps(types.Span(1, 3))
    assert not types.Span(1, 1).overlaps(types.Span(1, 1))


def test_the_version_is_one_of_numbers() -> None:
    assert all(part.isdigit() for part in claimcheck.__version__.split("."))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["hatch"]["version"]["path"] == "claimcheck/version.py"


def test_the_first_example_anyone_reads_is_true(checker: claimcheck.Checker) -> None:
    """The package's own docstring, line by line."""
    assert ">>> report.claims[0].assessment.value\n'unsupported'" in (claimcheck.__doc__ or "")
    report = checker.check("Kratom potentiates antidepressants.")
    assert report.claims[0].assessment.value == "unsupported"
