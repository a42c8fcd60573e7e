"""``claimcheck kb``: the knowledge base, searched, shown, checked and counted."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.table import Table

from claimcheck.cli import loading
from claimcheck.cli.concept_page import concept_page, print_page
from claimcheck.cli.failing import complain, explained, give_up
from claimcheck.cli.output import show_drawn, show_json
from claimcheck.cli.statistics import print_statistics, statistics
from claimcheck.kb import store
from claimcheck.kb.store import Concept, KnowledgeBase
from claimcheck.kb.validate import validate as problems_of

_PROBLEMS_FOUND = 1
_ALIASES_SHOWN = 10
_NEAREST_SHOWN = 5

commands = typer.Typer(
    help="Search, show, check and count the knowledge base.", no_args_is_help=True, add_completion=False
)


class Format(StrEnum):
    """For people or for programs."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="For people or for programs.")]


@commands.command()
def search(
    query: Annotated[str, typer.Argument(help="A name, an alias, or the beginning of one.")],
    limit: Annotated[int, typer.Option(min=1, max=100, help="Show at most this many.")] = 20,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Find concepts by name or alias, best match first."""
    with explained():
        found = loading.get_knowledge_base().search(query, limit=limit)
    if output_format is Format.JSON:
        show_json({"concepts": [_found(concept) for concept in found]})
        return
    if not found:
        typer.echo("Nothing of that name.")
        return
    _print_found(found)


@commands.command()
def show(
    concept: Annotated[str, typer.Argument(help="The id of a concept, its name or an alias.")],
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Show everything known of one concept: names, classes, statements, risks, sources."""
    with explained():
        kb = loading.get_knowledge_base()
    found = _named(concept, kb)
    page = concept_page(found, kb)
    if output_format is Format.JSON:
        show_json(page)
    else:
        show_drawn(lambda console: print_page(page, console))


@commands.command()
def validate(
    directory: Annotated[
        Path | None,
        typer.Argument(help="The folder to check; the packaged one if none is named.", show_default=False),
    ] = None,
) -> None:
    """Check a knowledge base; exit 1 and one line a problem where something is wrong."""
    folder = directory or store.DATA
    if not folder.is_dir():
        give_up(f"{folder}: no such folder")
    with explained():
        problems = problems_of(folder)
    for problem in problems:
        typer.echo(f"{problem.path}: {problem.where}: {problem.message}")
    if problems:
        complain(f"{len(problems)} problem{'s' if len(problems) > 1 else ''}")
        raise typer.Exit(_PROBLEMS_FOUND)
    typer.echo("no problem found")


@commands.command()
def stats(output_format: FormatOption = Format.TEXT) -> None:
    """Count what the knowledge base covers, and how well its references are checked."""
    with explained():
        kb = loading.get_knowledge_base()
    figures = statistics(kb, today=datetime.now(tz=UTC).date())
    if output_format is Format.JSON:
        show_json(figures)
    else:
        show_drawn(lambda console: print_statistics(figures, console))


def _named(name: str, kb: KnowledgeBase) -> Concept:
    """Return the concept of that id, name or alias; say what comes near where there is none."""
    found = kb.concept(name) or next(map(kb.concept, kb.lookup(name)), None)
    return found or _nothing_named(name, kb)


def _nothing_named(name: str, kb: KnowledgeBase) -> NoReturn:
    nearest = ", ".join(concept.id for concept in kb.search(name, limit=_NEAREST_SHOWN))
    give_up(f"no concept of that name; nearest: {nearest}" if nearest else "no concept of that name")


def _found(concept: Concept) -> dict[str, object]:
    return {
        "id": concept.id,
        "name": concept.name,
        "kind": concept.kind.value,
        "aliases": list(concept.aliases[:_ALIASES_SHOWN]),
        "reviewed": concept.reviewed,
    }


def _print_found(found: tuple[Concept, ...]) -> None:
    table = Table("id", "name", "kind", "reviewed")
    for concept in found:
        table.add_row(
            concept.id, concept.name, concept.kind.value, "yes" if concept.reviewed else "name only"
        )
    show_drawn(lambda console: console.print(table))
