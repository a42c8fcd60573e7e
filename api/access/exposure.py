"""Whether a server may listen where it was asked to: on this machine always, elsewhere only guarded."""

from __future__ import annotations

from dataclasses import dataclass

from api.access.sessions import is_loopback


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a server does not start, as sentences that say what to set."""

    reasons: tuple[str, ...]

    @property
    def message(self) -> str:
        """All reasons on one line."""
        return " ".join(self.reasons)


def refusal(
    *,
    host: str,
    tls: bool,
    secure_cookies: bool,
    trusted_proxies: tuple[str, ...],
    require_key: bool,
) -> Refusal | None:
    """Return why a server at ``host`` may not start; None where it may.

    On a loopback address it always may.  Where other machines can reach it,
    passwords, keys and texts must travel encrypted, either by TLS of its own
    or by that of a proxy the operator names; and callers must need a key.

    Args:
        host: the address to listen on; an empty one means every address.
        tls: whether the server itself has a certificate and its key.
        secure_cookies: whether cookies are sent over TLS only.
        trusted_proxies: the proxies whose word on the caller's address and on TLS is believed.
        require_key: whether callers of the API need a key.
    """
    if is_loopback(host):
        return None
    reasons = []
    if not tls and not (secure_cookies and trusted_proxies):
        reasons.append(
            f"At {host or 'every address'} other machines can reach this server, "
            "and nothing would be encrypted: give --tls-cert and --tls-key, "
            "or put it behind a proxy that speaks TLS and set "
            "CLAIMCHECK_TRUSTED_PROXIES to the proxy's address and CLAIMCHECK_SECURE_COOKIES=true."
        )
    if "*" in trusted_proxies:
        reasons.append(
            "CLAIMCHECK_TRUSTED_PROXIES must name addresses: '*' would let anybody claim any address."
        )
    if not require_key:
        reasons.append("Anybody could send texts without a key: set CLAIMCHECK_REQUIRE_KEY=true.")
    return Refusal(tuple(reasons)) if reasons else None
