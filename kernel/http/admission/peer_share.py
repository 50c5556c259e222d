"""The share of a peer: the unit by which limits per peer count.

RFC 6177: a site on IPv6 holds at least a /64, so one host may use 2^64 addresses. Counting each of them would be no limit. Nor would
counting each certificate of a TPP that may have any number of them.
"""

from functools import lru_cache
from ipaddress import IPv6Address, ip_network

from cryptography import x509
from cryptography.x509.oid import NameOID

from kernel.certificates.certificate import Certificate
from kernel.http.client_cert import plain_address

IPV6_SHARE_BITS = 64  # of an IPv6 address, which count as one caller's
OF_ONE_SOFTWARE = {NameOID.COMMON_NAME, NameOID.SERIAL_NUMBER, NameOID.USER_ID}  # and not of the organisation behind it


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


def share_of_certificate(certificate: Certificate) -> str:
    """The organisation: its organizationIdentifier, or else its name without what names one software of several."""
    return certificate.organisation_id or _organisation(certificate.der)


def share_of_caller(peer: str, certificate: Certificate | None) -> str:
    """The share of the certificate's organisation, which no address is called, or else of the peer's address."""
    return share_of(peer) if certificate is None else f"organisation {share_of_certificate(certificate)}"


@lru_cache(maxsize=4096)
def _organisation(der: bytes) -> str:
    subject = x509.load_der_x509_certificate(der).subject
    kept = x509.Name([part for part in subject if part.oid not in OF_ONE_SOFTWARE])
    return (kept if list(kept) else subject).rfc4514_string()
