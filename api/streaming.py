"""One result a line, sent as soon as it and those before it are ready, to whoever still listens."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing, suppress
from itertools import islice
from typing import TypeVar

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

NDJSON = "application/x-ndjson"
Result = TypeVar("Result")


def wants_lines(request: Request) -> bool:
    """Tell whether the caller asks for one JSON value a line."""
    accepted = request.headers.get("accept", "").split(",")
    return any(kind.partition(";")[0].strip().lower() == NDJSON for kind in accepted)


async def in_order(
    works: Iterable[Callable[[], Awaitable[Result]]], *, ahead: int
) -> AsyncGenerator[Result, None]:
    """Yield what each of ``works`` gives, in their order; no more than ``ahead`` are begun and unsent.

    A work is begun only when a result was taken, so a slow reader slows the work.  Closing cancels what
    was begun.
    """
    coming = iter(works)
    begun = deque(asyncio.ensure_future(work()) for work in islice(coming, ahead))
    try:
        while begun:
            yield await begun[0]
            begun.popleft()
            begun.extend(asyncio.ensure_future(work()) for work in islice(coming, 1))
    finally:
        for task in begun:
            task.cancel()


class Lines(StreamingResponse):
    """A stream of lines; where the caller hangs up, no further line is worked on."""

    media_type = NDJSON

    def __init__(self, lines: AsyncGenerator[bytes, None]) -> None:
        super().__init__(lines)
        self._lines = lines

    async def stream_response(self, send: Send) -> None:
        """Send the lines and end their maker, however the sending ends."""
        async with aclosing(self._lines):
            await super().stream_response(send)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; somebody who hung up is no error of the server."""
        with suppress(ClientDisconnect):
            await super().__call__(scope, receive, send)
