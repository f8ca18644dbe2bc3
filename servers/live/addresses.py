"""Which network addresses anyone on the internet may be sent to.

A page, or a name that its owner controls, may point anywhere: at this machine, at a router, at a
cloud's metadata service. Only addresses of the public internet are connected to. The table is
our own (IANA's special-purpose registries), since `ipaddress.is_global` differs by version.
"""

import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import anyio

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""(host, port) -> its addresses, the likeliest first. Raises OSError where there is none."""

_NOT_PUBLIC = [
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        "168.63.129.16/32",  # a cloud's own service at an address that looks public
        "2001::/23",  # Teredo among others: an IPv4 address may hide in it
        "2001:db8::/32", "2002::/16", "3fff::/20",
    )
]  # fmt: skip
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found in _NAT64:  # how a network without IPv4 names every IPv4 address
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)))
        if found not in _GLOBAL_UNICAST:  # mapped, link-local, private, multicast, loopback
            return False
    return not any(found in network for network in _NOT_PUBLIC if network.version == found.version)


async def resolve(host: str, port: int) -> Sequence[str]:
    """An address is its own answer, in any spelling that the system would take for one
    (127.1, 0x7f000001)."""
    with suppress(ValueError):
        return [str(ipaddress.ip_address(host))]
    with suppress(OSError, ValueError):
        return [socket.inet_ntoa(socket.inet_aton(host))]
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
