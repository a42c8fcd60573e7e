"""``claimcheck bulk``: a file of texts in, a file of scores and reports out."""

from __future__ import annotations

import os
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from claimcheck.cli import loading
from claimcheck.cli.failing import complain, explained, give_up
from claimcheck.errors import InputError
from claimcheck.types import Jurisdiction

if TYPE_CHECKING:
    from claimcheck.bulk.records import Format
    from claimcheck.bulk.runner import Counts, Run

INSTALL = "reading files of texts needs the extra 'bulk': pip install 'claimcheck-health[bulk]'"
INTERRUPTED = 130


def bulk(
    input: Annotated[str, typer.Argument(help="File, pattern in quotes, or -.")],
    output: Annotated[
        Path, typer.Argument(help="File to write: .jsonl, .csv (both also .gz, .zst) or .parquet.")
    ],
    text_column: Annotated[str, typer.Option(help="Column or field that holds the text.")] = "text",
    id_column: Annotated[
        str, typer.Option(help="Column or field that holds the id, if there is one.")
    ] = "id",
    workers: Annotated[
        int | None,
        typer.Option(min=0, max=256, help="Processes; one a core by default, 0 for none but this."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was broken off.")] = False,
    reports: Annotated[
        bool, typer.Option("--reports/--scores-only", help="Write each whole report (never into CSV).")
    ] = True,
    jurisdiction: Annotated[
        list[Jurisdiction] | None, typer.Option(help="Whose law the regulatory notes speak of; repeatable.")
    ] = None,
    min_probability: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Leave out claims less probable than this.")
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Policy file that changes the packaged one."),
    ] = None,
    input_format: Annotated[
        str | None, typer.Option(help="jsonl, csv or parquet, where the name does not tell.")
    ] = None,
) -> None:
    """Check every text of a file, on all cores; a run that breaks off goes on with --resume.

    Rows come out in their order. What cannot be read is told of in OUTPUT.bad.jsonl.
    Exit status: 0 all rows read, 1 some set aside as bad, 2 wrong use, 130 interrupted.
    """
    if find_spec("pyarrow") is None:
        give_up(INSTALL)
    # Slow to import, and only this command needs it.
    from claimcheck.bulk.core import Options
    from claimcheck.bulk.records import Columns, find, format_of
    from claimcheck.bulk.runner import Run

    with explained():
        found = find(input, format_=_format(input_format))
        if any(path.resolve() == output.resolve() for path in found.paths):
            raise InputError("the output would overwrite the input")
        load = partial(loading.get_checker, policy=policy)
        job = Run(
            source=found,
            output=output,
            format=format_of(output),
            columns=Columns(text=text_column, id=id_column),
            options=Options(
                jurisdictions=tuple(j.value for j in jurisdiction or [Jurisdiction.US]),
                min_probability=min_probability,
                reports=reports,
            ),
            workers=_cores() if workers is None else workers,
            load=load,
            versions=load().versions,
        )
        counts = _watched(job, resume=resume)
    typer.echo(
        f"{counts.rows:,} rows written, {counts.bad:,} set aside, in {counts.seconds:,.1f} s "
        f"({counts.rows / max(counts.seconds, 1e-9):,.0f} rows/s)",
        err=True,
    )
    if counts.bad:
        complain(f"see {job.bad}")
        raise typer.Exit(1)


def _format(name: str | None) -> Format | None:
    from claimcheck.bulk.records import Format

    try:
        return None if name is None else Format(name)
    except ValueError:
        raise InputError("the format of the input is jsonl, csv or parquet") from None


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _watched(job: Run, *, resume: bool) -> Counts:
    from claimcheck.bulk.runner import run

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[rows]:,} rows, {task.fields[rate]:,.0f}/s"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task("checking", total=None, rows=0, rate=0.0)

        def show(counts: Counts) -> None:
            progress = job.source.progress
            rate = counts.rows / max(counts.seconds, 1e-9)
            bar.update(task, completed=progress.read, total=progress.total, rows=counts.rows, rate=rate)

        try:
            return run(job, resume=resume, on_shard=show)
        except KeyboardInterrupt:
            bar.stop()
            complain("interrupted; what is finished is kept: go on with --resume")
            raise typer.Exit(INTERRUPTED) from None
