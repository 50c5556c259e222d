"""Registration access tokens: the id of their client and a secret. RFC 7592 section 3.

The id finds the token's own client, even if the token is presented for another registration, so that a stray token can be revoked.
"""

import hmac

from consent.authorization.clients.client import Client
from consent.services import Services
from kernel.brand import Brand
from kernel.ids import hash_secret

SEPARATOR = "."


def make_registration_token(services: Services, client_id: str) -> str:
    return client_id + SEPARATOR + services.ids.secret()


def is_token_of(client: Client, token: str) -> bool:
    """A registration that was made before tokens named their client has one without the id."""
    return client.registration is not None and hmac.compare_digest(hash_secret(token), client.registration.token_hash)


async def load_token_owner(services: Services, brand: Brand, token: str) -> Client | None:
    """The active client whose registration access token this is."""
    client_id, separator, _ = token.rpartition(SEPARATOR)
    client = await services.clients.current(brand, client_id, fresh=True) if separator else None
    return client if client is not None and client.active and is_token_of(client, token) else None
