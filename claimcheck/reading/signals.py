"""The component ``claimcheck_signals``: risks that need no claim, and doses.

Sets ``doc._.signals``: phrases of ``signals.yaml``, amounts with a unit, and a
call to stop a medicine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import resources

import msgspec
from spacy.language import Language
from spacy.tokens import Doc

from claimcheck.kb.store import KnowledgeBase
from claimcheck.reading import parts
from claimcheck.reading.matching import Match, PhraseFinder, where_of
from claimcheck.reading.shapes import Mention, Range, Sentence
from claimcheck.types import ConceptId, Dose, Kind, Relation, Signal, Stance

DENIALS = frozenset(
    (
        "not",
        "never",
        "don't",
        "no",
        "avoid",
        "doesn't",
        "shouldn't",
        "dangers",
        "danger",
        "warn",
        "warns",
        "warned",
        "warning",
        "against",
        "nor",
    )
)
# unit: how many milligrams it is, None where that depends on what is measured
UNITS: dict[str, float | None] = {
    **dict.fromkeys(("mg", "milligram", "milligrams"), 1.0),
    **dict.fromkeys(("g", "gram", "grams", "gms"), 1000.0),
    **dict.fromkeys(("mcg", "µg", "μg", "ug", "microgram", "micrograms"), 0.001),
    **dict.fromkeys(("kg", "iu", "ml", "drops", "drop", "teaspoon", "teaspoons", "tsp")),
    **dict.fromkeys(("tablespoon", "tablespoons", "tbsp", "capsules", "tablets", "units")),
}
DAILY = (
    ("daily",),
    ("per", "day"),
    ("a", "day"),
    ("each", "day"),
    ("every", "day"),
    ("/", "day"),
    ("once", "a", "day"),
)
MEDICINES = frozenset((Kind.DRUG, Kind.DRUG_CLASS, Kind.VACCINE))
# A dose belongs to the name nearest to it, this many tokens away at most.
DOSE_REACH = 12


class SignalList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of ``signals.yaml``."""

    kind: str
    cues: list[str]
    positive: list[str]
    negative: list[str]
    group: str | None = None


def read_lists() -> list[SignalList]:
    """Return the packaged lists."""
    data = resources.files("claimcheck.reading").joinpath("signals.yaml").read_bytes()
    return msgspec.yaml.decode(data, type=list[SignalList])


class SignalFinder:
    """Finds all signals of a text in one pass."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb
        self._owners = [(entry, cue) for entry in read_lists() for cue in entry.cues]
        self._finder = PhraseFinder.of_phrases([cue for _, cue in self._owners])

    def __call__(self, doc: Doc) -> Doc:
        """Set ``doc._.signals`` in order of the text."""
        where = where_of(doc)
        found = [s for m in self._finder.find(where) for s in self._phrase(doc, m)]
        by_sentence: dict[int, list[Mention]] = {}
        for mention in doc._.mentions:
            if mention.intervention is not None:
                by_sentence.setdefault(mention.sentence, []).append(mention)
        for index, mentions in by_sentence.items():
            found += self._doses(doc, doc._.sentences[index], mentions)
        found += self._stopping(doc)
        doc._.signals = tuple(sorted(found, key=lambda s: (s.span, s.kind)))
        return doc

    def _phrase(self, doc: Doc, match: Match) -> Iterator[Signal]:
        entry, cue = self._owners[match.phrase]
        sentence = doc._.sentences[match.sentence]
        before = doc._.forms[max(sentence.start, match.tokens.start - 4) : match.tokens.start]
        own_denial = cue.split(" ", 1)[0] in DENIALS | {"without", "instead"}
        if entry.group is None and not own_denial and any(f in DENIALS for f in before):
            return
        concepts = (ConceptId(entry.group),) if entry.group else ()
        spans = doc._.spans
        yield Signal(entry.kind, spans.of(match.tokens), spans.of(sentence), concepts)

    def _doses(self, doc: Doc, sentence: Sentence, mentions: Sequence[Mention]) -> Iterator[Signal]:
        forms, kinds = doc._.forms, doc._.kinds
        for index in range(sentence.start, sentence.end):
            if kinds[index] != "number":
                continue
            unit_at = next((i for i in (index + 1, index + 2) if i < sentence.end and forms[i]), None)
            if unit_at is None or forms[unit_at] not in UNITS:
                continue
            nearest = min(mentions, key=lambda m: _distance(m, index))
            if _distance(nearest, index) > DOSE_REACH:
                continue
            yield self._dose(doc, sentence, Range(index, unit_at + 1), nearest)

    def _dose(self, doc: Doc, sentence: Sentence, tokens: Range, mention: Mention) -> Signal:
        forms, spans = doc._.forms, doc._.spans
        amount = float(forms[tokens.start].replace(",", "")) if _is_float(forms[tokens.start]) else 0.0
        unit = forms[tokens.end - 1]
        factor = UNITS[unit]
        following = tuple(f for f in forms[tokens.end : min(sentence.end, tokens.end + 8)] if f)
        daily = any(following[i : i + len(d)] == d for d in DAILY for i in range(len(following)))
        dose = Dose(
            spans.of(tokens), amount, unit, amount * factor if factor else None, mention.intervention, daily
        )
        concepts = (mention.intervention,) if mention.intervention else ()
        return Signal("dose", dose.span, spans.of(sentence), concepts, dose)

    def _stopping(self, doc: Doc) -> Iterator[Signal]:
        """A call to leave a medicine, as the claims already show it."""
        for proposal, stance, links in zip(doc._.proposals, doc._.stance, doc._.links, strict=True):
            if proposal.relation is not Relation.REPLACES or stance.value is not Stance.INSTRUCTED:
                continue
            concept = self._kb.concept(links.target.concept_id) if links.target else None
            if concept is not None and concept.kind in MEDICINES:
                whole = doc._.spans.of(doc._.sentences[proposal.sentence])
                yield Signal("stop_medicine", doc._.spans.of(proposal), whole, (concept.id,))


def _distance(mention: Mention, index: int) -> int:
    # "3 mg melatonin and 400 mg magnesium": the name after an amount is likelier its own than the one before
    return mention.start - index if mention.start > index else index - mention.end + 4


def _is_float(form: str) -> bool:
    return form.replace(",", "").replace(".", "", 1).isdigit()


@Language.factory(
    "claimcheck_signals",
    requires=[
        "doc._.forms",
        "doc._.sentences",
        "doc._.mentions",
        "doc._.proposals",
        "doc._.stance",
        "doc._.links",
    ],
    assigns=["doc._.signals"],
    default_config={"kb": ""},
)
def make(nlp: Language, name: str, kb: str) -> SignalFinder:  # noqa: ARG001 - spaCy's signature
    """Build the component."""
    return SignalFinder(parts.knowledge_base(kb))
