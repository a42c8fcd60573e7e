"""Begins a monograph: a file that says of each key what belongs there, and passes no check until it does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

import jinja2
import msgspec

from claimcheck.errors import InputError
from claimcheck.kb import sources, store
from claimcheck.kb.compile import patterns_of, sure_names
from claimcheck.kb.schema import PLACEHOLDER
from claimcheck.kb.validate import GROUPS, is_slug
from claimcheck.types import Evidence, Grade, Jurisdiction, Kind, Relation, Risk, RiskLevel

LONGEST_NAME = 200


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Who owns which names.  Other keys are passed over, so that a file half written does no harm."""

    id: str
    name: str
    aliases: list[str] = []
    ambiguous: list[str] = []


def begin(folder: Path, *, identifier: str, name: str, kind: Kind) -> Path:
    """Write a scaffold into the knowledge base in ``folder`` and return its path.

    Raises:
        InputError: the id, the name or the kind cannot be that of a new
            monograph, or the file cannot be written.
        KnowledgeBaseError: there is no knowledge base, or a file in it cannot be read.
    """
    name = " ".join(name.split())
    _refuse_malformed(identifier, name, kind)
    store.require(folder)
    path = folder / "monographs" / f"{identifier}.yaml"
    if path.exists():
        raise InputError(f"{path}: is there already")
    _refuse_owned(folder, identifier, name, kind)
    _write_new(path, scaffold(identifier=identifier, name=name, kind=kind))
    return path


def scaffold(*, identifier: str, name: str, kind: Kind) -> str:
    """Return the text of a monograph that only needs its placeholders replaced."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("claimcheck.kb", "templates"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 -- YAML; the one value from outside is quoted below
    )
    return environment.get_template("monograph.yaml.j2").render(
        placeholder=PLACEHOLDER,
        identifier=_quoted(identifier),
        # A string of JSON is one of YAML, too.
        name=_quoted(name),
        kind=kind.value,
        kinds=_choices(k for k in Kind if not k.is_target),
        relations=_choices(Relation),
        # "unknown" is the silence of the knowledge base: nobody can state it.
        evidence=_choices(e for e in Evidence if e is not Evidence.UNKNOWN),
        grades=_choices(Grade),
        risks=_choices(Risk),
        levels=_choices(RiskLevel),
        groups=" ".join(sorted(GROUPS)),
        jurisdictions=_choices(Jurisdiction),
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _choices(labels: Iterable[StrEnum]) -> str:
    return " ".join(label.value for label in labels)


def _refuse_malformed(identifier: str, name: str, kind: Kind) -> None:
    if not is_slug(identifier):
        raise InputError("an id is lower-case words joined by hyphens")
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or not patterns_of(name):
        raise InputError(f"a name is one line of 1 to {LONGEST_NAME} printable characters")
    if kind.is_target:
        raise InputError(f"a {kind.value} is no monograph: enter it in a file of conditions/")


def _refuse_owned(folder: Path, identifier: str, name: str, kind: Kind) -> None:
    """Refuse the id of a target or of a class that this is not, and a name that another intervention has.

    A class of medicines and its monograph are one concept, so that a class that
    has no monograph yet may get one.
    """
    classes = list(_entries([folder / "classes.yaml"], list[_Entry]))
    conditions = _entries((folder / "conditions").glob("*.yaml"), list[_Entry])
    if any(entry.id == identifier for entry in conditions):  # a monograph's id is its file's name
        raise InputError("that id is taken already")
    is_class = any(entry.id == identifier for entry in classes)
    if is_class and kind is not Kind.DRUG_CLASS:
        raise InputError("a class of that id exists: its monograph has the kind drug_class")
    wanted = _patterns(sure_names(identifier, name, (), ()))
    for entry in (*_monographs(folder), *classes):
        if entry.id != identifier and wanted & _patterns(_names(entry)):
            raise InputError(f"that id or name is a name of {entry.id} already")


def _names(entry: _Entry) -> tuple[str, ...]:
    return (*sure_names(entry.id, entry.name, entry.aliases, entry.ambiguous), *entry.ambiguous)


def _patterns(names: Iterable[str]) -> set[str]:
    return {pattern for name in names for pattern in patterns_of(name)}


def _monographs(folder: Path) -> Iterator[_Entry]:
    for path in sorted((folder / "monographs").glob("*.yaml")):
        yield sources.decoded(path, _Entry)


def _entries(paths: Iterable[Path], shape: type[list[_Entry]]) -> Iterator[_Entry]:
    for path in sorted(paths):
        if path.exists():
            yield from sources.decoded(path, shape)


def _write_new(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(f"{path.parent}: no folder to write in: {error.strerror}") from error
    try:
        # "x": whoever wrote the file a moment ago keeps it.
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        raise InputError(f"{path}: is there already") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
