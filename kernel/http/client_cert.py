"""Take the caller's certificate from a TLS-terminating proxy that configuration names, and from no other peer.

RFC 9440 sections 2.2, 2.3 and 4: `Client-Cert` is one byte sequence, `Client-Cert-Chain` a list of them; a server that is reached
directly must not see either, so from any other peer both are removed unread.
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from multidict import CIMultiDict, CIMultiDictProxy

from kernel.certificates.certificate import Certificate, parse_certificate
from kernel.errors import CertificateInvalid

LEAF = "Client-Cert"
CHAIN = "Client-Cert-Chain"
CHAIN_CERTIFICATES_MAX = 10  # certificates read of one Client-Cert-Chain header
FORWARDED_FOR = "X-Forwarded-For"
FORWARDED_MAX = 10  # addresses of X-Forwarded-For that are read, from the end


@dataclass(frozen=True)
class TrustedProxies:
    """The proxies whose word about a certificate counts. Empty: none."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def parse(cls, addresses: Iterable[str]) -> "TrustedProxies":
        """From addresses or CIDR blocks. Raises ValueError for one that is neither, or that trusts the whole world."""
        networks = tuple(ip_network(address) for address in addresses)
        if any(network.prefixlen == 0 for network in networks):
            raise ValueError("a network of every address is no list of proxies")
        return cls(networks)

    def __contains__(self, peer: str) -> bool:
        return bool(self.networks) and _is_within(peer, self.networks)

    def client_behind(self, peer: str, headers: CIMultiDictProxy[str]) -> str:
        """The address that a request really comes from: the TCP peer, or whom our proxies name in X-Forwarded-For, read from the end
        up to the first that is no proxy of ours. Empty where a proxy names no address, or none that can be read."""
        if peer not in self:
            return peer
        named = [part.strip() for line in headers.getall(FORWARDED_FOR, []) for part in line.split(",")]
        for address in reversed(named[-FORWARDED_MAX:]):
            try:
                client = str(plain_address(address))
            except ValueError:
                return ""
            if client not in self:
                return client
        return ""


@lru_cache(maxsize=1024)
def _is_within(peer: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    try:
        address = plain_address(peer)
    except ValueError:
        return False
    return any(address in network for network in networks)


def plain_address(peer: str) -> IPv4Address | IPv6Address:
    """The address of a peer; IPv4 that arrived on an IPv6 socket is IPv4. Raises ValueError."""
    address = ip_address(peer)
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def without_client_cert(headers: CIMultiDictProxy[str]) -> CIMultiDictProxy[str]:
    """The same headers without the two that only the listener may read."""
    if LEAF not in headers and CHAIN not in headers:
        return headers
    kept = CIMultiDict(headers)
    kept.popall(LEAF, None)
    kept.popall(CHAIN, None)
    return CIMultiDictProxy(kept)


def parse_client_cert(headers: CIMultiDictProxy[str]) -> Certificate | None:
    """The certificate a trusted proxy vouches for, None if its client showed none. Raises CertificateInvalid."""
    leaves = headers.getall(LEAF, [])
    if not leaves:
        if CHAIN in headers:
            raise CertificateInvalid("a certificate chain without its certificate")
        return None
    if len(leaves) > 1:
        raise CertificateInvalid(f"{len(leaves)} {LEAF} headers")
    members = [member for line in headers.getall(CHAIN, []) for member in line.split(",")]
    if len(members) > CHAIN_CERTIFICATES_MAX:
        raise CertificateInvalid(f"a chain of {len(members)} certificates")
    leaf = parse_certificate(_parse_byte_sequence(leaves[0]))
    return replace(leaf, issuers=tuple(parse_certificate(_parse_byte_sequence(member)) for member in members))


def _parse_byte_sequence(text: str) -> bytes:
    """RFC 8941 section 4.2.7: base64 between colons; padding may be missing."""
    text = text.strip(" \t")
    if len(text) < 3 or text[0] != ":" or text[-1] != ":":
        raise CertificateInvalid("not a structured-field byte sequence")
    encoded = text[1:-1]
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise CertificateInvalid("not base64") from None
