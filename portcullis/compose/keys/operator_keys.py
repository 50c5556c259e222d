"""The private key of an operator: a PEM file that its owner alone can read, made here or by `openssl genpkey -algorithm ed25519`."""

import os
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from kernel.config import ConfigurationRefused
from kernel.jose.jwt import JwtKey, generate_key, public_jwk
from portcullis.settings.operators import GROUPS, OperatorSettings

CURVE = "Ed25519"


def make_operator_key(file: Path) -> JwtKey:
    """A new key, written to `file`, which must not be there yet. Raises ConfigurationRefused."""
    key = generate_key("EdDSA")
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise ConfigurationRefused(f"{file}: is there already; a key is never written over") from None
    except OSError as error:
        raise ConfigurationRefused(f"{file}: cannot be written ({error.strerror})") from None
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(key.key.as_pem(private=True))
        stream.flush()
        os.fsync(descriptor)
    return key


def load_operator_key(file: Path) -> JwtKey:
    """Raises ConfigurationRefused for a file that is no such key, or that others may read."""
    try:
        if file.stat().st_mode & 0o077:
            raise ConfigurationRefused(f"key: {file} is readable by others; run chmod 600 on it")
        key = OKPKey.import_key(file.read_bytes())
        if key.curve_name != CURVE or not key.is_private:
            raise ConfigurationRefused(f"key: {file} must hold a private {CURVE} key")
    except OSError as error:
        raise ConfigurationRefused(f"key: {file} cannot be read ({error.strerror})") from None
    except (JoseError, ValueError, TypeError):
        raise ConfigurationRefused(f"key: {file} must hold a private {CURVE} key, in PEM") from None
    return JwtKey(key.thumbprint(), "EdDSA", key)


def operator_of(name: str, key: JwtKey) -> OperatorSettings:
    """An operator with this key, who may give every command."""
    return OperatorSettings(name=name, public_key=public_jwk(key)["x"], commands=GROUPS)
