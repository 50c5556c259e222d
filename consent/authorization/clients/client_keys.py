"""The keys of registered clients: by value, imported once per version of the client; or where `jwks_uri` says, fetched when they are
needed.

OIDC Core section 10.1.1 (rotation: an unknown kid is a reason to look again), RFC 7591 section 2. What was fetched is believed for a
while, and longer when its host does not answer; a client that names ever new kids is not a reason to ask its host each time. Hosts are
asked, and remembered, on behalf of the organisation whose keys they are: one whose hosts stay silent waits for them alone.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from consent.authorization.clients.client import Client
from consent.authorization.clients.key_set import import_client_keys, import_usable_keys, parse_key_set
from kernel.errors import FieldInvalid, Overloaded
from kernel.http.outbound.fetcher import Unanswered
from kernel.jose.jwt import JwtKey

CLIENTS_MAX = 2_000  # whose fetched keys are kept, in each process
KEY_SET_BYTES_MAX = 65_536  # of a key set at jwks_uri
FRESH_SECONDS = 300.0  # a fetched key set is used without being asked for again
STALE_SECONDS_MAX = 86_400.0  # how long the last good answer of a host that does not answer is still believed
COOL_DOWN_SECONDS = 30.0  # between two questions to one host, for every missing kid

Keys = Mapping[str, JwtKey]

log = structlog.get_logger(__name__)


class Fetch(Protocol):
    """The port that reads an address which a client registered; kernel/http/outbound/fetcher.py implements it."""

    async def get(self, url: str, bytes_max: int, *, owner: str = "") -> bytes:
        """Raises Unanswered."""
        ...


@dataclass(slots=True)
class _Fetched:
    """`keys` None: never had an answer. Instants are those of the monotonic clock."""

    keys: Keys | None = None
    good_at: float = 0.0
    asked_at: float = float("-inf")
    asking: asyncio.Task[None] | None = None


class ClientKeys:
    """A bounded memory of key sets, least recently used first out."""

    def __init__(self, fetch: Fetch, monotonic: Callable[[], float]) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._by_value: OrderedDict[tuple[str, str], tuple[int, Keys]] = OrderedDict()
        self._fetched: OrderedDict[tuple[str, str], _Fetched] = OrderedDict()  # by owner and address

    async def of(self, client: Client, kid: object = None) -> Keys:
        """kid to key of this version of the client. `kid` is the one that is looked for, as an unverified header names it. Raises
        Overloaded when the client's host never answered, or not for a day."""
        if client.jwks_uri is None:
            return self._imported(client)
        return await self.at(client.jwks_uri, kid, owner=client.organisation_id)

    async def at(self, address: str, kid: object = None, *, owner: str) -> Keys:
        """kid to key of the JWK Set at `address`, which is asked on behalf of `owner`. Raises Overloaded as `of` does."""
        kept = self._fetched.setdefault((owner, address), _Fetched())
        self._fetched.move_to_end((owner, address))
        if len(self._fetched) > CLIENTS_MAX:
            self._fetched.popitem(last=False)
        now = self._monotonic()
        is_wanted = kept.keys is None or now - kept.good_at > FRESH_SECONDS or (isinstance(kid, str) and kid not in kept.keys)
        if is_wanted and (kept.asking is not None or now - kept.asked_at >= COOL_DOWN_SECONDS):
            await self._ask(owner, address, kept)
        if kept.keys is None or self._monotonic() - kept.good_at > STALE_SECONDS_MAX:
            raise Overloaded(f"the keys at {address} cannot be fetched", public="The client's keys cannot be fetched.")
        return kept.keys

    def _imported(self, client: Client) -> Keys:
        place = (client.brand, client.id)
        kept = self._by_value.get(place)
        if kept is None or kept[0] != client.version:
            kept = (client.version, import_client_keys(client.jwks))
            self._by_value[place] = kept
        self._by_value.move_to_end(place)
        if len(self._by_value) > CLIENTS_MAX:
            self._by_value.popitem(last=False)
        return kept[1]

    async def _ask(self, owner: str, address: str, kept: _Fetched) -> None:
        """Fetch the key set, one request at a time. Concurrent callers wait for the same answer; a caller that is cancelled does not cancel
        the request."""
        if kept.asking is None:
            kept.asked_at = self._monotonic()
            kept.asking = asyncio.create_task(self._load(owner, address, kept), name="client keys")
        await asyncio.shield(kept.asking)

    async def _load(self, owner: str, address: str, kept: _Fetched) -> None:
        try:
            found = await self._fetch.get(address, KEY_SET_BYTES_MAX, owner=owner)
            kept.keys = import_usable_keys(parse_key_set(found))
            kept.good_at = self._monotonic()
        except (Unanswered, FieldInvalid) as error:
            log.warning("client_keys_not_fetched", address=address, reason=str(error))
        finally:
            kept.asking = None
