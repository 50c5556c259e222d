"""A production configuration whose files are there and good, changed for a test."""

from pathlib import Path
from typing import Any

import msgspec

from kernel.clock import SystemClock
from portcullis.compose.keys.sealing_keys import ensure_sealing_keys
from portcullis.settings.schema import BrandSettings, CodeSenderSettings, Settings, TlsSettings
from sandbox.authority.pki import TestPki

NAMES = ("auth.example.bank", "*.api.example.bank", "127.0.0.1")
BRAND = BrandSettings(
    name="main", display_name="Bank", issuer="https://auth.example.bank", mtls_url="https://tpp.api.example.bank"
)


def installed(folder: Path, **changes: Any) -> Settings:
    pki = TestPki.open(folder / "pki", SystemClock())
    identity = pki.ensure_server(NAMES)
    ensure_sealing_keys(folder / "sealing.keys")
    whole = Settings(
        database_url="postgresql://portcullis@db.internal/portcullis?ssl=verify-full",
        sealing_keys=folder / "sealing.keys",
        tls=TlsSettings(certificate=identity.certificate, private_key=identity.key, client_authorities=pki.ca_path),
        code_sender=CodeSenderSettings(url="https://messages.internal/codes", token="a token that is long enough"),
        brands=(BRAND,),
    )
    return msgspec.structs.replace(whole, **changes)
