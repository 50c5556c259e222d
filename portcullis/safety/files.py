"""The files that a production configuration names: there, readable, and what they must be."""

from kernel.clock import SystemClock
from kernel.config import ConfigurationRefused
from kernel.http.tls import TlsIdentity, mtls_context
from plugins.key_stores.vault_transit import VaultTransit, read_token
from portcullis.compose.certificates import client_anchors, load_lists, load_trust
from portcullis.compose.keys.sealing_keys import read_keys, read_wrapped_keys
from portcullis.settings.schema import Settings


def check_files(settings: Settings) -> None:
    """Open each file as a server would, without a network request. `settings` have passed check_production. Raises ConfigurationRefused
    or KeyStoreFailed, naming the key."""
    assert settings.sealing_keys is not None
    assert settings.tls is not None
    if settings.key_store == VaultTransit.name:
        assert settings.vault_transit is not None
        read_wrapped_keys(settings.sealing_keys, VaultTransit.name, VaultTransit.wrapped)
        if settings.vault_transit.token_file is not None:
            read_token(settings.vault_transit.token_file)
    else:
        read_keys(settings.sealing_keys)
    load_trust(settings.tls)
    identity = TlsIdentity(settings.tls.certificate, settings.tls.private_key)
    try:
        mtls_context(identity, client_anchors(settings.tls), tls12=settings.tls.minimum_version == "1.2")
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationRefused(f"tls: certificate, private_key or client_authorities cannot be used ({error})") from None
    load_lists(settings.certificates.crl_files, SystemClock())
