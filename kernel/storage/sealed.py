"""Encrypt one value of one row: AES-256-GCM with the value's place as additional data, so that a ciphertext moved to another
table, column or row does not open.

Sealed form: format byte 1, key version (2 bytes, big endian), nonce (12 bytes), ciphertext and tag. Nonces are random (NIST
SP 800-38D section 8.2.2), which holds for 2^32 values of one key: succeed it before.
"""

import hashlib
import os
from collections.abc import Mapping
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

FORMAT = 1
NONCE_BYTES = 12  # of the AES-GCM nonce before each sealed value, by chance
CACHE_PLACES_MAX = 1024  # tables and brands whose description is kept in memory and not made again for each row
KEY_BYTES = 32  # of a sealing key, and of each key derived from it


class SealBroken(Exception):
    """A sealed value does not open: wrong key, or it was changed or moved. Never the caller's fault."""


class Sealer:
    """Seals with the newest of its keys and opens with any; derives and blinds with the oldest, so that an index outlives a rotation.

    `keys`: version -> 32 bytes. The oldest must stay as long as anything blinded or derived with it is looked up.
    """

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys.values()):
            raise ValueError("sealing keys are 32 bytes each")
        self._root = keys[min(keys)]
        self._newest = max(keys)
        self._ciphers = {version: AESGCM(key) for version, key in keys.items()}

    def seal(self, value: bytes, *place: str) -> bytes:
        """`place` is table, column and row id (or another name that pins the value)."""
        head = bytes([FORMAT]) + self._newest.to_bytes(2, "big")
        nonce = os.urandom(NONCE_BYTES)
        return head + nonce + self._ciphers[self._newest].encrypt(nonce, value, _associated(head, place))

    def open(self, sealed: bytes, *place: str) -> bytes:
        """Raises SealBroken."""
        head, nonce, text = sealed[:3], sealed[3 : 3 + NONCE_BYTES], sealed[3 + NONCE_BYTES :]
        cipher = self._ciphers.get(int.from_bytes(head[1:], "big")) if head[:1] == bytes([FORMAT]) else None
        if cipher is None:
            raise SealBroken("unknown format or key version")
        try:
            return cipher.decrypt(nonce, text, _associated(head, place))
        except InvalidTag:
            raise SealBroken("does not open") from None

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key of its own for `purpose` (HKDF-Expand, RFC 5869), the same after a rotation."""
        return HKDFExpand(SHA256(), KEY_BYTES, purpose.encode()).derive(self._root)

    def blind(self, value: str, *place: str) -> str:
        """A keyed digest by which an encrypted value can be looked up."""
        key = self.derive("blind-index")
        return hashlib.blake2b(_associated(b"", (*place, value)), key=key, digest_size=32).hexdigest()


def _associated(head: bytes, place: tuple[str, ...]) -> bytes:
    return head + _described(place[:-1]) + _measured(place[-1])


@lru_cache(maxsize=CACHE_PLACES_MAX)
def _described(place: tuple[str, ...]) -> bytes:
    """All of a place but the row: the same for every row of a table and brand."""
    return b"".join(map(_measured, place))


def _measured(part: str) -> bytes:
    text = part.encode()
    return len(text).to_bytes(4, "big") + text
