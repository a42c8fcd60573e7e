"""``claimcheck worker``: reads the texts of jobs and sends webhooks, beside a server or without one."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Annotated

import typer

from claimcheck.cli.failing import explained, give_up

RUNNER = "api.jobs.running"
INSTALL = "a worker needs the extra 'api': pip install 'claimcheck-health[api]'"
_NEEDED = ("sqlalchemy", "api")
_MOST_PROCESSES = 64


def worker(
    processes: Annotated[
        int,
        typer.Option(
            min=1, max=_MOST_PROCESSES, help="Workers to run at once; each loads the model for itself."
        ),
    ] = 1,
) -> None:
    """Work on jobs and send webhooks until interrupted.

    Settings come from the environment, as those of the server; several workers may share a database.
    """
    if any(find_spec(module) is None for module in _NEEDED):
        give_up(INSTALL)
    # The service stands above the library, so it is named here and never imported by name.
    running = import_module(RUNNER)
    with explained():
        running.run(processes=processes)
