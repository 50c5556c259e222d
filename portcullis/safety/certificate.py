"""The server's certificate: of its key, in date, and of every host that a brand is called by. OpenSSL is asked, as a client would ask it.

Behind proxies that end TLS in front of us it is theirs to have the right names: then a wrong one is a warning.
"""

import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509

from kernel.http.handshake import shake_hands
from kernel.http.tls import TlsIdentity, public_context
from portcullis.safety.finding import Finding, refuse, warn
from portcullis.settings.schema import Settings, TlsSettings

KEY = "tls.certificate"
SOON = timedelta(days=14)  # before its end, a server's certificate is warned about
WRONG_HOST = (62, 64)  # OpenSSL's numbers, X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH


def judge_certificate(settings: Settings, now: datetime) -> Iterator[Finding]:
    tls = settings.tls
    assert tls is not None
    try:
        server = public_context(TlsIdentity(tls.certificate, tls.private_key), tls12=tls.minimum_version == "1.2")
        leaf = x509.load_pem_x509_certificates(tls.certificate.read_bytes())[0]
    except ssl.SSLError as error:
        mismatch = error.reason == "KEY_VALUES_MISMATCH"
        text = f"{tls.private_key} is not the key of {tls.certificate}" if mismatch else f"cannot be used ({error.reason})"
        yield refuse("tls.private_key" if mismatch else KEY, text)
        return
    except (OSError, ValueError, IndexError) as error:
        yield refuse(KEY, f"{tls.certificate} and {tls.private_key} cannot be read ({error})")
        return
    yield from _judge_dates(leaf, now)
    yield from _judge_hosts(settings, tls, server)


def _judge_dates(leaf: x509.Certificate, now: datetime) -> Iterator[Finding]:
    if not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc:
        yield refuse(
            KEY, f"is out of date: valid from {leaf.not_valid_before_utc:%Y-%m-%d} to {leaf.not_valid_after_utc:%Y-%m-%d}"
        )
    elif leaf.not_valid_after_utc - now < SOON:
        yield warn(KEY, f"ends on {leaf.not_valid_after_utc:%Y-%m-%d}; a renewed file is picked up without a restart")


def _judge_hosts(settings: Settings, tls: TlsSettings, server: ssl.SSLContext) -> Iterator[Finding]:
    for brand in settings.resolved_brands():
        for key in ("issuer", "mtls_url"):
            host = urlsplit(getattr(brand, key)).hostname or ""
            try:
                shake_hands(server, _client_context(tls), host)
            except ssl.SSLCertVerificationError as error:
                if error.verify_code in WRONG_HOST:
                    say = warn if settings.trusted_proxies else refuse
                    yield say(KEY, f"does not cover {host} (brands.{key} of {brand.name}): clients refuse it")
            except ssl.SSLError as error:
                yield refuse(KEY, f"no client can shake hands with it ({error.reason})")


def _client_context(tls: TlsSettings) -> ssl.SSLContext:
    """A client that believes in this certificate, from any issuer."""
    client = ssl.create_default_context(cafile=tls.certificate)
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    return client
