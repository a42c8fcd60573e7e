"""Finds the two arguments of a relation cue, on plain token ranges.

No parser: a dependency parse of an article costs more than everything else
here together.  What stands for it: the order each cue asks for
(``relations.yaml``), the mentions, and short closed word lists
(``words.yaml``).  One method an order; each returns token ranges or None.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import NamedTuple

import msgspec

from claimcheck.reading.shapes import Cue, Mention, Order, Range, Sentence
from claimcheck.types import ConceptId, Relation

# How far an argument may stand from its cue, in tokens.
REACH_LEFT = 30
REACH_RIGHT = 22
# How many tokens of an unknown noun phrase are taken as an argument.
PHRASE = 7
# Words that lean on a name before them and name nothing by themselves.
LEANING = frozenset(("that", "which", "its", "their"))
RELATIVE = frozenset(("that", "which"))
CONJUNCTIONS = frozenset(("and", "or", "&", "/"))
ON_INTERVENTION = frozenset((Relation.POTENTIATES, Relation.REPLACES))


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The word lists of ``words.yaml``."""

    clause_breaks: frozenset[str]
    argument_stops: frozenset[str]
    determiners: frozenset[str]
    joiners: frozenset[str]
    not_subject: frozenset[str]
    purposes: frozenset[str]
    prepositions: frozenset[str]


@cache
def words() -> Words:
    """Read the packaged lists once."""
    data = resources.files("claimcheck.reading.claims").joinpath("words.yaml").read_bytes()
    return msgspec.yaml.decode(data, type=Words)


class Argument(NamedTuple):
    """A token range, the mentions in it, and how it was found."""

    range: Range
    mentions: tuple[Mention, ...]
    how: str


@dataclass(frozen=True, slots=True)
class Arguments:
    """A cue with what it was found to join; ``shared``: the intervention is an earlier verb's subject."""

    cue: Cue
    intervention: Argument | None
    target: Argument | None
    implied_target: ConceptId | None = None
    shared: bool = False


