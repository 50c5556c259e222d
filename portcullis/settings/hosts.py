"""Hosts of configured addresses, in the one form in which hosts are compared."""

from urllib.parse import urlsplit

HTTPS_PORT = 443


def host_of(url: str) -> str:
    """The host of an https URL."""
    return plain_host(urlsplit(url).netloc)


def plain_host(authority: str) -> str:
    """https has a port of its own, which may be said or not (RFC 9110 section 4.2.3)."""
    return authority.lower().removesuffix(f":{HTTPS_PORT}")
