"""A directory that publishes its JWK Set at an address: believed for an hour, and from the last good state while it does not answer, for
as long as the operator allows.
"""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from consent.authorization.clients.client_keys import Fetch
from consent.authorization.clients.key_set import import_usable_keys, parse_key_set
from consent.ports import DirectoryKeys
from kernel.errors import FieldInvalid, Overloaded
from kernel.http.outbound.fetcher import Unanswered
from kernel.jose.jwt import JwtKey

FRESH_SECONDS = 3600.0  # a directory's keys are used without being fetched again
COOL_DOWN_SECONDS = 30.0  # between two questions, for any missing kid
KEY_SET_BYTES_MAX = 1_000_000  # of the key set of a directory

log = structlog.get_logger(__name__)


class JwksAddress:
    """`stale_seconds_max`: how long after the last good answer its keys are still believed."""

    def __init__(self, issuer: str, address: str, fetch: Fetch, monotonic: Callable[[], float], stale_seconds_max: float) -> None:
        self.issuer = issuer
        self._address = address
        self._fetch = fetch
        self._monotonic = monotonic
        self._stale_seconds_max = stale_seconds_max
        self._keys: Mapping[str, JwtKey] | None = None
        self._good_at = 0.0
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    async def keys(self, kid: str | None) -> DirectoryKeys:
        if self._is_wanted(kid):  # a key that is known waits for no question
            async with self._asking:
                now = self._monotonic()
                if self._is_wanted(kid) and now - self._asked_at >= COOL_DOWN_SECONDS:
                    self._asked_at = now
                    await self._ask()
        age = self._monotonic() - self._good_at
        if self._keys is None or age > self._stale_seconds_max:
            raise Overloaded(f"the keys of {self.issuer} cannot be had", public="The directory's keys cannot be had.")
        return DirectoryKeys(self._keys, stale_seconds=int(age) if age > FRESH_SECONDS else 0)

    def _is_wanted(self, kid: str | None) -> bool:
        is_old = self._monotonic() - self._good_at > FRESH_SECONDS
        return self._keys is None or is_old or (kid is not None and kid not in self._keys)

    async def _ask(self) -> None:
        try:
            found = import_usable_keys(parse_key_set(await self._fetch.get(self._address, KEY_SET_BYTES_MAX)))
        except (Unanswered, FieldInvalid) as error:
            log.warning("directory_keys_not_fetched", directory=self.issuer, reason=str(error))
            return
        self._keys, self._good_at = found, self._monotonic()
