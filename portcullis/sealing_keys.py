"""The keys that seal columns at rest, from a file of lines `<version> <base64 of 32 bytes>`; the highest version seals, all open."""

import base64
import binascii
import os
from pathlib import Path

from kernel.config import ConfigurationRefused
from kernel.sealed import KEY_BYTES, Sealer


def load_sealer(file: Path) -> Sealer:
    """Raises ConfigurationRefused if the file is unreadable, readable by others, or not keys."""
    try:
        if file.stat().st_mode & 0o077:
            raise ConfigurationRefused(f"sealing_keys: {file} is readable by others; run chmod 600 on it")
        lines = [line.split() for line in file.read_text().splitlines() if line.strip() and not line.startswith("#")]
        keys = {int(version): base64.b64decode(key, validate=True) for version, key in lines}
        return Sealer(keys)
    except OSError as error:
        raise ConfigurationRefused(f"sealing_keys: {file} cannot be read ({error.strerror})") from None
    except (ValueError, binascii.Error):
        raise ConfigurationRefused(f"sealing_keys: {file} must hold lines of `<version> <base64 of 32 bytes>`") from None


def ensure_sealing_keys(file: Path) -> None:
    """Make a key file if there is none: whole or not at all, readable by its owner alone."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(f"1 {base64.b64encode(os.urandom(KEY_BYTES)).decode()}\n")
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)
