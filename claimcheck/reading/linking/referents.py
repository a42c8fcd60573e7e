"""Who is meant by "it", "the drug", or by nothing at all: candidates, and what speaks for each.

A claim whose intervention is not named where it stands leans on what the text
names elsewhere.  Each intervention named near by is a candidate, described by
yes-or-no features; :class:`claimcheck.learn.referents.ReferentModel` gives its
chance to be the one that is meant.  No candidate may be good enough: NIL is an
answer.  Mention ranking for pronouns goes back to Denis and Baldridge (2008).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from claimcheck.kb.store import KnowledgeBase
from claimcheck.reading.shapes import Mention, Sentence
from claimcheck.types import ConceptId, Kind, Source

# Sentences before and after a claim that are searched, whatever the block of text.
BACK = 6
AHEAD = 2
# In a list of fifty names there is no one that "it" could mean: the nearest are asked.
MOST_CANDIDATES = 8
# Names that a text begins with, and names it repeats most, are asked from anywhere.
FROM_THE_START = 3
REPEATED = 2
HARD_BY = 3

SORTS: Mapping[Kind, str] = {
    Kind.DRUG: "drug",
    Kind.VACCINE: "drug",
    Kind.DRUG_CLASS: "class",
    Kind.SUPPLEMENT: "remedy",
    Kind.HERB: "remedy",
    Kind.HOMEOPATHIC: "remedy",
    Kind.FOOD: "food",
    Kind.DIET: "food",
}
OTHER_SORT = "practice"
# Words before a name that make it something other than the subject of its sentence.
LEANING = frozenset(
    "with than of for to from by like as in on unlike vs versus without".split()  # noqa: SIM905
)
PARTS = frozenset(("-", "like", "free", "based"))
ENDINGS = ("ing", "ed", "s", "tion", "ly")


class Gap(StrEnum):
    """How a claim fails to name its intervention."""

    LEFT_OUT = "left_out"
    """No words at all, or none that name anything."""
    PRONOUN = "pronoun"
    """ "It", "they"."""
    NOUN = "noun"
    """ "This tea", "the drug"."""
    WORDS = "words"
    """Words that are no name we know."""


@dataclass(frozen=True, slots=True)
class Gapped:
    """A claim that does not name its intervention where it stands.

    ``start`` and ``end`` are the tokens that stand in its place, or the claim's
    own; ``forms`` and ``words`` are those tokens in lower case and as written;
    ``avoid`` holds what cannot be meant, ``kinds`` what a head noun asks for.
    """

    gap: Gap
    sentence: int
    start: int
    end: int
    forms: tuple[str, ...]
    words: tuple[str, ...]
    source: Source
    kinds: frozenset[Kind] = frozenset()
    avoid: frozenset[ConceptId | None] = frozenset()


class Before(NamedTuple):
    """What the claim before this one speaks of; ``strange`` where that is no name we know."""

    concept_id: ConceptId | None = None
    strange: bool = False


class Near(NamedTuple):
    """A mention that may be meant, and the names of the features it has of its own."""

    mention: Mention
    features: list[str]


class Choice(NamedTuple):
    """The candidates of a gap, nearest first, and the features of the claim itself.

    The latter are the same whoever is meant: they speak for or against NIL.
    """

    about: list[str]
    near: list[Near]


class Surroundings:
    """The named interventions of one text, and what can be said of each beside a claim.

    ``argued`` are those that claims of the text name as their own.
    """

    def __init__(
        self,
        mentions: Sequence[Mention],
        sentences: Sequence[Sentence],
        forms: Sequence[str],
        argued: frozenset[ConceptId],
        kb: KnowledgeBase,
    ) -> None:
        self._sentences = sentences
        self._forms = forms
        self._argued = argued
        self._kb = kb
        self._by_sentence: dict[int, list[Mention]] = {}
        self._first: dict[ConceptId | None, Mention] = {}
        named = [m for m in mentions if m.intervention is not None]
        for mention in named:
            self._by_sentence.setdefault(mention.sentence, []).append(mention)
            self._first.setdefault(mention.intervention, mention)
        self._counts = Counter(m.intervention for m in named)
        self._total = len(named)
        most = max(self._counts.values(), default=0)
        top = [i for i, count in self._counts.items() if count == most]
        self._top, self._alone = frozenset(top), len(top) == 1
        firsts = list(self._first.values())
        repeated = [self._first[i] for i, _ in self._counts.most_common(REPEATED)]
        self._anywhere = [*firsts[:FROM_THE_START], *repeated]
        self._known: dict[ConceptId, tuple[list[str], Kind | None, frozenset[ConceptId]]] = {}
        self._under: dict[int, frozenset[ConceptId | None]] = {}

    def first(self, concept_id: ConceptId) -> Mention | None:
        """Return where the text names an intervention first, if it does."""
        return self._first.get(concept_id)

    def candidates(self, gapped: Gapped, before: Before) -> Choice:
        """Return the interventions that may be meant."""
        near: dict[ConceptId, tuple[Mention, str]] = {}
        for mention, where in self._walk(gapped):
            own = mention.intervention
            if own is not None and own not in gapped.avoid:
                near.setdefault(own, (mention, where))
            if len(near) == MOST_CANDIDATES:
                break
        if not near:
            return Choice([], [])
        under = self._named_by_heading(gapped.sentence)
        wider = frozenset().union(*(self._lasting(own)[2] for own in near))
        return Choice(
            self._about(gapped, before, len(near)),
            [
                Near(mention, [where, *self._beside(mention, gapped, before, under, near.keys(), wider)])
                for mention, where in near.values()
            ],
        )

    def _named_by_heading(self, sentence: int) -> frozenset[ConceptId | None]:
        heading = self._sentences[sentence].heading
        if heading is None:
            return frozenset()
        found = self._under.get(heading)
        if found is None:
            found = frozenset(m.intervention for m in self._by_sentence.get(heading, ()))
            self._under[heading] = found
        return found

    def _walk(self, gapped: Gapped) -> Iterator[tuple[Mention, str]]:
        """Yield names, nearest first, with where they stand."""
        here = self._by_sentence.get(gapped.sentence, ())
        for mention in reversed(here):
            if mention.end <= gapped.start:
                hard = gapped.start - mention.end <= HARD_BY
                yield mention, "here_hard_before" if hard else "here_before"
        for mention in here:
            if mention.end > gapped.start:
                yield mention, "here_inside" if mention.start < gapped.end else "here_after"
        block = self._sentences[gapped.sentence].block
        for index in range(gapped.sentence - 1, max(-1, gapped.sentence - 1 - BACK), -1):
            away = min(gapped.sentence - index, 4)
            other = "" if self._sentences[index].block == block else "_other_block"
            for mention in self._by_sentence.get(index, ()):
                yield mention, f"back{away}{other}"
        heading = self._sentences[gapped.sentence].heading
        for mention in self._by_sentence.get(heading, ()) if heading is not None else ():
            yield mention, "heading"
        for index in range(gapped.sentence + 1, min(len(self._sentences), gapped.sentence + 1 + AHEAD)):
            for mention in self._by_sentence.get(index, ()):
                yield mention, "ahead"
        for mention in self._anywhere:
            yield mention, "far"

    def _lasting(self, own: ConceptId) -> tuple[list[str], Kind | None, frozenset[ConceptId]]:
        """Return what holds of an intervention wherever it is asked for: features, kind, classes."""
        known = self._known.get(own)
        if known is not None:
            return known
        count = self._counts[own]
        share = count / self._total
        shown = "all" if share == 1 else "most" if share >= 0.6 else "half" if share >= 0.4 else "few"
        concept = self._kb.concept(own)
        kind = concept.kind if concept is not None else None
        found = [
            f"share={shown}",
            f"count={min(count, 3)}",
            "sort=" + (SORTS.get(kind, OTHER_SORT) if kind is not None else OTHER_SORT),
        ]
        if own in self._top:
            found += ["top", "top_alone"] if self._alone else ["top"]
        if self._anywhere[0].intervention == own:
            found.append("first")
        if self._first[own].sentence == 0:
            found.append("title")
        if own in self._argued:
            found.append("argued")
        self._known[own] = found, kind, frozenset(self._kb.ancestors(own))
        return self._known[own]

    def _beside(
        self,
        mention: Mention,
        gapped: Gapped,
        before: Before,
        under: frozenset[ConceptId | None],
        rivals: AbstractSet[ConceptId],
        wider: frozenset[ConceptId],
    ) -> list[str]:
        """Return what holds of a mention beside this claim; ``wider`` are the classes of all rivals."""
        own = mention.intervention
        lasting, kind, classes = self._known[own]  # type: ignore[index]  # what is asked of has a name
        found = lasting.copy()
        if own in under:
            found.append("in_heading")
        if own == before.concept_id:
            found.append("last")
        if gapped.kinds:
            found.append("kind_fits" if kind in gapped.kinds else "kind_differs")
        if not classes.isdisjoint(rivals):
            found.append("member_of_rival")
        if own in wider:
            found.append("class_of_rival")
        start = self._sentences[mention.sentence].start
        if mention.start - start <= 1:
            found.append("subject")
        if mention.start > start and self._forms[mention.start - 1] in LEANING:
            found.append("leans")
        if mention.end < len(self._forms) and self._forms[mention.end] in PARTS:
            found.append("part")
        return found

    def _about(self, gapped: Gapped, before: Before, rivals: int) -> list[str]:
        """Return what holds of the claim, whoever is meant: it speaks for or against NIL."""
        found = [f"of={min(rivals, 4)}", f"source={gapped.source}"]
        if before.strange:
            found.append("after_stranger")
        if gapped.gap in (Gap.PRONOUN, Gap.NOUN):
            found += [f"head={gapped.forms[-1]}", f"opens={gapped.forms[0]}"]
        if gapped.gap is Gap.WORDS:
            found += self._wording(gapped)
        return found

    def _wording(self, gapped: Gapped) -> Iterator[str]:
        """Yield how words that are no known name are written."""
        yield f"length={min(len(gapped.forms), 4)}"
        starts = gapped.start == self._sentences[gapped.sentence].start
        if any(w[:1].isupper() for w in gapped.words[starts:]):
            yield "named"
        elif gapped.words[0][:1].isupper():
            yield "capital"
        if any(w[:1].isdigit() for w in gapped.words):
            yield "number"
        yield from (f"ends={e}" for e in ENDINGS if gapped.forms[-1].endswith(e))
        yield from {f"word={form}" for form in gapped.forms}
