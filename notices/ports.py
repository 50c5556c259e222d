"""The ports of the dispatcher of notices: the bank's keys, the addresses of clients, and the way there. Adapters outside implement them."""

from collections.abc import Mapping
from typing import Protocol

from kernel.brand import Brand
from kernel.jose.jwt import JwtKey


class SigningKeys(Protocol):
    def signing_key(self, brand: Brand, algorithm: str) -> JwtKey:
        """The private key by which the brand signs what it sends, in memory."""
        ...


class Addresses(Protocol):
    async def is_registered(self, brand: Brand, client_id: str, url: str) -> bool:
        """Is the client still one, and the host of the address one that it has registered?"""
        ...


class Notify(Protocol):
    """POSTs to an address that a client named, guarded (kernel/http/outbound/fetcher.py)."""

    async def notify(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer. Raises Unanswered."""
        ...
