"""How often one key, or one address, may call: moving windows in the memory of this process.

Headers after draft-ietf-httpapi-ratelimit-headers: ``RateLimit-Policy`` names
what is allowed, ``RateLimit`` what is left of it.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from dataclasses import dataclass
from math import ceil
from typing import Annotated

from fastapi import Depends, Request
from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.actors import Actor
from api.access.callers import address_of, presented
from api.errors import RATE_LIMITED, Problem

SIGN_IN_RATES = "30/minute;300/hour"
# More callers than this within a window, and the ones that are quiet are forgotten.
_MOST_CALLERS = 20_000
_NETWORK_BITS = 64


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands after one more call.

    Attributes:
        allowed: whether this call is let through.
        policy: all that is allowed, as ``RateLimit-Policy`` says it.
        remaining: what is left of the nearest limit, as ``RateLimit`` says it.
        retry_after: seconds until one call more is allowed; 0 where it is.
    """

    allowed: bool
    policy: str
    remaining: str
    retry_after: int


class Limiter:
    """Counts calls by caller."""

    def __init__(self, rates: str) -> None:
        """Count against ``rates``: ``600/minute``, several separated by ``;``."""
        self._items: tuple[RateLimitItem, ...] = tuple(parse_many(rates))
        self._storage = MemoryStorage()
        self._window = MovingWindowRateLimiter(self._storage)
        self._lock = threading.Lock()
        self._policy = ", ".join(
            f'"{_name(item)}";q={item.amount};w={item.get_expiry()}' for item in self._items
        )

    def hit(self, caller: str) -> Standing:
        """Count one call of ``caller``, where it is allowed, and say how they stand."""
        with self._lock:
            self._forget_the_quiet()
            full = [item for item in self._items if not self._window.test(item, caller)]
            if not full:
                for item in self._items:
                    self._window.hit(item, caller)
            stats = {item: self._window.get_window_stats(item, caller) for item in self._items}
        moment = time.time()
        seconds = {item: max(1, ceil(found.reset_time - moment)) for item, found in stats.items()}
        tightest = (
            max(full, key=seconds.__getitem__)
            if full
            else min(self._items, key=lambda item: stats[item].remaining)
        )
        return Standing(
            allowed=not full,
            policy=self._policy,
            remaining=f'"{_name(tightest)}";r={stats[tightest].remaining};t={seconds[tightest]}',
            retry_after=seconds[tightest] if full else 0,
        )

    def _forget_the_quiet(self) -> None:
        # The storage keeps an empty list for every caller it ever saw.
        if len(self._storage.events) > _MOST_CALLERS:
            for key in [key for key, events in list(self._storage.events.items()) if not events]:
                self._storage.events.pop(key, None)
        if len(self._storage.events) > _MOST_CALLERS:
            self._storage.reset()


def _name(item: RateLimitItem) -> str:
    return f"per-{item.get_expiry()}s"


def block_of(address: str) -> str:
    """Return what counts as one caller's address: an IPv6 network is one caller, whatever its last half.

    >>> block_of("2001:db8::1") == block_of("2001:db8::2")
    True
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((int(parsed), _NETWORK_BITS), strict=False))


def limiter_of(request: Request) -> Limiter:
    """Return what counts the calls of the API."""
    found: Limiter = request.app.state.call_limiter
    return found


async def limited(
    request: Request,
    actor: Annotated[Actor | None, Depends(presented)],
    limiter: Annotated[Limiter, Depends(limiter_of)],
) -> None:
    """Count this call against its key, or against its address where it has no valid key.

    Raises:
        Problem: ``rate-limited``.
    """
    standing = limiter.hit(f"key:{actor.id}" if actor else f"address:{block_of(address_of(request))}")
    request.state.standing = standing
    if not standing.allowed:
        raise Problem(RATE_LIMITED, headers={"Retry-After": str(standing.retry_after)})


class RateLimitHeaders:
    """Tells every caller how they stand."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 -- ASGI
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def adding(message: Message) -> None:
            standing = state.get("standing")
            if message["type"] == "http.response.start" and isinstance(standing, Standing):
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Policy"] = standing.policy
                headers["RateLimit"] = standing.remaining
            await send(message)

        await self._app(scope, receive, adding)
