"""The knowledge base as the program sees it: compiled once, looked up by id.

``KnowledgeBase.load()`` reads one compiled file; where that file is missing or
older than its sources (a checkout being edited) it compiles them first.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import msgspec

from claimcheck import surface
from claimcheck.errors import KnowledgeBaseError
from claimcheck.kb import sources as source_files
from claimcheck.kb.schema import Reference
from claimcheck.types import (
    ConceptId,
    Evidence,
    Grade,
    Jurisdiction,
    Kind,
    ReferenceId,
    Relation,
    Risk,
    RiskLevel,
    StatementId,
)

DATA = Path(__file__).parent / "data"
COMPILED_NAME = "compiled.msgpack"
FORMAT = 6


class Concept(msgspec.Struct, frozen=True, kw_only=True):
    """Something a mention can stand for.

    ``broader`` holds direct parents: wider conditions of a target, classes of
    an intervention.  ``reviewed`` is false for a bare name compiled in for
    recognition only.
    """

    id: ConceptId
    name: str
    kind: Kind
    aliases: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    broader: tuple[ConceptId, ...] = ()
    serious: bool = False
    treatments: tuple[ConceptId, ...] = ()
    prescribed_for: tuple[ConceptId, ...] = ()
    dangerous_to_stop: bool = False
    reviewed: bool = True


class StatementRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A statement with the intervention it belongs to; ``generated`` ones come from tables."""

    id: StatementId
    intervention: ConceptId
    relation: Relation
    target: ConceptId | None
    evidence: Evidence
    grade: Grade
    summary: str
    limits: str | None = None
    as_of: str
    references: tuple[ReferenceId, ...]
    generated: bool = False
    exact: bool = False


class RiskRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A risk entry with the intervention it belongs to."""

    intervention: ConceptId
    code: Risk
    level: RiskLevel
    because: str
    references: tuple[ReferenceId, ...]
    with_: tuple[ConceptId, ...] = ()
    groups: tuple[str, ...] = ()
    jurisdictions: tuple[Jurisdiction, ...] = ()
    max_daily_mg: float | None = None


class PrincipleRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that holds for a whole class of claims."""

    id: str
    kinds: tuple[Kind, ...]
    interventions: tuple[ConceptId, ...]
    relations: tuple[Relation, ...]
    targets: tuple[ConceptId, ...]
    target_kinds: tuple[Kind, ...]
    evidence: Evidence
    grade: Grade
    summary: str
    as_of: str
    references: tuple[ReferenceId, ...]


class RegulationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the law of one jurisdiction calls a kind of claim."""

    id: str
    jurisdiction: Jurisdiction
    applies_to_kinds: tuple[Kind, ...]
    relations: tuple[Relation, ...]
    target_kinds: tuple[Kind, ...]
    interventions: tuple[ConceptId, ...] = ()
    targets: tuple[ConceptId, ...] = ()
    claim_class: str
    rule: str
    message: str
    references: tuple[ReferenceId, ...]


class ListedClaimRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One effect of one substance on a list of one jurisdiction.

    ``named`` holds patterns (see :func:`claimcheck.surface.pattern`) of which the
    text must use one, where the concept is wider than the substance.
    """

    id: str
    jurisdiction: Jurisdiction
    claim_class: str
    rule: str
    substance: str
    effect: str
    conditions: str
    opening: str
    closing: str
    relations: tuple[Relation, ...]
    interventions: tuple[ConceptId, ...]
    targets: tuple[ConceptId, ...]
    named: tuple[str, ...]
    references: tuple[ReferenceId, ...]


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """The one file that is loaded: records plus the patterns that recognise names.

    ``patterns[i]`` (see :func:`claimcheck.surface.pattern`) stands for
    ``owners[i]``; ``needs_context[i]`` says that it counts only where the text
    speaks of health.
    """

    format: int
    sources: str
    version: str
    concepts: tuple[Concept, ...]
    statements: tuple[StatementRecord, ...]
    risks: tuple[RiskRecord, ...]
    principles: tuple[PrincipleRecord, ...]
    regulations: tuple[RegulationRecord, ...]
    listed_claims: tuple[ListedClaimRecord, ...] = ()
    references: tuple[Reference, ...]
    patterns: tuple[str, ...]
    owners: tuple[tuple[ConceptId, ...], ...]
    needs_context: tuple[bool, ...]


