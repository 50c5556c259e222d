"""Password hashes: argon2id (RFC 9106), off the event loop, few at a time, in equal time for unknown users.

The parameters are those OWASP recommends for argon2id with little memory: two passes over 19 MiB. Two logins at once keep a
worker below 40 MiB for hashing.
"""

import asyncio

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

PASSES = 2
MEMORY_KIB = 19_456  # of memory for one argon2id hash: it makes guessing dear
LANES = 1
HASH_BYTES = 32  # of the hash of a password
SALT_BYTES = 16  # of the salt of a password, by chance
AT_ONCE_MAX = 2  # hashes computed at the same time: each takes a core and MEMORY_KIB
PASSWORD_CHARACTERS_MAX = 256  # of a password as typed; a longer one is wrong


class Passwords:
    """Hashes and verifies passwords."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(
            time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES, hash_len=HASH_BYTES, salt_len=SALT_BYTES, type=Type.ID
        )
        self._at_once = asyncio.Semaphore(AT_ONCE_MAX)
        self._unknown_user = self._hasher.hash("the password of no user")

    async def hash(self, password: str) -> str:
        """The argon2id hash with its parameters (PHC string format)."""
        if len(password) > PASSWORD_CHARACTERS_MAX:
            raise ValueError("the password is too long")
        async with self._at_once:
            return await asyncio.to_thread(self._hasher.hash, _octets(password))

    async def verify(self, stored: str | None, presented: str) -> bool:
        """True if `presented` is the password. `stored` None is an unknown user: the same work, and always False."""
        fits = len(presented) <= PASSWORD_CHARACTERS_MAX
        async with self._at_once:
            right = await asyncio.to_thread(self._compare, stored or self._unknown_user, presented if fits else "")
        return right and fits and stored is not None

    def _compare(self, stored: str, presented: str) -> bool:
        try:
            return self._hasher.verify(stored, _octets(presented))
        except (VerificationError, InvalidHashError):
            return False


def _octets(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")  # a form may carry what is no text; it is then a wrong password
