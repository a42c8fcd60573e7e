"""``claimcheck serve``: the REST API and its pages, on this machine."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Annotated

import typer

from claimcheck.cli.failing import complain, explained, give_up

APPLICATION = "api.main:create_app"
INSTALL = "serving needs the extra 'api': pip install 'claimcheck-health[api]'"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_NEEDED = ("uvicorn", "fastapi", "api")


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    reload: Annotated[
        bool, typer.Option("--reload/--no-reload", help="Start again when the code changes; for development.")
    ] = False,
) -> None:
    """Serve the REST API and its pages until interrupted."""
    if any(find_spec(module) is None for module in _NEEDED):
        give_up(INSTALL)
    if host not in _LOOPBACK:
        complain(f"warning: at {host} other machines can reach this server, and it asks for no password")
    # The service stands above the library, so it is named here and never imported by name.
    uvicorn = import_module("uvicorn")
    with explained():
        # The service writes its own access log: uvicorn's would keep what is asked in an address.
        uvicorn.run(APPLICATION, factory=True, host=host, port=port, reload=reload, access_log=False)
