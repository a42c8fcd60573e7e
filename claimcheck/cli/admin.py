"""``claimcheck admin``: accounts, keys and the database of the service."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from claimcheck.cli.failing import explained, give_up

INSTALL = "this needs the extra 'api': pip install 'claimcheck-health[api]'"
_NEEDED = ("sqlalchemy", "argon2", "api")

commands = typer.Typer(help="Accounts, keys and the database of the service.", no_args_is_help=True)
users = typer.Typer(help="Accounts of the console.", no_args_is_help=True)
keys = typer.Typer(help="Keys of the API.", no_args_is_help=True)
commands.add_typer(users, name="users")
commands.add_typer(keys, name="keys")

Name = Annotated[str, typer.Argument(help="The account's name.")]
KeyId = Annotated[str, typer.Argument(help="The key's id, as 'keys list' shows it.")]


def _service() -> Any:  # noqa: ANN401 -- a module that this layer may not import by name
    if any(find_spec(module) is None for module in _NEEDED):
        give_up(INSTALL)
    # The service stands above the library, so it is named here and never imported by name.
    return import_module("api.administering")


@users.command("create")
def create_user(
    name: Name,
    role: Annotated[str, typer.Option(help="reader, moderator, lead or admin.")] = "moderator",
) -> None:
    """Make an account and show its password, once; it must be changed at the first sign-in."""
    with explained():
        _show_secret(_service().create_user(name, role=role), what="password")


@users.command("list")
def list_users() -> None:
    """List the accounts."""
    with explained():
        _show_table(_service().users())


@users.command("role")
def set_role(
    name: Name, role: Annotated[str, typer.Argument(help="reader, moderator, lead or admin.")]
) -> None:
    """Give an account another role."""
    with explained():
        _service().set_role(name, role=role)


@users.command("reset")
def reset_password(name: Name) -> None:
    """Give an account a new password, shown once; ends its sign-ins and its lock-out."""
    with explained():
        _show_secret(_service().reset_password(name), what="password")


@users.command("deactivate")
def deactivate(name: Name) -> None:
    """Close an account: its sign-ins and browser keys end, its name stays in history."""
    with explained():
        _service().deactivate(name)


@users.command("reactivate")
def reactivate(name: Name) -> None:
    """Open a closed account again."""
    with explained():
        _service().reactivate(name)


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What uses the key.")],
    scope: Annotated[str, typer.Option(help="score, review or admin.")] = "score",
    days: Annotated[int | None, typer.Option(min=1, help="Ends after so many days.")] = None,
) -> None:
    """Make a key and show it, once."""
    with explained():
        _show_secret(_service().create_key(name, scope=scope, days=days), what="key")


@keys.command("list")
def list_keys() -> None:
    """List the keys, the newest first."""
    with explained():
        _show_table(_service().keys())


@keys.command("rotate")
def rotate_key(
    key_id: KeyId,
    overlap_hours: Annotated[int, typer.Option(min=0, help="Hours for which the old key stays valid.")] = 24,
) -> None:
    """Make a key's successor and show it, once."""
    with explained():
        _show_secret(_service().rotate_key(key_id, overlap_hours=overlap_hours), what="key")


@keys.command("revoke")
def revoke_key(key_id: KeyId) -> None:
    """End a key at once."""
    with explained():
        _service().revoke_key(key_id)


@commands.command()
def migrate(
    to: Annotated[str | None, typer.Option(help="A revision; 'base' empties the database.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before dropping anything.")] = False,
) -> None:
    """Bring the database to this version's schema, or to another revision."""
    with explained():
        service = _service()
        if to is not None and service.goes_back(to) and not yes:
            typer.confirm("Going back drops what newer versions keep. Go on?", abort=True, err=True)
        before, after = service.migrate(to=to)
    typer.echo(f"{before} -> {after}")


@commands.command()
def purge() -> None:
    """Delete what is past its time, by the days set in the console."""
    with explained():
        counts = _service().purge()
    for kind, number in counts.items():
        typer.echo(f"{kind.replace('_', ' ')}: {number} deleted")


@commands.command()
def backup(path: Annotated[Path, typer.Argument(help="The new file.", dir_okay=False)]) -> None:
    """Copy a SQLite database to a new file while the service runs; for PostgreSQL, say how."""
    with explained():
        _service().backup(path)
    typer.echo(f"written and checked: {path}")


@commands.command()
def export(
    path: Annotated[str, typer.Argument(help="The new file, or - for standard output.")] = "-",
) -> None:
    """Write everything that is kept as lines of JSON, without passwords, keys and secrets."""
    with explained():
        lines = _service().export()
        if path == "-":
            for line in lines:
                sys.stdout.write(line + "\n")
            return
        try:
            # It holds texts: made anew, and readable by nobody else.
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except OSError:
            give_up(f"{path} is there already or cannot be written")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)


def _show_secret(secret: Any, *, what: str) -> None:  # noqa: ANN401 -- api.administering.Secret
    typer.echo(f"{what} of {secret.of}, shown this once:", err=True)
    typer.echo(secret.value)


def _show_table(table: Any) -> None:  # noqa: ANN401 -- api.administering.Table
    lines = [table.columns, *table.rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(table.columns))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())
