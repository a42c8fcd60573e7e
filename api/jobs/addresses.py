"""Where webhooks may be sent: nowhere that only this server can reach.

A webhook makes the server call an address that somebody typed in.  So that it
cannot be pointed at machines behind the firewall or at a cloud's metadata
service, a name must lead to public addresses only; the connection is then
made to the very address that was looked at, so that a name that changes its
mind in between gains nothing.  The exception are hosts that the operator
names in ``webhook_private_hosts``, this machine's own names among them; only
those of this machine may be called without TLS, for trying things out.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address

import httpx

Address = IPv4Address | IPv6Address
LONGEST_URL = 2_000
# Addresses of NAT64 (RFC 6052) carry an IPv4 address in their last four bytes.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(Exception):
    """A webhook may not be sent there; ``reason`` is a stable code, ``detail`` says it in words."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def checked_url(url: str, *, private_hosts: Collection[str]) -> httpx.URL:
    """Return the address where it may be one of a webhook, as far as can be told without asking DNS.

    Raises:
        AddressRefused: it may not.
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        raise AddressRefused("bad_url", "This is no address of the web.") from None
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or not parsed.host:
        raise AddressRefused("bad_url", "This is no address of the web.")
    if parsed.userinfo or parsed.fragment:
        raise AddressRefused("bad_url", "The address may hold neither a password nor a fragment.")
    tried_out = _is_this_machine(parsed.host) and parsed.host.lower() in private_hosts
    if parsed.scheme != "https" and not (parsed.scheme == "http" and tried_out):
        raise AddressRefused("not_https", "Webhooks are sent over https only.")
    literal = _literal(parsed.host)
    if literal is not None:
        _require_permitted(parsed.host, literal, private_hosts=private_hosts)
    return parsed


async def reachable(url: httpx.URL, *, private_hosts: Collection[str]) -> Address:
    """Return the address to connect to.

    Raises:
        AddressRefused: the name leads nowhere, or to somewhere that webhooks may not be sent.
    """
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise AddressRefused("unknown_host", "The name of the host leads nowhere.") from None
    addresses = [ipaddress.ip_address(str(place[0]).partition("%")[0]) for *_, place in found]
    if not addresses:
        raise AddressRefused("unknown_host", "The name of the host leads nowhere.")
    for address in addresses:
        _require_permitted(url.host, address, private_hosts=private_hosts)
    return addresses[0]


def _require_permitted(host: str, address: Address, *, private_hosts: Collection[str]) -> None:
    if host.lower() in private_hosts or is_public(address):
        return
    raise AddressRefused("private_address", "The host is not on the public internet.")


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the public internet, whatever it is wrapped in."""
    if isinstance(address, IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    return None


def _is_this_machine(host: str) -> bool:
    literal = _literal(host)
    return host.lower() == "localhost" or (literal is not None and literal.is_loopback)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
