"""The protocol of a client authentication method, and the one question to the hot state with which each of them ends."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from consent.authorization.client_authentication.assertion import CLIENT_ID_CHARS_MAX, AssertionProof
from consent.authorization.client_authentication.first_use import is_current, take_authentication
from consent.authorization.clients.client import AuthMethod, Client
from consent.authorization.messages.parameters import Parameters
from consent.errors import ClientUnauthenticated
from consent.services import Services
from kernel.brand import Brand
from kernel.http.message import Request
from kernel.jose.jwt import JwtInvalid

LOADS_MAX = 3  # loads of a client that changes while it authenticates

# What of the client's registration the request must prove: raises ClientUnauthenticated or JwtInvalid, answers what must not be proven twice.
Prove = Callable[[Client], Awaitable[AssertionProof | None]]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request whose client is not known yet."""

    services: Services
    brand: Brand
    request: Request
    parameters: Parameters


class Method(Protocol):
    """One value of token_endpoint_auth_method."""

    name: AuthMethod

    def is_used(self, attempt: Attempt) -> bool: ...

    async def authenticate(self, attempt: Attempt) -> Client:
        """Raises ClientUnauthenticated, or Overloaded when a replay cannot be ruled out."""
        ...


async def prove_client(attempt: Attempt, client_id: str, method: AuthMethod, prove: Prove) -> Client:
    """The client in its current version, active, registered for `method`, and proven. Raises ClientUnauthenticated,
    RateExceeded, or Overloaded when a replay cannot be ruled out."""
    services, brand = attempt.services, attempt.brand
    if len(client_id) > CLIENT_ID_CHARS_MAX or not client_id.isprintable():
        raise ClientUnauthenticated("malformed client_id")
    for load in range(LOADS_MAX):
        client = await services.clients.current(brand, client_id, fresh=load > 0)
        if client is None:
            raise ClientUnauthenticated("unknown client")
        try:
            if client.token_endpoint_auth_method != method:
                raise ClientUnauthenticated(f"registered for {client.token_endpoint_auth_method}")
            if not client.active:  # before its assertion is remembered
                raise ClientUnauthenticated("inactive client")
            proof = await prove(client)
        except (ClientUnauthenticated, JwtInvalid):
            if await is_current(services, brand, client):
                raise
            continue  # it registered other keys, or another subject, since this server last looked
        if await take_authentication(services, brand, client, proof):
            return client
    raise ClientUnauthenticated(f"client {client_id} changed {LOADS_MAX} times during one request")