class KnowledgeBase:
    """Everything claimcheck knows, indexed by concept id.  Never changes once built."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self.version = compiled.version
        self._concepts = {c.id: c for c in compiled.concepts}
        self._statements: dict[ConceptId, list[StatementRecord]] = {}
        self._by_target: dict[ConceptId, dict[str | None, tuple[StatementRecord, ...]]] = {}
        self._by_statement: dict[str, StatementRecord] = {}
        for record in compiled.statements:
            self._statements.setdefault(record.intervention, []).append(record)
            self._by_statement[record.id] = record
        self._risks: dict[ConceptId, list[RiskRecord]] = {}
        for risk in compiled.risks:
            self._risks.setdefault(risk.intervention, []).append(risk)
        self.principles = compiled.principles
        self.regulations = compiled.regulations
        self.listed_claims = compiled.listed_claims
        for principle in compiled.principles:
            self._by_statement[f"principle.{principle.id}"] = _as_statement(principle)
        self._references = {r.id: r for r in compiled.references}
        self._ancestors: dict[ConceptId, tuple[ConceptId, ...]] = {}

    @classmethod
    def load(cls, directory: Path | None = None) -> KnowledgeBase:
        """Return the packaged knowledge base, or the one in ``directory``.

        Raises:
            KnowledgeBaseError: the folder is missing, or a file in it is wrong.
        """
        directory = directory or DATA
        digest = source_files.digest(directory)
        compiled = _read_compiled(directory / COMPILED_NAME, digest)
        if compiled is None:
            from claimcheck.kb.compile import compile_sources

            compiled = compile_sources(source_files.read(directory), digest=digest)
            _write_compiled(directory / COMPILED_NAME, compiled)
        return cls(compiled)

    @classmethod
    def build(cls, found: source_files.Sources) -> KnowledgeBase:
        """Return a knowledge base made of sources in memory: for tests and previews."""
        from claimcheck.kb.compile import compile_sources

        return cls(compile_sources(found, digest="0" * 64))

    def concept(self, concept_id: str | None) -> Concept | None:
        """Return the concept, or None where there is none of that id."""
        return self._concepts.get(ConceptId(concept_id)) if concept_id is not None else None

    def concepts(self) -> Iterator[Concept]:
        """Yield every concept, reviewed ones first."""
        return iter(self._compiled.concepts)

    def ancestors(self, concept_id: str) -> tuple[ConceptId, ...]:
        """Return all wider concepts, nearest first, without the concept itself."""
        key = ConceptId(concept_id)
        known = self._ancestors.get(key)
        if known is None:
            known = self._ancestors[key] = tuple(self._climb(key))
        return known

    def _climb(self, start: ConceptId) -> Iterator[ConceptId]:
        seen, level = {start}, [start]
        while level:
            parents: list[ConceptId] = []
            for concept_id in level:
                concept = self._concepts.get(concept_id)
                for parent in concept.broader if concept else ():
                    if parent not in seen:
                        seen.add(parent)
                        parents.append(parent)
                        yield parent
            level = parents

    def is_a(self, concept_id: str, ancestor: str) -> bool:
        """Tell whether the first is the second or narrower than it."""
        return concept_id == ancestor or ancestor in self.ancestors(concept_id)

    @cached_property
    def _members(self) -> dict[ConceptId, tuple[ConceptId, ...]]:
        found: dict[ConceptId, list[ConceptId]] = {}
        for concept in self._compiled.concepts:
            for parent in concept.broader:
                found.setdefault(parent, []).append(concept.id)
        return {key: tuple(values) for key, values in found.items()}

    def members(self, concept_id: str) -> tuple[ConceptId, ...]:
        """Return the direct members of a class, or the conditions just below one."""
        return self._members.get(ConceptId(concept_id), ())

    def statements(self, intervention: str) -> tuple[StatementRecord, ...]:
        """Return what is stated of this intervention itself, classes not counted."""
        return tuple(self._statements.get(ConceptId(intervention), ()))

    def statements_on(self, intervention: str, target: str | None) -> tuple[StatementRecord, ...]:
        """Return what is stated of this intervention itself on this very target (None: on any)."""
        by_target = self._by_target.get(ConceptId(intervention))
        if by_target is None:
            found: dict[str | None, list[StatementRecord]] = {}
            for record in self._statements.get(ConceptId(intervention), ()):
                found.setdefault(record.target, []).append(record)
            by_target = {aim: tuple(records) for aim, records in found.items()}
            self._by_target[ConceptId(intervention)] = by_target
        return by_target.get(target, ())

    def statement(self, statement_id: str) -> StatementRecord | None:
        """Return one statement; principles answer to ``principle.<id>``."""
        return self._by_statement.get(statement_id)

    def all_statements(self) -> tuple[StatementRecord, ...]:
        """Return every statement of every intervention."""
        return self._compiled.statements

    def risks(self, intervention: str) -> tuple[RiskRecord, ...]:
        """Return the risk entries of this intervention itself, classes not counted."""
        return tuple(self._risks.get(ConceptId(intervention), ()))

    def all_risks(self) -> tuple[RiskRecord, ...]:
        """Return every risk entry of every intervention."""
        return self._compiled.risks

    @cached_property
    def _listed_for(self) -> dict[ConceptId, tuple[ListedClaimRecord, ...]]:
        found: dict[ConceptId, list[ListedClaimRecord]] = {}
        for record in self.listed_claims:
            for target in record.targets:
                found.setdefault(target, []).append(record)
        return {target: tuple(records) for target, records in found.items()}

    def listed_claims_for(self, target: str) -> tuple[ListedClaimRecord, ...]:
        """Return the entries of the law's lists that speak of this condition or function itself."""
        return self._listed_for.get(ConceptId(target), ())

    def reference(self, reference_id: str) -> Reference | None:
        """Return the cited document of that id."""
        return self._references.get(reference_id)

    def references(self) -> tuple[Reference, ...]:
        """Return every cited document."""
        return self._compiled.references

    @property
    def names(self) -> tuple[Sequence[str], Sequence[tuple[ConceptId, ...]], Sequence[bool]]:
        """Patterns, the concepts each stands for, and whether it needs a health context."""
        return self._compiled.patterns, self._compiled.owners, self._compiled.needs_context

    @cached_property
    def _by_pattern(self) -> dict[str, tuple[ConceptId, ...]]:
        return dict(zip(self._compiled.patterns, self._compiled.owners, strict=True))

    def lookup(self, name: str) -> tuple[ConceptId, ...]:
        """Return the concepts that carry exactly this name or alias."""
        return self._by_pattern.get(surface.pattern(surface.comparable(name)), ())

    @cached_property
    def _plain_names(self) -> list[tuple[Concept, tuple[str, ...]]]:
        """Every concept with its names as they are compared."""
        return [
            (c, tuple(" ".join(surface.comparable(n)) for n in (c.name, *c.aliases)))
            for c in self._compiled.concepts
        ]

    def search(self, query: str, *, limit: int = 20) -> tuple[Concept, ...]:
        """Return concepts whose name or alias is, starts with, or holds ``query``, best first."""
        wanted = " ".join(surface.comparable(query[:200]))
        if not wanted:
            return ()
        ranked: list[tuple[int, int, str, Concept]] = []
        for concept, names in self._plain_names:
            rank = min((_match_rank(wanted, name) for name in names), default=9)
            if concept.id == query:
                rank = 0
            if rank < 9:
                ranked.append((rank, 0 if concept.reviewed else 1, concept.name, concept))
        ranked.sort(key=lambda row: row[:3])
        return tuple(row[3] for row in ranked[:limit])


