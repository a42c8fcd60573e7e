"""The component ``claimcheck_links``: a concept for each argument, a referent for each stand-in.

Sets ``doc._.links``, one :class:`Links` a proposal.  A name in the argument
itself is linked to its concept.  For "it", "this
tea", words that are no name we know and an argument left out, a small model
asks which intervention named elsewhere is meant (``referents.py``).  Where none is, words
for something sold ("our formula", a seller's brand) stand for a product that
the text does not identify; any other argument stays without a concept: NIL is
an answer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from spacy.language import Language
from spacy.tokens import Doc

from claimcheck.kb.store import KnowledgeBase
from claimcheck.learn.referents import ReferentModel
from claimcheck.reading import parts
from claimcheck.reading.entities.component import generic_words
from claimcheck.reading.linking.referents import Before, Choice, Gap, Gapped, Surroundings
from claimcheck.reading.shapes import Mention, Proposal, Range, Sentence, TokenSpans
from claimcheck.types import Candidate, ConceptId, Kind, Link, Relation, Source

ON_INTERVENTION = frozenset((Relation.POTENTIATES, Relation.REPLACES))
ESTABLISHED = frozenset((Kind.DRUG, Kind.DRUG_CLASS, Kind.VACCINE, Kind.PROCEDURE, Kind.PSYCHOTHERAPY))
# What stands for every product that a text does not identify; what is known of such is in its monograph.
UNDISCLOSED = ConceptId("undisclosed-product")
# How many sentences back a stand-in may point, within its block of text.
BACK = 4
# What the head noun of a stand-in says of the kind it stands for.
# Heads that say by themselves which class is meant.
CLASSES: dict[str, ConceptId] = {"vaccine": ConceptId("vaccines"), "jab": ConceptId("vaccines")}
LONGEST_PRONOUN = 5
# Where a text speaks of cannabis, its strains go by names of fruit and sweets.
STRAINS = frozenset(("strain", "strains", "hybrid", "hybrids"))
CANNABIS = ConceptId("cannabis")
HEADS: dict[str, frozenset[Kind]] = {
    "drug": frozenset((Kind.DRUG, Kind.DRUG_CLASS)),
    "medication": frozenset((Kind.DRUG, Kind.DRUG_CLASS)),
    "medicine": frozenset((Kind.DRUG, Kind.DRUG_CLASS)),
    "pill": frozenset((Kind.DRUG, Kind.DRUG_CLASS, Kind.SUPPLEMENT)),
    "vaccine": frozenset((Kind.VACCINE,)),
    "jab": frozenset((Kind.VACCINE,)),
    "shot": frozenset((Kind.VACCINE,)),
    "herb": frozenset((Kind.HERB, Kind.SUPPLEMENT, Kind.FOOD)),
    "plant": frozenset((Kind.HERB, Kind.SUPPLEMENT, Kind.FOOD)),
    "root": frozenset((Kind.HERB, Kind.SUPPLEMENT, Kind.FOOD)),
    "tea": frozenset((Kind.HERB, Kind.SUPPLEMENT, Kind.FOOD)),
    "spice": frozenset((Kind.HERB, Kind.SUPPLEMENT, Kind.FOOD)),
    "diet": frozenset((Kind.DIET,)),
}


class _Beside(NamedTuple):
    """A proposal with what is known before its arguments are linked."""

    proposal: Proposal
    source: Source
    before: Before


@dataclass(frozen=True, slots=True)
class Links:
    """The linked arguments of one proposal."""

    intervention: Link | None
    target: Link | None
    context: tuple[ConceptId, ...]


class Linker:
    """Links arguments through the mentions that stand in them."""

    def __init__(self, kb: KnowledgeBase, referents: ReferentModel) -> None:
        self._kb = kb
        self._referents = referents

    def __call__(self, doc: Doc) -> Doc:
        """Set ``doc._.links``."""
        if not doc._.proposals:
            doc._.links = ()
            return doc
        page = _Page(doc, self._kb)
        found: list[Links] = []
        before = Before()
        for proposal, source in zip(doc._.proposals, doc._.source, strict=True):
            beside = _Beside(proposal, source.value, before)
            target = self._target(page, beside)
            intervention = self._intervention(page, beside, target)
            before = _told(intervention, before)
            found.append(Links(intervention, target, self._context(page, proposal, intervention, target)))
        doc._.links = tuple(found)
        return doc

    def _intervention(self, page: _Page, beside: _Beside, target: Link | None) -> Link | None:
        proposal = beside.proposal
        tokens = proposal.intervention
        avoid = {target.concept_id} if target and target.concept_id else set()
        if tokens is None:
            if proposal.relation is Relation.REPLACES:
                return None
            return self._left_out(page, beside, avoid)
        inside = [m for m in page.mentions_in(tokens) if m.intervention is not None]
        if inside:
            # of several, the one that is no established treatment decides: the reading that protects
            ordered = sorted(inside, key=page.is_established)
            return self._linked(page, tokens, [m.intervention for m in ordered if m.intervention])
        stand_in = next((m for m in page.mentions_in(tokens) if m.generic), None)
        if stand_in is not None:
            return self._pointed_at(page, beside, tokens, stand_in, avoid)
        if page.is_bystander(tokens) or page.is_nameless(tokens):
            return self._left_out(page, beside, avoid)
        meant = self._meant(page, beside, Gap.WORDS, tokens, avoid)
        if meant is not None:
            return self._resolved(page, tokens, meant)
        return self._unidentified(page, tokens, sold=beside.source is Source.VENDOR)

    def _pointed_at(
        self, page: _Page, beside: _Beside, tokens: Range, stand_in: Mention, avoid: set[ConceptId]
    ) -> Link:
        """ "It", "this tea": the one meant, else the class that the words name, else nobody we know."""
        sentence = beside.proposal.sentence
        meant = self._stood_for(page, beside, stand_in, avoid)
        if meant is not None:
            return self._resolved(page, tokens, meant)
        whole = page.class_of(stand_in, sentence)
        if whole is not None and self._kb.concept(whole) is not None:
            candidates = (Candidate(whole, whole, "class"),)
            return Link(page.text(tokens), page.span(tokens), None, whole, candidates)
        return self._unidentified(page, tokens, sold=beside.source is Source.VENDOR)

    def _stood_for(
        self, page: _Page, beside: _Beside, stand_in: Mention, avoid: set[ConceptId]
    ) -> Mention | None:
        if page.is_combining(stand_in):
            together = page.combined_before(stand_in, beside.proposal.sentence)
            found = next((m for m in together if m.intervention not in avoid), None)
            if found is not None:
                return found
        if page.forms[stand_in.end - 1] in STRAINS and CANNABIS not in avoid:
            cannabis = page.surroundings.first(CANNABIS)
            if cannabis is not None:
                return cannabis
        tokens = Range(stand_in.start, stand_in.end)
        gap = Gap.PRONOUN if stand_in.end - stand_in.start == 1 else Gap.NOUN
        return self._meant(page, beside, gap, tokens, avoid, kinds=page.kinds_of(stand_in))

    def _left_out(self, page: _Page, beside: _Beside, avoid: set[ConceptId]) -> Link | None:
        """What stands around the claim names the intervention."""
        proposal = beside.proposal
        meant = self._meant(page, beside, Gap.LEFT_OUT, Range(proposal.start, proposal.end), avoid)
        return self._resolved(page, None, meant) if meant is not None else None

    def _meant(
        self,
        page: _Page,
        beside: _Beside,
        gap: Gap,
        tokens: Range,
        avoid: set[ConceptId],
        *,
        kinds: frozenset[Kind] = frozenset(),
    ) -> Mention | None:
        """Return the named intervention that is meant, if one likely is."""
        gapped = Gapped(
            gap=gap,
            sentence=beside.proposal.sentence,
            start=tokens.start,
            end=tokens.end,
            forms=tuple(page.forms[tokens.start : tokens.end]),
            words=tuple(page.words[tokens.start : tokens.end]),
            source=beside.source,
            kinds=kinds,
            avoid=frozenset(avoid),
        )
        choice = page.surroundings.candidates(gapped, beside.before)
        return self._choose(beside.proposal, gap, choice) if choice.near else None

    def _choose(self, proposal: Proposal, gap: Gap, choice: Choice) -> Mention | None:  # noqa: ARG002 - training asks
        place = self._referents.choose(gap, choice.about, [n.features for n in choice.near])
        return None if place is None else choice.near[place].mention

    def _unidentified(self, page: _Page, tokens: Range, *, sold: bool) -> Link:
        """Tell a product that the text does not identify from a name that we do not know."""
        words = page.text(tokens)
        if not (page.is_product(tokens) or (sold and page.is_brand(tokens))):
            return Link(words, page.span(tokens))
        candidate = Candidate(UNDISCLOSED, words, "undisclosed")
        return Link(words, page.span(tokens), None, UNDISCLOSED, (candidate,))

    def _target(self, page: _Page, beside: _Beside) -> Link | None:
        proposal = beside.proposal
        if proposal.implied_target is not None:
            concept = self._kb.concept(proposal.implied_target)
            name = concept.name if concept else str(proposal.implied_target)
            candidate = Candidate(proposal.implied_target, name, "implied")
            return Link(name, None, name, proposal.implied_target, (candidate,))
        if proposal.target is None:
            return None
        tokens = proposal.target
        if proposal.relation in ON_INTERVENTION:
            return self._treatment(page, beside, tokens)
        ids = [m.target for m in page.mentions_in(tokens) if m.target is not None]
        return self._linked(page, tokens, self._gravest_first(ids or self._looked_up(page, tokens)))

    def _looked_up(self, page: _Page, tokens: Range) -> list[ConceptId]:
        """Look the words up by themselves: "cancer" in "a cancer treatment" is part of another name."""
        concepts = map(self._kb.concept, self._kb.lookup(page.text(tokens)))
        return [c.id for c in concepts if c is not None and c.kind.is_target]

    def _treatment(self, page: _Page, beside: _Beside, tokens: Range) -> Link:
        """The target of "potentiates" and "replaces" is itself an intervention."""
        proposal = beside.proposal
        inside = page.mentions_in(tokens)
        named = [m.intervention for m in inside if m.intervention is not None]
        if named:
            return self._linked(page, tokens, named)
        stand_in = next((m for m in inside if m.generic), None)
        own = page.mentions_in(proposal.intervention) if proposal.intervention else []
        avoid = {m.intervention for m in own if m.intervention is not None}
        meant = self._stood_for(page, beside, stand_in, avoid) if stand_in else None
        if meant is not None:
            return self._resolved(page, tokens, meant)
        ids = [m.target for m in inside if m.target is not None]
        return self._linked(page, tokens, ids)

    def _gravest_first(self, ids: list[ConceptId]) -> list[ConceptId]:
        """A list is judged by its gravest member: the reading that protects the reader."""
        return sorted(ids, key=lambda i: not getattr(self._kb.concept(i), "serious", False))

    def _linked(self, page: _Page, tokens: Range, ids: Iterable[ConceptId]) -> Link:
        candidates = tuple(Candidate(i, page.text(tokens), "alias") for i in dict.fromkeys(ids))
        concept_id = candidates[0].concept_id if candidates else None
        return Link(page.text(tokens), page.span(tokens), None, concept_id, candidates)

    def _resolved(self, page: _Page, tokens: Range | None, referent: Mention) -> Link:
        name = page.text(Range(referent.start, referent.end))
        concept_id = referent.intervention
        candidates = (Candidate(concept_id, name, "referent"),) if concept_id else ()
        if tokens is None:
            return Link(name, None, name, concept_id, candidates)
        return Link(page.text(tokens), page.span(tokens), name, concept_id, candidates)

    def _context(
        self, page: _Page, proposal: Proposal, intervention: Link | None, target: Link | None
    ) -> tuple[ConceptId, ...]:
        """Every intervention named in the sentence or standing behind its words."""
        ids = [m.intervention for m in page.by_sentence.get(proposal.sentence, ()) if m.intervention]
        ids += [link.concept_id for link in (intervention, target) if link and link.concept_id]
        ids += page.combined(proposal)
        kept = [i for i in dict.fromkeys(ids) if self._is_intervention(i)]
        return tuple(kept)

    def _is_intervention(self, concept_id: ConceptId) -> bool:
        concept = self._kb.concept(concept_id)
        return concept is not None and not concept.kind.is_target


class _Page:
    """One Doc as the linker asks of it."""

    def __init__(self, doc: Doc, kb: KnowledgeBase) -> None:
        spans: TokenSpans = doc._.spans
        self.span = spans.of
        self._text: str = doc._.raw
        self.words: Sequence[str] = doc._.words
        self.forms: Sequence[str] = doc._.forms
        self.sentences: Sequence[Sentence] = doc._.sentences
        self._mentions: Sequence[Mention] = doc._.mentions
        self._starts = [m.start for m in self._mentions]
        self._kb = kb
        self.by_sentence: dict[int, list[Mention]] = {}
        for mention in self._mentions:
            self.by_sentence.setdefault(mention.sentence, []).append(mention)
        self._proposals: Sequence[Proposal] = doc._.proposals

    @cached_property
    def surroundings(self) -> Surroundings:
        """What stand-ins may point to; worked out at the first of them."""
        named = (m for p in self._proposals if p.intervention for m in self.mentions_in(p.intervention))
        argued = frozenset(m.intervention for m in named if m.intervention is not None)
        return Surroundings(self._mentions, self.sentences, self.forms, argued, self._kb)

    def text(self, tokens: Range) -> str:
        """Return the words of a token range as they stand."""
        return self.span(tokens).of(self._text)

    def mentions_in(self, tokens: Range) -> list[Mention]:
        """Return the names of which at least half, and stand-ins of which any part, lies in the range."""
        first = max(0, bisect_left(self._starts, tokens.start) - 1)
        last = bisect_left(self._starts, tokens.end)
        return [m for m in self._mentions[first:last] if _half_inside(m, tokens)]

    def kinds_of(self, stand_in: Mention) -> frozenset[Kind]:
        """Return the kinds that the head of a stand-in asks for; none: any."""
        head = self.forms[stand_in.end - 1]
        return HEADS.get(head) or HEADS.get(head.rstrip("s"), frozenset())

    def class_of(self, stand_in: Mention, sentence: int) -> ConceptId | None:
        """Return the class that "the vaccine" means where the text names none, also behind a later "it"."""
        block = self.sentences[sentence].block
        for index in range(sentence, max(-1, sentence - 1 - BACK), -1):
            if self.sentences[index].block != block:
                return None
            for mention in reversed(self.by_sentence.get(index, [])):
                if mention.generic and (index < sentence or mention.end <= stand_in.end):
                    found = CLASSES.get(self.forms[mention.end - 1].rstrip("s"))
                    if found is not None:
                        return found
            if len(self.forms[stand_in.end - 1]) > LONGEST_PRONOUN:
                return None
        return None

    def is_bystander(self, tokens: Range) -> bool:
        """Tell whether the words name no remedy but something beside one ("receptors", "practitioners")."""
        return self.forms[tokens.end - 1] in generic_words().not_before

    def is_nameless(self, tokens: Range) -> bool:
        """Tell whether the words name no remedy, or only how much of one ("a single daily dose")."""
        words = generic_words()
        return all(
            form in words.nameless or form in words.amounts or form in words.around_amounts
            for form in self.forms[tokens.start : tokens.end]
            if form and not form[0].isdigit()
        )

    def is_product(self, tokens: Range) -> bool:
        """Tell whether the words say no more than that something is sold or offered ("our drops")."""
        return any(f in generic_words().products for f in self.forms[tokens.start : tokens.end])

    def is_brand(self, tokens: Range) -> bool:
        """Tell whether the words are written as a name, not only because a sentence starts with them."""
        starts = {s.start for s in self.sentences}
        words = [self.words[i] for i in range(tokens.start, tokens.end) if i not in starts]
        return any(w[:1].isupper() for w in words)

    def is_combining(self, stand_in: Mention) -> bool:
        """Tell whether a stand-in is for several interventions at once ("this combination")."""
        return self.forms[stand_in.end - 1] in generic_words().combining

    def combined_before(self, stand_in: Mention, sentence: int) -> list[Mention]:
        """Return what a combining stand-in is made of: what is named just before it, protecting first."""
        here = [m for m in self.by_sentence.get(sentence, ()) if m.intervention and m.end <= stand_in.start]
        if here:
            return here[::-1]
        block = self.sentences[sentence].block
        earlier: list[Mention] = []
        for index in range(sentence - 1, max(-1, sentence - 1 - BACK), -1):
            if self.sentences[index].block != block:
                break
            earlier += [m for m in self.by_sentence.get(index, ()) if m.intervention]
            if len({m.intervention for m in earlier}) > 1:
                break
        return sorted(earlier, key=self.is_established)

    def is_established(self, mention: Mention) -> bool:
        """Of a combination, the part that is no established treatment decides: the reading that protects."""
        concept = self._kb.concept(mention.intervention)
        return concept is not None and concept.kind in ESTABLISHED

    def combined(self, proposal: Proposal) -> list[ConceptId]:
        """Return what a combining stand-in stands for: everything named just before it."""
        tokens = proposal.intervention
        stand_in = next((m for m in self.mentions_in(tokens) if m.generic), None) if tokens else None
        if stand_in is None or not self.is_combining(stand_in):
            return []
        ids = [m.intervention for m in self.combined_before(stand_in, proposal.sentence)]
        return [i for i in ids if i is not None]


def _told(intervention: Link | None, before: Before) -> Before:
    """Return what the next claim may take up from this one."""
    if intervention is None:
        return before
    known = intervention.concept_id not in (None, UNDISCLOSED)
    return Before(intervention.concept_id) if known else Before(before.concept_id, strange=True)


def _half_inside(mention: Mention, tokens: Range) -> bool:
    shared = min(mention.end, tokens.end) - max(mention.start, tokens.start)
    # a span that begins with "This" means all of "this combination"
    return shared > 0 if mention.generic else 2 * shared >= mention.end - mention.start


@Language.factory(
    "claimcheck_links",
    requires=["doc._.sentences", "doc._.mentions", "doc._.proposals", "doc._.source"],
    assigns=["doc._.links"],
    default_config={"kb": "", "referents": ""},
)
def make(nlp: Language, name: str, kb: str, referents: str) -> Linker:  # noqa: ARG001 - spaCy's signature
    """Build the component."""
    return Linker(parts.knowledge_base(kb), parts.referent_model(referents))
