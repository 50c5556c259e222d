"""The settings for client certificates: authorities that vouch for them, sources of revocation, and the rule when no source answers.

A part of `portcullis/settings/schema.py`, and as strict.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from kernel.certificates.trust_lists import Vouches
from kernel.config import ConfigurationRefused
from plugins.certificates import SOURCES
from plugins.certificates.standing import Revocation

THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")


class TrustListSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A PEM file of authorities, and what they vouch for."""

    file: Path
    vouches_for: tuple[Vouches, ...]


class CertificateSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The blocked and revoked client certificates: sources of revocation, blocks, and the rule when no source answers."""

    revocation: Revocation = Revocation.SOFT
    sources: tuple[str, ...] = tuple(source.name for source in SOURCES)
    crl_files: tuple[Path, ...] = ()
    stale_minutes: int = 240
    blocked_thumbprints: tuple[str, ...] = ()
    blocked_organisations: tuple[str, ...] = ()


def check_client_authorities(authorities: Path | None, lists: Iterable[TrustListSettings]) -> None:
    """Check that at least one authority vouches for client certificates. Raises ConfigurationRefused."""
    if not authorities and not any({Vouches.TRANSPORT, Vouches.QWAC} & set(each.vouches_for) for each in lists):
        raise ConfigurationRefused("tls.client_authorities: is required, or tls.trust_lists that vouch for transport or qwac")


def check_certificates(settings: CertificateSettings) -> None:
    """Raises ConfigurationRefused naming the key."""
    unknown = set(settings.sources) - {source.name for source in SOURCES}
    if unknown:
        raise ConfigurationRefused(f"certificates.sources: unknown are {', '.join(sorted(unknown))}")
    if settings.stale_minutes < 0:
        raise ConfigurationRefused("certificates.stale_minutes: must be at least 0")
    if not all(map(THUMBPRINT.fullmatch, settings.blocked_thumbprints)):
        raise ConfigurationRefused("certificates.blocked_thumbprints: must be base64url of SHA-256 over the DER (x5t#S256)")
