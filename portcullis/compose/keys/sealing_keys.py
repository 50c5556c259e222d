"""The keys that seal columns at rest, from a file of lines `<version> <base64 of 32 bytes>`; the highest version seals, all open.

Where a key store keeps the keys, each line holds `<version> <key as the store wrapped it>` instead, and plain keys are refused.
"""

import base64
import binascii
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from kernel.config import ConfigurationRefused
from kernel.storage.key_store import KeyStore
from kernel.storage.sealed import KEY_BYTES, SealBroken, Sealer

SHAPE = "must hold lines of `<version> <base64 of 32 bytes>`"


def load_sealer(file: Path) -> Sealer:
    """Raises ConfigurationRefused if the file is unreadable, readable by others, or not keys."""
    return Sealer(read_keys(file))


def read_keys(file: Path) -> dict[int, bytes]:
    """Plain keys by version. Raises ConfigurationRefused."""
    keys = {version: _decode_plain(file, key) for version, key in _read_lines(file).items()}
    if not keys:
        raise ConfigurationRefused(f"sealing_keys: {file} {SHAPE}")
    return keys


def read_wrapped_keys(file: Path, store: str, is_wrapped: Callable[[bytes], bool]) -> dict[int, bytes]:
    """Keys that the key store `store` wrapped, by version. Raises ConfigurationRefused, also for a plain key: where a store is
    configured none lies about."""
    wrapped = {version: key.encode() for version, key in _read_lines(file).items()}
    if not wrapped or not all(map(is_wrapped, wrapped.values())):
        raise ConfigurationRefused(
            f"sealing_keys: {file} must hold keys that {store} wrapped; `portcullis keys wrap --config FILE` wraps plain ones"
        )
    return wrapped


async def unwrap_sealer(wrapped: Mapping[int, bytes], store: KeyStore) -> Sealer:
    """Raises ConfigurationRefused or KeyStoreFailed."""
    try:
        return Sealer({version: await store.unwrap(key, *_place(version)) for version, key in wrapped.items()})
    except (SealBroken, ValueError) as error:
        raise ConfigurationRefused(f"sealing_keys: a key that {store.name} does not open in its place ({error})") from None


async def wrap_file(file: Path, store: KeyStore) -> str:
    """The new content of the file, with every key wrapped by `store`: plain keys are wrapped, wrapped keys are wrapped again. Raises
    ConfigurationRefused or KeyStoreFailed."""
    lines = []
    for version, key in sorted(_read_lines(file).items()):
        material = await _material(file, version, key, store)
        lines.append(f"{version} {(await store.wrap(material, *_place(version))).decode()}\n")
    if not lines:
        raise ConfigurationRefused(f"sealing_keys: {file} {SHAPE}")
    return "".join(lines)


async def _material(file: Path, version: int, key: str, store: KeyStore) -> bytes:
    if not store.wrapped(key.encode()):
        return _decode_plain(file, key)
    try:
        return await store.unwrap(key.encode(), *_place(version))
    except SealBroken as error:
        raise ConfigurationRefused(f"sealing_keys: {store.name} does not open version {version} of {file} ({error})") from None


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


def _read_lines(file: Path) -> dict[int, str]:
    try:
        if file.stat().st_mode & 0o077:
            raise ConfigurationRefused(f"sealing_keys: {file} is readable by others; run chmod 600 on it")
        lines = [line.split() for line in file.read_text().splitlines() if line.strip() and not line.startswith("#")]
        return {int(version): key for version, key in lines}
    except OSError as error:
        raise ConfigurationRefused(f"sealing_keys: {file} cannot be read ({error.strerror})") from None
    except ValueError:
        raise ConfigurationRefused(f"sealing_keys: {file} {SHAPE}") from None


def _decode_plain(file: Path, key: str) -> bytes:
    try:
        decoded = base64.b64decode(key, validate=True)
    except binascii.Error:
        raise ConfigurationRefused(f"sealing_keys: {file} {SHAPE}; keys that a key store wrapped need that key_store") from None
    if len(decoded) != KEY_BYTES:
        raise ConfigurationRefused(f"sealing_keys: {file} {SHAPE}")
    return decoded


def _place(version: int) -> tuple[str, str]:
    return ("sealing_keys", str(version))
