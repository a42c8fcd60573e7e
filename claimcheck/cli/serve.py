"""``claimcheck serve``: the REST API and the moderators' console."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from claimcheck.cli.failing import explained, give_up

INSTALL = "serving needs the extra 'api': pip install 'claimcheck-health[api]'"
_NEEDED = ("uvicorn", "fastapi", "api")


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 for any.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Server processes.")] = 1,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate chain, PEM.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Key of the certificate, PEM.")] = None,
    proxy_headers: Annotated[
        bool,
        typer.Option("--proxy-headers", help="Believe a proxy on this machine about the caller's address."),
    ] = False,
    reload: Annotated[
        bool, typer.Option("--reload/--no-reload", help="Start again when the code changes; for development.")
    ] = False,
) -> None:
    """Serve the REST API and the moderators' console until interrupted.

    On an address that other machines can reach it starts only encrypted, by --tls-cert and --tls-key or
    behind a proxy that the settings name.
    """
    if any(find_spec(module) is None for module in _NEEDED):
        give_up(INSTALL)
    if reload and workers > 1:
        give_up("--reload serves with one process: leave out --workers")
    # The service stands above the library, so it is named here and never imported by name.
    serving = import_module("api.serving")
    with explained():
        listening = serving.Listening(
            host=host,
            port=port,
            workers=workers,
            tls_cert=tls_cert,
            tls_key=tls_key,
            proxy_headers=proxy_headers,
            reload=reload,
        )
        serving.run(listening, say=_say)


def _say(line: str) -> None:
    # At once, also where a service manager or a script reads it through a pipe.
    typer.echo(line)
