"""The share of an address: the unit by which limits per peer count.

RFC 6177: a site on IPv6 holds at least a /64, so one host may use 2^64 addresses. Counting each of them would be no limit.
"""

from functools import lru_cache
from ipaddress import IPv6Address, ip_network

from kernel.http.client_cert import plain_address

IPV6_SHARE_BITS = 64


@lru_cache(maxsize=4096)
def share_of(peer: str) -> str:
    """The IPv4 address itself, or the /64 network of an IPv6 address. Empty, or no address at all, is returned unchanged."""
    try:
        address = plain_address(peer)
    except ValueError:
        return peer
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address), IPV6_SHARE_BITS), strict=False))
    return str(address)
