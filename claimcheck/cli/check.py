"""``claimcheck check``: texts in, one report each out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from claimcheck.cli import loading
from claimcheck.cli.failing import FLAGGED, NOTHING_FLAGGED, UNUSABLE, complain, explained
from claimcheck.cli.inputs import STANDARD_INPUT, read_input, shown_name
from claimcheck.cli.output import colour_wanted, refuse_to_overwrite, width, write
from claimcheck.errors import InputError
from claimcheck.reporting import csv, html, json, jsonl, sarif
from claimcheck.reporting import text as terminal_text
from claimcheck.reporting.report import NamedReport
from claimcheck.types import Jurisdiction


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    HTML = "html"
    SARIF = "sarif"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller chose, the same for every text."""

    jurisdictions: Sequence[Jurisdiction]
    policy: Path | None
    min_probability: float | None


@dataclass(slots=True)
class Tally:
    """What has happened so far, to choose the exit status by."""

    flagged: bool = False
    unreadable: bool = False

    @property
    def status(self) -> int:
        """The exit status: an unreadable input outweighs a flagged one."""
        if self.unreadable:
            return UNUSABLE
        return FLAGGED if self.flagged else NOTHING_FLAGGED


def check(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE|-]...",
            help="Files to read; - is standard input; an http(s) address needs the extra 'web'.",
            show_default=False,
        ),
    ] = None,
    output_format: Annotated[
        Format, typer.Option("--format", help="How to write the reports.")
    ] = Format.TEXT,
    jurisdiction: Annotated[
        list[Jurisdiction], typer.Option(help="Whose law to quote; may be given several times.")
    ] = [Jurisdiction.US],  # noqa: B006 -- typer reads the default and copies it
    policy: Annotated[
        Path | None,
        typer.Option(help="A policy file to use instead of the packaged one.", show_default=False),
    ] = None,
    min_probability: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            help="Leave out claims that are less likely to be one than this.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="Write to this file instead of standard output.", show_default=False),
    ] = None,
) -> None:
    """Find the therapeutic claims in texts and judge each.

    Exit status: 0 nothing flagged, 1 something flagged, 2 wrong use or unreadable input.
    """
    arguments = _arguments(files)
    options = Options(jurisdictions=jurisdiction, policy=policy, min_probability=min_probability)
    tally = Tally()
    with explained():
        refuse_to_overwrite(arguments, output)
        documents = _checked(arguments, options, tally)
        first = next(documents, None)
        if first is not None:  # where nothing could be read, nothing is written and no file replaced
            several = len(arguments) > 1
            colour = output is None and colour_wanted()
            chunks = _rendered(
                chain([first], documents), output_format=output_format, several=several, colour=colour
            )
            write(chunks, to=output)
    raise typer.Exit(tally.status)


def _arguments(files: list[str] | None) -> list[str]:
    if files:
        if files.count(STANDARD_INPUT) > 1:
            raise typer.BadParameter("standard input can be read only once", param_hint="FILE")
        return files
    if sys.stdin.isatty():
        raise typer.BadParameter("name a file, or - for standard input", param_hint="FILE")
    return [STANDARD_INPUT]


def _checked(arguments: Iterable[str], options: Options, tally: Tally) -> Iterator[NamedReport]:
    """Yield a report for each readable text; the others are complained of and counted."""
    checker: loading.TextChecker | None = None
    for argument in arguments:
        name = shown_name(argument)
        try:
            text = read_input(argument)
            checker = checker or loading.get_checker(policy=options.policy)
            report = checker.check(
                text, jurisdictions=options.jurisdictions, min_probability=options.min_probability
            )
        except InputError as error:
            tally.unreadable = True
            complain(f"{name}: {error}")
            continue
        tally.flagged = tally.flagged or report.flagged
        yield NamedReport(name, report)


def _rendered(
    documents: Iterable[NamedReport], *, output_format: Format, several: bool, colour: bool
) -> Iterator[str]:
    """Yield the written reports."""
    match output_format:
        case Format.TEXT:
            return terminal_text.render(documents, width=width(), colour=colour)
        case Format.JSON:
            return json.render(documents, several=several)
        case Format.JSONL:
            return jsonl.render(documents)
        case Format.HTML:
            return html.render(documents)
        case Format.SARIF:
            return sarif.render(documents)
        case Format.CSV:
            return csv.render(documents)
