"""All commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from claimcheck.cli import admin, bulk, check, info, knowledge, serve, worker
from claimcheck.version import __version__

app = typer.Typer(
    name="claimcheck",
    help="Find therapeutic claims in text, and say what is known of each and what could go wrong.",
    epilog="No medical advice, and no decision to remove anything.",
    no_args_is_help=True,
    add_completion=False,
    # A traceback could show words of a text; main() says what went wrong instead.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"claimcheck {__version__}")
        raise typer.Exit


@app.callback()
def _every_command(
    version: Annotated[  # read by its callback, before any command runs
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    pass


app.command()(check.check)
app.command()(bulk.bulk)
app.command()(serve.serve)
app.command()(worker.worker)
app.add_typer(knowledge.commands, name="kb")
app.add_typer(admin.commands, name="admin")
app.command()(info.info)
