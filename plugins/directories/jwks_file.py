"""A directory whose JWK Set an operator keeps as a file: read again whenever it changes."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from consent.authorization.clients.key_set import import_usable_keys, parse_key_set
from consent.ports import DirectoryKeys
from kernel.errors import FieldInvalid, Overloaded
from kernel.jose.jwt import JwtKey


class JwksFile:
    def __init__(self, issuer: str, path: Path) -> None:
        self.issuer = issuer
        self._path = path
        self._read_at = -1  # its last change, in nanoseconds
        self._keys: Mapping[str, JwtKey] = {}

    async def keys(self, kid: str | None) -> DirectoryKeys:
        """Raises Overloaded for a file that is absent or no JWK Set."""
        try:
            changed_at, content = await asyncio.to_thread(self._read)
            if content is not None:
                self._keys = import_usable_keys(parse_key_set(content))
                self._read_at = changed_at
        except (OSError, FieldInvalid) as error:
            raise Overloaded(f"{self._path}: {error}", public="The directory's keys cannot be had.") from None
        return DirectoryKeys(self._keys)

    def _read(self) -> tuple[int, bytes | None]:
        changed_at = self._path.stat().st_mtime_ns
        return changed_at, None if changed_at == self._read_at else self._path.read_bytes()
