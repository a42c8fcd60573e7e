"""What the stages of reading hand to each other: token ranges, never text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from claimcheck.types import Certainty, ConceptId, Polarity, Relation, Source, Span, Stance


class Range(NamedTuple):
    """A half-open range of tokens."""

    start: int
    end: int


class TokenSpans(NamedTuple):
    """Where each token of a text starts and ends, in code points."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def of(self, tokens: Range | Sentence | Mention | Proposal) -> Span:
        """Return the code points of a run of tokens."""
        return Span(self.starts[tokens.start], self.ends[tokens.end - 1])


class SentenceKind(StrEnum):
    """What sort of line a sentence is."""

    PROSE = "prose"
    HEADING = "heading"
    ITEM = "item"
    CELL = "cell"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A token range; ``heading`` is the index of the heading it stands under."""

    start: int
    end: int
    kind: SentenceKind
    heading: int | None = None
    block: int = 0


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in the text: an intervention, a target, or (``testosterone``) both.

    ``generic`` marks "it", "this tea", "our formula": an intervention that
    needs a referent.
    """

    start: int
    end: int
    sentence: int
    intervention: ConceptId | None = None
    target: ConceptId | None = None
    generic: bool = False


class Order(StrEnum):
    """Where the arguments stand around a relation cue (see relations.yaml)."""

    FORWARD = "forward"
    BACKWARD = "backward"
    OBJECT_FOR = "object_for"
    ALONE = "alone"
    IMPLIED = "implied"
    PAIR = "pair"
    TOGETHER = "together"
    TARGET_ONLY = "target_only"
    NOUN_AFTER = "noun_after"


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that state a relation; ``weak`` ones need known arguments by them.

    ``implies`` is the target that the words themselves name ("antidepressant
    effects"); of ``except_targets`` the words say nothing.
    """

    start: int
    end: int
    sentence: int
    relation: Relation
    order: Order
    weak: bool
    implies: ConceptId | None = None
    except_targets: tuple[ConceptId, ...] = ()


@dataclass(frozen=True, slots=True)
class Attributes:
    """How a claim is said, where the detector itself can tell.

    ``doubt`` is the chance that such a claim does not hold as it is worded.
    """

    polarity: Polarity
    certainty: Certainty
    stance: Stance
    source: Source
    doubt: float | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A possible claim: its words, its relation, its arguments, its probability.

    ``implied_target`` is the concept that the cue itself names
    ("antidepressant properties": depression).
    """

    start: int
    end: int
    sentence: int
    relation: Relation
    cues: tuple[Range, ...]
    intervention: Range | None
    target: Range | None
    probability: float
    implied_target: ConceptId | None = None
    attributes: Attributes | None = None
