"""Finds mentions: every name the knowledge base knows, and words that stand for one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources

import msgspec
from spacy.language import Language
from spacy.tokens import Doc

from claimcheck import surface
from claimcheck.kb.store import KnowledgeBase
from claimcheck.reading import parts
from claimcheck.reading.matching import Match, PhraseFinder, where_of
from claimcheck.reading.shapes import Mention


class GenericWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The word list ``generic.yaml``."""

    determiners: list[str]
    nouns: list[str]
    adjectives: list[str]
    pronouns: list[str]
    combining: list[str]
    not_before: list[str]
    not_after: list[str]
    talking: frozenset[str]
    products: list[str]
    amounts: frozenset[str]
    around_amounts: frozenset[str]
    nameless: frozenset[str]
    positive: list[str]
    negative: list[str]


_THERAPY = frozenset(("therapy", "therapies"))


@cache
def generic_words() -> GenericWords:
    """Read the packaged list once."""
    data = resources.files("claimcheck.reading.entities").joinpath("generic.yaml").read_bytes()
    return msgspec.yaml.decode(data, type=GenericWords)


def _stand_ins(words: GenericWords) -> list[str]:
    """Return the patterns of "this tea", "our gentle formula", "it": thousands, so each word is cut once."""
    determiners, adjectives, heads, pronouns = (
        [surface.pattern(surface.comparable(word)) for word in some]
        for some in (
            words.determiners,
            words.adjectives,
            (*words.nouns, *words.combining),
            words.pronouns,
        )
    )
    found = [d + n for d in determiners for n in heads]
    found += [d + a + n for d in determiners[:6] for a in adjectives for n in heads]
    return [*found, *pronouns]


class Gazetteer:
    """The component ``claimcheck_mentions``.

    Requires ``doc._.forms`` and ``doc._.sentences``; assigns ``doc._.mentions``.
    """

    def __init__(self, kb: KnowledgeBase) -> None:
        patterns, self._owners, self._needs_context = kb.names
        self._kb = kb
        self._names = PhraseFinder(patterns)
        words = generic_words()
        self._not_before = frozenset(words.not_before)
        self._not_after = frozenset(words.not_after)
        self._talking = words.talking
        self._nouns = frozenset(words.nouns) | frozenset(words.combining)
        self._generic = PhraseFinder(_stand_ins(words))

    def __call__(self, doc: Doc) -> Doc:
        """Set ``doc._.mentions``, in order, none overlapping."""
        where, forms = where_of(doc), doc._.forms
        talking = not self._talking.isdisjoint(forms)
        named = [
            (m, self._mention(m))
            for m in self._names.find(where)
            if not self._part_of_another(m, forms) and not self._of_another_kind(m, forms, talking=talking)
        ]
        sure = {mention.sentence for match, mention in named if not self._needs_context[match.phrase]}
        kept = [m for match, m in named if m.sentence in sure or not self._needs_context[match.phrase]]
        generic = list(self._generic.find(where))
        stand_ins = {match.tokens.end for match in generic if match.tokens.end - match.tokens.start > 1}
        kept = [m for m in kept if not self._is_head(m, forms, stand_ins)]
        taken = {index for m in kept for index in range(m.start, m.end)}
        for match in generic:
            if not any(index in taken for index in range(*match.tokens)):
                kept.append(Mention(*match.tokens, match.sentence, generic=True))
        kept.sort(key=lambda m: m.start)
        doc._.mentions = tuple(kept)
        return doc

    def _part_of_another(self, match: Match, forms: Sequence[str]) -> bool:
        """ "Opioid receptors", "CBT practitioners", "mental health professionals": the name is not meant."""
        following = match.tokens.end
        while following < len(forms) and not forms[following] and following < match.tokens.end + 2:
            following += 1
        return following < len(forms) and forms[following] in self._not_before

    def _of_another_kind(self, match: Match, forms: Sequence[str], *, talking: bool) -> bool:
        """ "Gene therapy", or "therapy" in a text on a lung spray: no talking therapy."""
        start, end = match.tokens
        if end - start != 1 or forms[start] not in _THERAPY:
            return False
        return not talking or (start > 0 and forms[start - 1] in self._not_after)

    def _is_head(self, mention: Mention, forms: Sequence[str], stand_ins: set[int]) -> bool:
        """ "This diet", "our tea": the noun alone is a name somewhere, here it points back."""
        single = mention.end - mention.start == 1 and forms[mention.start] in self._nouns
        return single and mention.end in stand_ins

    def _mention(self, match: Match) -> Mention:
        intervention = target = None
        for concept_id in self._owners[match.phrase]:
            concept = self._kb.concept(concept_id)
            if concept is not None and concept.kind.is_target:
                target = concept_id
            else:
                intervention = concept_id
        return Mention(*match.tokens, match.sentence, intervention, target)


@Language.factory(
    "claimcheck_mentions",
    requires=["doc._.forms", "doc._.sentences"],
    assigns=["doc._.mentions"],
    default_config={"kb": ""},
)
def make_gazetteer(nlp: Language, name: str, kb: str) -> Gazetteer:  # noqa: ARG001 - spaCy's signature
    """Build the component on the knowledge base given, or on the packaged one."""
    return Gazetteer(parts.knowledge_base(kb))