def _match_rank(wanted: str, name: str) -> int:
    if name == wanted:
        return 0
    if name.startswith(wanted):
        return 1
    return 2 if f" {wanted}" in name else 9


def _as_statement(principle: PrincipleRecord) -> StatementRecord:
    return StatementRecord(
        id=StatementId(f"principle.{principle.id}"),
        intervention=ConceptId(""),
        relation=principle.relations[0],
        target=None,
        evidence=principle.evidence,
        grade=principle.grade,
        summary=principle.summary,
        as_of=principle.as_of,
        references=principle.references,
    )


def _read_compiled(path: Path, digest: str) -> Compiled | None:
    """Return the compiled file if it fits the sources, else None."""
    try:
        compiled = msgspec.msgpack.decode(path.read_bytes(), type=Compiled)
    except (OSError, msgspec.ValidationError, msgspec.DecodeError):
        return None
    return compiled if (compiled.format, compiled.sources) == (FORMAT, digest) else None


def _write_compiled(path: Path, compiled: Compiled) -> None:
    """Keep the compiled file for the next start; a read-only folder is no error."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
            part.write(msgspec.msgpack.encode(compiled))
        Path(part.name).replace(path)
    except OSError:
        return


def snapshot(path: Path) -> Compiled:
    """Return what the folder or the compiled file at ``path`` holds; nothing is written.

    Raises:
        KnowledgeBaseError: there is no knowledge base, a file in it is wrong, or
            another version of claimcheck compiled it.
    """
    if path.is_dir():
        return _compiled_folder(path)
    try:
        compiled = msgspec.msgpack.decode(path.read_bytes(), type=Compiled)
    except OSError as error:
        raise KnowledgeBaseError(f"{path}: cannot be read: {error.strerror}") from error
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise KnowledgeBaseError(f"{path}: no compiled knowledge base of this version") from error
    if compiled.format != FORMAT:
        raise KnowledgeBaseError(f"{path}: no compiled knowledge base of this version")
    return compiled


def _compiled_folder(directory: Path) -> Compiled:
    from claimcheck.kb.compile import compile_sources

    require(directory)
    digest = source_files.digest(directory)
    compiled = _read_compiled(directory / COMPILED_NAME, digest)
    if compiled is not None:
        return compiled
    try:
        return compile_sources(source_files.read(directory), digest=digest)
    except KnowledgeBaseError as error:
        # Two folders are compared, and both may hold a file of that name.
        raise KnowledgeBaseError(f"{directory}: {error}") from error


def require(directory: Path) -> None:
    """Refuse a folder that holds no knowledge base.

    Raises:
        KnowledgeBaseError: there is no ``meta.yaml`` in it.
    """
    if not (directory / "meta.yaml").is_file():
        raise KnowledgeBaseError(f"no knowledge base in {directory.resolve().name!r}")
