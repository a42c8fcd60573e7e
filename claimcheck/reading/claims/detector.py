"""From cues and mentions to claims with a probability: the component ``claimcheck_detector``.

``Detector`` is the interface a trained encoder takes over: a Doc with
sentences, mentions and cues in, ``doc._.proposals`` out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Protocol

import msgspec
from spacy.language import Language
from spacy.tokens import Doc

from claimcheck.kb.store import KnowledgeBase
from claimcheck.learn.detector import DetectorModel
from claimcheck.learn.features import CandidateView, SentenceView
from claimcheck.reading import parts
from claimcheck.reading.claims.arguments import Argument, Arguments, Reader, words
from claimcheck.reading.claims.views import candidate_view, sentence_view
from claimcheck.reading.matching import PhraseFinder, where_of
from claimcheck.reading.shapes import Cue, Mention, Proposal, Range, Sentence
from claimcheck.types import Relation

# Below this chance a candidate is not worth carrying; callers may ask for more, never for less.
FLOOR = 0.2
# From here on a cue has convinced the classifier by itself.
ENOUGH = 0.5
# More than this many claims in one sentence is a list gone wrong.
MOST_IN_SENTENCE = 8


class Detector(Protocol):
    """Anything that reads claims: sets ``doc._.proposals``."""

    def __call__(self, doc: Doc) -> Doc:
        """Set the proposals, in order of the text."""


class Reading:
    """One Doc with its sentences' mentions and cues at hand."""

    def __init__(self, doc: Doc, kb: KnowledgeBase) -> None:
        self.forms: tuple[str, ...] = doc._.forms
        self.sentences: tuple[Sentence, ...] = doc._.sentences
        self.mentions = _by_sentence(doc._.mentions, len(self.sentences))
        self.cues = _by_sentence(doc._.cues, len(self.sentences))
        self._kb = kb

    def worth_reading(self) -> list[int]:
        """Return the sentences that can hold a claim: those with a name or a strong cue.

        The gate for ordinary text: on pages about anything else most
        sentences have neither.
        """
        return [i for i in range(len(self.sentences)) if self.mentions[i] or self.cues[i]]

    def view(self, index: int) -> SentenceView:
        """Return the blinded sentence with its neighbour before it."""
        before = (
            self._bare(index - 1)
            if index and self.sentences[index - 1].block == self.sentences[index].block
            else ()
        )
        return sentence_view(self.forms, self.sentences[index], self.mentions[index], self._kb, before)

    def _bare(self, index: int) -> tuple[str, ...]:
        return sentence_view(self.forms, self.sentences[index], self.mentions[index], self._kb).words

    def candidates(self, index: int) -> list[Arguments]:
        """Return every cue of a sentence that finds enough to stand on."""
        reader = Reader(self.forms, self.sentences[index], self.mentions[index], self.cues[index])
        found = [a for cue in self.cues[index] for a in reader.arguments(cue)]
        return [a for a in found if _stands(a)]

    def candidate_view(self, index: int, found: Arguments, *, score: float, rivals: int) -> CandidateView:
        """Describe one candidate to the classifier."""
        return candidate_view(
            self.forms,
            self.sentences[index],
            self.mentions[index],
            self._kb,
            found,
            sentence_score=score,
            rivals=rivals,
        )


def _stands(found: Arguments) -> bool:
    """A cue with no argument at all states nothing; one with two unknown phrases is any sentence."""
    if found.target is not None and any(
        m.target in found.cue.except_targets for m in found.target.mentions if m.target
    ):
        return False
    known = any(a is not None and a.mentions for a in (found.intervention, found.target))
    if found.implied_target is not None:
        return True
    return known or (found.target is not None and not found.cue.weak)


class AdviceWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The word list ``advice.yaml``."""

    cues: list[str]
    positive: list[str]
    negative: list[str]


@cache
def advice() -> AdviceWords:
    """Read the packaged list once."""
    data = resources.files("claimcheck.reading.claims").joinpath("advice.yaml").read_bytes()
    return msgspec.yaml.decode(data, type=AdviceWords)


class CueDetector:
    """The first detector: cues, arguments, and logistic regressions over both.

    ``bare``: also propose sentences that read like a claim but hold no usable
    cue.  Where the encoder reads them that is its task.
    """

    def __init__(self, model: DetectorModel, kb: KnowledgeBase, *, bare: bool = True) -> None:
        self._bare = bare
        self._model = model
        self._kb = kb
        self._advice = PhraseFinder.of_phrases(advice().cues)

    def __call__(self, doc: Doc) -> Doc:
        """Set ``doc._.proposals``."""
        reading = Reading(doc, self._kb)
        found = {index: reading.candidates(index) for index in reading.worth_reading()}
        # without proposals of its own kind a sentence counts only through its candidates
        indices = [index for index, candidates in found.items() if candidates or self._bare]
        views = [reading.view(i) for i in indices]
        scores = self._model.sentence_scores(views)
        rows: list[tuple[int, Arguments]] = []
        candidate_views: list[CandidateView] = []
        for index, score in zip(indices, scores, strict=True):
            for candidate in found[index]:
                rows.append((index, candidate))
                candidate_views.append(
                    reading.candidate_view(index, candidate, score=float(score), rivals=len(found[index]))
                )
        chances = self._model.candidate_scores(candidate_views)
        proposals = list(_chosen(_proposal(i, a, float(p)) for (i, a), p in zip(rows, chances, strict=True)))
        advice_in = self.advice_sentences(doc)
        rated = {
            index: (view, float(score))
            for index, view, score in zip(indices, views, scores, strict=True)
            if index not in advice_in and score >= self._model.bare_threshold
        }
        proposals = self._complete(reading, proposals, rated)
        doc._.proposals = tuple(sorted(proposals, key=lambda p: (p.start, p.end, p.relation)))
        return doc

    def advice_sentences(self, doc: Doc) -> set[int]:
        """Return the sentences that hold a word of advice or caution (``advice.yaml``)."""
        return {match.sentence for match in self._advice.find(where_of(doc))}

    def _complete(
        self, reading: Reading, proposals: list[Proposal], rated: dict[int, tuple[SentenceView, float]]
    ) -> list[Proposal]:
        """Give each sentence that surely holds a claim one: its best cue, else the sentence itself.

        The sentence classifier has seen whole sentences and is the surer of the
        two; where it is sure and no cue convinced the other, the likeliest cue
        is believed.
        """
        bare: list[int] = []
        for index, (_, score) in rated.items():
            best = _best(proposals, index)
            if best is None:
                bare.append(index)
            elif best.probability < ENOUGH:
                proposals = [replace(p, probability=score) if p is best else p for p in proposals]
        if not self._bare:
            return proposals
        relations = self._model.relations([rated[index][0] for index in bare])
        for index, relation in zip(bare, relations, strict=True):
            found = _bare_proposal(reading, index, relation, rated[index][1])
            if found.target is not None:
                proposals.append(found)
        return proposals


def _best(proposals: Sequence[Proposal], sentence: int) -> Proposal | None:
    """Return the likeliest proposal of a sentence."""
    return max((p for p in proposals if p.sentence == sentence), key=lambda p: p.probability, default=None)


def _proposal(sentence: int, found: Arguments, probability: float) -> Proposal:
    """Span a cue and its arguments; a subject shared with an earlier verb stays outside."""
    cue = found.cue
    start, end = cue.start, cue.end
    for argument in (found.intervention, found.target):
        if argument is None:
            continue
        if argument.range.end <= cue.start and cue.start - argument.range.end <= 8 and not found.shared:
            start = min(start, argument.range.start)
        if argument.range.start >= cue.end:
            end = max(end, argument.range.end)
    return Proposal(
        start=start,
        end=end,
        sentence=sentence,
        relation=cue.relation,
        cues=(Range(cue.start, cue.end),),
        intervention=_range(found.intervention),
        target=None if found.target and found.target.how == "implied" else _range(found.target),
        probability=probability,
        implied_target=found.implied_target,
    )


def _range(argument: Argument | None) -> Range | None:
    return argument.range if argument is not None else None


def _bare_proposal(reading: Reading, index: int, relation: Relation, score: float) -> Proposal:
    """A sentence that reads like a claim but has no usable cue: the sentence itself, its first names."""
    sentence = reading.sentences[index]
    mentions = reading.mentions[index]
    pronouns = words().determiners | {"that", "which"}
    intervention = next((m for m in mentions if m.intervention is not None), None) or next(
        (m for m in mentions if m.generic and reading.forms[m.start] not in pronouns), None
    )
    target = next((m for m in mentions if m.target is not None and m is not intervention), None)
    return Proposal(
        start=sentence.start,
        end=sentence.end,
        sentence=index,
        relation=relation,
        cues=(),
        intervention=Range(intervention.start, intervention.end) if intervention else None,
        target=Range(target.start, target.end) if target else None,
        probability=score,
    )


def _chosen(proposals: Iterable[Proposal]) -> Iterator[Proposal]:
    """Keep the likeliest of proposals that lean on the same words, a bounded number a sentence."""
    kept: dict[int, list[Proposal]] = {}
    for proposal in sorted(proposals, key=lambda p: (-p.probability, p.start, p.relation)):
        if proposal.probability < FLOOR:
            continue
        rivals = kept.setdefault(proposal.sentence, [])
        if len(rivals) < MOST_IN_SENTENCE and not any(_same_claim(proposal, other) for other in rivals):
            rivals.append(proposal)
            yield proposal


def _same_claim(one: Proposal, other: Proposal) -> bool:
    """Two proposals are one claim where they share a cue, or the same target words."""
    if any(a.start < b.end and b.start < a.end for a in one.cues for b in other.cues):
        return True
    if any(_meet(cue, two.target) for two, cues in ((one, other.cues), (other, one.cues)) for cue in cues):
        return True
    if one.target is None or other.target is None:
        return one.target is other.target is None and one.start < other.end and other.start < one.end
    return one.target.start < other.target.end and other.target.start < one.target.end


def _meet(one: Range, other: Range | None) -> bool:
    return other is not None and one.start < other.end and other.start < one.end


def _by_sentence(items: Sequence[Mention] | Sequence[Cue], count: int) -> list[list]:  # type: ignore[type-arg]
    found: list[list] = [[] for _ in range(count)]  # type: ignore[type-arg]
    for item in items:
        found[item.sentence].append(item)
    return found


@Language.factory(
    "claimcheck_detector",
    requires=["doc._.forms", "doc._.sentences", "doc._.mentions", "doc._.cues"],
    assigns=["doc._.proposals"],
    default_config={"model": "", "encoder": "", "kb": ""},
)
def make_detector(
    nlp: Language,  # noqa: ARG001 - spaCy's signature
    name: str,  # noqa: ARG001
    model: str,
    encoder: str,
    kb: str,
) -> Detector:
    """Build the cue detector, joined with the encoder where a key for one is given."""
    base = parts.knowledge_base(kb)
    cues = CueDetector(parts.detector_model(model), base, bare=not encoder)
    if not encoder:
        return cues
    # both build on this module
    from claimcheck.reading.claims.encoder import EncoderDetector
    from claimcheck.reading.claims.reconcile import ReconciledDetector

    return ReconciledDetector(EncoderDetector(parts.encoder_model(encoder), base), cues)
