"""TLS for our two listeners: what we offer, and whom we let finish a handshake.

FAPI2-SP-FINAL-5.2.1 and RFC 9325: TLS 1.3, or 1.2 with forward-secret AES-GCM only. RFC 8705 section 2.1: the mTLS listener asks
for a certificate and accepts those that chain to a configured anchor for the purpose clientAuth; any other ends the handshake.
Validity dates are left to a policy, which can answer in the caller's own standard where OpenSSL could only hang up.
"""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

FAPI_TLS12_CIPHERS = "ECDHE+AESGCM"
FOLLOW_SECONDS = 60  # between two looks at the file of the server's certificate
_X509_V_FLAG_NO_CHECK_TIME = 0x200000  # OpenSSL's number; Python has no name for it

Stamp = tuple[int, int] | None

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TlsIdentity:
    """Where a server's certificate (PEM, leaf first) and its private key lie."""

    certificate: Path
    key: Path


def public_context(identity: TlsIdentity, *, tls12: bool = False) -> ssl.SSLContext:
    """For browsers and the public face: never asks for a client certificate. `tls12` also admits TLS 1.2 with the FAPI ciphers;
    its interoperable form has an RSA certificate (FAPI1-ADV-8.5)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2 if tls12 else ssl.TLSVersion.TLSv1_3
    context.set_ciphers(FAPI_TLS12_CIPHERS)
    # a resumed session would skip the verification of the client's certificate against today's anchors
    context.num_tickets = 0
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_TICKET | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(identity.certificate, identity.key)
    return context


def mtls_context(identity: TlsIdentity, client_anchors: Sequence[Path], *, tls12: bool = False) -> ssl.SSLContext:
    """For TPPs: asks for a client certificate without demanding one, because steps and policies say who needs it.

    Anchors are PEM files; an issuing CA may be an anchor without its root, as the EU trust lists have it. An anchor cannot be
    taken back from a context in use: removing one needs a new context, that is a restart.
    """
    if not client_anchors:
        raise ValueError("the mTLS listener needs at least one trust anchor")
    context = public_context(identity, tls12=tls12)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags |= _X509_V_FLAG_NO_CHECK_TIME
    for anchors in client_anchors:
        context.load_verify_locations(anchors)
    return context


def reload_identity(context: ssl.SSLContext, identity: TlsIdentity) -> None:
    """Use a renewed certificate for handshakes from now on. Raises ssl.SSLError or OSError and changes nothing if it is unusable."""
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(identity.certificate, identity.key)
    context.load_cert_chain(identity.certificate, identity.key)


async def follow_identity(
    contexts: Sequence[ssl.SSLContext], identity: TlsIdentity, loaded: Stamp, *, seconds: float = FOLLOW_SECONDS
) -> None:
    """Reload the certificate whenever its file was replaced, until cancelled. A renewed one needs no restart. `loaded` was taken before
    the contexts were made: a file that was replaced in between is loaded again."""
    used = loaded
    while True:
        await asyncio.sleep(seconds)
        found = await asyncio.to_thread(stamp_of, identity)
        if found == used:
            continue
        try:
            for context in contexts:
                await asyncio.to_thread(reload_identity, context, identity)
        except OSError as error:  # ssl.SSLError is one
            log.warning("server_certificate_unusable", error=type(error).__name__)
            continue
        used = found
        log.info("server_certificate_reloaded")


def stamp_of(identity: TlsIdentity) -> Stamp:
    """The stamp by which a file differs from the next at the same path; None where there is none."""
    try:
        facts = identity.certificate.stat()
    except OSError:
        return None
    return facts.st_ino, facts.st_mtime_ns
