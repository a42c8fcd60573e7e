"""Whether a form was sent by a page of this server, as far as the browser says."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from api.errors import CROSS_SITE, Problem


def require_same_site(headers: Mapping[str, str]) -> None:
    """Refuse a form that a page of another site sent, where the browser says so.

    Raises:
        Problem: ``cross-site``.
    """
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Problem(CROSS_SITE)
    # Our own pages send "null" as their origin, since they ask browsers to send no referrer; a form
    # in a sandboxed frame sends the same: the form's own token keeps that one out.
    origin = headers.get("origin", "null")
    if origin != "null" and _place(origin) != headers.get("host", "").lower():
        raise Problem(CROSS_SITE)


def _place(origin: str) -> str | None:
    # Behind a proxy the scheme may differ from the one we see; host and port must not.
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def local_path(address: str | None, *, otherwise: str = "/") -> str:
    r"""Return ``address`` where it is a path of this server, else ``otherwise``.

    >>> local_path("/queue?risk=high")
    '/queue?risk=high'
    >>> [local_path(one) for one in ("//evil.example", "/\\evil.example", "https://evil.example", "/a\nb")]
    ['/', '/', '/', '/']
    """
    if not address or len(address) > 2_000 or not address.startswith("/"):
        return otherwise
    # Browsers read a backslash as a slash, and drop tabs and line breaks.
    if address.startswith(("//", "/\\")) or any(
        c <= " " or c in "\\\x7f" or not c.isascii() for c in address
    ):
        return otherwise
    return address
