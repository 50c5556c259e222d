"""The proxies that are believed: a machine in their networks may forge a client certificate, and so be any TPP."""

from collections.abc import Iterator
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network

from kernel.http.client_cert import TrustedProxies
from portcullis.safety.finding import Finding, refuse, warn
from portcullis.settings.schema import Settings

KEY = "trusted_proxies"
PRIVATE_BITS_MIN = {4: 8, 6: 32}  # of a prefix in one's own address space
PUBLIC_BITS_MIN = {4: 20, 6: 48}
USUAL_BITS_MIN = {4: 24, 6: 64}  # a rack of proxies


def judge_proxies(settings: Settings, _now: datetime) -> Iterator[Finding]:
    for network in TrustedProxies.parse(settings.trusted_proxies).networks:
        bits = (PRIVATE_BITS_MIN if network.is_private else PUBLIC_BITS_MIN)[network.version]
        if network.prefixlen < bits:
            yield refuse(KEY, f"{network} is {_size(network)}, each of which could be any TPP; name the proxies alone")
        elif network.prefixlen < USUAL_BITS_MIN[network.version]:
            yield warn(KEY, f"{network} is {_size(network)}, each of which could be any TPP; name the proxies alone if you can")


def _size(network: IPv4Network | IPv6Network) -> str:
    return f"{network.num_addresses:,} addresses" if network.version == 4 else f"2^{128 - network.prefixlen} addresses"
