"""What two states of the knowledge base do not have in common.

Pure: two compiled states in, one sorted account out.  Whatever a reader of the
knowledge base could notice is compared; comments, the order in which files hold
their entries and the date of the state are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from itertools import zip_longest

import msgspec

from claimcheck.kb.compile import patterns_of, sure_names
from claimcheck.kb.store import Compiled, Concept, RiskRecord

Value = str | bool | float | tuple[str, ...] | None
# One record as plain values, by field.
Fields = Mapping[str, Value]

_NAMES = frozenset(("aliases", "ambiguous"))


class ChangeKind(StrEnum):
    """What became of an entry."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of an entry; the side on which there is no entry is None."""

    field: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that is not the same in both states, with the fields that differ."""

    id: str
    change: ChangeKind
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Everything that differs, each section sorted by id.

    ``aliases`` are those of concepts that both states hold; a concept that is
    added or removed carries its own.  ``spellings`` are forms recognised in a
    text whose owner moved although no name written down did.
    """

    before: str
    after: str
    concepts: tuple[Change, ...]
    aliases: tuple[Change, ...]
    spellings: tuple[Change, ...]
    statements: tuple[Change, ...]
    risks: tuple[Change, ...]
    principles: tuple[Change, ...]
    regulations: tuple[Change, ...]
    listed_claims: tuple[Change, ...]
    references: tuple[Change, ...]

    @property
    def equal(self) -> bool:
        """True where the two states hold the same."""
        return not any(self.sections().values())

    def sections(self) -> dict[str, tuple[Change, ...]]:
        """Return the changes by section, in the order in which they are shown."""
        names = [field.name for field in fields(self) if field.name not in ("before", "after")]
        return {name: getattr(self, name) for name in names}


def compare(before: Compiled, after: Compiled) -> Difference:
    """Return what distinguishes ``after`` from ``before``."""
    concepts = _concepts(before.concepts, after.concepts)
    aliases = _aliases(before.concepts, after.concepts, new_or_gone=_new_or_gone(concepts))
    return Difference(
        before=before.version,
        after=after.version,
        concepts=concepts,
        aliases=aliases,
        spellings=_spellings(before, after, explained=_explained(before, after, concepts, aliases)),
        statements=_records(before.statements, after.statements),
        risks=_changes(_by_id(before.risks, _risk_id), _by_id(after.risks, _risk_id)),
        principles=_records(before.principles, after.principles),
        regulations=_records(before.regulations, after.regulations),
        listed_claims=_records(before.listed_claims, after.listed_claims),
        references=_records(before.references, after.references),
    )


def _records(before: Iterable[msgspec.Struct], after: Iterable[msgspec.Struct]) -> tuple[Change, ...]:
    return _changes(_by_id(before, _own_id), _by_id(after, _own_id))


def _own_id(record: msgspec.Struct) -> str:
    return str(getattr(record, "id"))  # noqa: B009 -- every record but a risk has one


def _risk_id(risk: RiskRecord) -> str:
    return f"{risk.intervention}.{risk.code}"


def _concepts(before: Sequence[Concept], after: Sequence[Concept]) -> tuple[Change, ...]:
    """Compare concepts; the names of one that stays are compared as aliases."""
    old, new = _by_id(before, _own_id), _by_id(after, _own_id)
    for concept_id in old.keys() & new.keys():
        for side in (old, new):
            side[concept_id] = [_without(record, _NAMES) for record in side[concept_id]]
    return _changes(old, new)


def _new_or_gone(concepts: Iterable[Change]) -> frozenset[str]:
    return frozenset(c.id for c in concepts if c.change is not ChangeKind.CHANGED)


def _aliases(
    before: Iterable[Concept], after: Iterable[Concept], *, new_or_gone: frozenset[str]
) -> tuple[Change, ...]:
    """Compare who owns each alias, so that one that moves is one change."""
    found = _changes(_owners(before), _owners(after))
    return tuple(change for change in found if not _owners_in(change) <= new_or_gone)


def _owners(concepts: Iterable[Concept]) -> dict[str, list[Fields]]:
    sure: dict[str, set[str]] = {}
    unsure: dict[str, set[str]] = {}
    for concept in concepts:
        for names, owners in ((concept.aliases, sure), (concept.ambiguous, unsure)):
            for name in names:
                owners.setdefault(name, set()).add(concept.id)
    return {
        name: [
            {
                "alias_of": tuple(sorted(sure.get(name, ()))),
                "ambiguous_of": tuple(sorted(unsure.get(name, ()))),
            }
        ]
        for name in sure.keys() | unsure.keys()
    }


