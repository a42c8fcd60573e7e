"""Verb forms and cue templates."""

from __future__ import annotations

import pytest

from claimcheck.reading.inflection import IRREGULAR, expand, verb_forms


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("treat", ("treat", "treats", "treating", "treated")),
        ("cure", ("cure", "cures", "curing", "cured")),
        ("remedy", ("remedy", "remedies", "remedying", "remedied")),
        ("destroy", ("destroy", "destroys", "destroying", "destroyed")),
        ("banish", ("banish", "banishes", "banishing", "banished")),
        ("suppress", ("suppress", "suppresses", "suppressing", "suppressed")),
        ("stop", ("stop", "stops", "stopping", "stopped")),
        ("die", ("die", "dies", "dying", "died")),
        ("free", ("free", "frees", "freeing", "freed")),
        ("take", ("take", "takes", "taking", "took", "taken")),
    ],
)
def test_verb_forms(verb: str, expected: tuple[str, ...]) -> None:
    assert verb_forms(verb) == expected


@pytest.mark.parametrize("verb", IRREGULAR)
def test_irregular_verbs_have_no_form_twice(verb: str) -> None:
    assert len(set(IRREGULAR[verb])) == len(IRREGULAR[verb])


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("cure for", ["cure for"]),
        ("{stop} it", ["stop it", "stops it", "stopping it", "stopped it"]),
        ("good [for|against] you", ["good for you", "good against you"]),
        ("reduce [the|] risk", ["reduce the risk", "reduce risk"]),
        ("[a|b] [c|]", ["a c", "a", "b c", "b"]),
    ],
)
def test_expand(template: str, expected: list[str]) -> None:
    assert list(expand(template)) == expected


@pytest.mark.parametrize("template", ["{treat", "treat}", "[a|b", "a]b", "{Treat}", "{}"])
def test_a_template_that_is_not_understood_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="cannot read cue template"):
        list(expand(template))
