"""Chance, passed in: identifiers and secrets come from here and nowhere else.

Secrets carry 256 bits (RFC 6749 section 10.10 asks for at least 128; the FAPI suite measures 96), url-safe base64 without padding.
"""

import hashlib
import random
import secrets
import uuid
from typing import Protocol

SECRET_BYTES = 32  # of chance in a code, a token or a cookie


class Ids(Protocol):
    def uuid(self) -> str: ...

    def secret(self) -> str: ...

    def number(self, digits: int) -> str: ...


class RandomIds:
    def uuid(self) -> str:
        """A random UUID (RFC 9562 version 4), lower case."""
        return str(uuid.uuid4())

    def secret(self) -> str:
        """An unguessable url-safe string of 43 characters."""
        return secrets.token_urlsafe(SECRET_BYTES)

    def number(self, digits: int) -> str:
        """A string of random decimal digits."""
        return "".join(secrets.choice("0123456789") for _ in range(digits))


class SeededIds:
    """The same identifiers for the same seed: for tests, simulation and synthetic data. Never for secrets in use."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311  reproducible on purpose

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def secret(self) -> str:
        return hashlib.sha256(self._random.randbytes(SECRET_BYTES)).hexdigest()[:43]

    def number(self, digits: int) -> str:
        return "".join(self._random.choice("0123456789") for _ in range(digits))


def hash_secret(secret: str) -> str:
    """The digest that is stored in place of a random secret: SHA-256 in hex. Enough because the secret itself has 256 bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
