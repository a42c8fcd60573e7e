"""The component ``claimcheck_links``: a concept for each argument, a referent for each stand-in.

Sets ``doc._.links``, one :class:`Links` a proposal.  A name in the argument
itself is linked to its concept.  "It", "this tea" and an argument left out are
looked for, nearest first: earlier in the sentence, in the sentence before, in
the heading, and last in what the whole text is about.  Where none fits, words
for something sold ("our formula", a seller's brand) stand for a product that
the text does not identify; any other argument stays without a concept: NIL is
an answer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from spacy.language import Language
from spacy.tokens import Doc

from claimcheck.kb.store import KnowledgeBase
from claimcheck.reading import parts
from claimcheck.reading.entities.component import generic_words
from claimcheck.reading.shapes import Mention, Proposal, Range, Sentence, SentenceKind, TokenSpans
from claimcheck.types import Candidate, ConceptId, Kind, Link, Relation, Source

ON_INTERVENTION = frozenset((Relation.POTENTIATES, Relation.REPLACES))
ESTABLISHED = frozenset((Kind.DRUG, Kind.DRUG_CLASS, Kind.VACCINE, Kind.PROCEDURE, Kind.PSYCHOTHERAPY))
# What stands for every product that a text does not identify; what is known of such is in its monograph.
UNDISCLOSED = ConceptId("undisclosed-product")
# How many sentences back a stand-in may point, within its block of text.
BACK = 4
# A text is about what it names at least this often, and half as often again as anything else.
TOPIC_COUNT = 2
# What the head noun of a stand-in says of the kind it stands for.
# Heads that say by themselves which class is meant.
CLASSES: dict[str, ConceptId] = {"vaccine": ConceptId("vaccines"), "jab": ConceptId("vaccines")}
LONGEST_PRONOUN = 5
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


@dataclass(frozen=True, slots=True)
class Links:
    """The linked arguments of one proposal."""

    intervention: Link | None
    target: Link | None
    context: tuple[ConceptId, ...]


class Linker:
    """Links arguments through the mentions that stand in them."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb

    def __call__(self, doc: Doc) -> Doc:
        """Set ``doc._.links``."""
        if not doc._.proposals:
            doc._.links = ()
            return doc
        page = _Page(doc, self._kb)
        found: list[Links] = []
        last: dict[int, Link] = {}
        for proposal, source in zip(doc._.proposals, doc._.source, strict=True):
            target = self._target(page, proposal)
            intervention = self._intervention(page, proposal, target, last, source.value)
            block = page.sentences[proposal.sentence].block
            if intervention is not None and intervention.concept_id not in (None, UNDISCLOSED):
                last[block] = intervention
            found.append(Links(intervention, target, self._context(page, proposal, intervention, target)))
        doc._.links = tuple(found)
        return doc

    def _intervention(
        self, page: _Page, proposal: Proposal, target: Link | None, last: dict[int, Link], source: Source
    ) -> Link | None:
        if proposal.intervention is None:
            if proposal.relation is Relation.REPLACES:
                return None
            return self._left_out(page, proposal, target, last)
        tokens = proposal.intervention
        inside = [m for m in page.mentions_in(tokens) if m.intervention is not None]
        if inside:
            # of several, the one that is no established treatment decides: the reading that protects
            ordered = sorted(inside, key=page.is_established)
            return self._linked(page, tokens, [m.intervention for m in ordered if m.intervention])
        stand_in = next((m for m in page.mentions_in(tokens) if m.generic), None)
        if stand_in is None and (page.is_bystander(tokens) or page.is_nameless(tokens)):
            return self._left_out(page, proposal, target, last)
        referent = page.referent(stand_in, proposal, exclude=target) if stand_in is not None else None
        if referent is None and stand_in is not None:
            whole = page.class_of(stand_in, proposal.sentence)
            if whole is not None and self._kb.concept(whole) is not None:
                return Link(
                    page.text(tokens), page.span(tokens), None, whole, (Candidate(whole, whole, "class"),)
                )
        if referent is None:
            return self._unidentified(page, tokens, sold=source is Source.VENDOR)
        return self._resolved(page, tokens, referent)

    def _unidentified(self, page: _Page, tokens: Range, *, sold: bool) -> Link:
        """Tell a product that the text does not identify from a name that we do not know."""
        words = page.text(tokens)
        if not (page.is_product(tokens) or (sold and page.is_brand(tokens))):
            return Link(words, page.span(tokens))
        candidate = Candidate(UNDISCLOSED, words, "undisclosed")
        return Link(words, page.span(tokens), None, UNDISCLOSED, (candidate,))

    def _left_out(
        self, page: _Page, proposal: Proposal, target: Link | None, last: dict[int, Link]
    ) -> Link | None:
        """What stands before names the intervention: the claim before, the heading, the topic."""
        here = page.named_in(proposal.sentence, skip=target.concept_id if target else None)
        if here is not None:
            return self._resolved(page, None, here)
        previous = last.get(page.sentences[proposal.sentence].block)
        if previous is not None:
            name = previous.ref or previous.text
            return Link(name, None, name, previous.concept_id, previous.candidates)
        referent = page.heading_mention(proposal.sentence) or page.topic()
        if referent is None or referent.intervention == (target.concept_id if target else None):
            return None
        return self._resolved(page, None, referent)

    def _target(self, page: _Page, proposal: Proposal) -> Link | None:
        if proposal.implied_target is not None:
            concept = self._kb.concept(proposal.implied_target)
            name = concept.name if concept else str(proposal.implied_target)
            candidate = Candidate(proposal.implied_target, name, "implied")
            return Link(name, None, name, proposal.implied_target, (candidate,))
        if proposal.target is None:
            return None
        tokens = proposal.target
        if proposal.relation in ON_INTERVENTION:
            return self._treatment(page, proposal, tokens)
        ids = [m.target for m in page.mentions_in(tokens) if m.target is not None]
        return self._linked(page, tokens, self._gravest_first(ids or self._looked_up(page, tokens)))

    def _looked_up(self, page: _Page, tokens: Range) -> list[ConceptId]:
        """Look the words up by themselves: "cancer" in "a cancer treatment" is part of another name."""
        concepts = map(self._kb.concept, self._kb.lookup(page.text(tokens)))
        return [c.id for c in concepts if c is not None and c.kind.is_target]

    def _treatment(self, page: _Page, proposal: Proposal, tokens: Range) -> Link:
        """The target of "potentiates" and "replaces" is itself an intervention."""
        inside = page.mentions_in(tokens)
        named = [m.intervention for m in inside if m.intervention is not None]
        if named:
            return self._linked(page, tokens, named)
        stand_in = next((m for m in inside if m.generic), None)
        own = (
            {m.intervention for m in page.mentions_in(proposal.intervention)}
            if proposal.intervention
            else set()
        )
        referent = page.referent(stand_in, proposal, skip=own) if stand_in else None
        if referent is not None:
            return self._resolved(page, tokens, referent)
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
        self._words: Sequence[str] = doc._.words
        self.forms: Sequence[str] = doc._.forms
        self.sentences: Sequence[Sentence] = doc._.sentences
        self._mentions: Sequence[Mention] = doc._.mentions
        self._starts = [m.start for m in self._mentions]
        self._kb = kb
        self.by_sentence: dict[int, list[Mention]] = {}
        for mention in self._mentions:
            self.by_sentence.setdefault(mention.sentence, []).append(mention)
        self._topic: Mention | None = None
        self._topic_known = False

    def text(self, tokens: Range) -> str:
        """Return the words of a token range as they stand."""
        return self.span(tokens).of(self._text)

    def mentions_in(self, tokens: Range) -> list[Mention]:
        """Return the names of which at least half, and stand-ins of which any part, lies in the range."""
        first = max(0, bisect_left(self._starts, tokens.start) - 1)
        last = bisect_left(self._starts, tokens.end)
        return [m for m in self._mentions[first:last] if _half_inside(m, tokens)]

    def named_in(self, sentence: int, *, skip: ConceptId | None) -> Mention | None:
        """Return the intervention that the sentence itself names elsewhere, no established one if it can."""
        named = [m for m in self.by_sentence.get(sentence, ()) if m.intervention and m.intervention != skip]
        return min(named, key=self.is_established, default=None)

    def referent(
        self,
        stand_in: Mention,
        proposal: Proposal,
        *,
        exclude: Link | None = None,
        skip: set[ConceptId | None] | None = None,
    ) -> Mention | None:
        """Return the named intervention that a stand-in points back to."""
        kinds = self._kinds(stand_in)
        avoid = set(skip or ())
        if exclude is not None:
            avoid.add(exclude.concept_id)
        for mention in self._before(stand_in, proposal.sentence, combining=self.is_combining(stand_in)):
            if mention.intervention in avoid or mention.intervention is None:
                continue
            concept = self._kb.concept(mention.intervention)
            if concept is not None and (not kinds or concept.kind in kinds):
                return mention
        if kinds:
            return None
        found = self.heading_mention(proposal.sentence) or self.topic()
        return found if found is not None and found.intervention not in avoid else None

    def _kinds(self, stand_in: Mention) -> frozenset[Kind]:
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
        words = [self._words[i] for i in range(tokens.start, tokens.end) if i not in starts]
        return any(w[:1].isupper() for w in words)

    def is_combining(self, stand_in: Mention) -> bool:
        """Tell whether a stand-in is for several interventions at once ("this combination")."""
        return self.forms[stand_in.end - 1] in generic_words().combining

    def _before(self, stand_in: Mention, sentence: int, *, combining: bool) -> Iterator[Mention]:
        """Named interventions before the stand-in: its sentence from the right, then earlier sentences."""
        here = [m for m in self.by_sentence.get(sentence, ()) if m.intervention and m.end <= stand_in.start]
        yield from reversed(here)
        block = self.sentences[sentence].block
        earlier: list[Mention] = []
        for index in range(sentence - 1, max(-1, sentence - 1 - BACK), -1):
            if self.sentences[index].block != block:
                break
            named = [m for m in self.by_sentence.get(index, ()) if m.intervention]
            if not combining:
                yield from named
                continue
            earlier += named
            if len({m.intervention for m in earlier}) > 1:
                break
        yield from sorted(earlier, key=self.is_established)

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
        ids = [m.intervention for m in self._before(stand_in, proposal.sentence, combining=True)]
        return [i for i in ids if i is not None]

    def heading_mention(self, sentence: int) -> Mention | None:
        """Return the intervention named by the heading the sentence stands under."""
        heading = self.sentences[sentence].heading
        if heading is None:
            return None
        return next((m for m in self.by_sentence.get(heading, ()) if m.intervention), None)

    def topic(self) -> Mention | None:
        """Return the intervention that the whole text is about, if it is about one."""
        if not self._topic_known:
            self._topic, self._topic_known = self._find_topic(), True
        return self._topic

    def _find_topic(self) -> Mention | None:
        named = [m for m in self._mentions if m.intervention is not None]
        if not named:
            return None
        counts = Counter(m.intervention for m in named).most_common(2)
        best, count = counts[0]
        rival = counts[1][1] if len(counts) > 1 else 0
        first_is_title = (
            self.sentences[named[0].sentence].kind is SentenceKind.HEADING and named[0].intervention == best
        )
        if (count >= TOPIC_COUNT and count >= 1.5 * rival) or first_is_title or len(counts) == 1:
            return next(m for m in named if m.intervention == best)
        return None


def _half_inside(mention: Mention, tokens: Range) -> bool:
    shared = min(mention.end, tokens.end) - max(mention.start, tokens.start)
    # a span that begins with "This" means all of "this combination"
    return shared > 0 if mention.generic else 2 * shared >= mention.end - mention.start


@Language.factory(
    "claimcheck_links",
    requires=["doc._.sentences", "doc._.mentions", "doc._.proposals", "doc._.source"],
    assigns=["doc._.links"],
    default_config={"kb": ""},
)
def make(nlp: Language, name: str, kb: str) -> Linker:  # noqa: ARG001 - spaCy's signature
    """Build the component."""
    return Linker(parts.knowledge_base(kb))
