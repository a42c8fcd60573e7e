"""Reads the knowledge base as people write it: a folder of YAML and JSONL files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from claimcheck.errors import KnowledgeBaseError
from claimcheck.kb import schema

T = TypeVar("T")


@dataclass(slots=True)
class Sources:
    """Everything in the folder, decoded; ``origin`` tells which file holds an id."""

    meta: schema.Meta
    monographs: list[schema.Monograph] = field(default_factory=list)
    conditions: list[schema.Condition] = field(default_factory=list)
    classes: list[schema.DrugClass] = field(default_factory=list)
    principles: list[schema.Principle] = field(default_factory=list)
    regulations: list[schema.Regulation] = field(default_factory=list)
    claim_tables: list[schema.ClaimTable] = field(default_factory=list)
    references: list[schema.Reference] = field(default_factory=list)
    names: list[schema.Name] = field(default_factory=list)
    indications: list[schema.Indication] = field(default_factory=list)
    origin: dict[str, str] = field(default_factory=dict)


def files(directory: Path) -> list[Path]:
    """Return every source file below ``directory``, in a fixed order."""
    return sorted(p for suffix in ("*.yaml", "*.jsonl") for p in directory.rglob(suffix))


def digest(directory: Path) -> str:
    """Return one sha256 over names and contents of all source files."""
    total = hashlib.sha256()
    for path in files(directory):
        total.update(path.relative_to(directory).as_posix().encode() + b"\0")
        total.update(path.read_bytes() + b"\0")
    return total.hexdigest()


def read(directory: Path) -> Sources:
    """Decode the folder.

    Raises:
        KnowledgeBaseError: a file is missing or does not fit its schema; the
            message names the file and the place in it.
    """
    found = Sources(meta=decoded(directory / "meta.yaml", schema.Meta))
    for path in sorted((directory / "monographs").glob("*.yaml")):
        monograph = decoded(path, schema.Monograph)
        if monograph.id != path.stem:
            raise KnowledgeBaseError(f"{path.name}: id {monograph.id!r} is not the file's name")
        found.monographs.append(monograph)
        found.origin[monograph.id] = path.name
    for path in sorted((directory / "conditions").glob("*.yaml")):
        for condition in decoded(path, list[schema.Condition]):
            found.conditions.append(condition)
            found.origin.setdefault(condition.id, path.name)
    found.classes = _optional(directory / "classes.yaml", list[schema.DrugClass])
    found.principles = _optional(directory / "principles.yaml", list[schema.Principle])
    found.regulations = _optional(directory / "regulation.yaml", list[schema.Regulation])
    for path in sorted((directory / "regulation").glob("*.yaml")):
        table = decoded(path, schema.ClaimTable)
        if table.id != path.stem:
            raise KnowledgeBaseError(f"{path.name}: id {table.id!r} is not the file's name")
        found.claim_tables.append(table)
    for path in [directory / "references.yaml", *sorted((directory / "references").glob("*.yaml"))]:
        found.references.extend(_optional(path, list[schema.Reference]))
    for path in sorted((directory / "names").glob("*.jsonl")):
        found.names.extend(_lines(path, schema.Name))
    for path in sorted((directory / "indications").glob("*.jsonl")):
        found.indications.extend(_lines(path, schema.Indication))
    return found


def decoded(path: Path, shape: type[T]) -> T:
    """Return the content of one YAML file.

    Raises:
        KnowledgeBaseError: it cannot be read, or does not fit ``shape``.
    """
    try:
        return msgspec.yaml.decode(path.read_bytes(), type=shape)
    except OSError as error:
        raise KnowledgeBaseError(f"{path.name}: cannot be read") from error
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise KnowledgeBaseError(f"{path.name}: {error}") from error


def _optional(path: Path, shape: type[list[T]]) -> list[T]:
    return decoded(path, shape) if path.exists() else []


def _lines(path: Path, shape: type[T]) -> Iterator[T]:
    decoder = msgspec.json.Decoder(shape)
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield decoder.decode(line)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise KnowledgeBaseError(f"{path.name}:{number}: {error}") from error
