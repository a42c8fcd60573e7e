"""``claimcheck kb``: the knowledge base, searched, shown, checked, counted, compared and added to."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.table import Table

from claimcheck.cli import loading
from claimcheck.cli.concept_page import concept_page, print_page
from claimcheck.cli.differences import difference_dict, print_difference
from claimcheck.cli.failing import complain, explained, give_up
from claimcheck.cli.output import show_drawn, show_json, write
from claimcheck.cli.statistics import print_statistics
from claimcheck.kb import scaffold, statistics_page, store
from claimcheck.kb.diff import compare
from claimcheck.kb.schema import PLACEHOLDER
from claimcheck.kb.statistics import statistics
from claimcheck.kb.store import Concept, KnowledgeBase
from claimcheck.kb.validate import validate as problems_of
from claimcheck.types import Kind

# Not the folder of the package: an installed copy is no place to write in.
SOURCES = Path("claimcheck/kb/data")
_PROBLEMS_FOUND = 1
_DIFFERENT = 1
_ALIASES_SHOWN = 10
_NEAREST_SHOWN = 5

_NEXT_STEPS = f"""\
written: {{path}}

Next:
1. Open the documents, and enter each in a file of {{folder}}/references/.
2. Replace every {PLACEHOLDER}. Until that is done nothing can be loaded from this folder;
   the ids of targets stand in {{folder}}/conditions/.
3. claimcheck kb validate {{folder}}
4. claimcheck kb show {{identifier}}
5. Say so in a line of CHANGELOG.md, under KB."""

commands = typer.Typer(
    help="Search, show, check, count, compare and extend the knowledge base.",
    no_args_is_help=True,
    add_completion=False,
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
def stats(
    output_format: FormatOption = Format.TEXT,
    html: Annotated[
        Path | None,
        typer.Option(help="Write a page with tables and plots to this file instead.", show_default=False),
    ] = None,
) -> None:
    """Count what the knowledge base covers, and how well its references are checked."""
    if html is not None and output_format is Format.JSON:
        give_up("--html and --format json are two ways to write the same: choose one")
    with explained():
        figures = statistics(loading.get_knowledge_base(), today=datetime.now(tz=UTC).date())
        if html is not None:
            write([statistics_page.render(figures)], to=html)
    if html is not None:
        typer.echo(f"written: {html}")
    elif output_format is Format.JSON:
        show_json(figures)
    else:
        show_drawn(lambda console: print_statistics(figures, console))


@commands.command()
def diff(
    before: Annotated[Path, typer.Argument(help="A folder with a knowledge base, or a compiled file.")],
    after: Annotated[Path, typer.Argument(help="The one to compare with it, folder or file.")],
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Show what was added, removed and changed between two knowledge bases; exit 1 if anything was."""
    with explained():
        difference = compare(store.snapshot(before), store.snapshot(after))
    if output_format is Format.JSON:
        show_json(difference_dict(difference))
    else:
        show_drawn(lambda console: print_difference(difference, console))
    if not difference.equal:
        raise typer.Exit(_DIFFERENT)


@commands.command()
def new(
    identifier: Annotated[str, typer.Argument(help="The id: lower-case words joined by hyphens.")],
    name: Annotated[str, typer.Option(help="What people call it.")],
    kind: Annotated[Kind, typer.Option(help="What sort of thing it is; no condition, symptom or function.")],
    folder: Annotated[Path, typer.Option(help="The folder of the knowledge base.")] = SOURCES,
) -> None:
    """Begin a monograph: a file that says what belongs in it, for you to fill in."""
    with explained():
        path = scaffold.begin(folder, identifier=identifier, name=name, kind=kind)
    typer.echo(_NEXT_STEPS.format(path=path, folder=folder, identifier=identifier))


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
