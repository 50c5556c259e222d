"""The port to the guard of our keys: key material leaves this process only wrapped by a key store, bound to its place.

Envelope encryption (NIST SP 800-57 part 1, section 6.2.2.3): a store wraps few small values, seldom; what they open is used in memory.
"""

from typing import Protocol


class KeyStoreFailed(Exception):
    """The key store cannot be used. The text says what to change and holds no secret. Never the caller's fault."""


class KeyStore(Protocol):
    """`place` pins a value (table, column and row, or another name): wrapped in one place, it opens in no other."""

    name: str

    def wrapped(self, value: bytes) -> bool:
        """Does `value` look like something that this store wrapped?"""
        ...

    async def wrap(self, material: bytes, *place: str) -> bytes:
        """Raises KeyStoreFailed."""
        ...

    async def unwrap(self, value: bytes, *place: str) -> bytes:
        """Unwrap a key. Raises SealBroken if it was changed, moved or wrapped by another store, KeyStoreFailed if the store did not answer."""
        ...