class Reader:
    """The tokens of one sentence, with its mentions and cues, ready to be asked for arguments."""

    def __init__(
        self, forms: Sequence[str], sentence: Sentence, mentions: Sequence[Mention], cues: Sequence[Cue]
    ) -> None:
        self._forms = forms
        self._sentence = sentence
        self._mentions = mentions
        self._cues = cues
        self._words = words()
        self._cue_starts = {c.start for c in cues if not c.weak}

    def arguments(self, cue: Cue) -> Iterator[Arguments]:
        """Yield the readings of one cue; none where its order cannot be met."""
        match cue.order:
            case Order.FORWARD:
                yield self._forward(cue)
            case Order.BACKWARD:
                yield self._backward(cue)
            case Order.OBJECT_FOR:
                yield from self._object_for(cue)
            case Order.ALONE:
                yield self._alone(cue)
            case Order.IMPLIED:
                yield self._implied(cue)
            case Order.PAIR:
                yield from self._pair(cue)
            case Order.TOGETHER:
                yield from self._together(cue)
            case Order.TARGET_ONLY:
                yield from self._target_only(cue)
            case Order.NOUN_AFTER:
                yield from self._noun_after(cue)

    def _forward(self, cue: Cue) -> Arguments:
        on_intervention = cue.relation in ON_INTERVENTION
        target = self._right(cue.end, on_intervention=on_intervention, far=on_intervention)
        subject = self._subject(cue.start, exclude=target)
        return Arguments(cue, subject, target, shared=self._is_shared(subject, cue))

    def _is_shared(self, subject: Argument | None, cue: Cue) -> bool:
        """Tell whether the subject is that of an earlier verb, too: the claim then begins at its own verb."""
        return subject is not None and any(
            subject.range.end <= c.start and c.end < cue.start and c.order is Order.FORWARD
            for c in self._cues
        )

    def _backward(self, cue: Cue) -> Arguments:
        intervention = self._right(cue.end, on_intervention=True)
        target = self._left_target(cue.start)
        return Arguments(cue, intervention, target)

    def _object_for(self, cue: Cue) -> Iterator[Arguments]:
        intervention = self._next(cue.end, self._clause_end(cue.end), reach=8, intervention=True)
        start = intervention.range.end if intervention else cue.end
        limit = min(self._clause_end(start), start + 8)
        for index in range(start, limit):
            if self._forms[index] in self._words.purposes:
                target = self._right(index + 1, on_intervention=False)
                if target is not None and target.mentions:
                    yield Arguments(cue, intervention, target)
                return

    def _alone(self, cue: Cue) -> Arguments:
        last = self._forms[cue.end - 1]
        target = self._right(cue.end, on_intervention=False) if last in ("for", "in", "during") else None
        return Arguments(cue, self._subject(cue.start, exclude=None), target)

    def _implied(self, cue: Cue) -> Arguments:
        following = cue.end < self._sentence.end and self._forms[cue.end] in ("of", "from")
        after = (
            self._next(cue.end + 1, self._clause_end(cue.end), reach=6, intervention=True)
            if following
            else None
        )
        intervention = after or self._owner(cue.start) or self._subject(cue.start, exclude=None)
        return Arguments(cue, intervention, Argument(Range(cue.start, cue.end), (), "implied"), cue.implies)

    def _owner(self, start: int) -> Argument | None:
        """Return the name hard before the cue: "Kratom's antidepressant effects"."""
        for mention in self._mentions:
            between = self._forms[mention.end : start]
            if (
                mention.end <= start
                and _is(mention, True)
                and all(f in ("", "'s", "potential") for f in between)
            ):
                return Argument(Range(mention.start, mention.end), (mention,), "mention")
        return None

    def _pair(self, cue: Cue) -> Iterator[Arguments]:
        end = self._clause_end(cue.end)
        first = self._next(cue.end, end, reach=REACH_RIGHT, intervention=True, single=True)
        if first is None:
            return
        second = self._next(first.range.end, end, reach=14, intervention=True, single=True)
        while second is not None and _same(first, second):
            first = Argument(Range(first.range.start, second.range.end), first.mentions, first.how)
            second = self._next(second.range.end, end, reach=14, intervention=True, single=True)
        if second is not None:
            yield Arguments(cue, first, second)

    def _together(self, cue: Cue) -> Iterator[Arguments]:
        """ "CBT and kratom work in tandem": the list to the left holds both."""
        subject = self._subject(cue.start, exclude=None)
        members = subject.mentions if subject else ()
        if subject is not None and len({m.intervention for m in members}) > 1:
            first, last = members[0], members[-1]
            one = Argument(Range(first.start, first.end), (first,), "mention")
            other = Argument(Range(last.start, last.end), (last,), "mention")
            yield Arguments(cue, one, other)

    def _target_only(self, cue: Cue) -> Iterator[Arguments]:
        target = self._next(cue.end, self._clause_end(cue.end), reach=6, intervention=True)
        if target is not None:
            yield Arguments(cue, None, target)

    def _noun_after(self, cue: Cue) -> Iterator[Arguments]:
        # "pain relief" may itself be a known name that holds the cue
        before = [
            m
            for m in self._mentions
            if m.target and (cue.start - 3 <= m.end <= cue.start or m.start < cue.start < m.end)
        ]
        if not before:
            return
        nearest = before[-1]
        target = self._list_around(nearest, left=True, intervention=False)
        subject = self._subject(target.range.start, exclude=target)
        if subject is None:
            subject = self._next(cue.end, self._clause_end(cue.end), reach=6, intervention=True)
        yield Arguments(cue, subject, target)

    # -- searching ---------------------------------------------------------

    def _clause_end(self, start: int) -> int:
        for index in range(start, self._sentence.end):
            if self._forms[index] in self._words.clause_breaks:
                return index
        return self._sentence.end

    def _clause_start(self, end: int) -> int:
        for index in range(end - 1, self._sentence.start - 1, -1):
            if self._forms[index] in self._words.clause_breaks:
                return index + 1
        return self._sentence.start

    def _next(
        self, start: int, end: int, *, reach: int, intervention: bool, single: bool = False
    ) -> Argument | None:
        """Return the first mention of the wanted side that begins in the range."""
        for mention in self._mentions:
            if start <= mention.start < min(end, start + reach) and _is(mention, intervention):
                if intervention and mention.generic and self._forms[mention.start] in LEANING:
                    continue
                if single:
                    return Argument(Range(mention.start, mention.end), (mention,), "mention")
                return self._list_around(mention, left=False, intervention=intervention)
        return None

    def _right(self, start: int, *, on_intervention: bool, far: bool = False) -> Argument | None:
        """Return the argument that begins at ``start``: a known name near it, or the noun phrase there."""
        end = min(self._clause_end(start), start + REACH_RIGHT)
        stop = next((i for i in range(start, end) if self._stops(i, start)), end)
        for mention in self._mentions:
            # a known name may hold the cue itself: "reduce inflammation"
            holds_cue = mention.start < start < mention.end
            if (start <= mention.start < stop or holds_cue) and _is(mention, on_intervention):
                found = self._list_around(mention, left=False, intervention=on_intervention)
                begins = Range(max(found.range.start, start), found.range.end)
                return Argument(self._widen(begins, start, stop), found.mentions, "mention")
        if far:
            # "potentiate the effects of" may be followed by words on the way to the name
            return self._next(start, end, reach=10, intervention=True)
        return None if on_intervention else self._phrase(start, stop)

    def _stops(self, index: int, start: int) -> bool:
        form = self._forms[index]
        if form == "," and index > start:
            return not self._list_goes_on(index)
        return form in self._words.argument_stops and index > start

    def _list_goes_on(self, comma: int) -> bool:
        """A comma inside a list is followed, soon, by "and" or by another known name."""
        window = range(comma + 1, min(comma + 5, self._sentence.end))
        names = {m.start for m in self._mentions if not m.generic}
        return any(i in names for i in window) and not any(i in self._cue_starts for i in window)

    def _phrase(self, start: int, stop: int) -> Argument | None:
        """Return the unknown noun phrase that begins at ``start``, without its determiners."""
        first = start
        while first < stop and (not self._forms[first] or self._forms[first] in self._words.determiners):
            first += 1
        last = first
        while last < min(stop, first + PHRASE) and (last == first or last not in self._cue_starts):
            last += 1
        while last > first and (
            not self._forms[last - 1]
            or self._forms[last - 1] in self._words.determiners
            or self._forms[last - 1] in self._words.joiners
        ):
            last -= 1
        if not any(len(self._forms[i]) > 2 and self._forms[i][0].isalpha() for i in range(first, last)):
            return None
        return Argument(Range(first, last), (), "phrase")

    def _widen(self, found: Range, start: int, stop: int) -> Range:
        """Take in the adjectives before a known name and the noun after it."""
        first = found.start
        if first - start <= 4:
            begin = start
            while begin < first and (not self._forms[begin] or self._forms[begin] in self._words.determiners):
                begin += 1
            if all(self._forms[i] not in self._words.argument_stops for i in range(begin, first)):
                first = begin
        last = found.end
        plain = self._words.joiners | self._words.determiners | self._words.not_subject
        while (
            last < min(stop, found.end + 2)
            and self._forms[last][:1].isalnum()
            and self._forms[last] not in plain
        ):
            last += 1
        return Range(first, last)

    def _subject(self, end: int, *, exclude: Argument | None) -> Argument | None:
        """Return the intervention to the left of a cue."""
        low = max(self._sentence.start, end - REACH_LEFT)
        left = [
            m
            for m in self._mentions
            if low <= m.start and m.end <= end and _is(m, True) and not (exclude and m in exclude.mentions)
        ]
        clause = self._clause_start(end)
        near = [
            m
            for m in left
            if m.start >= clause and not self._follows_preposition(m) and not self._is_object(m, end)
        ]
        for mention in reversed(near or left):
            if mention.generic and self._forms[mention.start] in RELATIVE:
                continue
            return self._list_around(mention, left=True, intervention=True)
        return self._unknown_subject(clause, end)

    def _is_object(self, mention: Mention, end: int) -> bool:
        """Return whether an earlier verb acts on it: the drug in "kratom boosts the drug or lifts mood"."""
        return any(
            cue.order is Order.FORWARD
            and cue.end <= mention.start <= cue.end + 3
            and cue.end < end
            and any(_is(m, True) and m.end <= cue.start for m in self._mentions)
            for cue in self._cues
        )

    def _follows_preposition(self, mention: Mention) -> bool:
        """ "Kratom's interaction with opioids may ...": what follows a preposition is not the subject."""
        before = mention.start - 1
        return before >= self._sentence.start and self._forms[before] in self._words.prepositions

    def _unknown_subject(self, start: int, end: int) -> Argument | None:
        """Return a noun phrase of unknown words hard before the verb group, such as a product's name."""
        last = end
        stops = self._words.not_subject
        while last > start and (not self._forms[last - 1] or self._forms[last - 1] in stops):
            last -= 1
        first = last
        while first > start and last - first < PHRASE:
            form = self._forms[first - 1]
            if form in stops or form in self._words.argument_stops or (form and not form[0].isalnum()):
                break
            first -= 1
        if end - last > 6 or not any(len(f) > 2 for f in self._forms[first:last]):
            return None
        return Argument(Range(first, last), (), "phrase")

    def _left_target(self, end: int) -> Argument | None:
        clause = self._clause_start(end)
        left = [m for m in self._mentions if clause <= m.start and m.end <= end and m.target]
        if left:
            return self._list_around(left[-1], left=True, intervention=False)
        return self._unknown_subject(clause, end)

    def _list_around(self, mention: Mention, *, left: bool, intervention: bool) -> Argument:
        """Return the whole list that a mention belongs to ("nausea, colds and flu")."""
        members = [mention]
        conjoined = False
        same = [m for m in self._mentions if _is(m, intervention) and not m.generic]
        if not mention.generic and mention in same:
            place = same.index(mention)
            step = -1 if left else 1
            index = place + step
            while 0 <= index < len(same):
                one, other = (same[index], members[-1]) if left else (members[-1], same[index])
                between = self._forms[one.end : other.start]
                joined = len(between) <= 5 and all(not f or f in self._words.joiners for f in between)
                if not joined or not any(f in (",", "and", "or", "&", "/") for f in between):
                    break
                members.append(same[index])
                conjoined = conjoined or any(f in CONJUNCTIONS for f in between)
                index += step
        if len(members) == 2 and not conjoined:
            # "Unlike mint, ginger eases nausea": one comma makes no list
            members = [mention]
        ordered = sorted(members, key=lambda m: m.start)
        return Argument(Range(ordered[0].start, ordered[-1].end), tuple(ordered), "mention")


def _is(mention: Mention, intervention: bool) -> bool:
    if intervention:
        return mention.generic or mention.intervention is not None
    return mention.target is not None


def _same(one: Argument, other: Argument) -> bool:
    return {m.intervention for m in one.mentions} == {m.intervention for m in other.mentions}
