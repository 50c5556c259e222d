"""Refuse a call without one verified access token in the Authorization header. RFC 6750 sections 2.1 and 2.3, RFC 9068 section 4.

A verified token is remembered by its hash and the key set's version; a token that was itself revoked has another version.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field

from gateway.pipeline.exchange import Exchange
from gateway.ports import Tokens
from kernel.access import AccessToken
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.errors import TokenExpired
from kernel.tokens.judgement import judge_token
from kernel.tokens.presented import parse_presented_token
from openapi.dialect import Row

VERIFIED_TOKENS_MAX = 10_000  # whose signatures are remembered, in each process


class VerifiedTokens:
    """The last tokens that verified, by (brand, key set version, hash). Least recently used leave first."""

    def __init__(self, capacity: int = VERIFIED_TOKENS_MAX) -> None:
        self._capacity = capacity
        self._tokens: OrderedDict[tuple[str, int, bytes], AccessToken] = OrderedDict()

    def find(self, key: tuple[str, int, bytes]) -> AccessToken | None:
        token = self._tokens.get(key)
        if token is not None:
            self._tokens.move_to_end(key)
        return token

    def remember(self, key: tuple[str, int, bytes], token: AccessToken) -> None:
        self._tokens[key] = token
        if len(self._tokens) > self._capacity:
            self._tokens.popitem(last=False)

    def __len__(self) -> int:
        return len(self._tokens)


@dataclass(frozen=True)
class TokenVerified:
    tokens: Tokens
    clock: Clock
    verified: VerifiedTokens = field(default_factory=VerifiedTokens, init=False)
    name = "token"

    def applies(self, row: Row) -> bool:
        return row.credential == "token"

    async def on_request(self, exchange: Exchange) -> None:
        presented, brand = parse_presented_token(exchange.request), exchange.brand
        exchange.token = await judge_token(exchange, brand, self.tokens, lambda: self._verify(brand, presented.text))
        exchange.presented = presented

    def _verify(self, brand: Brand, presented: str) -> AccessToken:
        key = (brand.name, self.tokens.key_set_version(brand), hashlib.sha256(presented.encode()).digest())
        token = self.verified.find(key)
        if token is None:
            token = self.tokens.verify(brand, presented)
            self.verified.remember(key, token)
        elif self.clock.wall() >= token.expires_at:
            raise TokenExpired(f"token {token.jti} expired at {token.expires_at}")
        return token
