"""The files that a production configuration names: there, readable, and what they must be."""

from kernel.clock import SystemClock
from kernel.config import ConfigurationRefused
from kernel.http.tls import TlsIdentity, mtls_context
from portcullis.certificates import client_anchors, load_lists, load_trust
from portcullis.sealing_keys import load_sealer
from portcullis.settings import Settings


def check_files(settings: Settings) -> None:
    """Open each file as a server would. `settings` have passed check_production. Raises ConfigurationRefused naming the key."""
    assert settings.sealing_keys is not None
    assert settings.tls is not None
    load_sealer(settings.sealing_keys)
    identity = TlsIdentity(settings.tls.certificate, settings.tls.private_key)
    try:
        mtls_context(identity, client_anchors(settings.tls), tls12=settings.tls.minimum_version == "1.2")
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationRefused(f"tls: certificate, private_key or client_authorities cannot be used ({error})") from None
    load_trust(settings.tls)
    load_lists(settings.certificates.crl_files, SystemClock())
