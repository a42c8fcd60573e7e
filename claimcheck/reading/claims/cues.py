"""Finds the words that state a relation (``relations.yaml``)."""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec
from spacy.language import Language
from spacy.tokens import Doc

from claimcheck import surface
from claimcheck.reading.inflection import expand
from claimcheck.reading.matching import PhraseFinder, where_of
from claimcheck.reading.shapes import Cue, Order
from claimcheck.types import ConceptId, Relation


class CueEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of ``relations.yaml``."""

    relation: Relation
    order: Order
    patterns: list[str]
    positive: list[str]
    negative: list[str]
    weak: bool = False
    implies: str | None = None
    except_targets: list[ConceptId] = []


@cache
def entries() -> tuple[CueEntry, ...]:
    """Read the packaged list once."""
    data = resources.files("claimcheck.reading.claims").joinpath("relations.yaml").read_bytes()
    return tuple(msgspec.yaml.decode(data, type=list[CueEntry]))


class RelationCues:
    """The component ``claimcheck_cues``: sets ``doc._.cues``.

    One phrase may state several relations ("reduces"): each is a cue of its
    own, and the arguments decide.
    """

    def __init__(self) -> None:
        meanings: dict[str, dict[tuple[Relation, Order], CueEntry]] = {}
        for entry in entries():
            for template in entry.patterns:
                for phrase in expand(template):
                    key = surface.pattern(surface.comparable(phrase))
                    meanings.setdefault(key, {}).setdefault((entry.relation, entry.order), entry)
        self._meanings = [tuple(found.values()) for found in meanings.values()]
        self._finder = PhraseFinder(list(meanings))

    def __call__(self, doc: Doc) -> Doc:
        """Set ``doc._.cues`` in order of the text."""
        where = where_of(doc)
        doc._.cues = tuple(
            Cue(
                *match.tokens,
                match.sentence,
                entry.relation,
                entry.order,
                entry.weak,
                _concept(entry.implies),
                tuple(entry.except_targets),
            )
            for match in self._finder.find(where)
            for entry in self._meanings[match.phrase]
        )
        return doc


def _concept(implied: str | None) -> ConceptId | None:
    return ConceptId(implied) if implied is not None else None


@Language.factory("claimcheck_cues", requires=["doc._.forms", "doc._.sentences"], assigns=["doc._.cues"])
def make_cues(nlp: Language, name: str) -> RelationCues:  # noqa: ARG001 - spaCy's signature
    """Build the component."""
    return RelationCues()
