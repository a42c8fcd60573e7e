"""What a request handler is given: the checker, the workers and the settings, made once at start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.errors import NOT_READY, Problem
from api.ports import TextChecker
from api.runner import Runner
from api.settings import Settings
from api.storage.database import Database


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a handler may use."""

    checker: TextChecker
    runner: Runner
    settings: Settings
    database: Database


def services(request: Request) -> Services:
    """Return what the start of the application made.

    Raises:
        Problem: ``not-ready`` before the start is over and after the end has begun.
    """
    found = getattr(request.app.state, "services", None)
    if not isinstance(found, Services):
        raise Problem(NOT_READY, headers={"Retry-After": "2"})
    return found


ServicesDep = Annotated[Services, Depends(services)]