def _owners_in(change: Change) -> set[str]:
    """Return every concept that gained or lost the alias, or kept it in another way."""
    found: set[str] = set()
    for field in change.fields:
        before = field.before if isinstance(field.before, tuple) else ()
        after = field.after if isinstance(field.after, tuple) else ()
        found |= set(before) ^ set(after)
    return found


def _explained(
    before: Compiled, after: Compiled, concepts: Iterable[Change], aliases: Iterable[Change]
) -> set[str]:
    """Return the patterns of all names that the other sections speak of."""
    told = {change.id for change in concepts}
    found = {pattern for change in aliases for pattern in patterns_of(change.id)}
    for concept in (*before.concepts, *after.concepts):
        if concept.id in told:
            names = sure_names(concept.id, concept.name, concept.aliases, concept.ambiguous)
            for name in (*names, *concept.ambiguous):
                found |= patterns_of(name)
    return found


def _spellings(before: Compiled, after: Compiled, *, explained: set[str]) -> tuple[Change, ...]:
    return _changes(_recognised(before, explained), _recognised(after, explained))


def _recognised(state: Compiled, explained: set[str]) -> dict[str, list[Fields]]:
    rows = zip(state.patterns, state.owners, state.needs_context, strict=True)
    return {
        " ".join(pattern.split()): [{"stands_for": tuple(owners), "needs_context": needs_context}]
        for pattern, owners, needs_context in rows
        if pattern not in explained
    }


def _by_id(records: Iterable[msgspec.Struct], name: Callable[..., str]) -> dict[str, list[Fields]]:
    """Return the records as plain values by id; several risks of one code share an id."""
    found: dict[str, list[Fields]] = {}
    for record in records:
        found.setdefault(name(record), []).append(_plain(record))
    return found


def _plain(record: msgspec.Struct) -> Fields:
    values = msgspec.structs.asdict(record)
    # "with" is a word of Python, so that its field carries a stroke that no file shows.
    return {key.rstrip("_"): _value(value) for key, value in values.items() if key != "id"}


def _value(value: object) -> Value:
    if isinstance(value, tuple):
        return tuple(str(item) for item in value)
    if isinstance(value, bool | float) or value is None:
        return value
    return str(value)


def _without(record: Fields, names: frozenset[str]) -> Fields:
    return {key: value for key, value in record.items() if key not in names}


def _changes(
    before: Mapping[str, Sequence[Fields]], after: Mapping[str, Sequence[Fields]]
) -> tuple[Change, ...]:
    return tuple(
        change
        for entry_id in sorted(before.keys() | after.keys())
        for change in _entry_changes(entry_id, before.get(entry_id, ()), after.get(entry_id, ()))
    )


def _entry_changes(entry_id: str, before: Sequence[Fields], after: Sequence[Fields]) -> Iterator[Change]:
    """Pair the records of one id that are not the same on both sides, in their order."""
    for old, new in zip_longest(_left_over(before, after), _left_over(after, before)):
        if old is None:
            yield Change(entry_id, ChangeKind.ADDED, _field_changes({}, _filled(new)))
        elif new is None:
            yield Change(entry_id, ChangeKind.REMOVED, _field_changes(_filled(old), {}))
        else:
            yield Change(entry_id, ChangeKind.CHANGED, _field_changes(old, new))


def _left_over(records: Sequence[Fields], others: Sequence[Fields]) -> list[Fields]:
    """Return ``records`` without those that have their equal among ``others``, one for one."""
    remaining = list(others)
    found: list[Fields] = []
    for record in records:
        if record in remaining:
            remaining.remove(record)
        else:
            found.append(record)
    return found


def _field_changes(before: Fields, after: Fields) -> tuple[FieldChange, ...]:
    names = dict.fromkeys((*before, *after))
    found = (FieldChange(name, before.get(name), after.get(name)) for name in names)
    return tuple(field for field in found if field.before != field.after)


def _filled(record: Fields) -> Fields:
    """Return what an entry without a counterpart says, without what it leaves empty."""
    return {name: value for name, value in record.items() if value not in (None, False, (), "")}
